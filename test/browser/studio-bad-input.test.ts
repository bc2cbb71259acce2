import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseObject, World } from "../e2e/support/world.ts";
import { seedLibrary } from "../support/seed-library.ts";
import { canMount, makeReadOnly, smallDisk } from "../support/small-disk.ts";
import { axeViolations } from "./support/accessibility.ts";
import { shoot } from "./support/screenshots.ts";
import { startStudio, visit } from "./support/studio.ts";
import { describeInBrowser } from "./support/suite.ts";

const hostileStart =
  '<img src="/nowhere.png" onerror="globalThis.wasRun = 1"><script>globalThis.wasRun = 1</script></textarea>"\'`${wasRun}';
const hostilePrompt = `${hostileStart}\u0000\u0007\u001B[31m\u202E\u2028 ${"lang 长 ".repeat(6000)}`.slice(0, 40_000);

describeInBrowser("the studio and a library that is not as it should be", (browser) => {
  it("shows markup, control characters and line breaks of a record as text, wherever they stand", async () => {
    const world = new World();
    const [entry] = await seedLibrary({ folder: world.limnHome, count: 1, trashedShare: 0, isAllDone: true });
    const id = entry?.manifest.id ?? "";
    changeManifest(world, id, {
      prompt: hostilePrompt,
      folder: "/home/<b>maria</b>/line\nbreak",
      model: "<i>model</i>",
      steps: ["<u>step</u>\n\u001B[2J"],
      requestId: "<s>request</s>",
    });
    const { page } = await visit(browser(), await startStudio(world));
    const link = page.locator(`#wall a[data-id="${id}"]`);
    await link.waitFor();
    expect(await link.locator("img").getAttribute("alt")).toContain('<img src="/nowhere.png"');
    await shoot(page, "hostile-wall");
    await link.click();
    await page.locator(".detail").getByText("<script>globalThis.wasRun = 1</script>").first().waitFor();
    await page.getByText("<s>request</s>").waitFor();
    await shoot(page, "hostile-detail");
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole("button", { name: "Edit", exact: true }).first().click();
    await page.locator("#composer").getByRole("textbox", { name: "Prompt" }).waitFor();
    expect(await page.evaluate("globalThis.wasRun")).toBeUndefined();
    expect(await page.locator('img[src="/nowhere.png"], #studio b, #studio i, #studio u, #studio s').count()).toBe(0);
  });

  it("passes over broken records and those of a newer limn, and shows the others", async () => {
    const world = new World();
    const entries = await seedLibrary({ folder: world.limnHome, count: 12, trashedShare: 0, isAllDone: true });
    const [cut, newer, empty, noFolder, future] = entries.map(({ manifest }) => manifest.id);
    const file = (id: string | undefined): string => join(world.limnHome, "generations", String(id), "manifest.json");
    writeFileSync(file(cut), readFileSync(file(cut)).subarray(0, 400));
    changeManifest(world, newer, { schemaVersion: 99, images: { other: "shape" } });
    writeFileSync(file(empty), "");
    rmSync(file(noFolder));
    mkdirSync(join(world.limnHome, "generations", "not-an-id"));
    // A clock that was set back: made after today, ended before it began.
    changeManifest(world, future, { createdAt: "2041-01-01T00:00:00.000Z", endedAt: "2020-01-01T00:00:00.000Z" });
    const { page } = await visit(browser(), await startStudio(world));
    await page.getByText("8 entries").waitFor();
    await page.locator(`#wall a[data-id="${future}"]`).click();
    await page.getByText("gpt-image-2").or(page.getByText("gpt-5.5")).first().waitFor();
  });

  it("says so when a picture is missing or was changed on the disk", async () => {
    const world = new World();
    const entries = await seedLibrary({
      folder: world.limnHome,
      count: 4,
      trashedShare: 0,
      isAllDone: true,
      distinct: true,
      pictures: 1,
    });
    const [missing, changed] = entries.map(({ manifest }) => manifest.id);
    const folder = (id: string | undefined): string => join(world.limnHome, "generations", String(id));
    for (const name of readdirSync(folder(missing))) if (name !== "manifest.json") rmSync(join(folder(missing), name));
    writeFileSync(join(folder(changed), "image-1.png"), "no picture any more");
    const { page, expectComplaint } = await visit(browser(), await startStudio(world));
    expectComplaint(/404|422/);
    await page.locator("#wall").getByText("This picture cannot be shown.").first().waitFor();
    await shoot(page, "broken-pictures");
    expect(await axeViolations(page)).toEqual([]);
    for (const id of [missing, changed]) {
      await page.goto(new URL(`/g/${id}`, page.url()).href);
      await page
        .getByText(/no longer|missing|changed/i)
        .first()
        .waitFor();
      await shoot(page, `damaged-${id === missing ? "missing" : "changed"}`);
    }
  });

  it("says that a generation is gone when it is deleted while somebody looks at it", async () => {
    const world = new World();
    const entries = await seedLibrary({ folder: world.limnHome, count: 6, trashedShare: 0, isAllDone: true });
    const { page, expectComplaint } = await visit(browser(), await startStudio(world));
    await page.getByText("6 entries").waitFor();
    const id = entries.at(-1)?.manifest.id ?? "";
    await page.locator(`#wall a[data-id="${id}"]`).click();
    await page.waitForURL(`**/g/${id}*`);
    expectComplaint(/404/);
    rmSync(join(world.limnHome, "generations", id), { recursive: true });
    await page
      .getByText(/is gone|no longer|deleted/i)
      .first()
      .waitFor();
    await shoot(page, "deleted-while-viewed");
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    await page.getByText("5 entries").waitFor();
  });

  it("makes a corrupt index anew", async () => {
    const world = new World();
    await seedLibrary({ folder: world.limnHome, count: 40, trashedShare: 0, isAllDone: true });
    await world.run(["history"]);
    const index = join(world.limnHome, "index");
    for (const name of readdirSync(index)) writeFileSync(join(index, name), "this is no database".repeat(500));
    const { page } = await visit(browser(), await startStudio(world));
    await page.getByText("40 entries").waitFor();
  });

  it.skipIf(!canMount())("shows a library on a read-only disk, and says that nothing can be made there", async () => {
    const world = new World();
    const disk = smallDisk(64);
    world.env.LIMN_HOME = join(disk, "limn");
    await seedLibrary({ folder: world.env.LIMN_HOME, count: 20, trashedShare: 0, isAllDone: true });
    await world.run(["serve", "--show-key"]);
    makeReadOnly(disk);
    const { page, expectComplaint } = await visit(browser(), await startStudio(world));
    await page.getByText("20 entries").waitFor();
    await page.locator("#wall img").first().waitFor();
    await page.getByRole("group", { name: "Plan and connection" }).getByText("Read-only").waitFor();
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.locator("#composer").getByText("The library cannot be written to").first().waitFor();
    await shoot(page, "read-only");
    expect(await axeViolations(page)).toEqual([]);
    await page.keyboard.press("Escape");
    expectComplaint(/ 50\d| 4\d\d/);
    await page.locator("#wall a[data-id]").first().focus();
    await page.keyboard.press("Delete");
    await page
      .getByRole("region", { name: "Messages" })
      .getByText(/read-only|could not be/i)
      .first()
      .waitFor();
    await page.getByText("20 entries").waitFor();
  });
});

function changeManifest(world: World, id: string | undefined, change: Record<string, unknown>): void {
  const file = join(world.env.LIMN_HOME ?? "", "generations", String(id), "manifest.json");
  writeFileSync(file, JSON.stringify({ ...parseObject(readFileSync(file, "utf8")), ...change }));
}
