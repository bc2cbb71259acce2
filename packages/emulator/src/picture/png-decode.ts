import { promisify } from "node:util";
import { inflate } from "node:zlib";
import { createCanvas, type Canvas } from "./canvas.ts";

const MAX_PIXELS = 40_000_000;
const inflateAsync: (data: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array> =
  promisify(inflate);

/** A decoded PNG: the pixels and whether the file had transparency (an alpha channel, or transparent colours). */
export interface DecodedPng extends Canvas {
  readonly alpha: boolean;
}

/** What the header says about the samples. */
interface Layout {
  readonly width: number;
  readonly height: number;
  readonly depth: number;
  readonly colorType: number;
  readonly channels: number;
}

// Colour type -> samples a pixel: grey, RGB, palette, grey with alpha, RGBA.
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/**
 * Decodes a PNG of up to 8 bits a sample without interlacing: grey, RGB, palette, each with or without transparency.
 * Anything else, and anything broken, gives undefined: the caller draws a stand-in.
 */
export async function decodePng(bytes: Uint8Array): Promise<DecodedPng | undefined> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const layout = readHeader(file);
  if (layout === undefined) return undefined;
  const { width, height } = layout;
  const stride = Math.ceil((width * layout.channels * layout.depth) / 8);
  const chunks = collectChunks(file);
  const palette = chunks.get("PLTE");
  if (layout.colorType === 3 && palette === undefined) return undefined;
  const expected = (stride + 1) * height;
  const data = chunks.get("IDAT") ?? new Uint8Array(0);
  const rows = await inflateAsync(data, { maxOutputLength: expected }).catch(() => undefined);
  if (rows === undefined || rows.length !== expected) return undefined;
  const pixelBytes = Math.max(1, (layout.channels * layout.depth) >> 3);
  if (!unfilter(rows, stride, pixelBytes)) return undefined;
  const canvas = createCanvas(width, height);
  const transparency = chunks.get("tRNS");
  paint(canvas, layout, rows, stride, palette, transparency);
  const alpha = layout.colorType >= 4 || transparency !== undefined;
  return { ...canvas, alpha };
}

function readHeader(file: Buffer): Layout | undefined {
  if (file.length < 45 || file.readUInt32BE(0) !== 0x89504e47 || file.toString("latin1", 12, 16) !== "IHDR")
    return undefined;
  const width = file.readUInt32BE(16);
  const height = file.readUInt32BE(20);
  const depth = file[24] ?? 0;
  const colorType = file[25] ?? 0;
  const channels = CHANNELS[colorType];
  if (channels === undefined || file[28] !== 0) return undefined;
  const small = depth === 1 || depth === 2 || depth === 4;
  if (depth !== 8 && !(small && (colorType === 0 || colorType === 3))) return undefined;
  if (width === 0 || height === 0 || width * height > MAX_PIXELS) return undefined;
  return { width, height, depth, colorType, channels };
}

function collectChunks(file: Buffer): Map<string, Uint8Array> {
  const parts: Uint8Array[] = [];
  const chunks = new Map<string, Uint8Array>();
  let offset = 8;
  while (offset + 12 <= file.length) {
    const length = file.readUInt32BE(offset);
    const type = file.toString("latin1", offset + 4, offset + 8);
    const data = file.subarray(offset + 8, Math.min(file.length, offset + 8 + length));
    if (type === "IDAT") parts.push(data);
    else if (!chunks.has(type)) chunks.set(type, data);
    if (type === "IEND") break;
    offset += length + 12;
  }
  return chunks.set("IDAT", Buffer.concat(parts));
}

/** Undoes the row filters in place; false for a filter that does not exist. */
function unfilter(rows: Uint8Array, stride: number, pixelBytes: number): boolean {
  let previous: Uint8Array = new Uint8Array(stride);
  for (let start = 0; start < rows.length; start += stride + 1) {
    const filter = rows[start] ?? 0;
    if (filter > 4) return false;
    const row = rows.subarray(start + 1, start + 1 + stride);
    for (let index = 0; filter > 0 && index < stride; index += 1) {
      const left = index >= pixelBytes ? (row[index - pixelBytes] ?? 0) : 0;
      const up = previous[index] ?? 0;
      const upLeft = index >= pixelBytes ? (previous[index - pixelBytes] ?? 0) : 0;
      row[index] = (row[index] ?? 0) + predict(filter, left, up, upLeft);
    }
    previous = row;
  }
  return true;
}

/** Writes the samples as RGBA. */
function paint(
  canvas: Canvas,
  layout: Layout,
  rows: Uint8Array,
  stride: number,
  palette: Uint8Array | undefined,
  transparency: Uint8Array | undefined,
): void {
  const { width, height, depth, colorType, channels } = layout;
  const mask = (1 << depth) - 1;
  const scale = colorType === 3 ? 1 : 255 / mask;
  // tRNS of grey and RGB holds one colour, 16 bits a sample.
  const clear = [1, 3, 5].map((index) => transparency?.[index] ?? -1);
  let target = 0;
  for (let y = 0; y < height; y += 1) {
    const start = y * (stride + 1) + 1;
    const sample = (index: number): number => {
      if (depth === 8) return rows[start + index] ?? 0;
      const bit = index * depth;
      return ((rows[start + (bit >> 3)] ?? 0) >> (8 - depth - (bit & 7))) & mask;
    };
    for (let x = 0; x < width; x += 1) {
      const at = x * channels;
      const first = sample(at);
      let [red, green, blue, alpha] = [first * scale, first * scale, first * scale, 255];
      if (colorType === 3) {
        red = palette?.[first * 3] ?? 0;
        green = palette?.[first * 3 + 1] ?? 0;
        blue = palette?.[first * 3 + 2] ?? 0;
        alpha = transparency?.[first] ?? 255;
      } else if (channels >= 3) {
        green = sample(at + 1);
        blue = sample(at + 2);
        if (channels === 4) alpha = sample(at + 3);
        else if (red === clear[0] && green === clear[1] && blue === clear[2]) alpha = 0;
      } else if (channels === 2) alpha = sample(at + 1);
      else if (first === clear[0]) alpha = 0;
      canvas.pixels[target] = red;
      canvas.pixels[target + 1] = green;
      canvas.pixels[target + 2] = blue;
      canvas.pixels[target + 3] = alpha;
      target += 4;
    }
  }
}

function predict(filter: number, left: number, up: number, upLeft: number): number {
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const estimate = left + up - upLeft;
  const toLeft = Math.abs(estimate - left);
  const toUp = Math.abs(estimate - up);
  const toUpLeft = Math.abs(estimate - upLeft);
  if (toLeft <= toUp && toLeft <= toUpLeft) return left;
  return toUp <= toUpLeft ? up : upLeft;
}
