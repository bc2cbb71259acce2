import { expect, it } from "vitest";
import type { Page } from "playwright-core";
import { World } from "../e2e/support/world.ts";
import { seedLibrary } from "../support/seed-library.ts";
import { shoot } from "./support/screenshots.ts";
import { startStudio, visit } from "./support/studio.ts";
import { describeInBrowser } from "./support/suite.ts";

describeInBrowser("what is being composed", (browser) => {
  it("is one thing for a new picture and another for a change, also after the page is loaded again", async () => {
    const world = new World();
    const [first, second] = await seedLibrary({
      folder: world.limnHome,
      count: 2,
      trashedShare: 0,
      isAllDone: true,
      emulatedShare: 1,
    });
    const { page } = await visit(browser(), await startStudio(world));
    const prompt = page.locator("#composer").getByRole("textbox", { name: "Prompt" });
    const edit = async (id: string | undefined): Promise<void> => {
      await page.locator(`#wall a[data-id="${id}"]`).click();
      await page.getByRole("button", { name: "Edit", exact: true }).click();
      await prompt.waitFor();
    };
    await edit(first?.manifest.id);
    await prompt.fill("make it red");
    await page.locator("#composer").getByRole("button", { name: "Close" }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await expect.poll(() => prompt.inputValue()).toBe("");
    expect(await page.getByRole("radio", { name: "New picture" }).isChecked()).toBe(true);
    // Nothing that was meant for the change goes out from here.
    await prompt.press("Control+Enter");
    await page.locator("#composer").getByText("Say what to draw.").waitFor();
    await prompt.fill("a lighthouse");
    await page.getByRole("radio", { name: "Change a picture" }).check({ force: true });
    await expect.poll(() => prompt.inputValue()).toBe("make it red");
    await prompt.fill("make it blue");
    await page.reload();
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await expect.poll(() => prompt.inputValue()).toBe("a lighthouse");
    await page.getByRole("radio", { name: "Change a picture" }).check({ force: true });
    await expect.poll(() => prompt.inputValue()).toBe("make it blue");
    await page.locator("#composer").getByRole("button", { name: "Close" }).click();
    await edit(second?.manifest.id);
    await expect.poll(() => prompt.inputValue()).toBe("");
    await page.getByRole("button", { name: "Bring it back" }).click();
    await expect.poll(() => prompt.inputValue()).toBe("make it blue");
    expect(world.generations()).toHaveLength(2);
  });

  it("takes no text for a picture, and says at once which file it was", async () => {
    const world = new World();
    const { page } = await visit(browser(), await startStudio(world));
    await page.getByRole("button", { name: "Create", exact: true }).click();
    await page.evaluate(
      `{ const d = new DataTransfer(); d.items.add(new File(["notes"], "notes.png", { type: "image/png" })); document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: d, bubbles: true, cancelable: true })); }`,
    );
    await page.getByText(/^notes\.png: not a picture\./).waitFor();
    expect(await page.locator("#composer .reference").count()).toBe(0);
  });

  it("names the picture that the server would not take, and what to do about it there", async () => {
    const world = new World();
    const { page, expectComplaint } = await visit(browser(), await startStudio(world));
    expectComplaint(/ 4\d\d/);
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const composer = page.locator("#composer");
    await composer.getByRole("textbox", { name: "Prompt" }).fill("the same in winter");
    await page.evaluate(
      `{ const d = new DataTransfer(); const cut = new Uint8Array([0x89, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82]); d.items.add(new File([cut], "cut.png", { type: "image/png" })); document.body.dispatchEvent(new DragEvent("drop", { dataTransfer: d, bubbles: true, cancelable: true })); }`,
    );
    await composer.getByText("16 B").waitFor();
    await composer.getByRole("button", { name: "Create", exact: true }).click();
    await composer.getByText(/^cut\.png could not be taken/).waitFor();
    await composer.locator(".reference-refused").getByText("cut.png").waitFor();
    await shoot(page, "refused-picture");
    expect(await composer.getByText(/-i FILE/).count()).toBe(0);
  });

  it("lets the keys of the region editor work wherever the focus is", async () => {
    const world = new World();
    const [entry] = await seedLibrary({ folder: world.limnHome, count: 1, trashedShare: 0, isAllDone: true });
    const { page } = await visit(browser(), await startStudio(world), { path: `/g/${entry?.manifest.id}` });
    await page.getByRole("button", { name: "Edit a region" }).click();
    const dialog = page.getByRole("dialog", { name: "What may change" });
    const nothing = dialog.getByText("Nothing is marked yet.");
    await nothing.waitFor();
    await expect.poll(() => page.evaluate("document.activeElement.className")).toBe("mask-view");
    await dab(page);
    const marked = dialog.getByText(/% of the picture may change\.$/);
    await marked.waitFor();
    await page.keyboard.press("Control+z");
    await nothing.waitFor();
    await page.keyboard.press("Control+Shift+z");
    await marked.waitFor();
    await dialog.getByRole("button", { name: "Close" }).focus();
    await page.keyboard.press("r");
    await dialog.getByRole("button", { name: "Rectangle", pressed: true }).waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).focus();
    for (const key of ["b", "e"]) await page.keyboard.press(key);
    await dialog.getByRole("button", { name: "Unmark", pressed: true }).waitFor();
    const size = dialog.getByRole("slider", { name: "Brush size" });
    const before = Number(await size.inputValue());
    await page.keyboard.press("]");
    await expect.poll(async () => Number(await size.inputValue())).toBeGreaterThan(before);
    await size.focus();
    const larger = Number(await size.inputValue());
    await page.keyboard.press("ArrowRight");
    await expect.poll(async () => Number(await size.inputValue())).toBe(larger + 1);
    await shoot(page, "mask-keys");
  });
});

async function dab(page: Page): Promise<void> {
  const box = await page.getByRole("img", { name: /^Picture with the region/ }).boundingBox();
  if (box === null) throw new Error("the picture is not there");
  await page.mouse.click(box.x + box.width * 0.5, box.y + box.height * 0.5);
}
