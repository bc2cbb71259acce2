import { mkdirSync, watch } from "node:fs";
import type { FSWatcher } from "node:fs";
import { isGenerationId } from "../artifacts/index.ts";
import type { LibraryListener, ProgressNotice } from "../contracts/library.ts";
import type { Stage } from "../contracts/events.ts";
import { isObject, numberOf, parseJson } from "../json/index.ts";
import type { LibraryFolders } from "./folders.ts";
import { readJournal } from "./journal-reader.ts";
import type { JournalPlaces } from "./journal-reader.ts";

/** Changes that come close together are told once. */
const coalescingMs = 20;
/** Where the system tells nothing, and for what changes without a file: an owner that died. */
const pollMs = 3000;

/**
 * Tells listeners of changes as the journal and the folders show them. `revisionNow` brings the index up to date and says where it is.
 */
export class LibraryWatch {
  readonly #folders: LibraryFolders;
  readonly #revisionNow: () => string;
  readonly #listeners: Set<LibraryListener> = new Set();
  #watchers: FSWatcher[] = [];
  #poll: NodeJS.Timeout | null = null;
  #soon: NodeJS.Timeout | null = null;
  #places: JournalPlaces = {};
  #told = "";

  constructor(folders: LibraryFolders, revisionNow: () => string) {
    this.#folders = folders;
    this.#revisionNow = revisionNow;
  }

  add(listener: LibraryListener): () => void {
    // Listeners are told apart even when the same object comes twice.
    const own: LibraryListener = { changed: () => listener.changed(), progress: (notice) => listener.progress(notice) };
    this.#listeners.add(own);
    if (this.#listeners.size === 1) this.#start();
    return () => {
      this.#listeners.delete(own);
      if (this.#listeners.size === 0) this.stop();
    };
  }

  stop(): void {
    this.#listeners.clear();
    for (const watcher of this.#watchers) watcher.close();
    this.#watchers = [];
    if (this.#poll !== null) clearInterval(this.#poll);
    if (this.#soon !== null) clearTimeout(this.#soon);
    this.#poll = null;
    this.#soon = null;
  }

  #start(): void {
    this.#told = this.#revisionNow();
    this.#places = readJournal(this.#folders.data, {})?.places ?? {};
    for (const folder of [this.#folders.changes, this.#folders.generations, this.#folders.trash]) this.#watch(folder);
    this.#poll = setInterval(() => this.#look(), pollMs);
    this.#poll.unref();
  }

  #watch(folder: string): void {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      const watcher = watch(folder, { persistent: false }, () => this.#onSign(folder));
      // Too many watches, or the folder was deleted: the poll goes on.
      watcher.on("error", () => watcher.close());
      this.#watchers.push(watcher);
    } catch {
      // The same.
    }
  }

  #onSign(folder: string): void {
    if (folder === this.#folders.changes && !this.#tellProgress()) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.#tellChange();
    }, coalescingMs).unref();
  }

  #look(): void {
    this.#tellProgress();
    this.#tellChange();
  }

  /** Returns whether something else than progress was told as well. */
  #tellProgress(): boolean {
    const reading = readJournal(this.#folders.data, this.#places);
    if (reading === null) return true;
    this.#places = reading.places;
    let hasChange = !reading.isComplete;
    for (const line of reading.lines) {
      const notice = progressOf(parseJson(line));
      if (notice === null) hasChange = true;
      else for (const listener of this.#listeners) listener.progress(notice);
    }
    return hasChange;
  }

  #tellChange(): void {
    let now: string;
    try {
      now = this.#revisionNow();
    } catch {
      // Nobody asked, so nobody is told; whoever asks gets the error, and the next look tries again.
      return;
    }
    if (now === this.#told) return;
    this.#told = now;
    for (const listener of this.#listeners) listener.changed();
  }
}

const stages: readonly Stage[] = ["connecting", "sent", "receiving", "saving", "finishing", "waiting"];

function progressOf(value: unknown): ProgressNotice | null {
  if (!isObject(value) || value.changed === true) return null;
  const { id, index } = value;
  const stage = stages.find((known) => known === value.stage);
  if (typeof id !== "string" || !isGenerationId(id) || typeof index !== "number" || stage === undefined) return null;
  const bytes = numberOf(value.bytes);
  const partial = numberOf(value.partial);
  return { id, index, stage, ...(bytes === null ? {} : { bytes }), ...(partial === null ? {} : { partial }) };
}
