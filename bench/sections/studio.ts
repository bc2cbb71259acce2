import { mkdtempSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { libraryFolder, runStudio } from "../../test/support/running-studio.ts";
import { seedLibrary } from "../../test/support/seed-library.ts";
import type { Bench, Section } from "../bench.ts";
import { median } from "../measure/compare.ts";
import { rowOf } from "../measure/row.ts";
import type { Row } from "../measure/row.ts";
import { scrollWall } from "../studio/scroll-wall.ts";
import type { WallVisit } from "../studio/scroll-wall.ts";
import { measureThumbnails } from "../studio/thumbnails.ts";

const few = 1000;
const many = 10_000;
const limits = { cards: 60, scriptKilobytes: 60 };

/** The page over a small and a large library, in a real browser; and the small pictures that it asks for. */
export const studio: Section = {
  name: "studio",
  measure: async (bench) => ({ rows: [...(await measureWall(bench)), ...(await measureThumbnails(bench))] }),
};

async function measureWall(bench: Bench): Promise<readonly Row[]> {
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM_PROGRAM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu"],
  });
  const small = await openLibrary(bench, few);
  const large = await openLibrary(bench, many);
  try {
    const visits: { readonly small: WallVisit; readonly large: WallVisit }[] = [];
    // The first turn makes the thumbnails.
    for (let turn = 0; turn <= (bench.runs ?? 3); turn += 1) {
      const pair = { small: await scrollWall(browser, small), large: await scrollWall(browser, large) };
      if (turn > 0) visits.push(pair);
    }
    const line = (name: string, valueOf: (visit: WallVisit) => number, target: number): Row => ({
      name: `${name}, ${many} pictures against ${few}`,
      unit: "ms",
      measured: median(visits.map((pair) => valueOf(pair.large))),
      floor: median(visits.map((pair) => valueOf(pair.small))),
      ratio: median(visits.map((pair) => valueOf(pair.large) / valueOf(pair.small))),
      target,
    });
    const whole = visits.map((pair) => pair.large);
    return [
      rowOf({
        name: `cards in the document with ${many} pictures, against the limit`,
        unit: "cards",
        measured: Math.max(...whole.map(({ mostCards }) => mostCards)),
        floor: limits.cards,
        target: 1,
      }),
      rowOf({
        name: "scripts of the first view, compressed, against the limit",
        unit: "kB",
        measured: Math.max(...whole.map(({ scriptBytes }) => scriptBytes)) / 1000,
        floor: limits.scriptKilobytes,
        target: 1,
      }),
      line("main thread for a frame of scrolling", ({ tasksMs, frames }) => sum(tasksMs) / frames, 1.3),
      line("long tasks of scrolling (99 of 100 are shorter)", ({ tasksMs }) => quantile(tasksMs, 0.99), 1.5),
      rowOf({
        name: `server's peak memory, ${many} pictures scrolled against ${few}`,
        unit: "MiB",
        measured: peakMiB(large.pid),
        floor: peakMiB(small.pid),
        target: 1.3,
      }),
    ];
  } finally {
    await browser.close();
    await small.close();
    await large.close();
  }
}

async function openLibrary(bench: Bench, count: number): ReturnType<typeof runStudio> {
  const folder = mkdtempSync(join(bench.temporary, `library-${count}-`));
  await seedLibrary({ folder: libraryFolder(folder), count });
  return runStudio(folder);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((left, right) => left - right);
  return sorted[Math.floor((sorted.length - 1) * share)] ?? Number.NaN;
}

function peakMiB(pid: number): number {
  const [, kibibytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kibibytes) / 1024;
}
