import type { Hash } from "node:crypto";

const { closeSync, openSync, writeSync } = process.getBuiltinModule("node:fs");
const { createHash } = process.getBuiltinModule("node:crypto");

const sliceCharacters = 64 * 1024;
const quote = 0x22;

export interface DecoderOptions {
  readonly path: string;
  /** What stands directly before the picture. */
  readonly opening: string;
  /** False for a picture that is only looked at. */
  readonly hashed: boolean;
}

/** The least that turns an answer into a file: base64 decoded in slices, SHA-256, write. No checks, no names, no record. */
export class Decoder {
  readonly #opening: Buffer;
  readonly #hash: Hash | null;
  readonly #out: Buffer = Buffer.allocUnsafe(sliceCharacters);
  readonly #file: number;
  #state: "before" | "inside" | "behind" = "before";
  /** The last bytes that may be the beginning of the opening. */
  #tail: Buffer = Buffer.alloc(0);
  #carry = "";

  constructor({ path, opening, hashed }: DecoderOptions) {
    this.#file = openSync(path, "wx", 0o600);
    this.#opening = Buffer.from(opening, "latin1");
    this.#hash = hashed ? createHash("sha256") : null;
  }

  /** Returns what follows the picture; null while it is not over. */
  push(piece: Buffer): Buffer | null {
    if (this.#state === "inside") return this.#inside(piece);
    if (this.#state === "behind") return piece;
    // Only the seam of two pieces is copied.
    const length = this.#opening.length;
    const seam = Buffer.concat([this.#tail, piece.subarray(0, length - 1)]);
    const atSeam = seam.indexOf(this.#opening);
    const at = atSeam < 0 ? piece.indexOf(this.#opening) : atSeam - this.#tail.length;
    if (at < 0) {
      const rest = piece.length < length ? seam : piece;
      this.#tail = Buffer.from(rest.subarray(Math.max(0, rest.length - length + 1)));
      return null;
    }
    this.#state = "inside";
    return this.#inside(piece.subarray(at + length));
  }

  #inside(bytes: Buffer): Buffer | null {
    const end = bytes.indexOf(quote);
    const length = end < 0 ? bytes.length : end;
    for (let offset = 0; offset < length; offset += sliceCharacters)
      this.#decode(bytes.toString("latin1", offset, Math.min(length, offset + sliceCharacters)));
    if (end < 0) return null;
    this.#state = "behind";
    closeSync(this.#file);
    return bytes.subarray(end);
  }

  #decode(characters: string): void {
    const text = this.#carry + characters;
    const whole = text.length & ~3;
    this.#carry = text.slice(whole);
    const decoded = this.#out.subarray(0, this.#out.write(text.slice(0, whole), "base64"));
    this.#hash?.update(decoded);
    writeSync(this.#file, decoded);
  }

  /** Its SHA-256. */
  end(): string {
    if (this.#state !== "behind") throw new Error("the answer was cut");
    return this.#hash?.digest("hex") ?? "";
  }
}

export const imagesOpening = '"b64_json":"';
