import type { ImageSink, StoredImage } from "../contracts/engine.ts";
import type { ImageTap, OpenImageTap } from "../contracts/image-tap.ts";
import { PngWalker } from "../media/index.ts";

/** Saves one picture and hands its base64 text on: a piece of text is let go when the bytes that it stands for are saved. */
export class TappedSink implements ImageSink {
  readonly #sink: ImageSink;
  readonly #index: number;
  readonly #open: OpenImageTap;
  /** Both engines bring PNG; another type is not handed on, since finishing may have to look at it. */
  readonly #header: PngWalker = new PngWalker();
  #held: Uint8Array[] = [];
  #tap: ImageTap | null = null;
  #isOver = false;

  constructor(sink: ImageSink, index: number, open: OpenImageTap) {
    this.#sink = sink;
    this.#index = index;
    this.#open = open;
  }

  get bytesWritten(): number {
    return this.#sink.bytesWritten;
  }

  writeText(piece: Uint8Array): void {
    if (!this.#isOver) this.#held.push(piece);
  }

  write(bytes: Uint8Array): void {
    this.#sink.write(bytes);
    // An engine without text (a file that another program wrote) has nothing to hand on.
    if (this.#isOver || this.#held.length === 0) return;
    if (this.#tap === null && !this.#begin(bytes)) return;
    for (const piece of this.#held) this.#tap?.text(piece);
    this.#held = [];
  }

  async finish(): Promise<StoredImage> {
    try {
      return await this.#sink.finish();
    } catch (error) {
      this.cancel();
      throw error;
    }
  }

  discard(): void {
    this.cancel();
    this.#sink.discard();
  }

  /** What was handed on is not the result. */
  cancel(): void {
    const tap = this.#tap;
    this.#tap = null;
    this.#isOver = true;
    this.#held = [];
    tap?.cancel();
  }

  /** Whether the text goes on now; while the header is not whole, it is held. */
  #begin(bytes: Uint8Array): boolean {
    this.#header.push(bytes);
    const { broken, width, height, hasAlpha } = this.#header.facts;
    if (!broken && width === 0) return false;
    this.#tap = broken ? null : this.#open({ index: this.#index, mediaType: "image/png", width, height, hasAlpha });
    this.#isOver = this.#tap === null;
    if (this.#isOver) this.#held = [];
    return !this.#isOver;
  }
}
