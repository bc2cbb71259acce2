import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  opendirSync,
  readlinkSync,
  readSync,
  statSync,
} from "node:fs";
import type { BigIntStats, Stats } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { LimnError, nearest } from "../errors/index.ts";
import { describeErrno, errno } from "../files/index.ts";
import type { ContentReader } from "../media/index.ts";
import { capitalised, shellQuoted, shown } from "./words.ts";
import type { InputName } from "./words.ts";

/** What tells that a file is still the one that was checked. */
export interface FileState {
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ino: bigint;
  readonly dev: bigint;
}

export interface OpenFile {
  readonly descriptor: number;
  /** Absolute. */
  readonly path: string;
  readonly bytes: number;
  readonly state: FileState;
}

/**
 * Open a regular file for reading. Whatever else stands at the path is refused without being opened, since a pipe would block and a
 * device may act; and again after opening, since it may have been exchanged in between.
 * @throws input_not_found, input_not_an_image
 */
export function openRegularFile(path: string, name: InputName, workingFolder: string): OpenFile {
  if (path === "") throw notFound(name, "has an empty path", "Give the path of a picture: -i FILE");
  if (path.includes("\0"))
    throw notFound(name, "has a NUL character in its path", "Give the path of a picture: -i FILE");
  const absolute = resolve(workingFolder, path);
  let descriptor: number | null = null;
  try {
    refuseOtherThanFile(statSync(absolute), absolute, name);
    // oxlint-disable-next-line no-bitwise -- how flags are written
    descriptor = openSync(absolute, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const state = fstatSync(descriptor, { bigint: true });
    refuseOtherThanFile(state, absolute, name);
    const opened = { descriptor, path: absolute, bytes: Number(state.size), state: stateOf(state) };
    descriptor = null;
    return opened;
  } catch (error) {
    if (error instanceof LimnError) throw error;
    throw unreadable(error, path, absolute, name);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

export function stateOf({ size, mtimeNs, ino, dev }: BigIntStats): FileState {
  return { size, mtimeNs, ino, dev };
}

export function isSameState(left: FileState, right: FileState): boolean {
  return left.size === right.size && left.mtimeNs === right.mtimeNs && left.ino === right.ino && left.dev === right.dev;
}

/** Small reads share a buffer; headers are read in pieces of a few bytes. */
export function fileReader({ descriptor, bytes }: OpenFile): ContentReader {
  let buffer = Buffer.alloc(0);
  let start = 0;
  let filled = 0;
  return {
    length: bytes,
    read: (position, length) => {
      if (position < start || position + length > start + filled) {
        const wanted = Math.max(length, 4096);
        if (buffer.length < wanted) buffer = Buffer.allocUnsafeSlow(wanted);
        start = position;
        filled = position < bytes ? readFully(descriptor, buffer, wanted, position) : 0;
      }
      return buffer.subarray(position - start, Math.min(filled, position - start + length));
    },
  };
}

/** Fewer bytes than `length` only at the end. */
export function readFully(descriptor: number, buffer: Buffer, length: number, position: number): number {
  let filled = 0;
  while (filled < length) {
    const count = readSync(descriptor, buffer, filled, length - filled, position + filled);
    if (count === 0) break;
    filled += count;
  }
  return filled;
}

function refuseOtherThanFile(stats: Stats | BigIntStats, path: string, name: InputName): void {
  if (stats.isFile()) return;
  if (stats.isDirectory()) {
    const picture = listNames(path).find((entry) => /\.(?:png|jpe?g|webp|gif|avif|tiff?|svg)$/i.test(entry));
    throw notAFile(
      name,
      "is a folder",
      picture === undefined || name.path === null || shown(picture) !== picture
        ? "Name a picture in it: -i FOLDER/FILE"
        : `Name a picture in it: -i ${shellQuoted(join(name.path, picture))}`,
    );
  }
  const [what, hint] = stats.isFIFO()
    ? ["is a pipe", "Send the picture to standard input instead: … | limn edit … -i -"]
    : stats.isSocket()
      ? ["is a socket", "Give a regular file: -i FILE"]
      : ["is a device", "Give a regular file: -i FILE"];
  throw notAFile(name, what, hint);
}

function unreadable(error: unknown, given: string, path: string, name: InputName): LimnError {
  switch (errno(error)) {
    case "ENOENT":
    case "ENOTDIR":
      return missing(error, given, path, name);
    case "ENAMETOOLONG":
      return notFound(
        name,
        "is too long for a path",
        "Base64 needs data:image/png;base64, before it; anything else belongs into a file: -i FILE",
        error,
      );
    case "ELOOP":
      return notFound(name, "is a link that leads back to itself", "Give the file that is meant.", error);
    default:
      return notFound(
        name,
        `cannot be read: ${describeErrno(error)}`,
        "Check the permissions of the file and its folders.",
        error,
      );
  }
}

function missing(error: unknown, given: string, path: string, name: InputName): LimnError {
  const target = linkTarget(path);
  if (target !== null)
    return notFound(
      name,
      `is a link to ${shown(target)}, which does not exist`,
      "Give a file that exists: -i FILE",
      error,
    );
  if (given === "-" || given === "clipboard") {
    const what = given === "-" ? "standard input" : "the clipboard";
    return notFound(
      name,
      `is no file; only the command line reads ${what}`,
      "Give a path, an address or the bytes. A file of that name: ./" + given,
      error,
    );
  }
  if (given.startsWith("~"))
    return notFound(
      name,
      "does not exist",
      'The shell expands ~ only without quotes: -i ~/picture.png, or -i "$HOME/picture.png"',
      error,
    );
  const folder = dirname(path);
  if (!isFolder(folder))
    return notFound(name, `does not exist, nor does the folder ${shown(folder)}`, "Check the path.", error);
  const near = nearestName(basename(path), folder);
  const hint =
    near === null || shown(near) !== near
      ? `Look what is there: ls ${shown(folder) === folder ? shellQuoted(folder) : ""}`.trim()
      : `Did you mean ${shellQuoted(join(dirname(given), near))}?`;
  return notFound(name, "does not exist", hint, error);
}

function linkTarget(path: string): string | null {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : null;
  } catch {
    return null;
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function nearestName(name: string, folder: string): string | null {
  const names = listNames(folder);
  // The same name in other code points: files that came from a Mac.
  const same = names.find((candidate) => candidate.normalize("NFC") === name.normalize("NFC"));
  if (same !== undefined) return same;
  if (name.length > 100) return null;
  const alike = names.filter((candidate) => Math.abs(candidate.length - name.length) <= 3);
  // The same picture of another type, then a slip of the finger.
  const stem = name.replace(/\.[^.]*$/, "");
  return alike.find((candidate) => candidate.replace(/\.[^.]*$/, "") === stem) ?? nearest(name, alike);
}

/** Some names of a folder: enough for a hint, and quick where there are millions. */
function listNames(folder: string): string[] {
  const names: string[] = [];
  try {
    const handle = opendirSync(folder);
    try {
      for (let entry = handle.readSync(); entry !== null && names.length < 1000; entry = handle.readSync())
        names.push(entry.name);
    } finally {
      handle.closeSync();
    }
  } catch {
    // Only a hint gets poorer.
  }
  return names.sort();
}

function notFound(name: InputName, what: string, hint: string, cause?: unknown): LimnError {
  return new LimnError("input_not_found", {
    message: `${capitalised(name.label)} ${what}. Nothing was sent.`,
    hint,
    ...(cause === undefined ? {} : { cause, details: { reason: errno(cause) } }),
  });
}

function notAFile(name: InputName, what: string, hint: string): LimnError {
  return new LimnError("input_not_an_image", {
    message: `${capitalised(name.label)} ${what}, not a picture. Nothing was sent.`,
    hint,
  });
}

/** @throws input_not_found when the open file is no longer what was checked */
export function requireUnchanged(descriptor: number, checked: FileState, name: InputName): void {
  let now: FileState | null = null;
  try {
    now = stateOf(fstatSync(descriptor, { bigint: true }));
  } catch {
    // A share that is gone; nothing can be said about the file any more.
  }
  if (now === null || !isSameState(now, checked)) throw changed(name);
}

export function changed(name: InputName): LimnError {
  return new LimnError("input_not_found", {
    message: `${capitalised(name.label)} changed since it was checked; nothing of it was sent.`,
    hint: "Wait until it is written, then run the command again.",
  });
}
