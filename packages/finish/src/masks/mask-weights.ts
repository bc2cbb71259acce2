import { LimnError } from "@limn/core";
import type { Box, PixelSize } from "@limn/core";
import { basename } from "node:path";
import { openPicture } from "../pictures/open-picture.ts";
import type { Picture } from "../pictures/open-picture.ts";
import { at, luminance, readRaster } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";

/** How much each pixel of the picture may change: 0 = not at all, 255 = wholly. */
export interface MaskWeights extends PixelSize {
  readonly kind: "alpha" | "luminance";
  readonly weights: Uint8Array;
  /** The smallest box around all pixels that may change. */
  readonly region: Box;
  /** Of all pixels, those that may change. */
  readonly share: number;
}

/** Weights closer to either end are that end: JPEG masks are not quite black and white, and the service's opaque is alpha 251..254. */
const slack = 16;

export async function readWeights(maskPath: string, base: Picture): Promise<MaskWeights> {
  const mask = await openPicture(maskPath, "input");
  if (mask.width !== base.width || mask.height !== base.height) {
    throw invalid(
      `The mask ${basename(maskPath)} is ${mask.width}x${mask.height}, the picture ${basename(base.path)} is ${base.width}x${base.height}.`,
      `Scale the mask to ${base.width}x${base.height}.`,
    );
  }
  const raster = await readRaster(mask);
  const byAlpha = mask.metadata.hasAlpha ? weightsOf(raster, (data, offset) => 255 - at(data, offset + 3)) : null;
  const kind = byAlpha?.some((weight) => weight > 0) === true ? "alpha" : "luminance";
  const weights = kind === "alpha" && byAlpha !== null ? byAlpha : weightsOf(raster, luminance);
  let selected = 0;
  for (const weight of weights) if (weight > 0) selected += 1;
  const region = regionOf(weights, raster);
  if (region === null) throw invalid(`The mask ${basename(maskPath)} selects nothing.`, howMasksAreRead);
  if (selected === weights.length) throw invalid(`The mask ${basename(maskPath)} selects everything.`, howMasksAreRead);
  return { kind, weights, region, share: selected / weights.length, width: base.width, height: base.height };
}

const howMasksAreRead =
  "Where a mask has transparency, its transparent part may change; otherwise its light part. Leave out --mask to change the whole picture.";

function invalid(message: string, hint: string): LimnError {
  return new LimnError("invalid_option", { message, hint, details: { options: ["mask"] } });
}

function weightsOf(raster: Raster, weigh: (data: Uint8Array, offset: number) => number): Uint8Array {
  const weights = new Uint8Array(raster.width * raster.height);
  for (let index = 0; index < weights.length; index += 1) {
    const weight = Math.round(weigh(raster.data, index * 4));
    weights[index] = weight < slack ? 0 : weight > 255 - slack ? 255 : weight;
  }
  return weights;
}

function regionOf(weights: Uint8Array, size: PixelSize): Box | null {
  let [left, top, right, bottom] = [size.width, size.height, -1, -1];
  for (let y = 0; y < size.height; y += 1) {
    for (let x = 0; x < size.width; x += 1) {
      if (at(weights, y * size.width + x) === 0) continue;
      left = Math.min(left, x);
      right = Math.max(right, x);
      top = Math.min(top, y);
      bottom = y;
    }
  }
  return right < 0 ? null : { left, top, width: right - left + 1, height: bottom - top + 1 };
}
