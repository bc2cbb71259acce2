import type { Raster } from "../pictures/raster.ts";

/** A picture whose backdrop is being taken away. */
export interface CutOut extends Raster {
  /** Pixels of the edge whose own colour could not be told from the backdrop: what would be seen as a halo. */
  readonly weak: Uint8Array;
}

/** Backdrop far from the subject becomes transparent black, which packs best. */
export function startCutOut(raster: Raster, backdrop: Uint8Array): CutOut {
  const data = Uint8Array.from(raster.data);
  for (let index = 0; index < backdrop.length; index += 1) {
    if (backdrop[index] === 1) data.fill(0, index * 4, index * 4 + 4);
  }
  return { width: raster.width, height: raster.height, data, weak: new Uint8Array(backdrop.length) };
}

/** Set a pixel to a colour with an alpha of 0..1. */
export function setPixel(cutOut: CutOut, index: number, colour: readonly number[], alpha: number): void {
  const offset = index * 4;
  if (alpha < 0.02) {
    cutOut.data.fill(0, offset, offset + 4);
    return;
  }
  for (let channel = 0; channel < 3; channel += 1) {
    cutOut.data[offset + channel] = Math.min(255, Math.max(0, Math.round(colour[channel] ?? 0)));
  }
  cutOut.data[offset + 3] = alpha > 0.98 ? 255 : Math.round(alpha * 255);
}
