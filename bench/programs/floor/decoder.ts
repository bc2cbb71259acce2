import type { Hash } from "node:crypto";

const { closeSync, openSync, writeSync } = process.getBuiltinModule("node:fs");
const { createHash } = process.getBuiltinModule("node:crypto");

const sliceCharacters = 64 * 1024;
const opening = Buffer.from('"b64_json":"', "latin1");
const quote = 0x22;

/** The least that turns an answer into a file: base64 decoded in slices, SHA-256, write. No checks, no names, no record. */
export class Decoder {
  readonly #hash: Hash = createHash("sha256");
  readonly #out: Buffer = Buffer.allocUnsafe(sliceCharacters);
  readonly #file: number;
  #state: "before" | "inside" | "behind" = "before";
  #head: Buffer = Buffer.alloc(0);
  #carry = "";

  constructor(path: string) {
    this.#file = openSync(path, "wx", 0o600);
  }

  push(piece: Buffer): void {
    if (this.#state === "inside") this.#inside(piece);
    if (this.#state !== "before") return;
    this.#head = Buffer.concat([this.#head, piece]);
    const at = this.#head.indexOf(opening);
    if (at < 0) return;
    this.#state = "inside";
    this.#inside(this.#head.subarray(at + opening.length));
  }

  #inside(bytes: Buffer): void {
    const end = bytes.indexOf(quote);
    const length = end < 0 ? bytes.length : end;
    for (let offset = 0; offset < length; offset += sliceCharacters)
      this.#decode(bytes.toString("latin1", offset, Math.min(length, offset + sliceCharacters)));
    if (end >= 0) this.#state = "behind";
  }

  #decode(characters: string): void {
    const text = this.#carry + characters;
    const whole = text.length & ~3;
    this.#carry = text.slice(whole);
    const decoded = this.#out.subarray(0, this.#out.write(text.slice(0, whole), "base64"));
    this.#hash.update(decoded);
    writeSync(this.#file, decoded);
  }

  /** Closes the file. Returns its SHA-256. */
  end(): string {
    closeSync(this.#file);
    if (this.#state !== "behind") throw new Error("the answer was cut");
    return this.#hash.digest("hex");
  }
}
