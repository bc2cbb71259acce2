/**
 * Takes JSON apart as its bytes arrive: the string values of chosen keys are base64 and are decoded on the fly, everything else
 * is kept as the document's skeleton. A picture of any size costs constant memory and never becomes a JavaScript string.
 *
 * Cost is linear in the size and in the number of slices; closing quotes are found with `indexOf` (memchr), and base64 is decoded
 * in slices of at most 64 KiB, which Node does several times faster than one large decode.
 */

/** Where the decoded bytes of one value go. */
export interface Base64Consumer {
  /** Decoded bytes; only valid during the call. */
  bytes(decoded: Uint8Array): void;
  /**
   * The text itself, for whoever passes it on: plain base64 (escapes undone, standard alphabet, padded), cut anywhere. A piece comes before
   * the bytes that it stands for, and none comes of a text that is known to be no base64. It is a part of the pushed chunk where that will do.
   */
  text?(piece: Uint8Array): void;
  /** The closing quote was read. `valid` is false when the text was not base64. */
  end(valid: boolean): void;
}

export interface Base64ScannerOptions {
  /** Keys whose string values are base64. */
  readonly keys: ReadonlySet<string>;
  /** Called at the opening quote of such a value. `ordinal` counts from 0 and stands in the skeleton as the value. */
  readonly open: (key: string, ordinal: number) => Base64Consumer;
  /** Bytes of skeleton that are accepted. @default 1 MiB */
  readonly maxSkeletonBytes?: number;
  /** 64 KiB to decode into, so that many short documents in a row share one. @default its own, made when first needed */
  readonly buffer?: Buffer;
}

/** A buffer for {@link Base64ScannerOptions.buffer}. */
export function scannerBuffer(): Buffer {
  return Buffer.allocUnsafe(sliceBytes);
}

const quote = 0x22;
const backslash = 0x5c;
const colon = 0x3a;
const minus = 0x2d;
const underscore = 0x5f;
const sliceBytes = 64 * 1024;
/** A multiple of four characters; with the joined group before it, it decodes into less than one output slice. */
const sliceCharacters = 64 * 1024;

export class Base64Scanner {
  readonly #options: Base64ScannerOptions;
  readonly #maxSkeletonBytes: number;
  readonly #skeleton: Buffer[] = [];
  #skeletonBytes = 0;
  #ordinal = 0;
  #state: "outside" | "string" | "base64" = "outside";
  /** The last string read, while it may still turn out to be a key. */
  #text: number[] = [];
  #textKept = true;
  #escaped = false;
  #lastKey: string | null = null;
  #afterColon = false;
  #consumer: Base64Consumer | null = null;
  /** Base64 characters (0..3) that wait for their group of four. */
  #carry = "";
  #valid = true;
  #padded = false;
  /** An escape inside base64, collected until it is whole: `\/` or a `\u` sequence. */
  #escape = "";
  #out: Buffer | null;
  /** Decoded bytes at the start of `#out` that the consumer does not have yet. */
  #decodedBytes = 0;

  constructor(options: Base64ScannerOptions) {
    this.#options = options;
    this.#out = options.buffer ?? null;
    this.#maxSkeletonBytes = options.maxSkeletonBytes ?? 1024 * 1024;
  }

  /** True while a base64 value is open. */
  get insideValue(): boolean {
    return this.#state === "base64";
  }

  /** @throws RangeError when the skeleton grows over its limit */
  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let offset = 0;
    while (offset < bytes.length) {
      offset = this.#state === "base64" ? this.#scanBase64(bytes, offset) : this.#scanSkeleton(bytes, offset);
    }
    this.#handOver();
  }

  /** The document without its pictures. Each picture's value is its ordinal, as a string. */
  skeleton(): string {
    return Buffer.concat(this.#skeleton).toString("utf8");
  }

  #scanSkeleton(bytes: Buffer, from: number): number {
    let offset = from;
    while (offset < bytes.length) {
      const byte = bytes[offset] ?? 0;
      offset += 1;
      if (this.#state === "string") {
        this.#insideString(byte);
        continue;
      }
      if (byte === quote) {
        if (this.#afterColon && this.#lastKey !== null && this.#options.keys.has(this.#lastKey)) {
          this.#keep(bytes.subarray(from, offset));
          this.#openValue(this.#lastKey);
          return offset;
        }
        this.#state = "string";
        this.#text = [];
        this.#textKept = true;
      } else if (byte === colon) {
        this.#afterColon = true;
      } else if (byte > 0x20) {
        this.#afterColon = false;
        this.#lastKey = null;
      }
    }
    this.#keep(bytes.subarray(from, offset));
    return offset;
  }

  #insideString(byte: number): void {
    if (this.#escaped) {
      this.#escaped = false;
      this.#textKept = false;
      return;
    }
    if (byte === backslash) {
      this.#escaped = true;
      return;
    }
    if (byte !== quote) {
      // Only short, plain strings can be one of the keys.
      if (this.#text.length < 64) this.#text.push(byte);
      else this.#textKept = false;
      return;
    }
    this.#state = "outside";
    this.#lastKey = this.#afterColon || !this.#textKept ? null : String.fromCharCode(...this.#text);
    this.#afterColon = false;
  }

  #openValue(key: string): void {
    this.#consumer = this.#options.open(key, this.#ordinal);
    this.#keep(Buffer.from(`${this.#ordinal}"`, "latin1"));
    this.#ordinal += 1;
    this.#state = "base64";
    this.#carry = "";
    this.#valid = true;
    this.#padded = false;
    this.#escape = "";
    this.#afterColon = false;
    this.#lastKey = null;
  }

  #scanBase64(bytes: Buffer, from: number): number {
    let offset = from;
    if (this.#escape !== "") return this.#finishEscape(bytes, offset);
    const end = bytes.indexOf(quote, offset);
    const limit = end < 0 ? bytes.length : end;
    const escape = bytes.subarray(offset, limit).indexOf(backslash);
    const stop = escape < 0 ? limit : offset + escape;
    while (offset < stop) {
      // A group that was cut is joined by itself: joining the whole slice would copy all of it once more.
      const length = this.#carry === "" ? sliceCharacters : 4 - this.#carry.length;
      const next = Math.min(stop, offset + length);
      this.#decode(this.#carry + bytes.toString("latin1", offset, next));
      this.#pass(bytes.subarray(offset, next));
      offset = next;
    }
    if (escape >= 0) {
      this.#escape = "\\";
      return offset + 1;
    }
    if (end < 0) return offset;
    this.#closeValue();
    return offset + 1;
  }

  #finishEscape(bytes: Buffer, from: number): number {
    let offset = from;
    while (offset < bytes.length) {
      this.#escape += String.fromCharCode(bytes[offset] ?? 0);
      offset += 1;
      const length = this.#escape[1] === "u" ? 6 : 2;
      if (this.#escape.length < length) continue;
      const character = length === 6 ? unicodeEscape(this.#escape) : this.#escape === "\\/" ? "/" : null;
      this.#escape = "";
      // Of the short escapes only `\/` can stand for a base64 character.
      if (character === null) this.#valid = false;
      else {
        this.#decode(this.#carry + character);
        this.#pass(Buffer.from(character, "latin1"));
      }
      return offset;
    }
    return offset;
  }

  #decode(text: string): void {
    const whole = text.length & ~3;
    this.#carry = whole === text.length ? "" : text.slice(whole);
    if (whole === 0) return;
    const group = whole === text.length ? text : text.slice(0, whole);
    if (this.#padded) this.#valid = false;
    let padding = 0;
    if (group.charCodeAt(whole - 1) === 0x3d) padding = group.charCodeAt(whole - 2) === 0x3d ? 2 : 1;
    this.#padded = padding > 0;
    if (this.#decodedBytes + (whole / 4) * 3 > sliceBytes) this.#handOver();
    this.#out ??= scannerBuffer();
    const written = this.#out.write(group, this.#decodedBytes, "base64");
    this.#decodedBytes += written;
    // Node skips what is not base64, so a short count is the proof of a bad text.
    if (written !== (whole / 4) * 3 - padding) this.#valid = false;
  }

  /** Node decodes the URL-safe alphabet as well; few other decoders do. */
  #pass(piece: Buffer): void {
    if (!this.#valid || this.#consumer?.text === undefined || piece.length === 0) return;
    const isStandard = piece.indexOf(minus) < 0 && piece.indexOf(underscore) < 0;
    this.#consumer.text(isStandard ? piece : standardAlphabet(piece));
  }

  #handOver(): void {
    if (this.#decodedBytes === 0 || this.#out === null) return;
    const decoded = this.#out.subarray(0, this.#decodedBytes);
    this.#decodedBytes = 0;
    this.#consumer?.bytes(decoded);
  }

  #closeValue(): void {
    if (this.#carry !== "") {
      // Unpadded endings of two or three characters are common and unambiguous.
      if (this.#carry.length === 1) this.#valid = false;
      else {
        const padding = "=".repeat(4 - this.#carry.length);
        this.#decode(this.#carry + padding);
        this.#pass(Buffer.from(padding, "latin1"));
      }
    }
    this.#handOver();
    const consumer = this.#consumer;
    this.#consumer = null;
    this.#state = "outside";
    consumer?.end(this.#valid);
  }

  #keep(bytes: Buffer): void {
    if (bytes.length === 0) return;
    this.#skeletonBytes += bytes.length;
    if (this.#skeletonBytes > this.#maxSkeletonBytes) {
      throw new RangeError(`the answer holds more than ${this.#maxSkeletonBytes} bytes beside its pictures`);
    }
    // Copied, because the reader may use its buffer again.
    this.#skeleton.push(Buffer.from(bytes));
  }
}

function standardAlphabet(piece: Buffer): Buffer {
  return Buffer.from(piece.toString("latin1").replaceAll("-", "+").replaceAll("_", "/"), "latin1");
}

/** The ASCII character of a `\u` escape; null for any other, which Node's decoder would take by its low byte. */
function unicodeEscape(escape: string): string | null {
  if (!/^\\u00[0-7][0-9a-f]$/i.test(escape)) return null;
  return String.fromCharCode(Number.parseInt(escape.slice(2), 16));
}
