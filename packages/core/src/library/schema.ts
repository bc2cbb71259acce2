import { randomName } from "./random-name.ts";
import { numberAt } from "./sqlite.ts";
import type { Connection } from "./sqlite.ts";

/**
 * Steps from one version of the index to the next; the version is how many were taken. A step that needs facts which older rows do not
 * have ends with `forgetAll`, and the next look at the files brings them.
 */
const migrations: readonly ((connection: Connection) => void)[] = [
  (connection) => {
    connection.exec(`
      CREATE TABLE state (
        key INTEGER PRIMARY KEY CHECK (key = 1),
        epoch TEXT NOT NULL,
        revision INTEGER NOT NULL,
        -- Oldest revision whose removals are still known.
        gone_since INTEGER NOT NULL,
        -- How far each journal was read, as JSON; and when the folders were listed last.
        journals TEXT NOT NULL,
        generations_time TEXT,
        trash_time TEXT
      ) STRICT;
      -- Narrow, because filters walk over it.
      CREATE TABLE entries (
        key INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        revision INTEGER NOT NULL,
        trashed INTEGER NOT NULL,
        emulated INTEGER NOT NULL,
        -- Its owner lived when it was read.
        running INTEGER NOT NULL,
        favourite INTEGER NOT NULL,
        created_ms REAL NOT NULL,
        status TEXT NOT NULL,
        operation TEXT NOT NULL,
        engine TEXT NOT NULL,
        model TEXT NOT NULL,
        kit TEXT,
        folder TEXT NOT NULL
      ) STRICT;
      -- One index for a question by id and for pages in their order, which look at nothing else of what they pass over.
      CREATE UNIQUE INDEX entries_by_id ON entries (id, trashed, emulated);
      CREATE UNIQUE INDEX entries_by_revision ON entries (revision);
      CREATE INDEX entries_running ON entries (key) WHERE running = 1;
      -- The entry as JSON, without its revision.
      CREATE TABLE contents (key INTEGER PRIMARY KEY, content TEXT NOT NULL) STRICT;
      -- What an entry has several of: size, tag and parent, all of which its content tells too.
      CREATE TABLE labels (
        kind TEXT NOT NULL,
        value TEXT NOT NULL,
        entry INTEGER NOT NULL,
        PRIMARY KEY (kind, value, entry)
      ) STRICT, WITHOUT ROWID;
      CREATE TABLE gone (id TEXT PRIMARY KEY, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID;
      CREATE INDEX gone_by_revision ON gone (revision);
      CREATE VIRTUAL TABLE search USING fts5 (words, notes, content = '', contentless_delete = 1, tokenize = 'ascii');
      -- Bytes that are gathered before a piece of the search index is written: making it anew writes fewer pieces to merge.
      INSERT INTO search (search, rank) VALUES ('hashsize', 16777216);
    `);
    beginState(connection, 0);
  },
  (connection) => {
    // Words of removed generations are still in free or unmerged pages of the file.
    connection.exec("ALTER TABLE state ADD COLUMN is_scrub_due INTEGER NOT NULL DEFAULT 0");
  },
];

export const schemaVersion: number = migrations.length;

export function versionOf(connection: Connection): number {
  return numberAt(connection.one("PRAGMA user_version"), "user_version");
}

/** Inside a transaction; does nothing to an index of this version or a newer one. */
export function migrate(connection: Connection): void {
  const version = versionOf(connection);
  for (const step of migrations.slice(version)) step(connection);
  if (version < schemaVersion) connection.exec(`PRAGMA user_version = ${schemaVersion}`);
}

/** Inside a transaction: an index that knows nothing, and that nobody takes for the one before. */
export function forgetAll(connection: Connection): void {
  const state = connection.one("SELECT revision, is_scrub_due FROM state");
  const revision = numberAt(state, "revision");
  for (const table of ["state", "entries", "contents", "labels", "gone"]) connection.exec(`DELETE FROM ${table}`);
  connection.exec("INSERT INTO search (search) VALUES ('delete-all')");
  beginState(connection, revision);
  connection.run("UPDATE state SET is_scrub_due = ?", numberAt(state, "is_scrub_due"));
}

function beginState(connection: Connection, revision: number): void {
  connection.run(
    "INSERT INTO state (key, epoch, revision, gone_since, journals) VALUES (1, ?, ?, ?, '{}')",
    randomName(),
    revision,
    revision,
  );
}
