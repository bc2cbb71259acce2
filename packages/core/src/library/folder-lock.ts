import { closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { LimnError } from "../errors/index.ts";
import { describeErrno, errno } from "../files/index.ts";
import type { LibraryFolders } from "./folders.ts";
import { loadSqlite } from "./sqlite.ts";

/** What is done under it takes milliseconds; only a copy of a large picture takes longer. */
const longestWaitMs = 30_000;

/** Held by this process now. All work under a lock is synchronous, so whoever asks again is inside that work. */
const held = new Set<string>();

/**
 * Do something to the files of the library while no other process does. The lock is the kernel's, taken through SQLite, so a holder that is
 * killed frees it at once. Taken before the index's own lock, never while that is held: the other way round two processes could wait for each
 * other.
 * @throws artifact_write_failed when there can be no lock
 */
export function withFolderLock<T>(folders: LibraryFolders, work: () => T): T {
  const path = join(folders.index, "lock");
  if (held.has(path)) return work();
  const database = lock(path, folders.index);
  held.add(path);
  try {
    return work();
  } finally {
    held.delete(path);
    database.close();
  }
}

function lock(path: string, folder: string): { close(): void } {
  const Database = loadSqlite();
  let database: InstanceType<typeof Database> | null = null;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // SQLite would make it readable for everybody.
    closeSync(openSync(path, "a", 0o600));
    database = new Database(path, { timeout: longestWaitMs });
    // Nothing is ever written; a journal beside the lock would only be left behind by a kill.
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN IMMEDIATE");
    return database;
  } catch (error) {
    database?.close();
    const isSystem = /^E[A-Z]+$/.test(errno(error) ?? "");
    throw new LimnError("artifact_write_failed", {
      message: `The library in ${folder} cannot be changed: ${isSystem ? describeErrno(error) : "its lock cannot be taken"}.`,
      hint: "Make room or correct the rights, or name another folder: LIMN_HOME=/some/folder limn …",
      details: { folder, reason: errno(error) },
      cause: error,
    });
  }
}
