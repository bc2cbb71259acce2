import { constants, copyFileSync, existsSync, mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import type { ImageSink, StoredImage } from "../contracts/engine.ts";
import type { CallRecord, FinishedFile, Manifest, ManifestImage } from "../contracts/manifest.ts";
import type { ErrorReport } from "../contracts/result.ts";
import { LimnError } from "../errors/index.ts";
import { describeErrno, errno, replaceDurably, writeFileAtomically } from "../files/index.ts";
import { ImageWriter } from "./image-writer.ts";
import type { Journal } from "./journal.ts";
import { manifestName } from "./manifest-name.ts";

/** Of the bytes as they were given. The name says no type: content decides. */
export function keptInputName(sha256: string): string {
  return `input-${sha256.slice(0, 24)}`;
}

export interface RecordOptions {
  /** The generation's own folder. */
  readonly folder: string;
  readonly rescueFolders: readonly string[];
  readonly manifest: Manifest;
  /** Where readers are told of each change. */
  readonly journal?: Journal;
}

/**
 * The written truth about one generation while it runs. Every change replaces the manifest as a whole, so that a kill at any moment
 * leaves a state that was true a moment before. `sent` is flushed to the disk before the first byte goes out.
 */
export class GenerationRecord {
  readonly folder: string;
  readonly #rescueFolders: readonly string[];
  readonly #journal: Journal | undefined;
  #manifest: Manifest;

  private constructor(options: RecordOptions) {
    this.folder = options.folder;
    this.#rescueFolders = options.rescueFolders;
    this.#journal = options.journal;
    this.#manifest = options.manifest;
  }

  /** @throws artifact_write_failed; nothing has been sent then */
  static create(options: RecordOptions): GenerationRecord {
    const record = new GenerationRecord(options);
    try {
      makeFolder(options.folder);
      record.#write();
    } catch (error) {
      throw new LimnError("artifact_write_failed", {
        message: `The record of the generation could not be written in ${options.folder}: ${describeErrno(error)}. Nothing was sent.`,
        hint: "Make room or correct the rights, or name another folder: LIMN_HOME=/some/folder limn …",
        details: { folder: options.folder, reason: errno(error) },
        cause: error,
      });
    }
    return record;
  }

  get manifest(): Manifest {
    return this.#manifest;
  }

  get id(): string {
    return this.#manifest.id;
  }

  /** Keep an input that cannot be read again where it came from. A copy that fails only makes `limn again` impossible. */
  keepInput(sha256: string, file: string): void {
    try {
      copyFileSync(file, join(this.folder, keptInputName(sha256)), constants.COPYFILE_FICLONE);
    } catch {
      // Told in the doc comment.
    }
  }

  openImage(index: number): ImageSink {
    return new ImageWriter({
      index,
      folder: this.folder,
      name: `image-${index + 1}`,
      rescueFolders: this.#rescueFolders,
      rescueName: `${this.id}-image-${index + 1}`,
    });
  }

  /** A picture that is spent on the way to another one; kept beside it. */
  openExtraImage(index: number): ImageSink {
    return new ImageWriter({
      index,
      folder: this.folder,
      name: `extra-${index + 1}`,
      rescueFolders: this.#rescueFolders,
      rescueName: `${this.id}-extra-${index + 1}`,
    });
  }

  /** On the disk when it resolves. @throws artifact_write_failed; nothing of this attempt has been sent then */
  async markSent(index: number, attempts: number, nowMs: number): Promise<void> {
    this.#update({
      state: "sent",
      sentAt: this.#manifest.sentAt ?? new Date(nowMs).toISOString(),
      calls: this.#calls(index, { index, attempts, state: "sent" }),
    });
    try {
      await this.#writeDurably();
    } catch (error) {
      throw new LimnError("artifact_write_failed", {
        message: `The record of the generation could not be written in ${this.folder}: ${describeErrno(error)}. Nothing was sent.`,
        hint: "Make room or correct the rights, or name another folder: LIMN_HOME=/some/folder limn …",
        details: { folder: this.folder, reason: errno(error) },
        cause: error,
      });
    }
  }

  /** The service certainly did nothing with what was sent; while it is waited to send again, nothing is outstanding. */
  markTurnedAway(index: number): void {
    const call = this.#manifest.calls.find((candidate) => candidate.index === index);
    if (call === undefined) return;
    const calls = this.#calls(index, { ...call, state: "planned" });
    const isOutstanding = this.#manifest.images.length > 0 || calls.some(({ state }) => state !== "planned");
    this.#update({ calls, ...(isOutstanding ? {} : { state: "planned" }) });
    this.#writeIfPossible();
  }

  /** The picture is on the disk; say so. With `isEndNext` the last word follows at once, and is the one that is written. */
  addImage(
    stored: StoredImage,
    extra: Pick<ManifestImage, "revisedPrompt" | "serviceImageId">,
    isEndNext: boolean = false,
  ): void {
    const image: ManifestImage = {
      index: stored.index,
      file: this.#nameOf(stored),
      mediaType: stored.mediaType,
      width: stored.width,
      height: stored.height,
      hasAlpha: stored.hasAlpha,
      c2pa: stored.c2pa,
      bytes: stored.bytes,
      sha256: stored.sha256,
      ...extra,
      delivered: [],
    };
    const call = this.#manifest.calls.find((candidate) => candidate.index === stored.index);
    this.#update({
      images: [...this.#manifest.images, image].sort((left, right) => left.index - right.index),
      calls: this.#calls(stored.index, { index: stored.index, attempts: call?.attempts ?? 1, state: "done" }),
    });
    if (!isEndNext) this.#writeIfPossible();
  }

  /** A picture that was spent on the way to the one of `index`, which is there already. */
  addExtra(
    index: number,
    stored: StoredImage,
    about: { readonly reason: string; readonly prompt: string | null },
  ): void {
    const call = this.#manifest.calls.find((candidate) => candidate.index === index);
    const file = this.#nameOf(stored);
    this.#update({
      extras: [...(this.#manifest.extras ?? []), { index, file, sha256: stored.sha256, ...about }],
      calls: this.#calls(index, { index, attempts: call?.attempts ?? 1, state: "done" }),
    });
    this.#writeIfPossible();
  }

  /** The picture of `index` is there, whatever became of a request after it. */
  markDone(index: number): void {
    const call = this.#manifest.calls.find((candidate) => candidate.index === index);
    if (call === undefined) return;
    this.#update({ calls: this.#calls(index, { ...call, state: "done" }) });
    this.#writeIfPossible();
  }

  addFailure(index: number, failure: ErrorReport, isUnknown: boolean): void {
    const call = this.#manifest.calls.find((candidate) => candidate.index === index);
    const state = isUnknown ? "sent" : "failed";
    this.#update({ calls: this.#calls(index, { index, attempts: call?.attempts ?? 0, state, failure }) });
    this.#writeIfPossible();
  }

  /** The picture is now at `path`, an absolute one. */
  moveImage(index: number, path: string): void {
    this.#update({
      images: this.#manifest.images.map((image) => (image.index === index ? { ...image, file: path } : image)),
    });
    this.#writeIfPossible();
  }

  addFinished(index: number, finished: FinishedFile): void {
    this.#update({
      images: this.#manifest.images.map((image) => (image.index === index ? { ...image, finished } : image)),
    });
  }

  addDelivery(index: number, path: string, sha256: string): void {
    this.#update({
      images: this.#manifest.images.map((image) =>
        image.index === index ? { ...image, delivered: [...image.delivered, { path, sha256 }] } : image,
      ),
    });
  }

  /** The last word. Returns false when it could not be written; the pictures are safe all the same. */
  finish(changes: Partial<Manifest>): boolean {
    this.#update({ ...changes, owner: null });
    this.#journal?.forget(this.id);
    return this.#writeIfPossible();
  }

  /** Remove everything, for `--no-history` after delivery. */
  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
    this.#journal?.changed(this.id);
  }

  /** Inside the folder by name, elsewhere by its whole path. */
  #nameOf({ path, savedElsewhere }: StoredImage): string {
    return savedElsewhere ? path : path.slice(this.folder.length + 1);
  }

  #calls(index: number, call: CallRecord): readonly CallRecord[] {
    return this.#manifest.calls.map((existing) => (existing.index === index ? call : existing));
  }

  #update(changes: Partial<Manifest>): void {
    this.#manifest = { ...this.#manifest, ...changes };
  }

  #write(): void {
    writeFileAtomically(join(this.folder, manifestName), textOf(this.#manifest));
    this.#journal?.changed(this.id);
  }

  /** What changes meanwhile is newer and holds this change as well: then that has to last. */
  async #writeDurably(): Promise<void> {
    const path = join(this.folder, manifestName);
    for (let isWritten = false; !isWritten;) {
      const manifest = this.#manifest;
      isWritten = await replaceDurably(path, textOf(manifest), () => this.#manifest === manifest);
    }
    this.#journal?.changed(this.id);
  }

  /** After sending, a record that cannot be written must not stop the picture from being saved. */
  #writeIfPossible(): boolean {
    try {
      this.#write();
      return true;
    } catch {
      return false;
    }
  }
}

function textOf(manifest: Manifest): string {
  return `${JSON.stringify(manifest, null, 1)}\n`;
}

/** With parents. Node tells a read-only file system as ENOENT when it makes parents, too; then the first missing folder is asked for alone. */
function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    let missing = folder;
    while (!existsSync(dirname(missing))) missing = dirname(missing);
    if (errno(error) === "ENOENT") mkdirSync(missing);
    throw error;
  }
}
