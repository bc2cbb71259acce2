import type { FoundGeneration } from "../artifacts/index.ts";
import { entryOf, searchedTexts } from "./entry.ts";
import type { PlainEntry } from "./entry.ts";
import type { MarksFile } from "./marks.ts";
import { entryOfRow } from "./query.ts";
import { indexText } from "./search-text.ts";
import { numberAt, textAt } from "./sqlite.ts";
import type { Connection, Row } from "./sqlite.ts";

/** How many removals are remembered for those who ask what changed. */
const mostGone = 10_000;

/** Writes entries into the index, inside one transaction of the caller's. Every change gets the next revision. */
export class IndexWriter {
  readonly #connection: Connection;
  readonly #before: number;
  #revision: number;

  constructor(connection: Connection) {
    this.#connection = connection;
    this.#before = numberAt(connection.one("SELECT revision FROM state"), "revision");
    this.#revision = this.#before;
  }

  /** Nothing changes when the entry is known as it is. `isNew`: it is certainly not known. */
  put(found: FoundGeneration, marks: MarksFile, isTrashed: boolean, isNew: boolean): void {
    const entry = entryOf(found, marks, isTrashed);
    const content = JSON.stringify(entry);
    if (!isNew) {
      const known = this.#known(entry.id);
      if (known !== null) {
        if (textAt(known, "content") === content) return;
        this.#forget(known);
      } else this.#connection.run("DELETE FROM gone WHERE id = ?", entry.id);
    }
    this.#insert(entry, content, found, marks, isTrashed);
  }

  #insert(
    entry: PlainEntry,
    content: string,
    { manifest }: FoundGeneration,
    marks: MarksFile,
    isTrashed: boolean,
  ): void {
    this.#revision += 1;
    const createdMs = Date.parse(entry.createdAt);
    const key = this.#connection.insert(
      `INSERT INTO entries
        (id, revision, trashed, emulated, running, favourite, created_ms, status, operation, engine, model, kit, folder)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      entry.id,
      this.#revision,
      isTrashed ? 1 : 0,
      entry.emulated ? 1 : 0,
      entry.status === "running" ? 1 : 0,
      entry.favourite ? 1 : 0,
      Number.isNaN(createdMs) ? 0 : createdMs,
      entry.status,
      entry.operation,
      entry.engine,
      entry.model,
      entry.kit,
      entry.folder,
    );
    this.#connection.run("INSERT INTO contents (key, content) VALUES (?, ?)", key, content);
    for (const [kind, value] of labelsOf(entry))
      this.#connection.run("INSERT INTO labels (kind, value, entry) VALUES (?, ?, ?)", kind, value, key);
    const { words, notes } = searchedTexts(manifest, marks);
    this.#connection.run(
      "INSERT INTO search (rowid, words, notes) VALUES (?, ?, ?)",
      key,
      indexText(words),
      indexText(notes),
    );
  }

  /** It is no longer there; remembered for a while. */
  remove(id: string): void {
    const known = this.#known(id);
    if (known === null) return;
    this.#forget(known);
    this.#connection.run("UPDATE state SET is_scrub_due = 1 WHERE is_scrub_due = 0");
    this.#revision += 1;
    this.#connection.run("INSERT OR REPLACE INTO gone (id, revision) VALUES (?, ?)", id, this.#revision);
  }

  /** The last word of the transaction. */
  finish(): void {
    if (this.#revision === this.#before) return;
    this.#connection.run("UPDATE state SET revision = ?", this.#revision);
    const last = this.#connection.one("SELECT revision FROM gone ORDER BY revision DESC LIMIT 1 OFFSET ?", mostGone);
    if (last === null) return;
    const revision = numberAt(last, "revision");
    this.#connection.run("DELETE FROM gone WHERE revision <= ?", revision);
    this.#connection.run("UPDATE state SET gone_since = max(gone_since, ?)", revision);
  }

  #known(id: string): Row | null {
    return this.#connection.one(
      "SELECT key, revision, content FROM entries JOIN contents USING (key) WHERE id = ?",
      id,
    );
  }

  #forget(known: Row): void {
    const key = numberAt(known, "key");
    this.#connection.run("DELETE FROM entries WHERE key = ?", key);
    this.#connection.run("DELETE FROM contents WHERE key = ?", key);
    for (const [kind, value] of labelsOf(entryOfRow(known)))
      this.#connection.run("DELETE FROM labels WHERE kind = ? AND value = ? AND entry = ?", kind, value, key);
    this.#connection.run("DELETE FROM search WHERE rowid = ?", key);
  }
}

function labelsOf({ images, tags, parents }: PlainEntry): readonly (readonly [kind: string, value: string])[] {
  const sizes = new Set(images.map(({ width, height }) => `${width}x${height}`));
  return [
    ...[...sizes].map((value) => ["size", value] as const),
    ...tags.map((value) => ["tag", value] as const),
    ...[...new Set(parents)].map((value) => ["parent", value] as const),
  ];
}
