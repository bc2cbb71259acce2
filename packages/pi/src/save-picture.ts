import { constants } from "node:fs";
import { chmod, copyFile, link, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Host } from "./host.ts";

/** How a copy of a picture ended. The picture itself is in limn's store either way. */
export interface SaveOutcome {
  readonly savedPath: string | null;
  readonly attemptedPath: string;
  /** Null when it is saved. */
  readonly problem: string | null;
}

const extensions: Readonly<Record<string, string>> = {
  "image/png": ".png",
  "image/jpeg": ".jpg",
  "image/webp": ".webp",
};

/**
 * Copy a picture to `folder/name` under its own type's extension: folders 0700, the file 0600, whole or not at all, and nothing that is
 * there is overwritten. Never rejects: a picture that was paid for is not lost to a full disk.
 */
export async function savePicture(
  source: string,
  target: { readonly folder: string; readonly name: string; readonly mediaType: string },
  host: Host,
): Promise<SaveOutcome> {
  const path = join(target.folder, `${target.name}${extensions[target.mediaType] ?? ".img"}`);
  try {
    await mkdir(target.folder, { recursive: true, mode: 0o700 });
    await host.inFileQueue(path, async () => copyWhole(source, path));
    return { savedPath: path, attemptedPath: path, problem: null };
  } catch (error) {
    return { savedPath: null, attemptedPath: path, problem: reason(error) };
  }
}

async function copyWhole(source: string, path: string): Promise<void> {
  const temporary = `${path}.${process.pid}.part`;
  const { COPYFILE_EXCL, COPYFILE_FICLONE } = constants;
  try {
    // Shares the disk blocks where the file system can.
    await copyFile(source, temporary, COPYFILE_EXCL | COPYFILE_FICLONE);
    await chmod(temporary, 0o600);
    try {
      // Fails when the name is taken, which a rename would not.
      await link(temporary, path);
    } catch (error) {
      if (codeOf(error) === "EEXIST") throw error;
      // A file system without links.
      await copyFile(temporary, path, COPYFILE_EXCL);
      await chmod(path, 0o600);
    }
  } finally {
    await rm(temporary, { force: true });
  }
}

const words: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EPERM: "permission denied",
  EROFS: "the file system is read-only",
  ENOSPC: "no space left",
  EDQUOT: "the disk quota is used up",
  EEXIST: "something is in the way",
  ENOTDIR: "a part of the path is no folder",
  ENAMETOOLONG: "the name is too long",
};

function reason(error: unknown): string {
  const code = codeOf(error);
  return words[code] ?? (code === "" ? "it could not be written" : code);
}

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";
}
