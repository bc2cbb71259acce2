import { signal } from "@preact/signals";
import type { ApiError, LibraryEntry, LibraryPage, LibraryQuery } from "@limn/core";
import { placeOf } from "./order.ts";

export interface ListParts {
  readonly query: LibraryQuery;
  /** One page of the query. */
  readonly load: (cursor: string | null, limit: number, signal: AbortSignal) => Promise<LibraryPage>;
  /** Where entries are kept, whatever shows them. */
  readonly entries: Map<string, LibraryEntry>;
  /** Whether an entry belongs to the query. */
  readonly matches: (entry: LibraryEntry) => boolean;
  readonly describe: (thrown: unknown) => ApiError;
}

let lists = 0;
const firstPage = 120;
const largestPage = 1000;

/**
 * What one query finds, loaded as far as it was looked at. `version` grows with every change; whoever shows the list reads it.
 * New entries are held back while the reader is not at the top, so that nothing moves under the eyes.
 */
export class EntryList {
  readonly query: LibraryQuery;
  /** Tells one list from another. */
  readonly number = (lists += 1);
  readonly version = signal(0);
  readonly error = signal<ApiError | null>(null);
  readonly isLoading = signal(false);
  /** New ones that wait at the top. */
  readonly waiting = signal<readonly string[]>([]);
  /** The reader sees the beginning: new entries may come in at once. */
  isAtTop = true;
  readonly #parts: ListParts;
  readonly #known = new Set<string>();
  readonly #abort = new AbortController();
  /** Came by the events before the first page did. */
  readonly #early = new Set<string>();
  #ids: string[] = [];
  #cursor: string | null = null;
  #isBegun = false;
  #remaining = 0;
  #wanted = firstPage;

  constructor(parts: ListParts) {
    this.#parts = parts;
    this.query = parts.query;
  }

  /** How many the query finds, loaded or not; null before the first page came. */
  get total(): number | null {
    return this.#isBegun ? this.#ids.length + this.#remaining : null;
  }

  get loaded(): number {
    return this.#ids.length;
  }

  /** Null where it is not loaded yet. */
  at(index: number): LibraryEntry | null {
    const id = this.#ids[index];
    return id === undefined ? null : (this.#parts.entries.get(id) ?? null);
  }

  indexOf(id: string): number {
    const entry = this.#parts.entries.get(id);
    if (entry === undefined || !this.#known.has(id)) return -1;
    const place = placeOf(entry, this.#ids.length, (index) => this.#entry(index));
    return this.#ids[place] === id ? place : this.#ids.indexOf(id);
  }

  idsBetween(from: number, to: number): readonly string[] {
    return this.#ids.slice(Math.min(from, to), Math.max(from, to) + 1);
  }

  /** Loads on until `count` entries are there, or all. Calls meanwhile only raise the aim. */
  async ensure(count: number): Promise<void> {
    this.#wanted = Math.max(this.#wanted, count);
    if (this.isLoading.peek() || this.#abort.signal.aborted) return;
    this.isLoading.value = true;
    this.error.value = null;
    try {
      while (!this.#isBegun || (this.#cursor !== null && this.#ids.length < this.#wanted)) {
        const missing = this.#wanted - this.#ids.length;
        const limit = Math.min(Math.max(missing, firstPage), largestPage);
        this.#take(await this.#parts.load(this.#cursor, limit, this.#abort.signal));
      }
    } catch (error) {
      if (!this.#abort.signal.aborted) this.error.value = this.#parts.describe(error);
    } finally {
      this.isLoading.value = false;
    }
  }

  /** An entry came or changed; the cache already has it. */
  put(entry: LibraryEntry): void {
    const belongs = this.#parts.matches(entry);
    if (this.#known.has(entry.id)) {
      // What the words found stays until the next load: only the server sees all that they are looked for in.
      const isThrownAway = (entry.trashedAt !== null) !== (this.query.trash ?? false);
      if (belongs || (this.query.text !== undefined && !isThrownAway)) this.version.value += 1;
      else this.remove(entry.id);
      return;
    }
    if (!belongs || this.waiting.peek().includes(entry.id)) return;
    if (!this.#isBegun) {
      this.#early.add(entry.id);
      return;
    }
    const place = placeOf(entry, this.#ids.length, (index) => this.#entry(index));
    if (place === this.#ids.length && this.#cursor !== null) this.#remaining += 1;
    else if (place === 0 && !this.isAtTop && this.#ids.length > 0) {
      this.waiting.value = [...this.waiting.peek(), entry.id];
      return;
    } else this.#insert(entry.id, place);
    this.version.value += 1;
  }

  remove(id: string): void {
    if (this.waiting.peek().includes(id)) this.waiting.value = this.waiting.peek().filter((one) => one !== id);
    if (!this.#known.delete(id)) return;
    this.#ids = this.#ids.filter((one) => one !== id);
    this.version.value += 1;
  }

  /** Lets those in that wait. */
  admit(): void {
    const waiting = this.waiting.peek();
    if (waiting.length === 0) return;
    this.waiting.value = [];
    for (const id of waiting) {
      const entry = this.#parts.entries.get(id);
      if (entry === undefined || this.#known.has(id) || !this.#parts.matches(entry)) continue;
      this.#insert(
        id,
        placeOf(entry, this.#ids.length, (index) => this.#entry(index)),
      );
    }
    this.version.value += 1;
  }

  /** Stops loading for good. */
  close(): void {
    this.#abort.abort();
  }

  #take(page: LibraryPage): void {
    for (const entry of page.entries) {
      const known = this.#parts.entries.get(entry.id);
      if (known === undefined || known.revision <= entry.revision) this.#parts.entries.set(entry.id, entry);
      if (this.#known.has(entry.id)) continue;
      this.#known.add(entry.id);
      this.#ids.push(entry.id);
    }
    this.#isBegun = true;
    this.#cursor = page.nextCursor;
    const rest = page.total - this.#ids.length - this.waiting.peek().length;
    this.#remaining = page.nextCursor === null ? 0 : Math.max(rest, 1);
    this.version.value += 1;
    for (const id of this.#early) {
      const entry = this.#parts.entries.get(id);
      if (entry !== undefined) this.put(entry);
    }
    this.#early.clear();
  }

  #insert(id: string, place: number): void {
    this.#known.add(id);
    this.#ids = this.#ids.toSpliced(place, 0, id);
  }

  #entry(index: number): Pick<LibraryEntry, "id" | "createdAt"> {
    const id = this.#ids[index] ?? "";
    return this.#parts.entries.get(id) ?? { id, createdAt: "" };
  }
}
