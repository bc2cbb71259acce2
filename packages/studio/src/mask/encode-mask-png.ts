import type { MaskRaster, Size } from "./mask-raster.ts";
import { scaleRows } from "./mask-scale.ts";

/** As many pixels at a time, so that the page goes on answering. */
const pixelsPerBand = 250_000;

/**
 * The mask as limn and the public images API take it: a PNG of exactly the picture's size whose transparent part is the region. It is
 * written row by row without a canvas, since a canvas has a largest size and rounds what is transparent.
 * @param breathe called between bands; what it waits for is when the page gets its turn
 */
export async function encodeMaskPng(
  mask: MaskRaster,
  size: Size,
  options: { readonly signal: AbortSignal; readonly breathe: () => Promise<void> },
): Promise<Blob> {
  const rowsPerBand = Math.max(1, Math.min(size.height, Math.floor(pixelsPerBand / size.width)));
  const rowsOf = scaleRows(mask, size);
  let row = 0;
  const bands = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      options.signal.throwIfAborted();
      if (row >= size.height) {
        controller.close();
        return;
      }
      await options.breathe();
      const rows = Math.min(rowsPerBand, size.height - row);
      const weights = new Uint8Array(rows * size.width);
      rowsOf(row, weights);
      controller.enqueue(filteredRows(weights, size.width));
      row += rows;
    },
  });
  const parts: Uint8Array<ArrayBuffer>[] = [signature, chunk("IHDR", header(size))];
  const reader = bands.pipeThrough(new CompressionStream("deflate"), { signal: options.signal }).getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read())
    parts.push(chunk("IDAT", piece.value));
  parts.push(chunk("IEND", new Uint8Array(0)));
  return new Blob(parts, { type: "image/png" });
}

const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

/** 8 bits of grey and of alpha; no interlace. */
function header({ width, height }: Size): Uint8Array {
  const data = new Uint8Array(13);
  const view = new DataView(data.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  data.set([8, 4, 0, 0, 0], 8);
  return data;
}

/** Each row with filter 0, and pixels that are black and as opaque as they are to stay. */
function filteredRows(weights: Uint8Array, width: number): Uint8Array<ArrayBuffer> {
  const rows = weights.length / width;
  const data = new Uint8Array(rows * (1 + 2 * width));
  for (let row = 0; row < rows; row += 1) {
    const start = row * (1 + 2 * width) + 2;
    for (let column = 0; column < width; column += 1)
      data[start + 2 * column] = 255 - (weights[row * width + column] ?? 0);
  }
  return data;
}

function chunk(type: string, data: Uint8Array): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(12 + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  for (let index = 0; index < 4; index += 1) bytes[4 + index] = type.charCodeAt(index);
  bytes.set(data, 8);
  view.setUint32(8 + data.length, checksum(bytes.subarray(4, 8 + data.length)));
  return bytes;
}

/** CRC-32 as PNG has it. */
function checksum(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}
