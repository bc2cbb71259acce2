import { expect, it } from "vitest";
import { worldWithSignIn } from "../e2e/support/sign-in.ts";
import { World } from "../e2e/support/world.ts";
import { seedLibrary } from "../support/seed-library.ts";
import { axeViolations } from "./support/accessibility.ts";
import { shoot } from "./support/screenshots.ts";
import { startStudio, visit } from "./support/studio.ts";
import { describeInBrowser } from "./support/suite.ts";

describeInBrowser("the studio and the account", (browser) => {
  it("signs in with a device code that the page shows, and then makes pictures", async () => {
    const { world, emulator } = await worldWithSignIn();
    const { page } = await visit(browser(), await startStudio(world, []), { path: "/?emulated=with" });
    await page.getByRole("heading", { name: "Your first picture" }).waitFor();
    await shoot(page, "signed-out");
    await page.getByRole("button", { name: "Get a sign-in code" }).click();
    const code = page.getByLabel("Sign-in code", { exact: true });
    await code.waitFor();
    await shoot(page, "sign-in-code");
    const link = page.getByRole("link", { name: /Open the sign-in page/ });
    expect(await link.getAttribute("rel")).toContain("noopener");
    emulator.approveDevice((await code.textContent()) ?? "");
    await page.getByRole("group", { name: "Plan and connection" }).getByText("Plan Plus").waitFor();
    await page.getByRole("button", { name: "Write your own" }).click();
    const composer = page.locator("#composer");
    await composer.getByRole("textbox", { name: "Prompt" }).fill("a paper boat");
    await composer.getByRole("button", { name: "Create", exact: true }).click();
    await page.locator("#wall img").waitFor();
    expect(emulator.count("images", 200)).toBe(1);
  });

  it("gives a sign-in up, and says when it was denied", async () => {
    const { world, emulator } = await worldWithSignIn();
    const { page } = await visit(browser(), await startStudio(world, []));
    await page.getByRole("button", { name: "Get a sign-in code" }).click();
    await page.getByRole("button", { name: "Give it up" }).click();
    await page.getByRole("button", { name: "Get a sign-in code" }).click();
    const code = page.getByLabel("Sign-in code", { exact: true });
    await code.waitFor();
    emulator.denyDevice((await code.textContent()) ?? "");
    await page.getByRole("button", { name: "Get a new code" }).waitFor();
    await shoot(page, "sign-in-denied");
    expect(await axeViolations(page)).toEqual([]);
  });

  it("says that the limit is reached and when it resets, and sends nothing until then", async () => {
    const world = new World();
    await seedLibrary({ folder: world.limnHome, count: 5, trashedShare: 0, isAllDone: true, emulatedShare: 0 });
    const emulator = await world.startService({
      scenario: { name: "usage-limit", on: "images", resetsInSeconds: 5400 },
    });
    await world.run(["generate", "the one that reaches it"]);
    const sent = emulator.calls.length;
    const { page } = await visit(browser(), await startStudio(world, []));
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const composer = page.locator("#composer");
    await composer.getByText("The limit is reached").first().waitFor();
    await composer.getByText(/Sending works again/).waitFor();
    await composer.getByRole("textbox", { name: "Prompt" }).fill("one more");
    await shoot(page, "limit");
    expect(await axeViolations(page)).toEqual([]);
    expect(await composer.getByRole("button", { name: "Create", exact: true }).isEnabled()).toBe(false);
    expect(emulator.calls.slice(sent).filter(({ route }) => route.startsWith("images."))).toEqual([]);
  });

  it("says that the session is over when the key was changed, and how to come back", async () => {
    const world = new World();
    await seedLibrary({ folder: world.limnHome, count: 5, trashedShare: 0, isAllDone: true });
    const { page, expectComplaint } = await visit(browser(), await startStudio(world));
    await page.getByText("5 entries").waitFor();
    await world.run(["serve", "--rotate-key"]);
    // The icon is asked for again some time, too.
    expectComplaint(/401|icon\.svg/);
    await page.getByRole("searchbox", { name: "Search pictures" }).fill("fox");
    await page.getByText("This page is no longer signed in to limn").waitFor();
    await page.getByText("limn studio", { exact: true }).waitFor();
    await shoot(page, "session-over");
    expect(await axeViolations(page)).toEqual([]);
  });
});
