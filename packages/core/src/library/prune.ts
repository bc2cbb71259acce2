import { existsSync, rmSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { readManifest } from "../artifacts/index.ts";
import type { Journal } from "../artifacts/index.ts";
import type { LibraryEntry, PruneReport, PruneRule } from "../contracts/library.ts";
import { LimnError, isLimnError } from "../errors/index.ts";
import { describeErrno } from "../files/index.ts";
import { withFolderLock } from "./folder-lock.ts";
import type { LibraryFolders } from "./folders.ts";
import { findLeftovers, sizeOf } from "./leftovers.ts";
import { readMarks } from "./marks.ts";
import { entryOfRow } from "./query.ts";
import { removeForGood } from "./remove-generation.ts";
import type { Connection } from "./sqlite.ts";

export interface PruneParts {
  readonly folders: LibraryFolders;
  /** Up to date. */
  readonly connection: Connection;
  readonly journal: Journal;
  readonly nowMs: number;
}

/** Remove for good what the rule names; what may not go is looked at once more under the lock. @throws invalid_option */
export function prune(parts: PruneParts, rule: PruneRule, isDryRun: boolean): PruneReport {
  checkRule(rule);
  const { folders, connection, journal, nowMs } = parts;
  const all = connection
    .all("SELECT revision, content FROM entries JOIN contents USING (key) ORDER BY id DESC")
    .map(entryOfRow);
  const chosen = chooseEntries(all, rule, nowMs)
    .map((entry) => ({ ...entry, bytes: sizeOf(placeOf(folders, entry)) }))
    .filter(({ bytes }) => bytes >= (rule.largerThanBytes ?? 0));
  const removed: PruneReport["removed"][number][] = [];
  const failures: PruneReport["failures"][number][] = [];
  for (const { id, prompt, bytes } of chosen) {
    try {
      if (!isDryRun && !withFolderLock(folders, () => removeUnlessKept(folders, id))) continue;
      removed.push({ id, bytes, prompt });
    } catch (error) {
      failures.push({
        id,
        message: isLimnError(error) ? error.message : `It could not be removed: ${describeErrno(error)}.`,
      });
    }
    if (!isDryRun) journal.changed(id);
  }
  const isRemoved = new Set(removed.map(({ id }) => id));
  const pictures = all
    .filter(({ id }) => !isRemoved.has(id))
    .flatMap(({ images }) => images.map(({ sha256 }) => sha256));
  const leftovers = removeLeftovers(parts, isRemoved, new Set(pictures), isDryRun);
  return {
    removed,
    bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0),
    kept: all.length - removed.length,
    leftovers,
    failures,
  };
}

/** Pure. Favourites and what runs never go. */
function chooseEntries(newestFirst: readonly LibraryEntry[], rule: PruneRule, nowMs: number): LibraryEntry[] {
  return newestFirst
    .filter(
      ({ trashedAt, emulated }) =>
        (rule.trashOnly !== true || trashedAt !== null) && (rule.emulatedOnly !== true || emulated),
    )
    .slice(rule.keep ?? 0)
    .filter(
      ({ favourite, status, createdAt }) =>
        !favourite &&
        status !== "running" &&
        (rule.olderThanMs === undefined || Date.parse(createdAt) < nowMs - rule.olderThanMs),
    );
}

function checkRule(rule: PruneRule): void {
  const { olderThanMs, largerThanBytes, keep } = rule;
  const isWhole = (value: number | undefined): boolean => value === undefined || (Number.isFinite(value) && value >= 0);
  if (
    !isWhole(olderThanMs) ||
    !isWhole(largerThanBytes) ||
    !isWhole(keep) ||
    (keep !== undefined && !Number.isInteger(keep))
  )
    throw invalid("An age, a size and a number to keep are never below 0.");
  const isEmpty = olderThanMs === undefined && largerThanBytes === undefined && keep === undefined;
  if (isEmpty && rule.trashOnly !== true && rule.emulatedOnly !== true)
    throw invalid("Without a rule everything would go; say what may.");
}

function invalid(message: string): LimnError {
  return new LimnError("invalid_option", { message, hint: "See: limn prune --help" });
}

function placeOf(folders: LibraryFolders, { id, trashedAt }: Pick<LibraryEntry, "id" | "trashedAt">): string {
  return join(trashedAt === null ? folders.generations : folders.trash, id);
}

/** Under the lock. It may have become a favourite since, or have been removed. */
function removeUnlessKept(folders: LibraryFolders, id: string): boolean {
  const place = [folders.generations, folders.trash].find((folder) => existsSync(join(folder, id)));
  if (place === undefined || readMarks(join(place, id)).marks.favourite) return false;
  const reading = readManifest(place, id);
  if (reading.kind === "found" && reading.generation.status === "running") return false;
  removeForGood(folders, id);
  return true;
}

function removeLeftovers(
  { folders, nowMs }: PruneParts,
  removed: ReadonlySet<string>,
  pictures: ReadonlySet<string>,
  isDryRun: boolean,
): PruneReport["leftovers"] {
  // What goes with its generation is counted there.
  const leftovers = findLeftovers(folders, pictures, nowMs).filter(({ path }) => !removed.has(basename(dirname(path))));
  if (!isDryRun) for (const { path } of leftovers) rmSync(path, { recursive: true, force: true });
  return { files: leftovers.length, bytes: leftovers.reduce((sum, { bytes }) => sum + bytes, 0) };
}
