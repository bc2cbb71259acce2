import { closeSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { LimnError } from "../errors/index.ts";
import { describeErrno, errno } from "../files/index.ts";

/** Files of one request that nobody else may read: a folder 0700 with files 0600, made when the first is needed. */
export class TemporaryFiles {
  readonly #parent: string;
  #folder: string | null = null;

  constructor(parent: string) {
    this.#parent = parent;
  }

  path(name: string): string {
    this.#folder ??= this.#guarded(() => mkdtempSync(join(this.#parent, "limn-inputs-")));
    return join(this.#folder, name);
  }

  /** A new file with what `fill` writes. @throws artifact_write_failed, and what `fill` throws */
  async write(name: string, fill: (write: (bytes: Uint8Array) => void) => Promise<void> | void): Promise<string> {
    const path = this.path(name);
    const descriptor = this.#guarded(() => openSync(path, "wx", 0o600));
    try {
      await fill((bytes) => this.#guarded(() => writeFileSync(descriptor, bytes)));
    } finally {
      closeSync(descriptor);
    }
    return path;
  }

  rename(path: string, name: string): string {
    const target = this.path(name);
    this.#guarded(() => renameSync(path, target));
    return target;
  }

  remove(): void {
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
    this.#folder = null;
  }

  #guarded<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw new LimnError("artifact_write_failed", {
        message: `An input could not be kept in ${this.#parent} until it is sent: ${describeErrno(error)}. Nothing was sent.`,
        hint: "Make room there, or name another folder: TMPDIR=/some/folder limn …",
        details: { folder: this.#parent, reason: errno(error) },
        cause: error,
      });
    }
  }
}
