import { accessSync, constants, existsSync, mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { Journal, isGenerationId, readHashRecord, readManifest } from "../artifacts/index.ts";
import type { FoundGeneration } from "../artifacts/index.ts";
import type {
  ImportReport,
  ImportSource,
  Library,
  LibraryChanges,
  LibraryEntry,
  LibraryFacets,
  LibraryListener,
  LibraryPage,
  LibraryPlace,
  LibraryQuery,
  MarksChange,
  PruneReport,
  PruneRule,
  RebuildReport,
} from "../contracts/library.ts";
import { LimnError, isLimnError } from "../errors/index.ts";
import { describeErrno, errno } from "../files/index.ts";
import { findChanges } from "./changes.ts";
import { withFolderLock } from "./folder-lock.ts";
import { libraryFolders } from "./folders.ts";
import type { LibraryFolders } from "./folders.ts";
import { cannotWrite, discardIndex, openIndex, openInMemory } from "./index-file.ts";
import type { IndexFile } from "./index-file.ts";
import { LibraryWatch } from "./library-watch.ts";
import { changedMarks, checkMarksChange, readMarks, writeMarks } from "./marks.ts";
import { findAll, findChildren, findEntry, findFacets, findPage } from "./query.ts";
import { removeForGood } from "./remove-generation.ts";
import { scrubIndex } from "./scrub-index.ts";
import { isDamaged, numberAt, textAt } from "./sqlite.ts";
import type { Connection } from "./sqlite.ts";
import { Synchroniser } from "./synchroniser.ts";

/** How long an index stays in memory before the disk is tried again: it may have been full for a while. */
const retrySeconds = 60;
/** Who empties a trash removes one after the other. */
const scrubAfterMs = 1000;

export interface LibraryOptions {
  /** limn's data folder. */
  readonly data: string;
  /** Codex's folder, for its `generated_images`; null = there is none. */
  readonly codexHome: string | null;
  readonly clock: () => number;
  /** Of limn, for the record. */
  readonly version: string;
}

/** The library over the files of one data folder. The index is opened by the first question. */
export class FileLibrary implements Library {
  readonly #options: LibraryOptions;
  readonly #folders: LibraryFolders;
  readonly #journal: Journal;
  readonly #watch: LibraryWatch;
  #index: IndexFile | null = null;
  /** Seconds of the process; the global `performance` would load 5 ms of code. */
  #inMemorySince = 0;
  #scrubTimer: NodeJS.Timeout | undefined;

  constructor(options: LibraryOptions) {
    this.#options = options;
    this.#folders = libraryFolders(options.data);
    this.#journal = new Journal(options.data);
    this.#watch = new LibraryWatch(this.#folders, () =>
      this.#ask((connection) => {
        const state = connection.one("SELECT epoch, revision FROM state");
        return `${textAt(state, "epoch")}.${numberAt(state, "revision")}`;
      }),
    );
  }

  get isReadOnly(): boolean {
    for (let folder = this.#folders.data; ; folder = join(folder, "..")) {
      try {
        accessSync(folder, constants.W_OK);
        return false;
      } catch (error) {
        // What is missing can be made where its parent can be written.
        if (errno(error) !== "ENOENT" || folder === join(folder, "..")) return true;
      }
    }
  }

  page(
    query: LibraryQuery,
    { cursor, limit }: { readonly cursor?: string | null; readonly limit: number },
  ): LibraryPage {
    return this.#ask((connection) => connection.read(() => findPage(connection, query, cursor ?? null, limit)));
  }

  entry(id: string): LibraryEntry | null {
    return this.#ask((connection) => findEntry(connection, id));
  }

  children(id: string): readonly LibraryEntry[] {
    return this.#ask((connection) => findChildren(connection, id));
  }

  facets({ emulated }: Pick<LibraryQuery, "emulated"> = {}): LibraryFacets {
    return this.#ask((connection) => connection.read(() => findFacets(connection, emulated)));
  }

  changesSince(place: LibraryPlace | null, limit: number): LibraryChanges {
    return this.#ask((connection) => connection.read(() => findChanges(connection, place, limit)));
  }

  checkMarks(change: MarksChange): void {
    checkMarksChange(change);
  }

  async mark(id: string, change: MarksChange): Promise<LibraryEntry> {
    checkMarksChange(change);
    this.#change(id, () => {
      const folder = this.folderOf(id);
      const before = readMarks(folder);
      writeMarks(folder, before, changedMarks(before.marks, change), before.trashedAt);
    });
    return this.#mustFind(id);
  }

  async trash(id: string): Promise<LibraryEntry> {
    this.#change(id, () => {
      const { folder, status } = this.#generation(this.#folders.generations, id);
      if (status === "running")
        throw new LimnError("invalid_option", {
          message: `The generation ${id} is running, so it cannot be thrown away.`,
          hint: "Wait until it has ended, or stop the program that makes it.",
          details: { generation: id },
        });
      mkdirSync(this.#folders.trash, { recursive: true, mode: 0o700 });
      const before = readMarks(folder);
      writeMarks(folder, before, before.marks, new Date(this.#options.clock()).toISOString());
      renameSync(folder, join(this.#folders.trash, id));
    });
    return this.#mustFind(id);
  }

  async restore(id: string): Promise<LibraryEntry> {
    this.#change(id, () => {
      const { folder } = this.#generation(this.#folders.trash, id);
      const target = join(this.#folders.generations, id);
      if (existsSync(target))
        throw new LimnError("artifact_exists", {
          message: `There is a generation ${id} in the history already; the one in the trash stays there.`,
          hint: `See: limn show ${id}`,
          details: { generation: id },
        });
      mkdirSync(this.#folders.generations, { recursive: true, mode: 0o700 });
      renameSync(folder, target);
      const before = readMarks(target);
      writeMarks(target, before, before.marks, null);
    });
    return this.#mustFind(id);
  }

  async remove(id: string): Promise<void> {
    this.#change(id, () => {
      this.#generation(this.#folders.trash, id);
      removeForGood(this.#folders, this.#folders.trash, id);
    });
    this.#ask(() => undefined);
    this.#scrubSoon();
  }

  async prune(rule: PruneRule, { isDryRun }: { readonly isDryRun: boolean }): Promise<PruneReport> {
    const { prune } = await import("./prune.ts");
    const entries = this.#ask(findAll);
    const report = prune(
      { folders: this.#folders, entries, journal: this.#journal, nowMs: this.#options.clock() },
      rule,
      isDryRun,
    );
    if (!isDryRun) {
      this.#ask(() => undefined);
      this.#scrub();
    }
    return report;
  }

  async import(sources: readonly ImportSource[], signal: AbortSignal): Promise<ImportReport> {
    const { importPictures } = await import("./import-pictures.ts");
    const { codexHome, clock, version } = this.#options;
    return importPictures(
      {
        folders: this.#folders,
        journal: this.#journal,
        codexImages: codexHome === null ? null : join(codexHome, "generated_images"),
        isKnown: (sha256, id) =>
          [readHashRecord(this.#folders.hashes, sha256)?.id, id].some((known) => this.#has(known)),
        clock,
        version,
      },
      sources,
      signal,
    );
  }

  rebuild(): RebuildReport {
    return this.#withIndex((index) => new Synchroniser(this.#folders, index).rebuild());
  }

  folderOf(id: string): string {
    for (const folder of [this.#folders.generations, this.#folders.trash])
      if (isGenerationId(id) && existsSync(join(folder, id))) return join(folder, id);
    throw notFound(id);
  }

  watch(listener: LibraryListener): () => void {
    return this.#watch.add(listener);
  }

  close(): void {
    this.#watch.stop();
    this.#scrub();
    this.#index?.connection.close();
    this.#index = null;
  }

  /** Once after the last one of many. */
  #scrubSoon(): void {
    clearTimeout(this.#scrubTimer);
    this.#scrubTimer = setTimeout(() => this.#scrub(), scrubAfterMs).unref();
  }

  /** The words of what was removed leave the index's file. What cannot be done now is done by the next one, of any process. */
  #scrub(): void {
    clearTimeout(this.#scrubTimer);
    if (this.#index !== null) scrubIndex(this.#folders, this.#index);
  }

  /** By the files: the index would be brought in step for each picture of an import. */
  #has(id: string | null | undefined): boolean {
    if (typeof id !== "string" || !isGenerationId(id)) return false;
    return [this.#folders.generations, this.#folders.trash].some((place) => readManifest(place, id).kind === "found");
  }

  /** @throws artifact_not_found */
  #generation(place: string, id: string): FoundGeneration {
    const reading = isGenerationId(id) ? readManifest(place, id) : { kind: "missing" as const };
    if (reading.kind === "found") return reading.generation;
    if (reading.kind === "broken")
      throw new LimnError("artifact_not_found", {
        message: `The record of ${id} is damaged: ${reading.reason}.`,
        hint: `Its files are in ${join(place, id)}.`,
        details: { generation: id },
      });
    throw notFound(id);
  }

  #mustFind(id: string): LibraryEntry {
    const entry = this.entry(id);
    if (entry === null) throw notFound(id);
    return entry;
  }

  /** Work on a generation's files, alone, and tell everybody. @throws artifact_write_failed */
  #change(id: string, work: () => void): void {
    try {
      withFolderLock(this.#folders, work);
    } catch (error) {
      if (isLimnError(error)) throw error;
      throw new LimnError("artifact_write_failed", {
        message: `The generation ${id} could not be changed in ${this.#folders.data}: ${describeErrno(error)}.`,
        hint: "Make room or correct the rights, or name another folder: LIMN_HOME=/some/folder limn …",
        details: { generation: id, reason: errno(error) },
        cause: error,
      });
    } finally {
      this.#journal.changed(id);
    }
  }

  /** A question to an index that is in step with the files. */
  #ask<T>(question: (connection: Connection) => T): T {
    return this.#withIndex((index) => {
      new Synchroniser(this.#folders, index).bringUpToDate();
      return question(index.connection);
    });
  }

  /** A damaged index is made anew, once; where it cannot be written, it goes on in memory. `work` may be done again. */
  #withIndex<T>(work: (index: IndexFile) => T): T {
    for (let isRepaired = false; ;) {
      const index = this.#open();
      try {
        return work(index);
      } catch (error) {
        if (isDamaged(error) && !isRepaired) {
          isRepaired = true;
          this.#discard(index);
        } else if (index.path !== null && cannotWrite(error)) this.#goOnInMemory(index);
        else throw error;
      }
    }
  }

  #discard(index: IndexFile): void {
    this.#index = null;
    try {
      discardIndex(this.#folders, index);
    } catch (error) {
      if (!cannotWrite(error)) throw error;
      this.#goOnInMemory(index);
    }
  }

  #goOnInMemory({ connection }: IndexFile): void {
    connection.close();
    this.#index = openInMemory();
    this.#inMemorySince = process.uptime();
  }

  #open(): IndexFile {
    const isRetried =
      this.#index?.path === null && process.uptime() - this.#inMemorySince > retrySeconds && !this.isReadOnly;
    if (this.#index !== null && (isRetried || !this.#index.isCurrent())) {
      this.#index.connection.close();
      this.#index = null;
    }
    if (this.#index === null) {
      this.#index = openIndex(this.#folders);
      this.#inMemorySince = process.uptime();
    }
    return this.#index;
  }
}

function notFound(id: string): LimnError {
  return new LimnError("artifact_not_found", {
    message: `There is no generation "${id}".`,
    hint: "See: limn history",
  });
}
