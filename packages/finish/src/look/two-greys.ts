import { at, borderOffsets, luminance } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";

export interface TwoGreys {
  /** Brightness 0..255. */
  readonly light: number;
  readonly dark: number;
  /** 1 light, -1 dark, 0 neither, of the pixel whose first byte is at `offset`. */
  readonly labelOf: (data: Uint8Array, offset: number) => -1 | 0 | 1;
}

/** Channels of a near-grey differ by no more. */
const maxChroma = 22;
const minContrast = 6;
/** White and #999 are 102 apart; black and white are a chess board. */
const maxContrast = 120;
const smallestShare = 0.22;
const sharesTogether = 0.75;

/** The two greys that make up the border region, when it is made up of two greys. */
export function twoGreys(raster: Raster, depth: number): TwoGreys | null {
  const histogram = new Uint32Array(256);
  let total = 0;
  let grey = 0;
  for (const offset of borderOffsets(raster, depth)) {
    total += 1;
    if (!isGrey(raster.data, offset)) continue;
    grey += 1;
    const brightness = Math.round(luminance(raster.data, offset));
    histogram[brightness] = at(histogram, brightness) + 1;
  }
  if (grey < total * 0.4) return null;
  const first = peak(histogram, () => true);
  const second = peak(histogram, (value) => {
    const distance = Math.abs(value - first);
    return distance >= minContrast && distance <= maxContrast;
  });
  const contrast = Math.abs(first - second);
  const reach = Math.min(10, Math.floor(contrast * 0.45));
  const shares = [first, second].map((value) => around(histogram, value, reach) / grey);
  const known = shares.reduce((sum, share) => sum + share, 0);
  if (second < 0 || known < sharesTogether || shares.some((share) => share < smallestShare)) return null;
  const light = Math.max(first, second);
  const dark = Math.min(first, second);
  return {
    light,
    dark,
    labelOf: (data, offset) => {
      if (!isGrey(data, offset)) return 0;
      const brightness = luminance(data, offset);
      if (Math.abs(brightness - light) <= reach) return 1;
      return Math.abs(brightness - dark) <= reach ? -1 : 0;
    },
  };
}

function isGrey(data: Uint8Array, offset: number): boolean {
  const red = at(data, offset);
  const green = at(data, offset + 1);
  const blue = at(data, offset + 2);
  return Math.max(red, green, blue) - Math.min(red, green, blue) <= maxChroma;
}

/** The fullest place of the histogram, smoothed; -1 when it is empty. */
function peak(histogram: Uint32Array, allowed: (value: number) => boolean): number {
  let best = -1;
  let most = 0;
  for (let value = 0; value < 256; value += 1) {
    const count = allowed(value) ? around(histogram, value, 2) : 0;
    if (count <= most) continue;
    best = value;
    most = count;
  }
  return best;
}

function around(histogram: Uint32Array, value: number, reach: number): number {
  let sum = 0;
  for (let near = Math.max(0, value - reach); near <= Math.min(255, value + reach); near += 1) {
    sum += at(histogram, near);
  }
  return sum;
}
