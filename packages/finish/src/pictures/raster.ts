import type { Box, PixelSize } from "@limn/core";
import type { Sharp } from "sharp";
import { undecodable } from "./failures.ts";
import { decode } from "./open-picture.ts";
import type { Picture } from "./open-picture.ts";

/** Decoded pixels: sRGB with 8 bits, four bytes a pixel, alpha not multiplied in. */
export interface Raster extends PixelSize {
  readonly data: Uint8Array;
}

/** The whole picture, after what `change` does to it. */
export async function readRaster(
  picture: Picture,
  change: (pipeline: Sharp) => Sharp = (pipeline) => pipeline,
  options: { readonly ignoreIcc?: boolean } = {},
): Promise<Raster> {
  try {
    const { data, info } = await change(decode(picture, options))
      .toColourspace("srgb")
      .ensureAlpha()
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
    return { width: info.width, height: info.height, data };
  } catch (error) {
    throw undecodable(picture.role, picture.path, error);
  }
}

/** For sharp: these pixels as an input. */
export function rawInput(raster: Raster): { raw: { width: number; height: number; channels: 4 } } {
  return { raw: { width: raster.width, height: raster.height, channels: 4 } };
}

/** A number of a typed array; past its end 0. */
export function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? 0;
}

/** Brightness 0..255 of the pixel whose first byte is at `offset` (Rec. 601). */
export function luminance(data: Uint8Array, offset: number): number {
  return 0.299 * at(data, offset) + 0.587 * at(data, offset + 1) + 0.114 * at(data, offset + 2);
}

/** Visit all pixels that are at most `depth` away from the picture's border, once each. */
export function* borderRows(size: PixelSize, depth: number): Generator<Box> {
  const { width, height } = size;
  const rows = Math.min(depth, Math.floor(height / 2));
  const columns = Math.min(depth, Math.floor(width / 2));
  yield { left: 0, top: 0, width, height: rows };
  yield { left: 0, top: height - rows, width, height: rows };
  yield { left: 0, top: rows, width: columns, height: height - 2 * rows };
  yield { left: width - columns, top: rows, width: columns, height: height - 2 * rows };
}

/** The byte offsets of the pixels of {@link borderRows}. */
export function* borderOffsets(size: PixelSize, depth: number): Generator<number> {
  for (const box of borderRows(size, depth)) {
    for (let y = box.top; y < box.top + box.height; y += 1) {
      for (let x = box.left; x < box.left + box.width; x += 1) yield (y * size.width + x) * 4;
    }
  }
}
