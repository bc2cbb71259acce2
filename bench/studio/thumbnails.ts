import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { libraryFolder, runStudio } from "../../test/support/running-studio.ts";
import { seedLibrary } from "../../test/support/seed-library.ts";
import type { Bench } from "../bench.ts";
import { median } from "../measure/compare.ts";
import type { Row } from "../measure/row.ts";

const pictures = 80;
const width = 320;
/** As many as a browser asks one server for. */
const asked = 6;
/** As many as limn makes. */
const made = 2;
const byHand = resolve(import.meta.dirname, "thumbnails-by-hand.ts");

interface Source {
  readonly path: string;
  readonly address: string;
}

/** Small pictures that nobody asked for before, through the server and its cache, against the same pipeline by hand. */
export async function measureThumbnails(bench: Bench): Promise<readonly Row[]> {
  const folder = mkdtempSync(join(bench.temporary, "thumbnails-"));
  const sources = await seed(folder);
  const ours: number[] = [];
  const floor: number[] = [];
  for (let turn = 0; turn < (bench.runs ?? 5); turn += 1) {
    floor.push(await throughSharp(folder, sources));
    ours.push(await throughServer(folder, sources));
  }
  const ratio = median(ours.map((value, index) => value / (floor[index] ?? Number.NaN)));
  return [
    {
      name: `${pictures} thumbnails made and sent`,
      unit: "ms",
      measured: median(ours),
      floor: median(floor),
      ratio,
      target: 1 / 0.8,
    },
  ];
}

async function seed(folder: string): Promise<readonly Source[]> {
  const library = libraryFolder(folder);
  // Finished pictures share their bytes, and bytes that were seen before are not made again.
  const count = Math.ceil(pictures * 1.6);
  const entries = await seedLibrary({ folder: library, count, distinct: true, isAllDone: true, trashedShare: 0 });
  const sources = entries.flatMap(({ manifest }): Source[] => {
    const [image] = manifest.images;
    if (image === undefined || image.finished !== undefined) return [];
    return [
      {
        path: join(library, "generations", manifest.id, image.file),
        address: `/api/thumbnails/${manifest.id}/0?v=${image.sha256}&width=${width}`,
      },
    ];
  });
  if (sources.length < pictures) throw new Error(`only ${sources.length} pictures`);
  return sources.slice(0, pictures);
}

async function throughServer(folder: string, sources: readonly Source[]): Promise<number> {
  rmSync(join(libraryFolder(folder), "thumbnails"), { recursive: true, force: true });
  const studio = await runStudio(folder);
  try {
    const get = async ({ address }: Source): Promise<void> => {
      const answer = await studio.ask(address);
      const content = await answer.arrayBuffer();
      if (!answer.ok || content.byteLength < 100) throw new Error(`${address}: ${answer.status}`);
    };
    const [first, ...left] = sources;
    if (first === undefined) throw new Error("no pictures");
    await get(first);
    const startedAt = performance.now();
    await Promise.all(
      Array.from({ length: asked }, async () => {
        for (let next = left.shift(); next !== undefined; next = left.shift()) await get(next);
      }),
    );
    return performance.now() - startedAt;
  } finally {
    await studio.close();
  }
}

async function throughSharp(folder: string, sources: readonly Source[]): Promise<number> {
  const target = join(folder, "by-hand");
  rmSync(target, { recursive: true, force: true });
  mkdirSync(target);
  const { stdout } = await promisify(execFile)(process.execPath, [
    byHand,
    target,
    String(width),
    String(made),
    ...sources.map(({ path }) => path),
  ]);
  return Number(stdout);
}
