import type { Box, MaskRaster } from "./mask-raster.ts";

/** What a part of the mask was before a change. */
interface Patch {
  readonly box: Box;
  readonly weights: Uint8Array;
}

/**
 * Undo and redo by the parts that changed, at most `maxBytes` of them: of a large picture the oldest steps go first, and the newest
 * always stays.
 */
export class MaskHistory {
  readonly #mask: MaskRaster;
  readonly #maxBytes: number;
  readonly #before: Uint8Array;
  #undo: Patch[] = [];
  #redo: Patch[] = [];

  constructor(mask: MaskRaster, maxBytes: number = 96_000_000) {
    this.#mask = mask;
    this.#maxBytes = maxBytes;
    this.#before = Uint8Array.from(mask.weights);
  }

  get canUndo(): boolean {
    return this.#undo.length > 0;
  }

  get canRedo(): boolean {
    return this.#redo.length > 0;
  }

  /** A change is complete; `box` holds all of it. */
  record(box: Box | null): void {
    if (box === null) return;
    const patch = { box, weights: cut(this.#before, this.#mask.width, box) };
    copy(this.#mask.weights, this.#before, this.#mask.width, box);
    this.#undo.push(patch);
    this.#redo = [];
    let bytes = this.#undo.reduce((sum, { weights }) => sum + weights.length, 0);
    while (bytes > this.#maxBytes && this.#undo.length > 1) bytes -= this.#undo.shift()?.weights.length ?? 0;
  }

  /** Take back what was painted since the last `record`. */
  abandon(box: Box | null): void {
    if (box !== null) copy(this.#before, this.#mask.weights, this.#mask.width, box);
  }

  /** Returns what changed; null = there was nothing to undo. */
  undo(): Box | null {
    return this.#swap(this.#undo, this.#redo);
  }

  redo(): Box | null {
    return this.#swap(this.#redo, this.#undo);
  }

  #swap(from: Patch[], to: Patch[]): Box | null {
    const patch = from.pop();
    if (patch === undefined) return null;
    const { width, weights } = this.#mask;
    to.push({ box: patch.box, weights: cut(weights, width, patch.box) });
    for (let y = 0; y < patch.box.height; y += 1) {
      const row = patch.weights.subarray(y * patch.box.width, (y + 1) * patch.box.width);
      const place = (patch.box.top + y) * width + patch.box.left;
      weights.set(row, place);
      this.#before.set(row, place);
    }
    return patch.box;
  }
}

function cut(weights: Uint8Array, width: number, box: Box): Uint8Array {
  const part = new Uint8Array(box.width * box.height);
  for (let y = 0; y < box.height; y += 1) {
    const start = (box.top + y) * width + box.left;
    part.set(weights.subarray(start, start + box.width), y * box.width);
  }
  return part;
}

function copy(from: Uint8Array, to: Uint8Array, width: number, box: Box): void {
  for (let y = 0; y < box.height; y += 1) {
    const start = (box.top + y) * width + box.left;
    to.set(from.subarray(start, start + box.width), start);
  }
}
