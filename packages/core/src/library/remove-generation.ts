import { mkdirSync, readdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { uniqueSuffix } from "../files/index.ts";
import type { LibraryFolders } from "./folders.ts";

const removing = ".removing-";

/**
 * Delete a generation's folder from where it is; the caller holds the lock. It leaves its place in one step, so that a kill in the middle
 * leaves no half of one. @throws system errors
 */
export function removeForGood(folders: LibraryFolders, place: string, id: string): void {
  mkdirSync(folders.trash, { recursive: true, mode: 0o700 });
  const aside = join(folders.trash, `${removing}${id}-${uniqueSuffix()}`);
  renameSync(join(place, id), aside);
  rmSync(aside, { recursive: true, force: true });
}

/** What a kill in the middle of {@link removeForGood} left; absolute paths. */
export function halfRemoved(folders: LibraryFolders): readonly string[] {
  try {
    return readdirSync(folders.trash)
      .filter((name) => name.startsWith(removing))
      .map((name) => join(folders.trash, name));
  } catch {
    return [];
  }
}
