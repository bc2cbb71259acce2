import { beforeEach, expect, it } from "vitest";
import { startLogin, worldWithSignIn } from "../e2e/support/sign-in.ts";
import { parseObject } from "../e2e/support/world.ts";
import { haveCallbackPorts } from "../support/callback-ports.ts";
import { shoot } from "./support/screenshots.ts";
import { describeInBrowser } from "./support/suite.ts";

describeInBrowser("limn login in a real browser", (browser) => {
  beforeEach(haveCallbackPorts);

  it("is allowed on the consent page, shown as done, and ends with 0 and a login that makes pictures", async () => {
    const { world, emulator } = await worldWithSignIn();
    const { login, address } = await startLogin(world);
    const page = await browser().newPage();
    const complaints: string[] = [];
    await page.goto(address.href);
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByRole("heading", { name: "You are signed in" }).waitFor();
    expect(await page.title()).toBe("You are signed in · limn");
    await shoot(page, "signed-in");
    expect(await login.finished).toMatchObject({ status: 0, stdout: "signed in as someone@example.test, plan plus\n" });
    // A browser asks for an icon by itself; that is the one thing the page cannot prevent.
    expect(complaints.filter((text) => !text.includes("favicon"))).toEqual([]);
    await page.close();
    const made = await world.run(["generate", "a fox", "--json"]);
    expect(parseObject(made.stdout)).toMatchObject({ status: "done", account: { source: "limn", plan: "plus" } });
    expect(emulator.calls.flatMap(({ remarks }) => remarks)).toEqual([]);
  });

  it("is denied on the consent page, shown as not done, and ends with 4", async () => {
    const { world } = await worldWithSignIn();
    const { login, address } = await startLogin(world);
    const page = await browser().newPage({ colorScheme: "dark" });
    await page.goto(address.href);
    await page.getByRole("button", { name: "Deny" }).click();
    await page.getByRole("heading", { name: "Not signed in" }).waitFor();
    await shoot(page, "not-signed-in-dark");
    const { status, stderr } = await login.finished;
    expect([status, stderr.includes("access_denied")]).toEqual([4, true]);
    expect(world.keptFiles()).toEqual([]);
    await page.close();
  });

  it("goes on after an answer of another sign-in, and tells that page apart", async () => {
    const { world } = await worldWithSignIn();
    const { login, address, callback } = await startLogin(world);
    const page = await browser().newPage({ viewport: { width: 360, height: 640 } });
    await page.goto(`${callback}?code=x&state=other`);
    await page.getByRole("heading", { name: "That does not belong to this sign-in" }).waitFor();
    await shoot(page, "other-state-narrow");
    await page.goto(address.href);
    await page.getByRole("button", { name: "Allow" }).click();
    await page.getByRole("heading", { name: "You are signed in" }).waitFor();
    expect((await login.finished).status).toBe(0);
    await page.close();
  });
});
