/**
 * Writes a library of made-up generations, with the same manifests, names and rights as limn's own.
 *
 * `node --conditions=source test/support/seed-library.ts FOLDER [COUNT] [SEED]`; then `LIMN_HOME=FOLDER limn history`.
 */
import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeHashRecord } from "../../packages/core/src/artifacts/hash-records.ts";
import type { HashRecord } from "../../packages/core/src/artifacts/hash-records.ts";
import { makeEntry } from "./seed/entries.ts";
import type { SeedEntry, SeedFile } from "./seed/entries.ts";
import { drawPictures, withOwnBytes } from "./seed/pictures.ts";
import type { PictureFile } from "./seed/pictures.ts";
import { noteDown, throwAway } from "./seed/note-down.ts";
import type { Prompt } from "./seed/prompts.ts";
import { seededRandom } from "./seed/random.ts";

export interface SeedOptions {
  /** limn's data folder: `LIMN_HOME`. */
  readonly folder: string;
  /** Generations. */
  readonly count: number;
  /** The same seed gives the same library. @default 1 */
  readonly seed?: number;
  /** Different drawings; generations share them by hard links. @default 26, at most as many as generations */
  readonly pictures?: number;
  /** Every original has bytes and a hash of its own: about 0.1 MB each on the disk. @default false */
  readonly distinct?: boolean;
  /** Of the generations, that the sandbox made. @default 0.1 */
  readonly emulatedShare?: number;
  /** Of the new pictures, that were finished to a size of their own. @default 0.2 */
  readonly finishedShare?: number;
  /** Every generation has its pictures. @default false: some failed, were cancelled, or are unknown */
  readonly isAllDone?: boolean;
  /** Of the prompts. @default all that there are */
  readonly languages?: readonly Prompt["language"][];
  /** Of the generations, that lie in the trash. @default 0.02 */
  readonly trashedShare?: number;
  /** When the newest was made; the others lie before it, over months. @default 2026-11-20T18:00:00Z */
  readonly newestMs?: number;
}

const newestDefaultMs = Date.UTC(2026, 10, 20, 18);
const longestGapMs = 2 * 3_600_000;

/** Oldest first. */
export async function seedLibrary(options: SeedOptions): Promise<readonly SeedEntry[]> {
  const { folder, count, seed = 1, distinct = false, newestMs = newestDefaultMs } = options;
  const random = seededRandom(seed);
  const notes = seededRandom(seed + 1);
  const pictures = await drawPictures(Math.min(options.pictures ?? 26, Math.max(count, 1)), seed);
  const generations = join(folder, "generations");
  mkdirSync(generations, { recursive: true, mode: 0o700 });
  const gaps = Array.from({ length: count }, () => random.whole(60_000, longestGapMs));
  let createdAtMs = newestMs - gaps.reduce((sum, gap) => sum + gap, 0);
  let originals = 0;
  const own = (picture: PictureFile): PictureFile => {
    originals += 1;
    return distinct ? withOwnBytes(picture, `seed ${seed}, picture ${originals}`) : picture;
  };
  const entries: SeedEntry[] = [];
  const withPictures: SeedEntry[] = [];
  const place = new FilePlace();
  for (const gap of gaps) {
    createdAtMs += gap;
    const entry = makeEntry({
      random,
      pictures,
      createdAtMs,
      emulatedShare: options.emulatedShare ?? 0.1,
      finishedShare: options.finishedShare ?? 0.2,
      isAllDone: options.isAllDone ?? false,
      languages: options.languages ?? null,
      earlier: withPictures,
      own,
    });
    writeEntry(folder, entry, place);
    // The bytes are on the disk; ten thousand pictures need not stay in memory too.
    const kept: SeedEntry = distinct ? { ...entry, files: [] } : entry;
    entries.push(kept);
    noteDown(folder, entry, notes);
    if (entry.files.length > 0) withPictures.push(kept);
  }
  writeHashRecords(folder, entries);
  // Last, since pictures of other generations are links to its files.
  for (const entry of entries) if (notes.chance(options.trashedShare ?? 0.02)) throwAway(folder, entry);
  return entries;
}

/** Of generations with the same picture the newest one's stays, as with limn. */
function writeHashRecords(folder: string, entries: readonly SeedEntry[]): void {
  const newest = new Map<string, HashRecord>();
  for (const { manifest } of entries) {
    const { id, createdAt, engine, emulated } = manifest;
    for (const { index, sha256, finished } of manifest.images) {
      for (const hash of finished === undefined ? [sha256] : [sha256, finished.sha256])
        newest.set(hash, { sha256: hash, id, index, createdAt, engine, emulated });
    }
  }
  for (const record of newest.values()) writeHashRecord(join(folder, "hashes"), record);
}

/** Where bytes lie already, so that the same ones are linked. */
class FilePlace {
  readonly #paths = new Map<string, { path: string; links: number }>();

  put(target: string, { picture }: SeedFile): void {
    const known = this.#paths.get(picture.sha256);
    // File systems allow 65,000 links at most (ext4), some far fewer (NTFS: 1,023).
    if (known !== undefined && known.links < 1000) {
      linkSync(known.path, target);
      known.links += 1;
      return;
    }
    writeFileSync(target, picture.content, { mode: 0o600 });
    this.#paths.set(picture.sha256, { path: target, links: 1 });
  }
}

function writeEntry(folder: string, { manifest, files }: SeedEntry, place: FilePlace): void {
  const generation = join(folder, "generations", manifest.id);
  mkdirSync(generation, { mode: 0o700 });
  for (const file of files) place.put(join(generation, file.name), file);
  writeFileSync(join(generation, "manifest.json"), `${JSON.stringify(manifest, null, 1)}\n`, { mode: 0o600 });
}

if (import.meta.main) {
  const [folder, count = "1000", seed = "1"] = process.argv.slice(2);
  if (folder === undefined || !/^\d+$/.test(count) || !/^\d+$/.test(seed)) {
    process.stderr.write("usage: node --conditions=source test/support/seed-library.ts FOLDER [COUNT] [SEED]\n");
    process.exitCode = 2;
  } else {
    const entries = await seedLibrary({ folder, count: Number(count), seed: Number(seed) });
    process.stdout.write(`${entries.length} generations in ${folder}\n`);
  }
}
