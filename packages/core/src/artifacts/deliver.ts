import { accessSync, constants, copyFileSync, existsSync, linkSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { LimnError } from "../errors/index.ts";
import { describeErrno, errno, uniqueSuffix } from "../files/index.ts";
import { nameFromPrompt } from "./file-name.ts";

/** Most file systems take 255 bytes; a counter and a place in a series may follow. */
const longestName = 240;

/** Where the delivered copies go. */
export interface Destination {
  /** Absolute. */
  readonly folder: string;
  /** File name without extension; null = made from the prompt. */
  readonly name: string | null;
  /** With the dot; null = the picture's own. */
  readonly extension: string | null;
  /** Overwrite what is there. */
  readonly force: boolean;
}

/**
 * Understand `--output` and check it before anything is sent: an existing folder or a trailing slash means a folder, anything else a
 * file. @throws artifact_write_failed when the folder is missing, is none, or cannot be written
 */
export function resolveDestination(output: string | null, workingFolder: string, force: boolean): Destination {
  const path = resolve(workingFolder, output ?? ".");
  const namesFolder = output === null || /[/\\]$/.test(output) || isFolder(path);
  const folder = namesFolder ? path : dirname(path);
  checkFolder(folder);
  if (namesFolder) return { folder, name: null, extension: null, force };
  const extension = extname(path);
  const name = path.slice(folder.length).replace(/^[/\\]/, "");
  if (Buffer.byteLength(name) > longestName) {
    throw new LimnError("artifact_write_failed", {
      message: `The output name has ${Buffer.byteLength(name)} bytes, and file systems take ${longestName} at most with room for a counter. Nothing was sent.`,
      hint: "Give a shorter name with --output.",
      details: { folder },
    });
  }
  return {
    folder,
    name: extension === "" ? name : name.slice(0, -extension.length),
    extension: extension === "" ? null : extension,
    force,
  };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}

function checkFolder(folder: string): void {
  let problem: string | null = null;
  let hint = "Name another place with --output.";
  try {
    if (!statSync(folder).isDirectory()) problem = "it is not a folder";
    else accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    problem = errno(error) === "ENOENT" ? "it does not exist" : describeErrno(error);
    if (errno(error) === "ENOENT") hint = `Make it first: mkdir -p ${shellQuoted(folder)}`;
  }
  if (problem === null) return;
  throw new LimnError("artifact_write_failed", {
    message: `The output folder ${folder} cannot be used: ${problem}. Nothing was sent.`,
    hint,
    details: { folder },
  });
}

function shellQuoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

export interface Delivery {
  /** Absolute path of the copy. */
  readonly path: string;
  /** The wanted name was taken and a counter was added. */
  readonly renamed: boolean;
}

/**
 * Copy a stored picture to its destination: blocks are shared where the file system can, the file appears whole or not at all, and
 * nothing is overwritten without `force`, also when two programs want the same name at once.
 * @throws artifact_write_failed; the original stays
 */
export function deliver(
  original: string,
  destination: Destination,
  prompt: string,
  place: { readonly index: number; readonly n: number },
  extension: string,
): Delivery {
  const base = `${destination.name ?? nameFromPrompt(prompt)}${place.n > 1 ? `-${place.index + 1}` : ""}`;
  const suffix = destination.extension ?? `.${extension}`;
  const temporary = join(destination.folder, `.limn-${uniqueSuffix()}.tmp`);
  try {
    copyFileSync(original, temporary, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    if (destination.force) {
      const path = join(destination.folder, base + suffix);
      renameSync(temporary, path);
      return { path, renamed: false };
    }
    for (let counter = 1; ; counter += 1) {
      const path = join(destination.folder, `${base}${counter === 1 ? "" : `-${counter}`}${suffix}`);
      if (claim(temporary, path)) return { path, renamed: counter > 1 };
    }
  } catch (error) {
    throw new LimnError("artifact_write_failed", {
      message: `The picture could not be written to ${destination.folder}: ${describeErrno(error)}. It is kept at ${original}.`,
      hint: `Copy it from there: cp ${shellQuoted(original)} .`,
      details: { folder: destination.folder, original, reason: errno(error) },
      cause: error,
    });
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Give the finished copy its name unless somebody has it; atomic where the file system has hard links. */
function claim(temporary: string, path: string): boolean {
  try {
    linkSync(temporary, path);
    return true;
  } catch (error) {
    if (errno(error) === "EEXIST") return false;
    if (!["EPERM", "ENOTSUP", "ENOSYS", "EMLINK", "EOPNOTSUPP", "EINVAL"].includes(errno(error) ?? "")) throw error;
  }
  // FAT and some network file systems have no links: an exclusive copy cannot overwrite either.
  if (existsSync(path)) return false;
  try {
    copyFileSync(temporary, path, constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (errno(error) === "EEXIST") return false;
    throw error;
  }
}
