import {
  closeSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { journalPath } from "../artifacts/index.ts";
import { errno, uniqueSuffix } from "../files/index.ts";
import { isObject, parseJson, textOf } from "../json/index.ts";
import { randomName } from "./random-name.ts";

/** A journal that is longer is put aside, and a new one begun. */
const longestJournalBytes = 1024 * 1024;
const headerBytes = 256;

/** How far each journal was read: its name to a place in bytes. */
export type JournalPlaces = Readonly<Record<string, number>>;

export interface JournalReading {
  /** Whole lines behind the places. */
  readonly lines: readonly string[];
  readonly places: JournalPlaces;
  /** False: lines may have been missed, since the journal is another one than was read before. */
  readonly isComplete: boolean;
  /** The newest journal is long. */
  readonly isLong: boolean;
}

interface OpenJournal {
  readonly name: string;
  readonly previous: string | null;
  /** Where the first line behind the header begins. */
  readonly begin: number;
  readonly bytes: number;
  readonly file: number;
}

/**
 * What was told behind these places. There are at most two files: the one that is written to, and the one before, to which a process that
 * had it open may still add a line. Null: there is no journal.
 */
export function readJournal(dataFolder: string, places: JournalPlaces): JournalReading | null {
  const path = journalPath(dataFolder);
  const current = openJournal(path);
  const older = openJournal(`${path}.old`);
  try {
    if (current === null) return null;
    const read: Record<string, number> = {};
    const lines: string[] = [];
    const known = older === null ? undefined : places[older.name];
    if (older !== null && known !== undefined) read[older.name] = readLines(older, known, lines);
    // A journal that follows one that was read to its end is read from its beginning.
    const begin =
      places[current.name] ?? (known !== undefined && current.previous === older?.name ? current.begin : null);
    // One that is shorter than it was when it was read is another one under the same name.
    const isComplete = begin !== null && begin <= current.bytes;
    read[current.name] = isComplete ? readLines(current, begin, lines) : endOf(current);
    return { lines, places: read, isComplete, isLong: current.bytes > longestJournalBytes };
  } finally {
    for (const journal of [current, older]) if (journal !== null) closeSync(journal.file);
  }
}

/** Begin a journal where there is none; the caller holds the lock. @throws system errors */
export function beginJournal(dataFolder: string): void {
  const path = journalPath(dataFolder);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const existing = openJournal(path);
  if (existing !== null) {
    closeSync(existing.file);
    return;
  }
  renameSync(writeHeader(path, null), path);
}

/** Put a long journal aside; the caller holds the lock. At no moment is there none, so that no line is lost. */
export function turnJournal(dataFolder: string): void {
  const path = journalPath(dataFolder);
  const current = openJournal(path);
  if (current === null) return;
  closeSync(current.file);
  if (current.bytes <= longestJournalBytes) return;
  const next = writeHeader(path, current.name);
  try {
    rmSync(`${path}.old`, { force: true });
    linkSync(path, `${path}.old`);
    renameSync(next, path);
  } catch (error) {
    rmSync(next, { force: true });
    // Without hard links it only grows on.
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(errno(error) ?? "")) throw error;
  }
}

function writeHeader(path: string, previous: string | null): string {
  const temporary = `${path}.${uniqueSuffix()}.tmp`;
  const header = { journal: randomName(), previous };
  writeFileSync(temporary, `${JSON.stringify(header)}\n`, { mode: 0o600, flag: "wx" });
  return temporary;
}

function openJournal(path: string): OpenJournal | null {
  let file: number;
  try {
    file = openSync(path, "r");
  } catch {
    return null;
  }
  const head = Buffer.alloc(headerBytes);
  const text = head.toString("utf8", 0, readSync(file, head, 0, headerBytes, 0));
  const end = text.indexOf("\n");
  const header = end < 0 ? undefined : parseJson(text.slice(0, end));
  const name = isObject(header) ? textOf(header.journal) : null;
  if (name !== null && isObject(header))
    return { name, previous: textOf(header.previous), begin: end + 1, bytes: fstatSync(file).size, file };
  closeSync(file);
  return null;
}

/** Adds the whole lines from `begin` on, and returns where the next one will begin. */
function readLines({ file, bytes }: OpenJournal, begin: number, lines: string[]): number {
  if (bytes <= begin) return begin;
  const content = Buffer.alloc(bytes - begin);
  const length = readSync(file, content, 0, content.length, begin);
  const end = content.subarray(0, length).lastIndexOf(0x0a) + 1;
  for (const line of content.toString("utf8", 0, end).split("\n")) if (line !== "") lines.push(line);
  return begin + end;
}

function endOf(journal: OpenJournal): number {
  // A line that is being written belongs to what comes.
  return readLines(journal, journal.begin, []);
}
