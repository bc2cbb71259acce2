import { closeSync, fsyncSync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { syncFolder } from "./atomic-file.ts";
import { uniqueSuffix } from "./unique-suffix.ts";

/**
 * Room on the disk for a replacement of `path`, taken before something happens that cannot be repeated. Replacing it afterwards
 * needs no new blocks, so that a full disk cannot lose what was paid for with a single-use token.
 */
export class ReservedFile {
  readonly #path: string;
  readonly #temporary: string;
  #file: number | null;

  constructor(path: string, bytes: number) {
    this.#path = path;
    this.#temporary = `${path}.${uniqueSuffix()}.tmp`;
    this.#file = openSync(this.#temporary, "wx", 0o600);
    try {
      writeSync(this.#file, Buffer.alloc(bytes, " "));
      fsyncSync(this.#file);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** Atomic, and on the disk when it returns. */
  replaceWith(content: string): void {
    const file = this.#file;
    if (file === null) throw new TypeError("the reservation was released");
    const bytes = Buffer.from(content, "utf8");
    writeSync(file, bytes, 0, bytes.length, 0);
    ftruncateSync(file, bytes.length);
    fsyncSync(file);
    closeSync(file);
    this.#file = null;
    renameSync(this.#temporary, this.#path);
    syncFolder(dirname(this.#path));
  }

  /** Give the room back; does nothing after {@link replaceWith}. */
  release(): void {
    if (this.#file === null) return;
    closeSync(this.#file);
    this.#file = null;
    rmSync(this.#temporary, { force: true });
  }
}
