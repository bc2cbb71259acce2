import { closeSync, existsSync, mkdirSync, openSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { errno } from "../files/index.ts";
import { isLimnError } from "../errors/index.ts";
import { withFolderLock } from "./folder-lock.ts";
import type { LibraryFolders } from "./folders.ts";
import { beginJournal } from "./journal-reader.ts";
import { migrate, schemaVersion, versionOf } from "./schema.ts";
import { Connection, isDamaged, isUnwritable, loadSqlite } from "./sqlite.ts";

/** Somebody else's writing is waited for: making the index of a very large history anew takes seconds. */
const longestWaitMs = 60_000;

/** An open index. */
export interface IndexFile {
  readonly connection: Connection;
  /** Null: it is in memory only, because nothing can be written where it belongs. */
  readonly path: string | null;
  /** Whether the file is still the one that was opened; somebody may have deleted it. */
  isCurrent(): boolean;
}

/**
 * Open the index, making it where there is none, it is damaged or older. The index of a newer version is left alone, and one of this
 * version kept beside it. Where nothing can be written it is in memory.
 */
export function openIndex(folders: LibraryFolders): IndexFile {
  try {
    return openFile(folders, join(folders.index, "library.sqlite")) ?? openBeside(folders);
  } catch (error) {
    if (!cannotWrite(error)) throw error;
    return openInMemory();
  }
}

/** A read-only or full disk, or missing rights: the index can be in memory all the same. */
export function cannotWrite(error: unknown): boolean {
  if (isLimnError(error)) return error.code === "artifact_write_failed";
  return isUnwritable(error) || /^E[A-Z]+$/.test(errno(error) ?? "");
}

function openBeside(folders: LibraryFolders): IndexFile {
  return openFile(folders, join(folders.index, `library-${schemaVersion}.sqlite`)) ?? openInMemory();
}

/** Null: of a newer version. */
function openFile(folders: LibraryFolders, path: string): IndexFile | null {
  const existing = openExisting(path) ?? withFolderLock(folders, () => openExisting(path) ?? create(folders, path));
  return usingOrClosing(existing.connection, (connection) => {
    const version = versionOf(connection);
    if (version > schemaVersion) return null;
    if (version < schemaVersion) connection.write(() => migrate(connection));
    return existing;
  });
}

/** Under the lock, so that one process makes it. */
function create(folders: LibraryFolders, path: string): IndexFile {
  removeFiles(path);
  mkdirSync(folders.index, { recursive: true, mode: 0o700 });
  beginJournal(folders.data);
  // SQLite would make it readable for everybody.
  closeSync(openSync(path, "wx", 0o600));
  const made = usingOrClosing(connect(path), (connection) => {
    connection.exec("PRAGMA journal_mode = WAL");
    connection.write(() => migrate(connection));
    return indexFile(path, connection);
  });
  if (made === null) throw new TypeError("an index is made or fails");
  return made;
}

/** Null: there is none, it is damaged, or somebody is making it. */
function openExisting(path: string): IndexFile | null {
  if (!existsSync(path)) return null;
  try {
    return usingOrClosing(connect(path), (connection) =>
      versionOf(connection) > 0 ? indexFile(path, connection) : null,
    );
  } catch (error) {
    if (!isDamaged(error)) throw error;
    return null;
  }
}

/** A connection that nobody gets is closed. */
function usingOrClosing<T>(connection: Connection, use: (connection: Connection) => T | null): T | null {
  let result: T | null = null;
  try {
    result = use(connection);
    return result;
  } finally {
    if (result === null) connection.close();
  }
}

function connect(path: string): Connection {
  const Database = loadSqlite();
  // Pages of a large write stay in memory, up to 32 MB, instead of being written more than once; a power cut may cost the newest rows, which
  // the files still tell.
  const connection = new Connection(new Database(path, { timeout: longestWaitMs }));
  try {
    connection.exec("PRAGMA cache_size = -32000; PRAGMA synchronous = NORMAL");
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function indexFile(path: string, connection: Connection): IndexFile {
  const ino = inodeOf(path);
  return { connection, path, isCurrent: () => inodeOf(path) === ino };
}

function inodeOf(path: string): bigint | null {
  return statSync(path, { throwIfNoEntry: false, bigint: true })?.ino ?? null;
}

/** Remove an index that turned out to be damaged, unless another process was faster. @throws artifact_write_failed */
export function discardIndex(folders: LibraryFolders, { path, connection, isCurrent }: IndexFile): void {
  connection.close();
  if (path === null) return;
  withFolderLock(folders, () => {
    if (isCurrent()) removeFiles(path);
  });
}

/** The name goes first, so that nobody opens what is being taken apart. */
function removeFiles(path: string): void {
  for (const suffix of ["", "-wal", "-shm"]) rmSync(`${path}${suffix}`, { force: true });
}

/** Gone with the process. */
export function openInMemory(): IndexFile {
  const Database = loadSqlite();
  const connection = new Connection(new Database(":memory:"));
  connection.write(() => migrate(connection));
  return { connection, path: null, isCurrent: () => true };
}
