import { readdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { withFolderLock } from "./folder-lock.ts";
import type { LibraryFolders } from "./folders.ts";
import { cannotWrite } from "./index-file.ts";
import type { IndexFile } from "./index-file.ts";
import { isDamaged, numberAt } from "./sqlite.ts";
import type { Connection } from "./sqlite.ts";

/** It can be done another time; somebody may be making the whole index anew. */
const longestWaitMs = 500;

/**
 * Takes the words of removed generations out of the index's file: a deletion leaves them in free pages, in the write-ahead log and in the
 * pieces of the search index that were not merged since. Does nothing when nothing was removed; what fails is due still.
 */
export function scrubIndex(folders: LibraryFolders, { connection, path }: IndexFile): void {
  if (path === null) return;
  try {
    if (!isDue(connection)) return;
    removeOtherIndexes(folders, path);
    const patienceMs = numberAt(connection.one("PRAGMA busy_timeout"), "timeout");
    // The copy that is made meanwhile would be a file in the system's temporary folder.
    connection.exec(`PRAGMA busy_timeout = ${longestWaitMs}; PRAGMA temp_store = MEMORY`);
    try {
      connection.exec("INSERT INTO search (search) VALUES ('optimize')");
      connection.exec("VACUUM");
      // Somebody who reads on keeps the log as it is.
      if (numberAt(connection.one("PRAGMA wal_checkpoint(TRUNCATE)"), "busy") === 0)
        connection.exec("UPDATE state SET is_scrub_due = 0");
    } finally {
      connection.exec(`PRAGMA busy_timeout = ${patienceMs}`);
    }
  } catch (error) {
    if (!isDamaged(error) && !cannotWrite(error)) throw error;
  }
}

function isDue(connection: Connection): boolean {
  return numberAt(connection.one("SELECT is_scrub_due FROM state"), "is_scrub_due") === 1;
}

/** Of other versions of limn: they are made anew when they are asked for, and would keep the words until then. */
function removeOtherIndexes(folders: LibraryFolders, path: string): void {
  withFolderLock(folders, () => {
    for (const name of readdirSync(folders.index))
      if (/^library.*\.sqlite(?:-wal|-shm)?$/.test(name) && !name.startsWith(basename(path)))
        rmSync(join(folders.index, name), { force: true });
  });
}
