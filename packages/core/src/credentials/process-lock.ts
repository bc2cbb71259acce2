import { closeSync, mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";
import { LimnError } from "../errors/index.ts";
import { describeErrno, errno } from "../files/index.ts";

const shortestWaitMs = 30;
const jitterMs = 70;
/** SQLite's result code for "somebody else holds the lock". */
const busy = 5;

/**
 * Run `work` while no other process of this machine runs work under the same lock file. The lock is the kernel's, taken through SQLite, so a
 * holder that is killed frees it at once and nothing has to guess whether a lock is stale.
 * @throws artifact_write_failed when there can be no lock file; the signal's reason when it is aborted while waiting
 */
export async function withProcessLock<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  const database = openDatabase(path);
  try {
    for (;;) {
      signal.throwIfAborted();
      if (tryLock(database, path)) break;
      await delay(shortestWaitMs + Math.random() * jitterMs);
    }
    return await work();
  } finally {
    database.close();
  }
}

function tryLock(database: DatabaseSync, path: string): boolean {
  try {
    database.exec("BEGIN IMMEDIATE");
    return true;
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === busy) return false;
    throw lockError(path, "it is no lock file", error);
  }
}

function openDatabase(path: string): DatabaseSync {
  const { DatabaseSync: Database } = quietly(() => process.getBuiltinModule("node:sqlite"));
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    // SQLite would make it readable for everybody.
    closeSync(openSync(path, "a", 0o600));
    const database = new Database(path, { timeout: 0 });
    // Nothing is ever written; a journal beside the lock would only be left behind by a kill.
    database.exec("PRAGMA journal_mode = MEMORY");
    return database;
  } catch (error) {
    throw lockError(path, describeErrno(error), error);
  }
}

function lockError(path: string, why: string, cause: unknown): LimnError {
  return new LimnError("artifact_write_failed", {
    message: `The lock ${path} cannot be used: ${why}. No token was spent.`,
    hint: "Make room, correct the rights or delete the lock, or name another folder: LIMN_HOME=/some/folder limn …",
    details: { path, reason: errno(cause) },
    cause,
  });
}

/** Node 22 calls its SQLite experimental on stderr; that is nothing for a user of limn. */
function quietly<T>(load: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = () => undefined;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}
