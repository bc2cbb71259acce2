import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { World } from "../e2e/support/world.ts";
import { seedLibrary } from "../support/seed-library.ts";
import { phone, startStudio, visit } from "./support/studio.ts";
import { describeInBrowser } from "./support/suite.ts";

describeInBrowser("the way back in the studio", (browser) => {
  it("leads from Compare to the picture, and only then to the wall", async () => {
    const world = new World();
    const edit = await seedEdit(world);
    const { page } = await visit(browser(), await startStudio(world), { path: `/g/${edit}` });
    await page.getByRole("button", { name: "Compare" }).click();
    const slider = page.getByRole("slider", { name: "How much of the other picture is shown" });
    await slider.focus();
    await page.keyboard.press("Escape");
    await slider.waitFor({ state: "detached" });
    expect(new URL(page.url()).pathname).toBe(`/g/${edit}`);
    expect(await focusedText(page)).toBe("Compare");
    await page.keyboard.press("Escape");
    await page.waitForURL((url) => url.pathname === "/");
  });

  it("is not cut off: menus stay inside the window of a phone", async () => {
    const world = new World();
    const edit = await seedEdit(world);
    const { page } = await visit(browser(), await startStudio(world), { path: `/g/${edit}`, viewport: phone });
    for (const name of ["Again", "Download", "Look and language"]) {
      await page.getByRole("button", { name, exact: true }).click();
      const box = await page.getByRole("menu", { name }).boundingBox();
      if (box === null) throw new Error(`the menu ${name} is not there`);
      expect(box.x).toBeGreaterThanOrEqual(0);
      expect(box.y).toBeGreaterThanOrEqual(0);
      expect(box.x + box.width).toBeLessThanOrEqual(phone.width);
      expect(box.y + box.height).toBeLessThanOrEqual(phone.height);
      await page.keyboard.press("Escape");
    }
  });

  it("is offered where an address means nothing", async () => {
    const world = new World();
    await seedEdit(world);
    const served = await startStudio(world);
    const { page, expectComplaint } = await visit(browser(), served);
    expectComplaint(/ 40[04]/);
    await page.goto(`${served.url}/g/nonsense`);
    await page.getByRole("heading", { name: "There is no such picture" }).waitFor();
    await page.goto(`${served.url}/?since=foo&size=nonsense`);
    const problem = page.getByRole("alert");
    await problem.getByText("since").waitFor();
    expect(await problem.innerText()).not.toContain("--help");
    await problem.getByRole("button", { name: "Clear all filters" }).click();
    await page.locator("#wall img").first().waitFor();
    expect(new URL(page.url()).search).toBe("");
  });

  it("goes on at the next picture when one is thrown away by the keyboard", async () => {
    const world = new World();
    await seedEdit(world);
    const { page } = await visit(browser(), await startStudio(world));
    const second = page.locator('#wall > li[aria-posinset="2"] a[data-id]');
    const third = await page.locator('#wall > li[aria-posinset="3"] a[data-id]').getAttribute("data-id");
    await second.focus();
    await page.keyboard.press("Delete");
    await expect.poll(async () => page.evaluate("document.activeElement.getAttribute('data-id')")).toBe(third);
  });
});

/** A library; answers the newest edit in it. */
async function seedEdit(world: World): Promise<string> {
  const entries = await seedLibrary({ folder: world.limnHome, count: 30, trashedShare: 0, isAllDone: true });
  const edit = entries.findLast(({ manifest }) => manifest.operation === "edit");
  if (edit === undefined) throw new Error("the library has no edit");
  return edit.manifest.id;
}

async function focusedText(page: Page): Promise<unknown> {
  return page.evaluate("document.activeElement.textContent");
}
