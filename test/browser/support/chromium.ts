import { existsSync } from "node:fs";
import type { Browser } from "playwright-core";

/** Debian's own; a browser that is downloaded is not needed. */
const program = process.env.CHROMIUM_PROGRAM ?? "/usr/bin/chromium";

/** Why there is no browser; null when there is one. */
export const absentBrowser = existsSync(program) ? null : `there is no ${program} (apt-get install chromium)`;

const flags = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

export async function launchChromium(): Promise<Browser> {
  const { chromium } = await import("playwright-core");
  return chromium.launch({ executablePath: program, headless: true, args: flags });
}
