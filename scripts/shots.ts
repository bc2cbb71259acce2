/**
 * `npm run shots`: the README's pictures of the studio, taken in Chromium from the built program over a made-up library.
 *
 * Needs `/usr/bin/chromium` or `CHROMIUM_PROGRAM`. The library is always the same.
 */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import sharp from "sharp";
import { libraryFolder, runStudio } from "../test/support/running-studio.ts";
import type { RunningStudio } from "../test/support/running-studio.ts";
import { seedLibrary } from "../test/support/seed-library.ts";
import type { SeedEntry } from "../test/support/seed/entries.ts";
import type { SceneKind } from "../test/support/seed/scenes.ts";

const images = resolve(import.meta.dirname, "../docs/images");
const maxBytes = 300_000;
const desktop = { viewport: { width: 1500, height: 940 }, deviceScaleFactor: 1.4 } as const;
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, hasTouch: true, isMobile: true } as const;

const folder = mkdtempSync(join(tmpdir(), "limn-shots-"));
try {
  const entries = await seedLibrary({
    folder: libraryFolder(folder),
    count: 120,
    seed: 15,
    pictures: 52,
    languages: ["en"],
    finishedShare: 0,
    isAllDone: true,
    emulatedShare: 0,
    trashedShare: 0,
  });
  const studio = await runStudio(folder);
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM_PROGRAM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--force-color-profile=srgb"],
  });
  try {
    await shootWall(browser, studio);
    await shootCompare(browser, studio, pick(entries, "fox", "Make it evening"));
    await shootRegion(browser, studio, pick(entries, "lighthouse", "A striped lighthouse"));
  } finally {
    await browser.close();
    await studio.close();
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The library, with the composer beside it. */
async function shootWall(browser: Browser, studio: RunningStudio): Promise<void> {
  const page = await open(browser, studio, "/", desktop);
  await page.getByRole("button", { name: "Create", exact: true }).click();
  const composer = page.locator("#composer");
  await composer.getByRole("textbox", { name: "Prompt" }).fill("A red fox in the snow, morning light");
  await composer.getByText("Nothing has been sent yet.").waitFor();
  await keep("studio-wall", await picture(page));
}

/** One picture with its parent beside it, in the dark. */
async function shootCompare(browser: Browser, studio: RunningStudio, { manifest }: SeedEntry): Promise<void> {
  const page = await open(browser, studio, `/g/${manifest.id}`, { ...desktop, colorScheme: "dark" });
  await page.getByRole("button", { name: "Compare" }).click();
  await page.getByRole("slider", { name: "How much of the other picture is shown" }).waitFor();
  await keep("studio-compare", await picture(page));
}

/** A region is painted; and the same studio on a phone. */
async function shootRegion(browser: Browser, studio: RunningStudio, { manifest }: SeedEntry): Promise<void> {
  const page = await open(browser, studio, `/g/${manifest.id}`, desktop);
  await page.getByRole("button", { name: "Edit a region" }).click();
  const target = page.getByRole("img", { name: /^Picture with the region/ });
  await target.waitFor();
  const box = await target.boundingBox();
  if (box === null) throw new Error("the picture is not there");
  const size = page.getByRole("slider", { name: "Brush size" });
  await size.fill("150");
  await page.mouse.move(box.x + box.width * 0.16, box.y + box.height * 0.2);
  await page.mouse.down();
  for (const [left, top] of [
    [0.26, 0.13],
    [0.34, 0.2],
    [0.26, 0.28],
    [0.2, 0.2],
  ] as const)
    await page.mouse.move(box.x + box.width * left, box.y + box.height * top, { steps: 8 });
  await page.mouse.up();
  await page.getByText(/% of the picture may change\.$/).waitFor();
  const desk = await picture(page);
  const small = await open(browser, studio, "/", phone);
  await keep("studio-region", await besideEachOther(desk, await picture(small)));
}

async function open(
  browser: Browser,
  studio: RunningStudio,
  path: string,
  options: BrowserContextOptions,
): Promise<Page> {
  const context = await browser.newContext({ locale: "en-GB", timezoneId: "UTC", reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  await page.goto(await studio.link());
  if (path !== "/") await page.goto(`${studio.url}${path}`);
  await page.locator("#studio img").first().waitFor();
  return page;
}

/** When everything that is to be seen is there. */
async function picture(page: Page): Promise<Buffer> {
  await page.waitForLoadState("networkidle");
  const isThere = "[...document.images].every((image) => image.complete || image.loading === 'lazy')";
  while (!(await page.evaluate<boolean>(isThere))) await page.waitForLoadState("networkidle");
  await page.evaluate("document.fonts.ready.then(() => undefined)");
  return page.screenshot({ animations: "disabled", caret: "hide" });
}

async function besideEachOther(left: Buffer, right: Buffer): Promise<Buffer> {
  const wide = await sharp(left).metadata();
  const gap = 40;
  const narrow = await sharp(right).resize({ height: wide.height }).png().toBuffer({ resolveWithObject: true });
  return sharp(left)
    .extend({ right: gap + narrow.info.width, background: "#00000000" })
    .composite([{ input: narrow.data, left: wide.width + gap, top: 0 }])
    .png()
    .toBuffer();
}

async function keep(name: string, screenshot: Buffer): Promise<void> {
  const path = join(images, `${name}.webp`);
  await sharp(screenshot).webp({ quality: 82, effort: 6, smartSubsample: true }).toFile(path);
  const { size } = statSync(path);
  if (size > maxBytes) throw new Error(`${path} has ${size} bytes; the limit is ${maxBytes}`);
  process.stdout.write(`${path} ${Math.round(size / 1000)} kB\n`);
}

function pick(entries: readonly SeedEntry[], kind: SceneKind, words: string): SeedEntry {
  const found = entries.findLast(
    ({ picture: { kind: shown }, manifest }) => shown === kind && manifest.prompt?.startsWith(words) === true,
  );
  if (found === undefined) throw new Error(`no ${kind} with "${words}" is in the library`);
  return found;
}
