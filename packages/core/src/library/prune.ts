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
import { removeForGood } from "./remove-generation.ts";

export interface PruneParts {
  readonly folders: LibraryFolders;
  /** All there are, newest first, as they were a moment ago. */
  readonly entries: readonly LibraryEntry[];
  readonly journal: Journal;
  readonly nowMs: number;
}

/** Remove for good what the rule names; what may not go is looked at once more under the lock. @throws invalid_option */
export function prune(parts: PruneParts, rule: PruneRule, isDryRun: boolean): PruneReport {
  checkRule(rule);
  const { folders, entries: all, journal, nowMs } = parts;
  const among = rule.among === undefined ? null : new Set(rule.among);
  const chosen = chooseEntries(all, rule, nowMs)
    .map((entry) => ({ ...entry, bytes: sizeOf(placeOf(folders, entry)) }))
    .filter(({ id, bytes }) => bytes >= (rule.largerThanBytes ?? 0) && among?.has(id) !== false);
  const removed: PruneReport["removed"][number][] = [];
  const failures: PruneReport["failures"][number][] = [];
  for (const entry of chosen) {
    const { id, prompt, bytes, trashedAt, emulated } = entry;
    try {
      if (!isDryRun && !withFolderLock(folders, () => removeUnlessKept(folders, entry))) continue;
      removed.push({ id, bytes, prompt, trashed: trashedAt !== null, emulated });
    } catch (error) {
      failures.push({
        id,
        message: isLimnError(error) ? error.message : `It could not be removed: ${describeErrno(error)}.`,
      });
    }
    if (!isDryRun) journal.changed(id);
  }
  const isRemoved = new Set(removed.map(({ id }) => id));
  const kept = all.filter(({ id }) => !isRemoved.has(id));
  const pictures = kept.flatMap(({ images }) => images.map(({ sha256 }) => sha256));
  const trash = kept.filter(({ trashedAt }) => trashedAt !== null).length;
  const sandbox = kept.filter(({ trashedAt, emulated }) => trashedAt === null && emulated).length;
  const leftovers = removeLeftovers(parts, isRemoved, new Set(pictures), isDryRun);
  return {
    removed,
    bytes: removed.reduce((sum, { bytes }) => sum + bytes, 0),
    kept: kept.length,
    keptByKind: { history: kept.length - trash - sandbox, sandbox, trash },
    leftovers,
    failures,
  };
}

/** Pure. Favourites and what runs never go. */
function chooseEntries(newestFirst: readonly LibraryEntry[], rule: PruneRule, nowMs: number): LibraryEntry[] {
  const passed = new Map<string, number>();
  return newestFirst
    .filter(
      ({ trashedAt, emulated }) =>
        (rule.trashOnly !== true || trashedAt !== null) && (rule.emulatedOnly !== true || emulated),
    )
    .filter(({ trashedAt, emulated }) => {
      // Each kind by itself: neither the sandbox nor the trash takes the place of a picture that is kept.
      const kind = `${trashedAt === null} ${emulated}`;
      const place = passed.get(kind) ?? 0;
      passed.set(kind, place + 1);
      return place >= (rule.keep ?? 0);
    })
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

/** Under the lock. It may have become a favourite since, have been restored, thrown away or removed. What cannot be read is not judged. */
function removeUnlessKept(folders: LibraryFolders, entry: LibraryEntry): boolean {
  const { id, trashedAt } = entry;
  const place = trashedAt === null ? folders.generations : folders.trash;
  if (!existsSync(join(place, id))) return false;
  const { marks, isReadable } = readMarks(join(place, id));
  if (!isReadable) throw unreadable(id, "the notes in its marks.json");
  const reading = readManifest(place, id);
  if (reading.kind !== "found") throw unreadable(id, "its manifest.json");
  if (marks.favourite || reading.generation.status === "running") return false;
  removeForGood(folders, place, id);
  return true;
}

function unreadable(id: string, what: string): LimnError {
  return new LimnError("artifact_write_failed", {
    message: `${id} stays, because ${what} cannot be read: it may be one that is never removed.`,
    details: { generation: id },
  });
}

function removeLeftovers(
  { folders, nowMs }: PruneParts,
  removed: ReadonlySet<string>,
  pictures: ReadonlySet<string>,
  isDryRun: boolean,
): PruneReport["leftovers"] {
  // What goes with its generation is counted there.
  const leftovers = findLeftovers(folders, pictures, nowMs)
    .filter(({ path }) => !removed.has(basename(dirname(path))))
    .filter(({ path }) => isDryRun || removeIfPossible(path));
  return { files: leftovers.length, bytes: leftovers.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/** What stays is found again by the next prune. */
function removeIfPossible(path: string): boolean {
  try {
    rmSync(path, { recursive: true, force: true });
    return true;
  } catch {
    return false;
  }
}
