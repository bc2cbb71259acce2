import { readdirSync, statSync } from "node:fs";
import { isGenerationId, readManifest } from "../artifacts/index.ts";
import type { FoundGeneration } from "../artifacts/index.ts";
import type { RebuildReport } from "../contracts/library.ts";
import { isObject, numberOf, parseJson } from "../json/index.ts";
import { withFolderLock } from "./folder-lock.ts";
import type { LibraryFolders } from "./folders.ts";
import { cannotWrite } from "./index-file.ts";
import type { IndexFile } from "./index-file.ts";
import { IndexWriter } from "./index-writer.ts";
import { beginJournal, readJournal, turnJournal } from "./journal-reader.ts";
import type { JournalPlaces, JournalReading } from "./journal-reader.ts";
import { readMarks } from "./marks.ts";
import { forgetAll } from "./schema.ts";
import { numberAt, textAt } from "./sqlite.ts";

/** File systems tell times in steps; a folder that changed so recently may change again without telling. */
const coarsestStepMs = 2500;

interface State {
  readonly journals: JournalPlaces;
  readonly generationsTime: string | null;
  readonly trashTime: string | null;
}

/**
 * Brings the index in step with the files, reading only what changed: generations that the journal names, folders that are new or gone,
 * and what was running. What was read and how far it goes is one transaction, so that a kill at any moment loses nothing, and files are read
 * under the index's lock, so that of two processes the later one has read the later files.
 */
export class Synchroniser {
  readonly #folders: LibraryFolders;
  readonly #index: IndexFile;

  constructor(folders: LibraryFolders, index: IndexFile) {
    this.#folders = folders;
    this.#index = index;
  }

  /** Costs a few looks at the disk when nothing changed. */
  bringUpToDate(): void {
    const { connection } = this.#index;
    const state = this.#readState();
    const journal = this.#readOrBeginJournal(state.journals);
    if (!this.#isBehind(state, journal)) return;
    connection.write(() => this.#update(false));
    if (journal?.isLong === true && this.#index.path !== null) this.#turnJournal();
  }

  #turnJournal(): void {
    try {
      withFolderLock(this.#folders, () => turnJournal(this.#folders.data));
    } catch (error) {
      // Then it grows on, and the next look tries again.
      if (!cannotWrite(error)) throw error;
    }
  }

  /** Read every file again. */
  rebuild(): RebuildReport {
    this.#readOrBeginJournal({});
    return this.#index.connection.write(() => {
      forgetAll(this.#index.connection);
      return this.#update(true);
    });
  }

  #isBehind(state: State, journal: JournalReading | null): boolean {
    if (journal !== null && (!journal.isComplete || changedIds(journal).size > 0)) return true;
    if (state.generationsTime === null || state.generationsTime !== timeOf(this.#folders.generations)) return true;
    if (state.trashTime === null || state.trashTime !== timeOf(this.#folders.trash)) return true;
    return this.#running().some((id) => {
      const found = this.#find(id);
      return found === null || found.generation.status !== "running";
    });
  }

  /** Inside a transaction. */
  #update(isNew: boolean): RebuildReport {
    const { connection } = this.#index;
    const state = this.#readState();
    const journal = readJournal(this.#folders.data, state.journals);
    const writer = new IndexWriter(connection);
    const broken: { readonly id: string; readonly reason: string }[] = [];
    // The times are taken before the folders are listed: what comes in between is seen again.
    const now = Date.now();
    const generationsTime = timeOf(this.#folders.generations);
    const trashTime = timeOf(this.#folders.trash);
    const isListed =
      isNew ||
      journal?.isComplete === false ||
      state.generationsTime === null ||
      state.generationsTime !== generationsTime ||
      state.trashTime === null ||
      state.trashTime !== trashTime;
    const stale = new Set<string>(isNew || journal === null ? [] : changedIds(journal));
    for (const id of this.#running()) stale.add(id);
    if (isListed) {
      const listed = this.#list();
      const isAllStale = isNew || journal?.isComplete === false;
      const known = isNew ? new Map<string, boolean>() : this.#known();
      for (const [id, isTrashed] of listed) if (isAllStale || known.get(id) !== isTrashed) stale.add(id);
      for (const id of known.keys()) if (!listed.has(id)) stale.add(id);
    }
    let entries = 0;
    for (const id of isNew ? [...stale].sort() : stale) {
      const found = this.#find(id, (reason) => broken.push({ id, reason }));
      if (found === null) writer.remove(id);
      else {
        entries += 1;
        writer.put(found.generation, readMarks(found.generation.folder), found.isTrashed, isNew);
      }
    }
    writer.finish();
    connection.run(
      "UPDATE state SET journals = ?, generations_time = ?, trash_time = ?",
      JSON.stringify(journal?.places ?? {}),
      isListed ? settled(generationsTime, now) : state.generationsTime,
      isListed ? settled(trashTime, now) : state.trashTime,
    );
    return { entries, broken };
  }

  /** Where it is; with both places taken, the trash does not count. */
  #find(
    id: string,
    onBroken?: (reason: string) => void,
  ): { readonly generation: FoundGeneration; readonly isTrashed: boolean } | null {
    for (const folder of [this.#folders.generations, this.#folders.trash]) {
      const reading = readManifest(folder, id);
      if (reading.kind === "found")
        return { generation: reading.generation, isTrashed: folder === this.#folders.trash };
      if (reading.kind === "broken") {
        onBroken?.(reading.reason);
        return null;
      }
    }
    return null;
  }

  /** Ids, and whether they are in the trash. */
  #list(): ReadonlyMap<string, boolean> {
    const listed = new Map<string, boolean>();
    for (const name of namesIn(this.#folders.trash)) if (isGenerationId(name)) listed.set(name, true);
    for (const name of namesIn(this.#folders.generations)) if (isGenerationId(name)) listed.set(name, false);
    return listed;
  }

  #known(): ReadonlyMap<string, boolean> {
    return new Map(
      this.#index.connection
        .all("SELECT id, trashed FROM entries")
        .map((row) => [textAt(row, "id"), numberAt(row, "trashed") === 1]),
    );
  }

  #running(): readonly string[] {
    return this.#index.connection.all("SELECT id FROM entries WHERE running = 1").map((row) => textAt(row, "id"));
  }

  #readState(): State {
    const row = this.#index.connection.one("SELECT journals, generations_time, trash_time FROM state");
    const journals = parseJson(textAt(row, "journals"));
    const places: Record<string, number> = {};
    for (const [name, place] of Object.entries(isObject(journals) ? journals : {})) {
      const bytes = numberOf(place);
      if (bytes !== null) places[name] = bytes;
    }
    const time = (name: string): string | null => {
      const text = textAt(row, name);
      return text === "" ? null : text;
    };
    return { journals: places, generationsTime: time("generations_time"), trashTime: time("trash_time") };
  }

  /** Not inside a transaction: whoever holds the folder's lock may wait for the index. */
  #readOrBeginJournal(places: JournalPlaces): JournalReading | null {
    const reading = readJournal(this.#folders.data, places);
    if (reading !== null || this.#index.path === null) return reading;
    withFolderLock(this.#folders, () => beginJournal(this.#folders.data));
    return readJournal(this.#folders.data, places);
  }
}

/** Generations whose files changed; lines that only tell progress change nothing. */
function changedIds({ lines }: JournalReading): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const line of lines) {
    const isWhole = line.startsWith("{") && line.lastIndexOf("{") === 0;
    if (isWhole && !line.includes('"changed"')) continue;
    const notice = parseJson(line);
    if (isObject(notice)) {
      if (notice.changed === true && typeof notice.id === "string" && isGenerationId(notice.id)) ids.add(notice.id);
      continue;
    }
    // A full disk cut it, and the next one was written behind its half: whatever it names may have changed.
    for (const [id] of line.matchAll(/gen_[0-9a-z]{20}/g)) if (isGenerationId(id)) ids.add(id);
  }
  return ids;
}

function timeOf(folder: string): string {
  const facts = statSync(folder, { throwIfNoEntry: false, bigint: true });
  return facts === undefined ? "none" : `${facts.ino} ${facts.mtimeNs}`;
}

/** Null: it must be listed again, since it changed a moment ago, or in the future of a clock that went back. */
function settled(time: string, nowMs: number): string | null {
  if (time === "none") return time;
  const changedMs = Number(BigInt(time.split(" ")[1] ?? 0) / 1_000_000n);
  return nowMs - changedMs > coarsestStepMs ? time : null;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}
