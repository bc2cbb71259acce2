import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { uniqueSuffix } from "./unique-suffix.ts";

export interface AtomicWriteOptions {
  /** Flush file and folder to the disk before returning, so that a power cut cannot undo it. @default false */
  readonly durable?: boolean;
}

/**
 * Replace a file as a whole: readers see the old content or the new, never a part, whenever the process is killed.
 * Mode 0600. Synchronous: the files are small.
 */
export function writeFileAtomically(path: string, content: string, options: AtomicWriteOptions = {}): void {
  const temporary = `${path}.${uniqueSuffix()}.tmp`;
  try {
    const file = openSync(temporary, "wx", 0o600);
    try {
      writeSync(file, content);
      if (options.durable === true) fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  if (options.durable === true) syncFolder(dirname(path));
}

/** Make a rename in `folder` survive a power cut. Windows has no such call. */
export function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}
