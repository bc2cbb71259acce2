import type { LoadedImage, PixelSize } from "../contracts/request.ts";
import { changed, readFully, requireUnchanged } from "./open-file.ts";
import type { OpenFile } from "./open-file.ts";
import type { InputName } from "./words.ts";

/** A multiple of three, so that no slice but the last ends in base64 padding. */
const sendSliceBytes = 48 * 1024;

/**
 * Buffers for slices. One is enough as long as one image is sent at a time; a generation of several pictures sends the same images side by
 * side, and then every sending has one of its own.
 */
export class SlicePool {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(sendSliceBytes);
  }

  giveBack(buffer: Buffer): void {
    this.#free.push(buffer);
  }
}

export interface LoadedImageParts extends PixelSize {
  readonly file: OpenFile;
  readonly name: InputName;
  readonly mediaType: LoadedImage["mediaType"];
  readonly sha256: string;
  readonly pool: SlicePool;
  /** False after the inputs were closed: the descriptor may be somebody else's by then. */
  readonly isOpen: () => boolean;
}

/**
 * An image behind an open file: what happens to its name afterwards does not matter. `slices()` looks at once whether the file is still
 * what was checked, and so do the first and the last slice: a request whose last slice is withheld was never whole.
 */
export function createLoadedImage(parts: LoadedImageParts): LoadedImage {
  const { file, mediaType, width, height, sha256 } = parts;
  const requireWhole = (): void => {
    if (!parts.isOpen()) throw new TypeError("the inputs were closed");
    requireUnchanged(file.descriptor, file.state, parts.name);
  };
  return {
    mediaType,
    width,
    height,
    length: file.bytes,
    sha256,
    file: file.path,
    slices: () => {
      requireWhole();
      return { [Symbol.iterator]: () => readSlices(parts, requireWhole) };
    },
  };
}

function* readSlices(
  { file, name, pool }: LoadedImageParts,
  requireWhole: () => void,
): Generator<Uint8Array, void, undefined> {
  requireWhole();
  const buffer = pool.take();
  try {
    for (let position = 0; position < file.bytes; position += sendSliceBytes) {
      const wanted = Math.min(sendSliceBytes, file.bytes - position);
      if (readFully(file.descriptor, buffer, wanted, position) < wanted) throw changed(name);
      if (position > 0 && position + wanted === file.bytes) requireWhole();
      yield buffer.subarray(0, wanted);
    }
  } finally {
    pool.giveBack(buffer);
  }
}
