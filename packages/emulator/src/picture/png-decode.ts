import { promisify } from "node:util";
import { inflate } from "node:zlib";
import { createCanvas, type Canvas } from "./canvas.ts";

const MAX_PIXELS = 40_000_000;
const inflateAsync: (data: Uint8Array, options: { maxOutputLength: number }) => Promise<Uint8Array> =
  promisify(inflate);

/** A decoded PNG: the pixels and whether the file had an alpha channel. */
export interface DecodedPng extends Canvas {
  readonly alpha: boolean;
}

/**
 * Decodes an 8-bit RGB or RGBA PNG without interlacing (what this package itself makes, and most others). Anything else,
 * and anything broken, gives undefined: the caller draws a stand-in.
 */
export async function decodePng(bytes: Uint8Array): Promise<DecodedPng | undefined> {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.length < 45 || file.readUInt32BE(0) !== 0x89504e47 || file.toString("latin1", 12, 16) !== "IHDR")
    return undefined;
  const width = file.readUInt32BE(16);
  const height = file.readUInt32BE(20);
  const colorType = file[25];
  const plain = file[24] === 8 && (colorType === 2 || colorType === 6) && file[28] === 0;
  if (!plain || width === 0 || height === 0 || width * height > MAX_PIXELS) return undefined;
  const channels = colorType === 6 ? 4 : 3;
  const expected = (width * channels + 1) * height;
  const rows = await inflateAsync(collectData(file), { maxOutputLength: expected }).catch(() => undefined);
  if (rows === undefined || rows.length !== expected) return undefined;
  const canvas = createCanvas(width, height);
  return unfilter(rows, canvas, channels) ? { ...canvas, alpha: channels === 4 } : undefined;
}

function collectData(file: Buffer): Uint8Array {
  const parts: Uint8Array[] = [];
  let offset = 8;
  while (offset + 12 <= file.length) {
    const length = file.readUInt32BE(offset);
    const type = file.toString("latin1", offset + 4, offset + 8);
    if (type === "IDAT") parts.push(file.subarray(offset + 8, Math.min(file.length, offset + 8 + length)));
    if (type === "IEND") break;
    offset += length + 12;
  }
  return Buffer.concat(parts);
}

function unfilter(rows: Uint8Array, canvas: Canvas, channels: number): boolean {
  const stride = canvas.width * channels;
  let previous: Uint8Array = new Uint8Array(stride);
  let target = 0;
  for (let y = 0; y < canvas.height; y += 1) {
    const start = y * (stride + 1);
    const filter = rows[start] ?? 0;
    if (filter > 4) return false;
    const row = rows.subarray(start + 1, start + 1 + stride);
    for (let index = 0; filter > 0 && index < stride; index += 1) {
      const left = index >= channels ? (row[index - channels] ?? 0) : 0;
      const up = previous[index] ?? 0;
      const upLeft = index >= channels ? (previous[index - channels] ?? 0) : 0;
      row[index] = (row[index] ?? 0) + predict(filter, left, up, upLeft);
    }
    for (let index = 0; index < stride; index += channels) {
      canvas.pixels[target] = row[index] ?? 0;
      canvas.pixels[target + 1] = row[index + 1] ?? 0;
      canvas.pixels[target + 2] = row[index + 2] ?? 0;
      canvas.pixels[target + 3] = channels === 4 ? (row[index + 3] ?? 0) : 255;
      target += 4;
    }
    previous = row;
  }
  return true;
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
