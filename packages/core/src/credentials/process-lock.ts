import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { setTimeout as delay } from "node:timers/promises";

const shortestWaitMs = 30;
const jitterMs = 70;
/** SQLite's result code for "somebody else holds the lock". */
const busy = 5;

/**
 * Run `work` while no other process of this machine runs work under the same lock file. The lock is the kernel's, taken through SQLite, so a
 * holder that is killed frees it at once and nothing has to guess whether a lock is stale.
 */
export async function withProcessLock<T>(path: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const database = openDatabase(path);
  try {
    for (;;) {
      signal.throwIfAborted();
      if (tryLock(database)) break;
      await delay(shortestWaitMs + Math.random() * jitterMs);
    }
    return await work();
  } finally {
    database.close();
  }
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec("BEGIN IMMEDIATE");
    return true;
  } catch (error) {
    if (error instanceof Error && "errcode" in error && error.errcode === busy) return false;
    throw error;
  }
}

function openDatabase(path: string): DatabaseSync {
  const { DatabaseSync: Database } = quietly(() => process.getBuiltinModule("node:sqlite"));
  return new Database(path, { timeout: 0 });
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
