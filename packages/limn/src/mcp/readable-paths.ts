import { closeSync, constants, fstatSync, openSync, readSync, realpathSync } from "node:fs";
import { basename, dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { LimnError } from "@limn/core";

/** Which files an agent may name. */
export interface Reach {
  /** Relative paths count from here. */
  readonly workingFolder: string;
  readonly home: string | null;
  /** Folders that the client app calls its roots. */
  readonly clientRoots: readonly string[];
  /** limn's own pictures. */
  readonly store: string;
  /** The user's setting `mcp.read`. */
  readonly alsoReadable: readonly string[];
}

/** Outside of everything that is allowed: the client's roots, if it was not asked yet, may make it good. */
export class OutsideReach extends LimnError {}

/** Names of files that hold logins and keys, and of folders full of them. Only pictures are read anyway; this is said first. */
const secretNames =
  /^(?:\.ssh|\.gnupg|\.aws|\.azure|\.kube|\.docker|\.netrc|_netrc|\.npmrc|\.pypirc|\.pgpass|\.git-credentials|\.env(?:\..*)?|auth\.json|credentials?(?:\..*)?|id_(?:rsa|dsa|ecdsa|ed25519)(?:\..*)?|known_hosts|authorized_keys|shadow|passwd|cookies(?:\..*)?|login data|.*\.(?:pem|key|p12|pfx|kdbx|keychain(?:-db)?|jks|asc|gpg))$/i;

const secretContent =
  /-----BEGIN [A-Z ]*PRIVATE KEY|^root:[^\n]*:0:0:|"(?:access|refresh|id)_token"|aws_secret_access_key|\b(?:sk-[A-Za-z0-9_-]{20}|gh[pousr]_[A-Za-z0-9]{20}|xox[abp]-|eyJ[A-Za-z0-9_-]{20,}\.eyJ)/m;

/** The real path of a picture that an agent named. @throws OutsideReach, input_not_found, input_not_an_image */
export function readablePicture(given: string, reach: Reach): string {
  if (/^(?:data:|https?:)/i.test(given))
    throw new LimnError("input_url_refused", {
      message: "Pictures are given as paths or as ids of limn, not as addresses or base64. Nothing was sent.",
      hint: "Save the picture below the working folder and give its path.",
    });
  if (given.includes("\0")) throw new LimnError("input_not_found", { message: "A path holds a NUL character." });
  const lexical = resolve(reach.workingFolder, fromFileUrl(given));
  const roots = readableRoots(reach);
  const real = realPathOf(lexical);
  // A path outside says the same whether it exists or not.
  if (!isInside(real ?? nearestReal(lexical), roots))
    throw new OutsideReach("invalid_option", {
      message: `The path ${lexical} is outside of what limn may read here. Nothing was sent.`,
      hint: "Copy the picture below the working folder, or ask the user to allow its folder: limn config set mcp.read FOLDER",
      details: { readable: roots },
    });
  refuseSecretName(lexical, real, roots);
  if (real === null)
    throw new LimnError("input_not_found", {
      message: `There is no file ${lexical}. Nothing was sent.`,
      hint: "Check the path.",
    });
  refuseOtherThanPictures(real, lexical);
  return real;
}

/** The absolute path of an output that an agent named. @throws OutsideReach, invalid_option, artifact_write_failed */
export function writableOutput(given: string, reach: Reach): string {
  if (given.includes("\0") || given === "" || given === "-") throw refusedOutput("is not a path");
  const lexical = resolve(reach.workingFolder, fromFileUrl(given));
  const isFolder = /[/\\]$/.test(given) || (realPathOf(lexical) !== null && isDirectory(lexical));
  const folder = isFolder ? lexical : dirname(lexical);
  const roots = usableFolders([reach.workingFolder, ...reach.clientRoots], reach.home);
  const real = realPathOf(folder);
  const root = roots.find((candidate) => isBelow(real ?? nearestReal(folder), candidate));
  if (root === undefined)
    throw new OutsideReach("invalid_option", {
      message: `The output ${lexical} is outside of the working folder. Nothing was sent.`,
      hint: "Leave output out; the picture is kept in limn's store and its path is told.",
      details: { writable: roots },
    });
  const path = isFolder ? (real ?? folder) : join(real ?? folder, basename(lexical));
  if (
    relative(root, path)
      .split(sep)
      .some((part) => part.startsWith(".") && part !== ".")
  )
    throw refusedOutput("is hidden, or in a hidden folder");
  if (real === null)
    throw new LimnError("artifact_write_failed", {
      message: `The output folder ${folder} does not exist. Nothing was sent.`,
      hint: "Make it first, or leave output out.",
      details: { folder },
    });
  if (!isFolder && !/^\.(?:png|jpe?g|webp|avif|gif)$/i.test(extname(path)))
    throw refusedOutput("must be a folder, or end in .png, .jpg, .webp, .avif or .gif");
  return isFolder ? `${path}${sep}` : path;
}

function refusedOutput(why: string): LimnError {
  return new LimnError("invalid_option", {
    message: `The output ${why}. Nothing was sent.`,
    hint: "Leave output out; the picture is kept in limn's store and its path is told.",
  });
}

/** `file:` addresses of the client's roots, as paths. */
export function rootFolders(roots: readonly { readonly uri: string }[]): readonly string[] {
  return roots.flatMap(({ uri }) => {
    try {
      return uri.startsWith("file:") ? [fileURLToPath(uri)] : [];
    } catch {
      return [];
    }
  });
}

function readableRoots(reach: Reach): readonly string[] {
  const folders = usableFolders([reach.workingFolder, ...reach.clientRoots], reach.home);
  const others = [reach.store, ...reach.alsoReadable].flatMap((folder) => realPathOf(resolve(folder)) ?? []);
  return [...new Set([...folders, ...others])];
}

/** Real paths; without folders that hold the home: they were nobody's choice. */
function usableFolders(folders: readonly string[], home: string | null): readonly string[] {
  const realHome = home === null ? null : (realPathOf(home) ?? home);
  const real = folders.flatMap((folder) => (isAbsolute(folder) ? (realPathOf(folder) ?? []) : []));
  return [...new Set(real)].filter(
    (folder) => dirname(folder) !== folder && (realHome === null || !isBelow(realHome, folder)),
  );
}

function refuseSecretName(lexical: string, real: string | null, roots: readonly string[]): void {
  for (const path of real === null ? [lexical] : [lexical, real]) {
    const root = roots.find((candidate) => isBelow(path, candidate));
    const parts = (root === undefined ? path : relative(root, path)).split(/[/\\]/);
    if (parts.some((part) => secretNames.test(part)))
      throw new LimnError("invalid_option", {
        message: `The name of ${lexical} is one that logins and keys have; limn does not read it. Nothing was sent.`,
        hint: "Give a picture.",
      });
  }
}

/** @throws input_not_found, input_not_an_image */
function refuseOtherThanPictures(path: string, shown: string): void {
  const refuse = (what: string): never => {
    throw new LimnError("input_not_an_image", {
      message: `${shown} ${what}. Nothing was sent.`,
      hint: "Give a PNG, JPEG, WebP or GIF file.",
    });
  };
  let file: number;
  try {
    // Not blocking: a FIFO would wait for a writer.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch {
    throw new LimnError("input_not_found", {
      message: `${shown} cannot be read. Nothing was sent.`,
      hint: "Check its rights.",
    });
  }
  try {
    const facts = fstatSync(file);
    if (facts.isDirectory()) refuse("is a folder");
    if (!facts.isFile()) refuse("is not a regular file");
    const head = Buffer.alloc(4096);
    const length = readSync(file, head, 0, head.length, 0);
    if (isPicture(head)) return;
    const text = head.toString("latin1", 0, length);
    refuse(
      secretContent.test(text)
        ? "holds what looks like a login or a key, not a picture"
        : "is not a picture of a type that agents may give",
    );
  } finally {
    closeSync(file);
  }
}

/** By their first bytes: PNG, JPEG, GIF, WebP. */
function isPicture(head: Buffer): boolean {
  const hex = head.toString("hex", 0, 12);
  return /^(?:89504e470d0a1a0a|ffd8ff|474946383[79]61|52494646.{8}57454250)/.test(hex);
}

function fromFileUrl(given: string): string {
  if (!given.startsWith("file:")) return given;
  try {
    return fileURLToPath(given);
  } catch {
    return given;
  }
}

function realPathOf(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

function isDirectory(path: string): boolean {
  try {
    const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      return fstatSync(file).isDirectory();
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

/** Of something that does not exist: the real path of the nearest folder that does, with the rest. */
function nearestReal(path: string): string {
  const folder = dirname(path);
  if (folder === path) return path;
  return join(realPathOf(folder) ?? nearestReal(folder), basename(path));
}

function isInside(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => isBelow(path, root));
}

/** Also the folder itself. */
function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (!way.startsWith(`..${sep}`) && way !== ".." && !isAbsolute(way));
}
