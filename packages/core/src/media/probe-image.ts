import type { ImageFacts } from "../contracts/engine.ts";
import { PngWalker } from "./png-walker.ts";

/** How many leading bytes of a non-PNG image are kept to find its size. JPEG metadata can push it back a long way. */
const headLimit = 512 * 1024;
const tailLimit = 16;

export type ProbeOutcome =
  | { readonly kind: "image"; readonly facts: ImageFacts }
  | { readonly kind: "not-an-image" }
  | { readonly kind: "cut" };

/** Media type by content; null when the bytes are none of PNG, JPEG, WebP, GIF, AVIF. Needs 16 bytes. */
export function sniffMediaType(head: Uint8Array): string | null {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 32)).toString("latin1");
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "image/png";
  if (text.startsWith("\xff\xd8\xff")) return "image/jpeg";
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "image/webp";
  if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) return "image/gif";
  if (text.slice(4, 8) === "ftyp" && /avi[fs]/.test(text.slice(8, 32))) return "image/avif";
  return null;
}

/**
 * Reads type, pixels and alpha from an image's bytes as they arrive, and whether it is whole.
 * PNG, what the service sends, is walked to its end in constant memory; other types keep their first 512 KiB.
 */
export class ImageProbe {
  readonly #png: PngWalker = new PngWalker();
  #head: Buffer = Buffer.alloc(0);
  #headBytes = 0;
  #tail: Buffer = Buffer.alloc(0);
  #total = 0;
  #isPng: boolean | null = null;

  push(bytes: Uint8Array): void {
    this.#total += bytes.length;
    if (this.#isPng === null || this.#isPng === false) this.#keepHead(bytes);
    if (this.#isPng === true) this.#png.push(bytes);
    else if (this.#isPng === false) this.#keepTail(bytes);
  }

  #keepHead(bytes: Uint8Array): void {
    const known = this.#headBytes;
    const step = Math.min(bytes.length, headLimit - known);
    // Grows by doubling: an answer may come in slices of a few bytes.
    if (known + step > this.#head.length) {
      const grown = Buffer.alloc(Math.min(headLimit, Math.max(4096, (known + step) * 2)));
      grown.set(this.#head.subarray(0, known));
      this.#head = grown;
    }
    this.#head.set(bytes.subarray(0, step), known);
    this.#headBytes += step;
    if (this.#isPng !== null || this.#headBytes < 16) return;
    this.#isPng = sniffMediaType(this.#head.subarray(0, this.#headBytes)) === "image/png";
    if (!this.#isPng) return;
    // What was kept before this slice was not walked yet.
    this.#png.push(this.#head.subarray(0, known));
    this.#head = Buffer.alloc(0);
  }

  #keepTail(bytes: Uint8Array): void {
    this.#tail = Buffer.concat([this.#tail, bytes.subarray(Math.max(0, bytes.length - tailLimit))]).subarray(
      -tailLimit,
    );
  }

  finish(): ProbeOutcome {
    if (this.#isPng === true) {
      const { complete, broken, width, height, hasAlpha, c2pa } = this.#png.facts;
      if (broken) return { kind: "not-an-image" };
      if (!complete) return { kind: "cut" };
      return { kind: "image", facts: { mediaType: "image/png", width, height, hasAlpha, c2pa } };
    }
    const head = this.#head.subarray(0, this.#headBytes);
    const mediaType = head.length < 16 ? null : sniffMediaType(head);
    const read = mediaType === null ? undefined : readers[mediaType];
    if (mediaType === null || read === undefined) return { kind: "not-an-image" };
    const found = read(head, this.#tail, this.#total);
    if (found === null) return { kind: "not-an-image" };
    if (found === "cut") return { kind: "cut" };
    return { kind: "image", facts: { mediaType, c2pa: head.includes("c2pa"), ...found } };
  }
}

/** Probe bytes that are all at hand. */
export function probeImage(bytes: Uint8Array): ProbeOutcome {
  const probe = new ImageProbe();
  probe.push(bytes);
  return probe.finish();
}

interface Dimensions {
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
}
type Reader = (head: Buffer, tail: Buffer, total: number) => Dimensions | "cut" | null;

const readers: Readonly<Record<string, Reader>> = {
  "image/jpeg": readJpeg,
  "image/webp": readWebp,
  "image/gif": readGif,
  "image/avif": readAvif,
};

function readJpeg(head: Buffer, tail: Buffer): Dimensions | "cut" | null {
  let offset = 2;
  while (offset + 9 < head.length) {
    if (head[offset] !== 0xff) return null;
    const marker = head[offset + 1] ?? 0;
    if (marker === 0xff) {
      offset += 1;
      continue;
    }
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame) {
      // Some encoders pad after the end marker; anything in the last bytes will do.
      const ended = tail.includes(Buffer.from([0xff, 0xd9]));
      return ended
        ? { width: head.readUInt16BE(offset + 7), height: head.readUInt16BE(offset + 5), hasAlpha: false }
        : "cut";
    }
    offset += 2 + head.readUInt16BE(offset + 2);
  }
  return "cut";
}

function readWebp(head: Buffer, _tail: Buffer, total: number): Dimensions | "cut" | null {
  if (head.length < 30) return "cut";
  if (total < head.readUInt32LE(4) + 8) return "cut";
  const chunk = head.toString("latin1", 12, 16);
  if (chunk === "VP8X") {
    return {
      width: head.readUIntLE(24, 3) + 1,
      height: head.readUIntLE(27, 3) + 1,
      hasAlpha: ((head[20] ?? 0) & 0x10) !== 0,
    };
  }
  if (chunk === "VP8L") {
    const bits = head.readUInt32LE(21);
    return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1, hasAlpha: ((bits >>> 28) & 1) === 1 };
  }
  if (chunk === "VP8 ")
    return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff, hasAlpha: false };
  return null;
}

function readGif(head: Buffer, tail: Buffer): Dimensions | "cut" | null {
  if (tail.at(-1) !== 0x3b) return "cut";
  // A graphic control extension with its transparency bit set.
  let hasAlpha = false;
  for (
    let at = head.indexOf("\x21\xf9\x04", 0, "latin1");
    at >= 0 && at + 3 < head.length;
    at = head.indexOf("\x21\xf9\x04", at + 1, "latin1")
  ) {
    if (((head[at + 3] ?? 0) & 1) === 1) hasAlpha = true;
  }
  return { width: head.readUInt16LE(6), height: head.readUInt16LE(8), hasAlpha };
}

function readAvif(head: Buffer, _tail: Buffer, total: number): Dimensions | "cut" | null {
  // The file is a row of boxes; a length of 0 means "to the end" and 1 a 64-bit length.
  for (let offset = 0; offset < total;) {
    if (total < offset + 8) return "cut";
    if (offset + 16 > head.length) break;
    const short = head.readUInt32BE(offset);
    if (short === 0) break;
    const length = short === 1 ? Number(head.readBigUInt64BE(offset + 8)) : short;
    if (length < 8) return null;
    if (total < offset + length) return "cut";
    offset += length;
  }
  const extents = head.indexOf("ispe", 0, "latin1");
  if (extents < 0 || extents + 16 > head.length) return "cut";
  return {
    width: head.readUInt32BE(extents + 8),
    height: head.readUInt32BE(extents + 12),
    hasAlpha: head.includes("urn:mpeg:mpegB:cicp:systems:auxiliary:alpha"),
  };
}

/** File extension for a media type, without the dot. */
export function extensionFor(mediaType: string): string {
  return mediaType === "image/jpeg" ? "jpg" : mediaType.slice("image/".length);
}
