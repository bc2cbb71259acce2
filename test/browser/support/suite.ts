import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe } from "vitest";
import { absentBrowser, launchChromium } from "./chromium.ts";

/** Tests in one Chromium; skipped with the reason where there is none. */
export function describeInBrowser(name: string, tests: (browser: () => Browser) => void): void {
  describe.skipIf(absentBrowser !== null)(`${name}${absentBrowser === null ? "" : `: ${absentBrowser}`}`, () => {
    let running: Browser | null = null;
    beforeAll(async () => {
      running = await launchChromium();
    });
    afterAll(async () => running?.close());
    tests(() => {
      if (running === null) throw new Error("the browser did not start");
      return running;
    });
  });
}
