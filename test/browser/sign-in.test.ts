import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startLogin, worldWithSignIn } from "../e2e/support/sign-in.ts";
import { parseObject } from "../e2e/support/world.ts";
import { haveCallbackPorts } from "../support/callback-ports.ts";

/** Debian's own; a browser that is downloaded is not needed. */
const chromium = process.env.CHROMIUM_PROGRAM ?? "/usr/bin/chromium";
const absent = existsSync(chromium) ? null : `there is no ${chromium} (apt-get install chromium)`;

/** Where the screenshots go when somebody wants to look at them. */
const pictures = process.env.SCREENSHOT_FOLDER;

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

describe.skipIf(absent !== null)(`limn login in a real browser${absent === null ? "" : `: ${absent}`}`, () => {
  let browser: Browser;
  beforeAll(async () => {
    const { chromium: launcher } = await import("playwright-core");
    browser = await launcher.launch({ executablePath: chromium, headless: true, args: flags });
  });
  afterAll(async () => browser?.close());
  beforeEach(haveCallbackPorts);

  it("is allowed on the consent page, shown as done, and ends with 0 and a login that makes pictures", async () => {
    const { world, emulator } = await worldWithSignIn();
    const { login, address } = await startLogin(world);
    const page = await browser.newPage();
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
    const page = await browser.newPage({ colorScheme: "dark" });
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
    const page = await browser.newPage({ viewport: { width: 360, height: 640 } });
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

async function shoot(page: Awaited<ReturnType<Browser["newPage"]>>, name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  await page.screenshot({ path: join(pictures, `${name}.png`) });
}
