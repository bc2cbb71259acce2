import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { World } from "../e2e/support/world.ts";
import { seedLibrary } from "../support/seed-library.ts";
import { shoot } from "./support/screenshots.ts";
import { startStudio, visit } from "./support/studio.ts";
import { describeInBrowser } from "./support/suite.ts";

describeInBrowser("the studio's library", (browser) => {
  it("shows ten thousand pictures with fewer than sixty of them in the document, to the last one", async () => {
    const world = new World();
    const entries = await seedLibrary({ folder: world.limnHome, count: 10_000, trashedShare: 0 });
    const { page } = await visit(browser(), await startStudio(world));
    const cards = page.locator("#wall > li");
    await page.getByText("10,000 entries").waitFor();
    await page.locator("#wall img").first().waitFor();
    expect(await cards.count()).toBeLessThan(60);
    await shoot(page, "wall-10000");
    // Cards get their true heights as they are loaded, so the end moves on.
    const oldest = page.locator(`#wall a[data-id="${entries[0]?.manifest.id}"]`);
    const scrollOn = async (): Promise<number> => {
      await page.evaluate("document.querySelector('#wall').parentElement.scrollTo(0, 1e9)");
      return oldest.count();
    };
    await expect.poll(scrollOn, { timeout: 60_000 }).toBe(1);
    expect(await cards.count()).toBeLessThan(60);
  }, 180_000);

  it("finds by words in every language, and keeps what was searched in the address", async () => {
    const world = new World();
    const entries = await seedLibrary({ folder: world.limnHome, count: 300, trashedShare: 0 });
    const { page } = await visit(browser(), await startStudio(world));
    const search = page.getByRole("searchbox", { name: "Search pictures" });
    for (const words of ["Leuchtturm", "静物", "キツネ", "starlings"]) {
      const count = entries.filter(({ manifest }) => manifest.prompt?.includes(words) === true).length;
      await search.fill(words);
      await page
        .getByRole("status")
        .filter({ hasText: new RegExp(`^${count} entr(?:y|ies)$`) })
        .waitFor();
      expect(new URL(page.url()).searchParams.get("text")).toBe(words);
    }
    await page.getByRole("heading", { name: "Nothing found" }).waitFor();
    await shoot(page, "nothing-found");
    await page.getByRole("button", { name: "Clear all filters" }).click();
    await page.getByText("300 entries").waitFor();
    expect(new URL(page.url()).search).toBe("");
  });

  it("opens at an address with filters as it was left, and goes back through them", async () => {
    const world = new World();
    const entries = await seedLibrary({ folder: world.limnHome, count: 200, trashedShare: 0 });
    const counts = {
      edits: entries.filter(({ manifest }) => manifest.operation === "edit" && manifest.engine === "images").length,
      all: entries.filter(({ manifest }) => manifest.engine === "images").length,
    };
    const { page } = await visit(browser(), await startStudio(world), { path: "/?operation=edit&engine=images" });
    await page.getByText(`${counts.edits} entries`).waitFor();
    await page.getByRole("button", { name: "Remove filter: Edits" }).click();
    await page.getByText(`${counts.all} entries`).waitFor();
    await page.goBack();
    await page.getByText(`${counts.edits} entries`).waitFor();
    await page.getByRole("button", { name: "Filters", exact: true }).click();
    await page.getByRole("combobox", { name: "Engine" }).selectOption("");
    await page.getByRole("button", { name: "Remove filter: Engine images" }).waitFor({ state: "detached" });
    await shoot(page, "filters");
    expect(new URL(page.url()).search).toBe("?operation=edit");
  });

  it("throws away, offers the way back, restores, and deletes for good only after asking", async () => {
    const world = new World();
    await seedLibrary({ folder: world.limnHome, count: 30, trashedShare: 0, isAllDone: true });
    const { page } = await visit(browser(), await startStudio(world));
    await page.getByText("30 entries").waitFor();
    const cards = page.locator("#wall a[data-id]");
    const ids = [await cards.nth(0).getAttribute("data-id"), await cards.nth(1).getAttribute("data-id")];
    await select(page, ids);
    await page.getByText("2 selected").waitFor();
    await shoot(page, "selected");
    await page.getByRole("button", { name: "To the trash" }).click();
    await page.getByText("28 entries").waitFor();
    expect(world.generations().filter((id) => ids.includes(id))).toEqual([]);
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByText("30 entries").waitFor();
    expect(world.generations().filter((id) => ids.includes(id))).toHaveLength(2);

    await select(page, ids);
    await page.getByRole("button", { name: "To the trash" }).click();
    await page.getByText("28 entries").waitFor();
    await page.getByRole("button", { name: "Trash", exact: true }).click();
    await page.getByRole("heading", { name: "Trash" }).waitFor();
    await page.getByText("2 entries").waitFor();
    await shoot(page, "trash");
    await select(page, [ids[0]]);
    await page.getByRole("button", { name: "Restore" }).click();
    await page.getByText("1 entry", { exact: true }).waitFor();
    await select(page, [ids[1]]);
    await page.getByRole("button", { name: "Delete for good" }).click();
    const question = page.getByRole("dialog", { name: "Delete this picture for good?" });
    await question.waitFor();
    await shoot(page, "delete-for-good");
    await question.getByRole("button", { name: "Delete for good" }).click();
    await page.getByRole("heading", { name: "The trash is empty" }).waitFor();
    expect(world.generations().filter((id) => ids.includes(id))).toEqual([ids[0]]);
  });

  it("packs the originals of several generations into one ZIP", async () => {
    const world = new World();
    const entries = await seedLibrary({ folder: world.limnHome, count: 12, trashedShare: 0, isAllDone: true });
    const { page } = await visit(browser(), await startStudio(world));
    await page.getByText("12 entries").waitFor();
    await page.getByRole("button", { name: "Select", exact: true }).click();
    await page.getByRole("button", { name: "All loaded" }).click();
    await page.getByRole("button", { name: "Download" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: "Originals, as they came" }).click(),
    ]);
    expect(download.suggestedFilename()).toMatch(/\.zip$/);
    const pictures = entries.reduce((sum, { manifest }) => sum + manifest.images.length, 0);
    expect(filesInZip(readFileSync(await download.path()))).toBe(pictures);
  });
});

async function select(page: Page, ids: readonly (string | null | undefined)[]): Promise<void> {
  for (const id of ids) {
    const card = page.locator("#wall > li", { has: page.locator(`a[data-id="${id}"]`) });
    await card.hover();
    await card.getByRole("button", { name: /^Select/ }).click();
  }
}

/** From the record at its end. */
function filesInZip(content: Buffer): number {
  const end = content.lastIndexOf(Buffer.from("PK\u0005\u0006", "latin1"));
  if (end < 0) throw new Error("that is no ZIP file");
  return content.readUInt16LE(end + 10);
}
