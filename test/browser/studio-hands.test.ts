import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { World } from "../e2e/support/world.ts";
import { seedLibrary } from "../support/seed-library.ts";
import { shoot } from "./support/screenshots.ts";
import { phone, startStudio, visit } from "./support/studio.ts";
import { describeInBrowser } from "./support/suite.ts";

describeInBrowser("the studio by keyboard and by thumb", (browser) => {
  it("can be used without a pointer, from looking to making to throwing away", async () => {
    const world = new World();
    const entries = await seedLibrary({ folder: world.limnHome, count: 40, trashedShare: 0, isAllDone: true });
    const { page } = await visit(browser(), await startStudio(world));
    const key = async (...names: readonly string[]): Promise<void> => {
      for (const name of names) await page.keyboard.press(name);
    };
    await page.locator("#wall img").first().waitFor();
    // The first stop leads past the header, and what has the focus can be seen.
    await key("Tab");
    await expect.poll(() => focused(page)).toBe("Skip to the pictures");
    await key("Enter");
    await expect.poll(() => focusedId(page)).toBe(entries.at(-1)?.manifest.id);
    expect(await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")).not.toBe("none");
    await key("ArrowRight", "ArrowDown", "ArrowLeft");
    const chosen = await focusedId(page);
    expect(chosen).not.toBe(entries.at(-1)?.manifest.id);
    await key("f");
    await expect.poll(() => marksOf(world, chosen)).toContain('"favourite": true');
    await key("Enter");
    await page.waitForURL(`**/g/${chosen}`);
    await expect.poll(() => focused(page)).toBe("Picture and its record");
    await key("Escape");
    await expect.poll(() => focusedId(page)).toBe(chosen);
    await key("/");
    await page.keyboard.type("no such words");
    await page.getByRole("heading", { name: "Nothing found" }).waitFor();
    await key("Escape");
    await page.getByText("40 entries").waitFor();
    await key("Escape", "c");
    await expect.poll(() => focused(page)).toBe("Prompt");
    await page.keyboard.type("a paper boat");
    await key("Control+Enter");
    await page.getByRole("link", { name: "a paper boat" }).locator("img").waitFor();
    await key("Escape");
    await expect.poll(() => focused(page)).not.toBe("Prompt");
    await key("?");
    const help = page.getByRole("dialog", { name: "Keyboard" });
    await help.waitFor();
    // The focus stays in the dialog however often one tabs.
    for (let times = 0; times < 6; times += 1) {
      await key("Tab");
      expect(
        await page.evaluate(
          "document.activeElement === document.body || document.activeElement.closest('dialog') !== null",
        ),
      ).toBe(true);
    }
    await key("Escape");
    await help.waitFor({ state: "detached" });
    await page.locator(`#wall a[data-id="${chosen}"]`).focus();
    await key(" ", "Delete");
    await page.getByText("40 entries").waitFor();
    expect(world.generations()).not.toContain(chosen);
    await shoot(page, "keyboard");
  });

  it("marks a region with the keyboard alone", async () => {
    const world = new World();
    const [entry] = await seedLibrary({ folder: world.limnHome, count: 1, trashedShare: 0, isAllDone: true });
    const { page } = await visit(browser(), await startStudio(world), { path: `/g/${entry?.manifest.id}` });
    await page.getByRole("button", { name: "Edit a region" }).focus();
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "What may change" });
    await dialog.getByText("Nothing is marked yet.").waitFor();
    await dialog.getByRole("button", { name: "Rectangle" }).focus();
    await page.keyboard.press("Enter");
    await dialog.getByRole("application").focus();
    for (const name of ["ArrowRight", "ArrowDown", "Shift+ArrowRight", "Enter"]) await page.keyboard.press(name);
    await dialog.getByText(/% of the picture may change\.$/).waitFor();
    await page.keyboard.press("Control+z");
    await dialog.getByText("Nothing is marked yet.").waitFor();
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  it("fits a phone: nothing is cut off, and what is pressed is large enough for a thumb", async () => {
    const world = new World();
    await seedLibrary({ folder: world.limnHome, count: 40, trashedShare: 0 });
    const served = await startStudio(world);
    const { page } = await visit(browser(), served, { viewport: phone, hasTouch: true, isMobile: true });
    await page.locator("#wall img").first().waitFor();
    await fits(page);
    await page.getByRole("button", { name: "Create", exact: true }).tap();
    const composer = page.locator("#composer");
    await composer.getByRole("textbox", { name: "Prompt" }).fill("a lighthouse");
    await fits(page);
    await shoot(page, "phone-composer");
    await composer.getByRole("button", { name: "Create", exact: true }).tap();
    await composer.getByRole("button", { name: "Close" }).tap();
    const card = page.getByRole("link", { name: "a lighthouse" });
    await card.locator("img").waitFor();
    await card.tap();
    await page.locator(".detail img").first().waitFor();
    await fits(page);
    await shoot(page, "phone-detail");
    await page.getByRole("button", { name: "Edit a region" }).tap();
    const dialog = page.getByRole("dialog", { name: "What may change" });
    await dialog.getByText("Nothing is marked yet.").waitFor();
    await fits(page);
    await shoot(page, "phone-mask");
    await dialog.getByRole("button", { name: "Close" }).tap();
  });
});

/** Name of what has the focus: its label or its text. */
async function focused(page: Page): Promise<string> {
  return page.evaluate<string>(
    `(() => { const e = document.activeElement; return e.getAttribute("aria-label") ?? e.labels?.[0]?.textContent ?? e.textContent; })()`,
  );
}

async function focusedId(page: Page): Promise<string | null> {
  return page.evaluate<string | null>(`document.activeElement.getAttribute("data-id")`);
}

function marksOf(world: World, id: string | null): string {
  return world
    .keptFiles()
    .filter(({ path }) => path.includes(`${id}/marks.json`))
    .map(({ content }) => content.toString("utf8"))
    .join("");
}

/** No sideways scrolling, and no control that is seen smaller than 44 pixels either way; links within text may be. */
async function fits(page: Page): Promise<void> {
  expect(await page.evaluate("document.documentElement.scrollWidth - innerWidth")).toBeLessThanOrEqual(0);
  const small = await page.evaluate<
    readonly string[]
  >(`[...document.querySelectorAll("button, a[href], select, input, textarea, summary")]
    .filter((e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && e.closest("[inert]") === null && !e.matches(".visually-hidden, .skip-link, input[type=range], dd a, p a"))
    .map((e) => ({ e, box: e.getBoundingClientRect() }))
    .filter(({ box }) => box.width > 0 && (box.height < 43.5 || box.width < 43.5))
    .map(({ e, box }) => (e.getAttribute("aria-label") ?? e.textContent).trim().slice(0, 40) + " " + Math.round(box.width) + "x" + Math.round(box.height))`);
  expect(small).toEqual([]);
}
