import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { World, parseObject } from "../e2e/support/world.ts";
import { seedLibrary } from "../support/seed-library.ts";
import { axeViolations } from "./support/accessibility.ts";
import { shoot } from "./support/screenshots.ts";
import { startStudio, visit } from "./support/studio.ts";
import { describeInBrowser } from "./support/suite.ts";

describeInBrowser("making pictures in the studio", (browser) => {
  it("leads from an empty library to the first picture", async () => {
    const world = new World();
    const { page } = await visit(browser(), await startStudio(world));
    await page.getByRole("heading", { name: "Your first picture" }).waitFor();
    await shoot(page, "empty-library");
    expect(await axeViolations(page)).toEqual([]);
    await page.getByRole("button", { name: /^A red fox in fresh snow/ }).click();
    const composer = page.locator("#composer");
    const prompt = composer.getByRole("textbox", { name: "Prompt" });
    await prompt.waitFor();
    const words = await prompt.inputValue();
    expect(words).toMatch(/^A red fox in fresh snow/);
    await composer.getByText("Nothing has been sent yet.").waitFor();
    await shoot(page, "composer");
    await composer.getByRole("button", { name: "Create", exact: true }).click();
    const card = page.getByRole("link", { name: words });
    await card.locator("img").waitFor();
    await page.getByText("1 entry", { exact: true }).waitFor();
    const [id] = world.generations();
    expect(world.manifest(id ?? "")).toMatchObject({ prompt: words, state: "done", emulated: true });
    await shoot(page, "first-picture");
    expect(await axeViolations(page)).toEqual([]);
  });

  it("edits a region that is painted on the picture, and shows before and after", async () => {
    const world = new World();
    const [parent] = await seedLibrary({
      folder: world.limnHome,
      count: 1,
      trashedShare: 0,
      isAllDone: true,
      emulatedShare: 1,
    });
    const parentId = parent?.manifest.id ?? "";
    const { page } = await visit(browser(), await startStudio(world));
    await page.locator(`#wall a[data-id="${parentId}"]`).click();
    await page.getByRole("button", { name: "Edit a region" }).click();
    const dialog = page.getByRole("dialog", { name: "What may change" });
    await dialog.getByText("Nothing is marked yet.").waitFor();
    await paint(page);
    await dialog.getByText(/^\d+(?:\.\d+)? ?% of the picture may change\.$/).waitFor();
    await shoot(page, "mask");
    await dialog.getByRole("button", { name: "Undo" }).click();
    await dialog.getByText("Nothing is marked yet.").waitFor();
    await dialog.getByRole("button", { name: "Redo" }).click();
    await dialog.getByRole("button", { name: "Use this region" }).click();
    await dialog.waitFor({ state: "detached" });
    const composer = page.locator("#composer");
    await composer.getByText(/of the source may change/).waitFor();
    await composer.getByRole("textbox", { name: "Prompt" }).fill("a small red bird");
    await shoot(page, "composer-with-region");
    expect(await axeViolations(page)).toEqual([]);
    await composer.getByRole("button", { name: "Change", exact: true }).click();
    await composer
      .getByRole("button", { name: "Open" })
      .or(composer.getByRole("link", { name: "Open" }))
      .click();
    await page.getByRole("button", { name: "Compare" }).click();
    const slider = page.getByRole("slider", { name: "How much of the other picture is shown" });
    await slider.waitFor();
    await slider.press("ArrowRight");
    await shoot(page, "compare");
    const edit = world.generations().find((id) => id !== parentId);
    const manifest = world.manifest(edit ?? "");
    expect(manifest).toMatchObject({ operation: "edit", state: "done", parents: [parentId], asked: { mask: true } });
    expect(JSON.stringify(manifest.steps)).toContain("every pixel outside unchanged");
    await page.getByRole("heading", { name: "Family" }).waitFor();
  });

  it("takes pictures that are dropped and pasted, and sends each once", async () => {
    const world = new World();
    const { page } = await visit(browser(), await startStudio(world));
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const composer = page.locator("#composer");
    await composer.getByRole("textbox", { name: "Prompt" }).fill("the same in winter");
    const square = (color: string): string =>
      `new Promise((resolve) => { const c = document.createElement("canvas"); c.width = c.height = 64; const x = c.getContext("2d"); x.fillStyle = "${color}"; x.fillRect(0, 0, 64, 64); c.toBlob((b) => resolve(new File([b], "${color}.png", { type: "image/png" }))); })`;
    await page.evaluate(
      `${square("teal")}.then((file) => { const d = new DataTransfer(); d.items.add(file); for (const type of ["dragenter", "dragover", "drop"]) document.body.dispatchEvent(new DragEvent(type, { dataTransfer: d, bubbles: true, cancelable: true })); })`,
    );
    await composer.getByText("teal.png").first().waitFor();
    await page.evaluate(
      `${square("coral")}.then((file) => { const d = new DataTransfer(); d.items.add(file); document.activeElement.dispatchEvent(new ClipboardEvent("paste", { clipboardData: d, bubbles: true, cancelable: true })); })`,
    );
    await composer.getByText("coral.png").first().waitFor();
    await shoot(page, "references");
    expect(await axeViolations(page)).toEqual([]);
    await composer.getByRole("button", { name: /^(?:Create|Change)$/ }).click();
    await page.locator("#wall img").waitFor();
    const [id] = world.generations();
    const { inputs } = world.manifest(id ?? "");
    expect(Array.isArray(inputs) ? inputs.map((input: unknown) => originOf(input)) : inputs).toEqual([
      "teal.png",
      "coral.png",
    ]);
    expect(world.generations()).toHaveLength(1);
  });

  it("tells what a request will be before it is sent, and gives the very same as a command", async () => {
    const world = new World();
    const { page, context } = await visit(browser(), await startStudio(world));
    await context.grantPermissions(["clipboard-read", "clipboard-write"]);
    await page.getByRole("button", { name: "Create", exact: true }).click();
    const composer = page.locator("#composer");
    await composer.getByRole("textbox", { name: "Prompt" }).fill("it's a 'test' $HOME");
    await composer.getByRole("combobox", { name: "Size" }).selectOption({ label: "Link preview 1200 × 630" });
    await composer.getByRole("button", { name: "Copy as command" }).click();
    const command = await page.evaluate<string>("navigator.clipboard.readText()");
    const limn = `limn() { ${process.execPath} ${JSON.stringify(limnProgram())} "$@"; }`;
    const made = await world.startOther("sh", ["-c", `${limn}\n${command} --sandbox --json`]).finished;
    expect(parseObject(made.stdout)).toMatchObject({
      status: "done",
      asked: { size: "1200x630" },
      images: [{ width: 1200, height: 630 }],
    });
    await page.getByRole("link", { name: "it's a 'test' $HOME" }).waitFor();
  });
});

/** A stroke across the middle of the picture. */
async function paint(page: Page): Promise<void> {
  const box = await page.getByRole("img", { name: /^Picture with the region/ }).boundingBox();
  if (box === null) throw new Error("the picture is not there");
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.5);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.55, { steps: 12 });
  await page.mouse.up();
}

function originOf(input: unknown): unknown {
  const { origin } = parseObject(JSON.stringify(input));
  return parseObject(JSON.stringify(origin)).name;
}

function limnProgram(): string {
  return new URL("../../packages/limn/bin/limn.js", import.meta.url).pathname;
}
