import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { notFound } from "./answers.ts";
import { WorkQueue } from "./work-queue.ts";

/** Writes a WebP of the picture that is at most so many pixels wide. @throws image_corrupt, artifact_not_found, artifact_write_failed */
export type MakeThumbnail = (source: string, target: string, width: number) => Promise<void>;

/** Decoding and encoding keep one core busy each; more at once would only take memory. */
const maxAtOnce = 2;

let counter = 0;

/** Small pictures, made once and kept by the hash of what they show: `<sha256>-<width>.webp`. Whoever deletes them loses nothing. */
export class Thumbnails {
  readonly #make: MakeThumbnail;
  readonly #hashOf: (path: string) => Promise<string | null>;
  readonly #queue = new WorkQueue<string>(maxAtOnce);
  #folder: string;
  /** Where nothing can be kept: until this process ends. */
  #temporary: string | null = null;

  constructor(
    folder: string,
    make: MakeThumbnail,
    /** Of a file as it is now; null when it cannot be read. */
    hashOf: (path: string) => Promise<string | null>,
  ) {
    this.#folder = folder;
    this.#make = make;
    this.#hashOf = hashOf;
  }

  /** Its file, if it was made before. */
  made(sha256: string, width: number): string | null {
    const path = this.#pathOf(sha256, width);
    return existsSync(path) ? path : null;
  }

  /**
   * Its file. `source` has the bytes of that hash. @throws Abandoned when the signal comes first; artifact_not_found when
   * the source has not; the codes of {@link MakeThumbnail}
   */
  async get(sha256: string, width: number, source: string, signal: AbortSignal): Promise<string> {
    return (
      this.made(sha256, width) ??
      this.#queue.run(`${sha256}-${width}`, async () => this.#create(sha256, width, source), signal)
    );
  }

  close(): void {
    if (this.#temporary !== null) rmSync(this.#temporary, { recursive: true, force: true });
  }

  async #create(sha256: string, width: number, source: string): Promise<string> {
    this.#prepareFolder();
    const path = this.#pathOf(sha256, width);
    counter += 1;
    const part = join(this.#folder, `.${sha256.slice(0, 16)}-${width}-${process.pid}-${counter}.part`);
    try {
      await this.#make(source, part, width);
      // What is kept under a hash is shown for ever as what that hash names.
      if ((await this.#hashOf(source)) !== sha256) throw notFound("This picture was changed while it was looked at.");
      renameSync(part, path);
      return path;
    } finally {
      rmSync(part, { force: true });
    }
  }

  #prepareFolder(): void {
    if (this.#temporary !== null) return;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      // A folder that is there may still be on a read-only disk.
      accessSync(this.#folder, constants.W_OK);
    } catch {
      this.#temporary = mkdtempSync(join(tmpdir(), "limn-thumbnails-"));
      this.#folder = this.#temporary;
    }
  }

  #pathOf(sha256: string, width: number): string {
    return join(this.#folder, `${sha256}-${width}.webp`);
  }
}
