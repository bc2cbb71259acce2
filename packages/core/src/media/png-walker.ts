/** What a walk over a PNG's chunks tells. */
export interface PngFacts {
  width: number;
  height: number;
  hasAlpha: boolean;
  /** A `caBX` chunk: a C2PA manifest store (codex-backend contract 3.3). */
  c2pa: boolean;
  /** Bits of one channel: 1, 2, 4, 8 or 16. */
  bitDepth: number;
  /** An `acTL` chunk: an animated PNG. */
  animated: boolean;
  /** Where the payload of the `eXIf` chunk stands, in bytes from the beginning. */
  exif: { readonly position: number; readonly length: number } | null;
  /** The `IEND` chunk ended: nothing is missing. */
  complete: boolean;
  /** Chunk structure broken. */
  broken: boolean;
}

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const headerBytes = 33;

/**
 * Walks a PNG as its bytes arrive, in any slices and constant memory: it reads chunk headers and skips the rest.
 * The cost is per chunk and per slice, never per byte.
 */
export class PngWalker {
  readonly facts: PngFacts = {
    width: 0,
    height: 0,
    hasAlpha: false,
    c2pa: false,
    bitDepth: 0,
    animated: false,
    exif: null,
    complete: false,
    broken: false,
  };
  /** Bytes of the current chunk header still to collect, then bytes to skip. */
  readonly #header: Buffer = Buffer.allocUnsafe(headerBytes);
  #collected = 0;
  #wanted = headerBytes;
  #skip = 0;
  #first = true;
  #last = false;
  /** Of the byte after the header that was read last. */
  #position = 0;

  push(bytes: Uint8Array): void {
    let offset = 0;
    while (offset < bytes.length && !this.facts.complete && !this.facts.broken) {
      if (this.#skip > 0) {
        const step = Math.min(this.#skip, bytes.length - offset);
        this.#skip -= step;
        offset += step;
        this.facts.complete = this.#last && this.#skip === 0;
        continue;
      }
      const step = Math.min(this.#wanted - this.#collected, bytes.length - offset);
      this.#header.set(bytes.subarray(offset, offset + step), this.#collected);
      this.#collected += step;
      offset += step;
      if (this.#collected === this.#wanted) this.#readHeader();
    }
  }

  #readHeader(): void {
    const header = this.#header;
    this.#collected = 0;
    this.#position += this.#wanted;
    if (this.#first) {
      // signature (8), IHDR length and name (8), width, height (8), depth, colour type, ... (5), CRC (4)
      this.#first = false;
      this.#wanted = 8;
      const valid =
        signature.every((byte, index) => header[index] === byte) && header.toString("latin1", 12, 16) === "IHDR";
      const colourType = header[25] ?? 0;
      this.facts.width = header.readUInt32BE(16);
      this.facts.height = header.readUInt32BE(20);
      this.facts.bitDepth = header[24] ?? 0;
      this.facts.hasAlpha = colourType === 4 || colourType === 6;
      this.facts.broken = !valid || this.facts.width === 0 || this.facts.height === 0;
      return;
    }
    const length = header.readUInt32BE(0);
    const name = header.toString("latin1", 4, 8);
    if (!/^[A-Za-z]{4}$/.test(name) || length > 0x7fffffff) {
      this.facts.broken = true;
      return;
    }
    if (name === "tRNS") this.facts.hasAlpha = true;
    if (name === "caBX") this.facts.c2pa = true;
    if (name === "acTL") this.facts.animated = true;
    if (name === "eXIf") this.facts.exif = { position: this.#position, length };
    this.#last = name === "IEND";
    this.#skip = length + 4;
    this.#position += this.#skip;
  }
}
