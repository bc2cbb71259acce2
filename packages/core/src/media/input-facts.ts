import type { ContentReader } from "./content-reader.ts";
import { exifOrientation, readTiff } from "./exif-orientation.ts";
import type { InputKind } from "./sniff-content.ts";

/** What a picture's headers say, without decoding a pixel. */
export interface InputFacts {
  /** Pixels; null where the headers do not tell (drawings, some AVIF and TIFF files). */
  readonly width: number | null;
  readonly height: number | null;
  /** Bits of one channel; null where the headers do not tell. */
  readonly bitDepth: number | null;
  /** Of a JPEG: 1 grey, 3 colour, 4 CMYK. Null for other types. */
  readonly components: number | null;
  /** EXIF: 1 is upright. */
  readonly orientation: number;
  /** More than one frame; null where it was not looked for. */
  readonly animated: boolean | null;
}

/** `cut`: its end is missing. `damaged`: it begins as its type does and goes on as nothing of the kind. */
export type FactsOutcome =
  | { readonly state: "whole"; readonly facts: InputFacts }
  | { readonly state: "cut" }
  | { readonly state: "damaged" };

const cut: FactsOutcome = { state: "cut" };
const damaged: FactsOutcome = { state: "damaged" };
const unknown: InputFacts = {
  width: null,
  height: null,
  bitDepth: null,
  components: null,
  orientation: 1,
  animated: null,
};

/** Segments, chunks or boxes that are walked before a file counts as damaged; real ones have a few hundred at most. */
const maxParts = 10_000;
/** EXIF is read this far; the first directory stands at its beginning. */
const exifBytes = 64 * 1024 - 16;
const scanBytes = 64 * 1024;

/**
 * Facts from the headers, wherever metadata pushed them, with positioned reads whose number and size are bounded. Whether a PNG is whole
 * shows only when its chunks are walked to the end (`PngWalker`): here it is `whole` when its header is.
 */
export function readInputFacts(kind: InputKind, content: ContentReader): FactsOutcome {
  return readers[kind](content);
}

const readers: Readonly<Record<InputKind, (content: ContentReader) => FactsOutcome>> = {
  png: readPng,
  jpeg: readJpeg,
  webp: readWebp,
  gif: readGif,
  avif: readAvif,
  tiff: readTiffFile,
  svg: () => ({ state: "whole", facts: unknown }),
};

function readPng(content: ContentReader): FactsOutcome {
  const head = content.read(0, 33);
  if (head.length < 33) return cut;
  const width = head.readUInt32BE(16);
  const height = head.readUInt32BE(20);
  if (head.toString("latin1", 12, 16) !== "IHDR" || width === 0 || height === 0) return damaged;
  return { state: "whole", facts: { ...unknown, width, height, bitDepth: head.readUInt8(24) } };
}

function readJpeg(content: ContentReader): FactsOutcome {
  let facts: InputFacts | null = null;
  let orientation = 1;
  let position = 2;
  for (let part = 0; part < maxParts; part += 1) {
    const head = content.read(position, 10);
    if (head.length < 4) return cut;
    if (head[0] !== 0xff) return damaged;
    const marker = head.readUInt8(1);
    if (marker === 0xff) {
      position += 1;
      continue;
    }
    if (marker === 0x01 || (marker >= 0xd0 && marker <= 0xd7)) {
      position += 2;
      continue;
    }
    const length = head.readUInt16BE(2);
    if (marker === 0x00 || marker === 0xd8 || marker === 0xd9 || length < 2) return damaged;
    if (isFrame(marker)) {
      if (head.length < 10) return cut;
      const height = head.readUInt16BE(5);
      const width = head.readUInt16BE(7);
      if (width === 0 || height === 0) return damaged;
      facts = {
        ...unknown,
        width,
        height,
        bitDepth: head.readUInt8(4),
        components: head.readUInt8(9),
        animated: false,
      };
    }
    if (marker === 0xda) {
      if (facts === null) return damaged;
      if (position + 2 + length > content.length) return cut;
      const ended = hasEndMark(content) || scanForEnd(content, position + 2 + length);
      return ended ? { state: "whole", facts: { ...facts, orientation } } : cut;
    }
    if (marker === 0xe1 && orientation === 1 && head.toString("latin1", 4, 10) === "Exif\0\0")
      orientation = exifOrientation(content.read(position + 10, Math.max(0, Math.min(length - 8, exifBytes))));
    position += 2 + length;
  }
  return damaged;
}

function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
}

/** The usual case. Some encoders pad after the end mark; anything in the last bytes will do. */
function hasEndMark(content: ContentReader): boolean {
  return content.read(Math.max(0, content.length - 16), 16).includes(Buffer.from([0xff, 0xd9]));
}

/** Phones append films and second pictures, so the end mark may stand anywhere: read through the compressed data. */
function scanForEnd(content: ContentReader, start: number): boolean {
  let position = start;
  for (let part = 0; part < maxParts; part += 1) {
    const marker = nextMarker(content, position);
    if (marker === null) return false;
    if (marker.code === 0xd9) return true;
    // Tables and further scans stand between the scans of a progressive picture.
    const length = content.read(marker.position + 2, 2);
    if (length.length < 2) return false;
    position = marker.position + 2 + Math.max(2, length.readUInt16BE(0));
  }
  return false;
}

/** The next marker that is neither data (a zero follows) nor one of those that stand inside a scan. */
function nextMarker(
  content: ContentReader,
  start: number,
): { readonly code: number; readonly position: number } | null {
  for (let position = start; position < content.length;) {
    const window = content.read(position, scanBytes);
    // A plain loop: its cost does not depend on how often the mark's first byte occurs.
    for (let at = 0; at + 1 < window.length; at += 1) {
      if (window[at] !== 0xff) continue;
      const code = window[at + 1] ?? 0;
      if (code > 0x01 && code !== 0xff && (code < 0xd0 || code > 0xd7)) return { code, position: position + at };
    }
    // One byte twice, because a marker has two.
    position += Math.max(1, window.length - 1);
  }
  return null;
}

function readWebp(content: ContentReader): FactsOutcome {
  const head = Buffer.from(content.read(0, 30));
  if (head.length < 30 || content.length < head.readUInt32LE(4) + 8) return cut;
  const chunk = head.toString("latin1", 12, 16);
  const facts = { ...unknown, bitDepth: 8, animated: false };
  if (chunk === "VP8X") {
    const flags = head.readUInt8(20);
    const width = head.readUIntLE(24, 3) + 1;
    const height = head.readUIntLE(27, 3) + 1;
    const orientation = (flags & 0x08) === 0 ? 1 : webpOrientation(content);
    return { state: "whole", facts: { ...facts, width, height, orientation, animated: (flags & 0x02) !== 0 } };
  }
  if (chunk === "VP8L" && head[20] === 0x2f) {
    const bits = head.readUInt32LE(21);
    return { state: "whole", facts: { ...facts, width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 } };
  }
  if (chunk === "VP8 " && head.readUIntBE(23, 3) === 0x9d012a) {
    const width = head.readUInt16LE(26) & 0x3fff;
    const height = head.readUInt16LE(28) & 0x3fff;
    return width === 0 || height === 0 ? damaged : { state: "whole", facts: { ...facts, width, height } };
  }
  return damaged;
}

function webpOrientation(content: ContentReader): number {
  let position = 12;
  for (let part = 0; part < maxParts; part += 1) {
    const head = content.read(position, 8);
    if (head.length < 8) return 1;
    const length = head.readUInt32LE(4);
    if (head.toString("latin1", 0, 4) === "EXIF")
      return exifOrientation(content.read(position + 8, Math.min(length, exifBytes)));
    position += 8 + length + (length & 1);
  }
  return 1;
}

function readGif(content: ContentReader): FactsOutcome {
  const head = content.read(0, 10);
  if (head.length < 10) return cut;
  const width = head.readUInt16LE(6);
  const height = head.readUInt16LE(8);
  const tail = content.read(Math.max(0, content.length - 16), 16);
  // Some writers pad with zeros.
  let last = tail.length - 1;
  while (last > 0 && tail[last] === 0) last -= 1;
  if (tail[last] !== 0x3b) return cut;
  return width === 0 || height === 0 ? damaged : { state: "whole", facts: { ...unknown, width, height, bitDepth: 8 } };
}

function readAvif(content: ContentReader): FactsOutcome {
  // The file is a row of boxes; a length of 0 means "to the end" and 1 a 64-bit length.
  let position = 0;
  for (let part = 0; position < content.length; part += 1) {
    const head = content.read(position, 16);
    if (head.length < 8) return cut;
    const short = head.readUInt32BE(0);
    if (short === 0) break;
    if (short === 1 && head.length < 16) return cut;
    const length = short === 1 ? Number(head.readBigUInt64BE(8)) : short;
    if (length < 8 || part >= maxParts) return damaged;
    if (content.length < position + length) return cut;
    position += length;
  }
  // The picture's own extents, or those of the tiles it is made of; the largest count.
  const head = content.read(0, scanBytes);
  let width = 0;
  let height = 0;
  for (
    let at = head.indexOf("ispe", 0, "latin1");
    at >= 0 && at + 16 <= head.length;
    at = head.indexOf("ispe", at + 4, "latin1")
  ) {
    width = Math.max(width, head.readUInt32BE(at + 8));
    height = Math.max(height, head.readUInt32BE(at + 12));
  }
  return {
    state: "whole",
    facts: { ...unknown, width: width === 0 ? null : width, height: height === 0 ? null : height },
  };
}

function readTiffFile(content: ContentReader): FactsOutcome {
  if (content.length < 8) return cut;
  const { width, height, orientation } = readTiff((position, length) => content.read(position, length));
  return { state: "whole", facts: { ...unknown, width, height, orientation: orientation ?? 1 } };
}
