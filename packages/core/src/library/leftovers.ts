import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { isGenerationId, readManifest } from "../artifacts/index.ts";
import { draftPrefix } from "./folders.ts";
import type { LibraryFolders } from "./folders.ts";
import { halfRemoved } from "./remove-generation.ts";

/** A file of a running process is younger; its time limit is minutes. */
const safeAgeMs = 24 * 60 * 60 * 1000;

export interface Leftover {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Files that nobody will ever use: of runs that were killed, of removals that were, and small versions of pictures other than those that
 * are shown, which are given by their hashes.
 */
export function findLeftovers(
  folders: LibraryFolders,
  pictures: ReadonlySet<string>,
  nowMs: number,
): readonly Leftover[] {
  return [
    ...[...halfRemoved(folders), ...draftsOf(folders, nowMs)].map((path) => ({ path, bytes: sizeOf(path) })),
    ...[folders.generations, folders.trash].flatMap((place) =>
      namesIn(place)
        .filter(isGenerationId)
        .flatMap((id) => partsOf(place, id, nowMs)),
    ),
    ...thumbnailsOfNobody(folders, pictures, nowMs),
  ];
}

/** What is in a folder, with everything below it; 0 for what is gone. */
export function sizeOf(path: string): number {
  try {
    const facts = lstatSync(path);
    if (!facts.isDirectory()) return facts.size;
    return readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0);
  } catch {
    return 0;
  }
}

/** Of imports that were killed. */
function draftsOf({ generations }: LibraryFolders, nowMs: number): readonly string[] {
  return namesIn(generations)
    .filter((name) => name.startsWith(draftPrefix))
    .map((name) => join(generations, name))
    .filter((path) => isOld(path, nowMs));
}

/** Under limn's own names only, and not behind a link: a person may keep other files there. */
const ownParts =
  /^(?:\.(?:image|extra|preview|recipe)-.*\.part|(?:manifest|marks)\.json\..*\.tmp|preview-\d+-\d+\.png)$/;

function partsOf(place: string, id: string, nowMs: number): readonly Leftover[] {
  if (lstatSync(join(place, id), { throwIfNoEntry: false })?.isDirectory() !== true) return [];
  const parts = namesIn(join(place, id))
    .filter((name) => ownParts.test(name))
    .map((name) => join(place, id, name))
    .filter((path) => isOld(path, nowMs));
  if (parts.length === 0) return [];
  const reading = readManifest(place, id);
  if (reading.kind === "found" && reading.generation.status === "running") return [];
  return parts.map((path) => ({ path, bytes: sizeOf(path) }));
}

function thumbnailsOfNobody(
  folders: LibraryFolders,
  pictures: ReadonlySet<string>,
  nowMs: number,
): readonly Leftover[] {
  return namesIn(folders.thumbnails)
    .filter((name) => {
      const [, sha256] = /^([0-9a-f]{64})-/.exec(name) ?? [];
      return sha256 === undefined ? isOld(join(folders.thumbnails, name), nowMs) : !pictures.has(sha256);
    })
    .map((name) => ({ path: join(folders.thumbnails, name), bytes: sizeOf(join(folders.thumbnails, name)) }));
}

function isOld(path: string, nowMs: number): boolean {
  try {
    return nowMs - lstatSync(path).mtimeMs > safeAgeMs;
  } catch {
    return false;
  }
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
