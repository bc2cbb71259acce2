import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";

const folder = process.env.SCREENSHOT_FOLDER ?? resolve(import.meta.dirname, "../../../test-artifacts");

/** Kept for whoever wants to look; git does not see them. */
export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
