import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readSync,
  readdirSync,
  realpathSync,
  rmSync,
  rmdirSync,
} from "node:fs";
import { dirname, join, sep } from "node:path";

/** A picture's bytes, readable more than once. */
export interface PictureBytes {
  slices(): Iterable<Uint8Array>;
  /** Give the file up; nothing else of Codex's. */
  remove(): void;
}

const sliceBytes = 64 * 1024;
/** How coarse file systems are with times. */
const clockGrainMs = 2000;

/** Where Codex keeps the pictures of a thread (codex-backend contract 7.1). */
export function threadFolder(codexHome: string, threadId: string): string {
  return join(codexHome, "generated_images", threadId.replaceAll(/[^A-Za-z0-9_-]/g, "_"));
}

/**
 * The file that an item of this thread names, when it is a file in this thread's own folder; null otherwise. Links are not followed out of
 * it: a path is only believed where nobody but this thread's tool writes.
 */
export function fileOfThread(codexHome: string, threadId: string, savedPath: string): PictureBytes | null {
  try {
    const folder = realpathSync(threadFolder(codexHome, threadId));
    const path = realpathSync(savedPath);
    return path.startsWith(folder + sep) ? regularFile(path) : null;
  } catch {
    return null;
  }
}

/** The first picture in this thread's folder that is not older than the call; null when there is none. */
export function newestCallFile(codexHome: string, threadId: string, sinceMs: number): PictureBytes | null {
  const folder = threadFolder(codexHome, threadId);
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => /\.(?:png|gif|jpe?g|webp)$/i.test(name));
  } catch {
    return null;
  }
  const fresh = names
    .map((name) => ({ path: join(folder, name), modifiedMs: modifiedMs(join(folder, name)) }))
    .filter(({ modifiedMs: at }) => at !== null && at >= sinceMs - clockGrainMs)
    // Of several the first: one was asked for.
    .toSorted((one, other) => (one.modifiedMs ?? 0) - (other.modifiedMs ?? 0));
  for (const { path } of fresh) {
    const file = regularFile(path);
    if (file !== null) return file;
  }
  return null;
}

/** Bytes of an item that has no file. Null when the text is not base64. */
export function bytesOfResult(result: string): PictureBytes | null {
  const text = result.replace(/=+$/, "");
  if (text === "" || text.length % 4 === 1 || !/^[A-Za-z0-9+/]+$/.test(text)) return null;
  return {
    *slices() {
      for (let offset = 0; offset < text.length; offset += sliceBytes)
        yield Buffer.from(text.slice(offset, offset + sliceBytes), "base64");
    },
    remove: () => undefined,
  };
}

function regularFile(path: string): PictureBytes | null {
  const isGood = withFile(path, (file) => {
    const facts = fstatSync(file);
    return facts.isFile() && facts.size > 0;
  });
  if (isGood !== true) return null;
  return {
    *slices() {
      const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
      try {
        const buffer = Buffer.allocUnsafe(sliceBytes);
        for (let length = readSync(file, buffer); length > 0; length = readSync(file, buffer))
          yield buffer.subarray(0, length);
      } finally {
        closeSync(file);
      }
    },
    remove: () => {
      rmSync(path, { force: true });
      try {
        // Only when nothing else is in it.
        rmdirSync(dirname(path));
      } catch {
        // Somebody else's file is in it.
      }
    },
  };
}

function modifiedMs(path: string): number | null {
  return withFile(path, (file) => fstatSync(file).mtimeMs);
}

function withFile<T>(path: string, use: (file: number) => T): T | null {
  try {
    // Without O_NONBLOCK a named pipe in its place would hang the program.
    const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0));
    try {
      return use(file);
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

/** Lower-case hex SHA-256. */
export function hashOf(bytes: PictureBytes): string {
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  for (const slice of bytes.slices()) hash.update(slice);
  return hash.digest("hex");
}
