import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { LimnError } from "../errors/index.ts";
import { errno } from "../files/index.ts";

/** A login file is a few kilobytes; more is something else (login-stores 0.7). */
const maxFileBytes = 1024 * 1024;
/** Some programs write their file in place, so a reader can see it empty or cut: look again (login-stores 0.4). */
const rereadDelaysMs = [50, 100, 200];

/**
 * Read another program's login file without leaving a trace on it, and again while `isCut` says that it was caught half written.
 * Null when there is none. @throws login_unreadable
 */
export async function readBorrowedFile<T>(
  path: string,
  parse: (content: string) => T,
  isCut: (parsed: T) => boolean,
): Promise<T | null> {
  for (let attempt = 0; ; attempt += 1) {
    const content = await readContent(path);
    if (content === null) return null;
    const parsed = parse(content.replace(/^\uFEFF/, ""));
    const pause = rereadDelaysMs[attempt];
    if (!isCut(parsed) || pause === undefined) return parsed;
    await delay(pause);
  }
}

async function readContent(path: string): Promise<string | null> {
  try {
    // Without O_NONBLOCK a named pipe in the file's place would hang the program.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const facts = await file.stat();
      if (!facts.isFile()) throw unreadableLogin(path, "it is not a file");
      if (facts.size > maxFileBytes)
        throw unreadableLogin(path, `it has ${facts.size} bytes, more than any login file`);
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    const name = errno(error);
    if (name === "ENOENT" || name === "ENOTDIR") return null;
    if (name === "EACCES" || name === "EPERM") throw unreadableLogin(path, "permission denied");
    if (name === "ELOOP") throw unreadableLogin(path, "it is a symbolic link to itself");
    if (name === "EISDIR" || name === "ENXIO") throw unreadableLogin(path, "it is not a file");
    throw error;
  }
}

export function unreadableLogin(path: string, why: string, signIn: string = "codex login"): LimnError {
  return new LimnError("login_unreadable", {
    message: `The login file ${path} cannot be used: ${why}.`,
    hint: `Check the file, or sign in again: ${signIn}`,
    details: { path },
  });
}
