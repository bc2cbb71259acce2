import { closeSync, fsync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { uniqueSuffix } from "./unique-suffix.ts";

/**
 * Replace a file as a whole and flush file and folder to the disk, without holding up the process: a flush takes as long as the disk is
 * busy, and a server has other pictures under way. Mode 0600.
 *
 * False, with nothing replaced, when `isWanted` no longer holds once the content is on the disk: something newer is there then.
 */
export async function replaceDurably(path: string, content: string, isWanted: () => boolean): Promise<boolean> {
  const temporary = `${path}.${uniqueSuffix()}.tmp`;
  try {
    const file = openSync(temporary, "wx", 0o600);
    try {
      writeSync(file, content);
      await flush(file);
    } finally {
      closeSync(file);
    }
    if (!isWanted()) {
      rmSync(temporary, { force: true });
      return false;
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  await flushFolder(dirname(path));
  return true;
}

/** Make a rename in `folder` survive a power cut. Windows has no such call. */
export async function flushFolder(folder: string): Promise<void> {
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    await flush(handle);
  } finally {
    closeSync(handle);
  }
}

/** What was written to an open file, to the disk. */
export async function flush(file: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fsync(file, (error) => (error === null ? resolve() : reject(error)));
  });
}
