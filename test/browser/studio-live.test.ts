import { expect, it } from "vitest";
import { seedLibrary } from "../support/seed-library.ts";
import { World, until } from "../e2e/support/world.ts";
import { axeViolations } from "./support/accessibility.ts";
import { startForwardProxy } from "./support/forward-proxy.ts";
import { shoot } from "./support/screenshots.ts";
import { startStudio, visit } from "./support/studio.ts";
import { describeInBrowser } from "./support/suite.ts";

describeInBrowser("the studio, while other programs work", (browser) => {
  it("shows a picture of another process as it comes, with its previews, without a reload", async () => {
    const world = new World();
    const emulator = await world.startService({
      scenario: [{ name: "stalled-stream", on: "responses", at: "partials" }],
    });
    const served = await startStudio(world, []);
    const { page } = await visit(browser(), served, { path: "/?emulated=with" });
    await page.getByRole("heading", { name: "Library" }).waitFor();
    const running = world.start(["generate", "a red fox in the snow", "--engine", "responses", "--partials", "2"]);
    const card = page.locator("#wall > li");
    await card.getByText("a red fox in the snow").first().waitFor();
    await card.locator("img.card-preview").waitFor();
    await shoot(page, "live-preview");
    expect(await axeViolations(page)).toEqual([]);
    running.kill("SIGINT");
    await running.finished;
    await card.getByText("Stopped").waitFor();
    emulator.setScenario("ok");
    await world.run(["generate", "a paper boat"]);
    await page.getByRole("link", { name: "a paper boat" }).locator("img").waitFor();
    await page.getByText("2 entries").waitFor();
  });

  it("goes on after its stream of events was cut, with what it missed", async () => {
    const world = new World();
    await seedLibrary({ folder: world.limnHome, count: 5, trashedShare: 0, isAllDone: true });
    const served = await startStudio(world);
    const line = await startForwardProxy();
    const { page, expectComplaint } = await visit(browser(), served, { proxy: { server: line.address } });
    await page.getByText("5 entries").waitFor();
    expectComplaint(/net::ERR_/);
    line.cut();
    await page.getByText("limn does not answer").first().waitFor();
    await shoot(page, "offline");
    expect(await axeViolations(page)).toEqual([]);
    await world.run(["generate", "a lighthouse", "--sandbox"]);
    const missed = page.getByRole("link", { name: "a lighthouse" });
    expect(await missed.count()).toBe(0);
    line.mend();
    await missed.waitFor();
    await page.getByText("6 entries").waitFor();
    await page.getByText("limn does not answer").first().waitFor({ state: "detached" });
    // What could not be loaded meanwhile is loaded now.
    await expect.poll(async () => page.locator("#wall img").count()).toBe(6);
  });

  it("explains a generation whose program was killed, and lets the person decide", async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: [{ name: "never", on: "images" }] });
    const running = world.start(["generate", "a lighthouse"]);
    await until(() => emulator.count("images") === 1);
    running.kill("SIGKILL");
    await running.finished;
    emulator.setScenario("ok");
    const { page } = await visit(browser(), await startStudio(world, []), { path: "/?emulated=with" });
    await page.locator("#wall").getByText("Outcome unknown").waitFor();
    await page.locator("#wall a[data-id]").click();
    await page.getByRole("heading", { name: "Nobody knows how this ended" }).waitFor();
    await shoot(page, "unknown");
    await page.getByRole("button", { name: "Look again" }).click();
    await page.getByText("Looked again: the record says no more than before.").waitFor();
    expect(emulator.count("images")).toBe(1);
    await page.getByRole("button", { name: "Send again…" }).click();
    const question = page.getByRole("dialog", { name: "Send it again?" });
    await question.getByText(/you pay twice/).waitFor();
    await shoot(page, "send-again");
    expect(await axeViolations(page)).toEqual([]);
    await question.getByRole("button", { name: "Send again, knowing that" }).click();
    await page.locator(".detail img").first().waitFor();
    expect([emulator.count("images"), world.generations().length]).toEqual([2, 2]);
  });

  it("keeps two studios of one library in step", async () => {
    const world = new World();
    await seedLibrary({ folder: world.limnHome, count: 8, trashedShare: 0, isAllDone: true });
    // Two servers, as when somebody starts a second one.
    const one = await visit(browser(), await startStudio(world));
    const other = await visit(browser(), await startStudio(world));
    for (const { page } of [one, other]) await page.getByText("8 entries").waitFor();
    const card = one.page.locator("#wall > li").first();
    const id = await card.locator("a[data-id]").getAttribute("data-id");
    await card.hover();
    await card.getByRole("button", { name: /^Favourite/ }).click();
    await other.page
      .locator("#wall > li", { has: other.page.locator(`a[data-id="${id}"]`) })
      .getByRole("button", { name: /^Favourite/, pressed: true })
      .waitFor();
    await one.page.locator(`a[data-id="${id}"]`).focus();
    await one.page.keyboard.press("Delete");
    await one.page.getByText("7 entries").waitFor();
    await other.page.getByText("7 entries").waitFor();
  });
});
