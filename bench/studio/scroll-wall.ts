import type { Browser } from "playwright-core";
import type { RunningStudio } from "../../test/support/running-studio.ts";
import { mainThreadTasks } from "./main-thread-tasks.ts";

/** One visit: the first view, then the whole wall from top to bottom. */
export interface WallVisit {
  /** Cards in the document at most, at any time. */
  readonly mostCards: number;
  readonly frames: number;
  /** Lengths of everything that the page's main thread did while it was scrolled. */
  readonly tasksMs: readonly number[];
  /** What the first view loaded of scripts, as it came over the wire. */
  readonly scriptBytes: number;
}

/** A quick reader: half a window in a frame, and pictures are still asked for. */
const stepPixels = 400;

export async function scrollWall(browser: Browser, studio: RunningStudio): Promise<WallVisit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  try {
    const page = await context.newPage();
    const scripts: Promise<number>[] = [];
    page.on("requestfinished", (request) => {
      if (request.resourceType() === "script") scripts.push(request.sizes().then((sizes) => sizes.responseBodySize));
    });
    await page.goto(await studio.link());
    await page.locator("#wall img").first().waitFor();
    await page.waitForLoadState("networkidle");
    const scriptBytes = (await Promise.all(scripts)).reduce((sum, bytes) => sum + bytes, 0);
    await browser.startTracing(page, { categories: ["toplevel", "blink.user_timing"] });
    const { frames, mostCards } = await page.evaluate<{ readonly frames: number; readonly mostCards: number }>(
      scrollToTheEnd,
    );
    const trace = await browser.stopTracing();
    return { mostCards, frames, tasksMs: mainThreadTasks(trace), scriptBytes };
  } finally {
    await context.close();
  }
}

/** In the page, as a text: this folder's types know no browser. The marks tell the trace when it began and ended. */
const scrollToTheEnd = `new Promise((resolve) => {
  const scroller = document.querySelector("#wall").parentElement;
  let frames = 0;
  let mostCards = 0;
  performance.mark("scroll-begins");
  const step = () => {
    mostCards = Math.max(mostCards, document.querySelectorAll("#wall > li").length);
    const before = scroller.scrollTop;
    scroller.scrollTop = before + ${stepPixels};
    frames += 1;
    if (scroller.scrollTop > before) requestAnimationFrame(step);
    else {
      performance.mark("scroll-ends");
      resolve({ frames, mostCards });
    }
  };
  requestAnimationFrame(step);
})`;
