import type { Hash } from "node:crypto";
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import type { ImageSink, StoredImage } from "../contracts/engine.ts";
import { LimnError } from "../errors/index.ts";
import { describeErrno, errno, flush, flushFolder, uniqueSuffix } from "../files/index.ts";
import { ImageProbe, extensionFor } from "../media/index.ts";

export interface ImageWriterOptions {
  readonly index: number;
  /** Where the picture belongs; the folder exists. */
  readonly folder: string;
  /** File name without extension. */
  readonly name: string;
  /** Folders to turn to, in order, when the first place cannot take the picture: it is paid for and must survive. */
  readonly rescueFolders: readonly string[];
  /** Name in a rescue folder, without extension. */
  readonly rescueName: string;
}

/** Smaller pieces are gathered before they are written. */
const bufferBytes = 64 * 1024;
/** From here on a piece is written by itself: copying it first costs more than one more write. */
const largeBytes = 16 * 1024;
const fullDisk: ReadonlySet<string | null> = new Set(["ENOSPC", "EDQUOT", "EFBIG", "EIO", "EROFS"]);

/**
 * Writes one picture while its bytes arrive: hash, header probe and file in one pass, constant memory. The file has a temporary
 * name until the picture is whole, checked and on the disk.
 *
 * Writing is synchronous: slices are small and go to the page cache, and a thread-pool hop a slice cost more than the write.
 */
export class ImageWriter implements ImageSink {
  readonly #options: ImageWriterOptions;
  readonly #hash: Hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  readonly #probe: ImageProbe = new ImageProbe();
  readonly #rescueFolders: string[];
  readonly #pending: Buffer = Buffer.allocUnsafe(bufferBytes);
  #pendingBytes = 0;
  #folder: string;
  #temporary: string;
  #file: number | null;
  #total = 0;
  #moved = false;

  constructor(options: ImageWriterOptions) {
    this.#options = options;
    this.#rescueFolders = [...options.rescueFolders];
    this.#folder = options.folder;
    this.#temporary = "";
    this.#file = null;
    try {
      this.#openIn(options.folder);
    } catch (error) {
      this.#moveOn(error);
    }
  }

  get bytesWritten(): number {
    return this.#total;
  }

  write(bytes: Uint8Array): void {
    this.#total += bytes.length;
    this.#hash.update(bytes);
    this.#probe.push(bytes);
    if (bytes.length >= largeBytes || this.#pendingBytes + bytes.length > bufferBytes) this.#flush();
    if (bytes.length >= largeBytes) {
      this.#append(bytes);
      return;
    }
    this.#pending.set(bytes, this.#pendingBytes);
    this.#pendingBytes += bytes.length;
  }

  async finish(): Promise<StoredImage> {
    this.#flush();
    const outcome = this.#probe.finish();
    if (outcome.kind !== "image") {
      this.discard();
      throw new LimnError("image_corrupt", {
        message:
          outcome.kind === "cut"
            ? `The picture in the answer is cut: its ${this.#total} bytes end before the image does.`
            : `The answer's picture (${this.#total} bytes) is not an image.`,
        hint: "The plan was probably charged. To ask once more, and pay once more, repeat the command.",
        details: { index: this.#options.index, bytes: this.#total },
      });
    }
    const extension = extensionFor(outcome.facts.mediaType);
    await this.#makeDurable();
    const path = join(this.#folder, `${this.#moved ? this.#options.rescueName : this.#options.name}.${extension}`);
    const place = this.#moved ? freeName(path) : path;
    renameSync(this.#temporary, place);
    await flushFolder(this.#folder);
    return {
      ...outcome.facts,
      index: this.#options.index,
      path: place,
      bytes: this.#total,
      sha256: this.#hash.digest("hex"),
      savedElsewhere: this.#moved,
    };
  }

  discard(): void {
    this.#close();
    if (this.#temporary !== "") rmSync(this.#temporary, { force: true });
    this.#temporary = "";
  }

  #flush(): void {
    if (this.#pendingBytes === 0) return;
    const bytes = this.#pending.subarray(0, this.#pendingBytes);
    this.#pendingBytes = 0;
    this.#append(bytes);
  }

  #append(bytes: Uint8Array): void {
    for (let offset = 0; offset < bytes.length;) {
      try {
        if (this.#file === null) throw new TypeError("the picture's file is closed");
        const step = writeSync(this.#file, bytes, offset);
        offset += step;
      } catch (error) {
        this.#moveOn(error);
      }
    }
  }

  #openIn(folder: string): void {
    this.#temporary = join(folder, `.${this.#options.name}-${uniqueSuffix()}.part`);
    this.#file = openSync(this.#temporary, "wx", 0o600);
    this.#folder = folder;
  }

  /** The place is full or broken: take what is there to the next one and go on. */
  #moveOn(cause: unknown): void {
    const old = this.#temporary;
    const hasOld = this.#file !== null;
    if (hasOld && !fullDisk.has(errno(cause))) throw this.#writeError(cause);
    this.#close();
    for (let folder = this.#rescueFolders.shift(); folder !== undefined; folder = this.#rescueFolders.shift()) {
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        if (hasOld) {
          const next = join(folder, `.${basename(this.#options.rescueName)}-${uniqueSuffix()}.part`);
          copyFileSync(old, next);
          this.#temporary = next;
          this.#file = openSync(next, "a", 0o600);
          this.#folder = folder;
        } else {
          this.#openIn(folder);
        }
        this.#moved = true;
        if (hasOld) rmSync(old, { force: true });
        return;
      } catch {
        // The next place may still take it; if none does, the first cause is told.
        this.#close();
      }
    }
    if (hasOld) rmSync(old, { force: true });
    throw this.#writeError(cause);
  }

  async #makeDurable(): Promise<void> {
    const file = this.#file;
    if (file === null) return;
    try {
      await flush(file);
    } catch (error) {
      throw this.#writeError(error);
    } finally {
      this.#close();
    }
  }

  #close(): void {
    if (this.#file !== null) closeSync(this.#file);
    this.#file = null;
  }

  #writeError(cause: unknown): LimnError {
    return new LimnError("artifact_write_failed", {
      message: `The picture could not be saved in ${this.#folder}: ${describeErrno(cause)}.`,
      hint: "Make room or correct the rights. The plan was probably charged for this picture.",
      details: { folder: this.#folder, reason: errno(cause) },
      cause,
    });
  }
}

/** `path`, or with the first counter that is free. */
function freeName(path: string): string {
  if (!existsSync(path)) return path;
  const dot = path.lastIndexOf(".");
  for (let counter = 2; ; counter += 1) {
    const candidate = `${path.slice(0, dot)}-${counter}${path.slice(dot)}`;
    if (!existsSync(candidate)) return candidate;
  }
}
