import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fsyncSync,
  lstatSync,
  openSync,
  accessSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  rmdirSync,
  mkdirSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { LimnError } from "@limn/core";

/** A config file of another program, as it is on the disk. */
export interface TextFile {
  /** As its program names it. */
  readonly path: string;
  /** Where its content is: behind all symbolic links. */
  readonly target: string;
  /** Without the byte order mark; null when there is no file. */
  readonly text: string | null;
  readonly hasMark: boolean;
  /** Null when there is no file. */
  readonly owner: { readonly mode: number; readonly uid: number; readonly gid: number } | null;
}

const largest = 64 * 1024 * 1024;

/** @throws config_invalid for what is not a readable text file */
export function readTextFile(path: string): TextFile {
  const target = followLinks(path);
  let stats;
  try {
    stats = statSync(target);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return { path, target, text: null, hasMark: false, owner: null };
    throw unreadable(path, reasonOf(error), error);
  }
  if (!stats.isFile()) throw unreadable(path, stats.isDirectory() ? "it is a folder" : "it is not a file");
  if (stats.size > largest) throw unreadable(path, "it is larger than 64 MB");
  let bytes: Buffer;
  try {
    bytes = readFileSync(target);
  } catch (error) {
    throw unreadable(path, reasonOf(error), error);
  }
  const hasMark = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(hasMark ? bytes.subarray(3) : bytes);
  } catch (error) {
    throw unreadable(path, "it is not UTF-8 text", error);
  }
  return { path, target, text, hasMark, owner: { mode: stats.mode & 0o7777, uid: stats.uid, gid: stats.gid } };
}

/** A link that leads nowhere yet is followed too: the file is made where it points. */
function followLinks(path: string): string {
  let target = resolve(path);
  for (let hops = 0; hops < 40; hops += 1) {
    try {
      if (!lstatSync(target).isSymbolicLink()) return realpathSync(target);
      target = resolve(dirname(target), readlinkSync(target));
    } catch (error) {
      if (codeOf(error) === "ENOENT") return target;
      throw unreadable(path, reasonOf(error), error);
    }
  }
  throw unreadable(path, "its symbolic links go in a circle");
}

function unreadable(path: string, reason: string, cause?: unknown): LimnError {
  return new LimnError("config_invalid", {
    message: `The file ${path} cannot be read, so it is not changed: ${reason}.`,
    hint: "Correct it or its rights, or print the entry to paste it yourself: limn setup CLIENT --print",
    cause,
  });
}

export interface WriteOptions {
  /** For a file that did not exist. @default 0o600 */
  readonly newMode?: number;
}

/**
 * Replace a file as a whole, with the owner and the mode it has: readers see the old content or the new, whenever this process is
 * killed.
 * @throws artifact_write_failed; also when the file is write-protected or was changed since it was read
 */
export function writeTextFile(file: TextFile, text: string, options: WriteOptions = {}): void {
  const { target, owner } = file;
  refuseProtected(file);
  const made: string[] = [];
  const temporary = join(dirname(target), `.limn-${process.pid.toString(36)}-${Date.now().toString(36)}.tmp`);
  try {
    made.push(...makeFolders(target, options.newMode === undefined ? 0o700 : 0o777));
    const handle = openSync(temporary, "wx", owner === null ? (options.newMode ?? 0o600) : 0o600);
    try {
      const bytes = Buffer.from((file.hasMark ? "\uFEFF" : "") + text, "utf8");
      for (let written = 0; written < bytes.length;) written += writeSync(handle, bytes, written);
      if (owner !== null) fchmodSync(handle, owner.mode);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (owner !== null) keepOwner(temporary, owner);
    refuseChanged(file);
    renameSync(temporary, target);
    syncFolder(dirname(target));
  } catch (error) {
    rmSync(temporary, { force: true });
    removeFolders(made);
    throw error instanceof LimnError ? error : writeFailed(file.path, reasonOf(error), error);
  }
}

/** Remove a file that setup made, and its folders when nothing else is in them. */
export function deleteTextFile(file: TextFile, folders: readonly string[]): void {
  refuseProtected(file);
  refuseChanged(file);
  try {
    unlinkSync(file.target);
  } catch (error) {
    if (codeOf(error) !== "ENOENT") throw writeFailed(file.path, reasonOf(error), error);
  }
  removeFolders(folders);
}

function refuseProtected({ path, target, owner }: TextFile): void {
  if (owner === null) return;
  const isProtected = (owner.mode & 0o222) === 0 || !isWritable(target);
  if (isProtected)
    throw writeFailed(
      path,
      path === target ? "it is write-protected" : `it leads to ${target}, which is write-protected`,
    );
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Its program, or an editor, may have written it while the user was asked. */
function refuseChanged(file: TextFile): void {
  const now = readTextFile(file.path);
  if (now.text === file.text && now.hasMark === file.hasMark && now.target === file.target) return;
  throw new LimnError("artifact_write_failed", {
    message: `The file ${file.path} was changed in the meantime, so it is not written.`,
    hint: "Run the same command again.",
  });
}

function keepOwner(path: string, { mode, uid, gid }: NonNullable<TextFile["owner"]>): void {
  if (process.platform === "win32") return;
  const { uid: ownUid, gid: ownGid } = statSync(path);
  if (ownUid === uid && ownGid === gid) return;
  try {
    chownSync(path, uid, gid);
  } catch {
    // Only root may give files away; the mode says who may read it.
  }
  chmodSync(path, mode);
}

/** Folders above `path` that do not exist, the outermost first. */
export function missingFolders(path: string): readonly string[] {
  const missing: string[] = [];
  for (let current = dirname(path); !existsSync(current); current = dirname(current)) missing.unshift(current);
  return missing;
}

function makeFolders(file: string, mode: number): readonly string[] {
  const missing = missingFolders(file);
  for (const path of missing) mkdirSync(path, { mode });
  return missing;
}

function removeFolders(folders: readonly string[]): void {
  try {
    for (const folder of folders.toReversed()) rmdirSync(folder);
  } catch {
    // Something else is in it by now.
  }
}

function syncFolder(folder: string): void {
  if (process.platform === "win32") return;
  const handle = openSync(folder, "r");
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function writeFailed(path: string, reason: string, cause?: unknown): LimnError {
  return new LimnError("artifact_write_failed", {
    message: `The file ${path} could not be written: ${reason}. It is as it was.`,
    hint: "Correct its rights, or print the entry to paste it yourself: limn setup CLIENT --print",
    cause,
  });
}

function codeOf(error: unknown): string | null {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : null;
}

function reasonOf(error: unknown): string {
  const words: Readonly<Record<string, string>> = {
    EACCES: "permission denied",
    EPERM: "permission denied",
    EROFS: "the file system is read-only",
    ENOSPC: "the disk is full",
    EDQUOT: "the disk quota is used up",
    ENOTDIR: "a part of the path is not a folder",
    ELOOP: "its symbolic links go in a circle",
  };
  const code = codeOf(error);
  return code === null ? "an unknown failure" : (words[code] ?? code);
}
