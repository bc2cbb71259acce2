import { at, borderOffsets } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";
import type { Backdrop, Rgb } from "./backdrop.ts";
import { colourWords } from "./colour-words.ts";
import { ghostLength } from "./ghosts.ts";
import { edgeLength } from "./layers.ts";

interface Limits {
  /** Pixels of the border that differ more from its main colour are not of it. */
  readonly near: number;
  /** A main colour that varies more is a gradient or a texture. */
  readonly noise: number;
  readonly slack: number;
  readonly leastTolerance: number;
  readonly mostTolerance: number;
}

const unknownColour: Limits = { near: 24, noise: 14, slack: 6, leastTolerance: 8, mostTolerance: 22 };
/** A key colour is far from everything else in the picture, so it may vary more. */
const keyedColour: Limits = { near: 70, noise: 45, slack: 12, leastTolerance: 24, mostTolerance: 64 };

/** Painted key colours are not quite the asked ones. */
const maxKeyDrift = 90;
const leastBorderShare = 0.5;
/** On that many of the four sides at least half of the pixels are backdrop. */
const sidesNeeded = 3;

export function flatBackdrop(raster: Raster, keyColor: Rgb | null): Backdrop | null {
  const limits = keyColor === null ? unknownColour : keyedColour;
  const depth = Math.max(2, Math.round(Math.min(raster.width, raster.height) * 0.012));
  const offsets = Int32Array.from(borderOffsets(raster, depth));
  const colour = mainColour(raster.data, offsets);
  if (keyColor !== null && differenceOf(keyColor, colour) > maxKeyDrift) return null;
  const nearby = [...offsets]
    .map((offset) => pixelDifference(raster.data, offset, colour))
    .filter((value) => value <= limits.near)
    .sort((left, right) => left - right);
  const borderShare = nearby.length / offsets.length;
  const noise = at(nearby, Math.floor(nearby.length * 0.95));
  if (borderShare < leastBorderShare || noise > limits.noise) return null;
  if (sidesOf(raster, depth, colour, limits.near) < sidesNeeded) return null;
  return {
    words: `${colourWords(colour)} background`,
    difference: differencesFrom(raster, colour),
    tolerance: Math.min(limits.mostTolerance, Math.max(limits.leastTolerance, noise + limits.slack)),
    noise,
    borderShare,
    colourAt: () => colour,
    isKey: keyColor !== null,
    isEven: true,
    isUnmistakable: () => false,
    // A key colour takes its own shadows with it, and no part of the subject is as faint against it.
    doubt: (flooded, layers) =>
      keyColor === null ? Math.min(1, Math.max(0, (ghostLength(raster, flooded) / edgeLength(layers) - 0.1) * 2)) : 0,
  };
}

/** The mean of the fullest place in the border's colours. */
function mainColour(data: Uint8Array, offsets: Int32Array): Rgb {
  const counts = new Uint32Array(32 ** 3);
  const placeOf = (offset: number): number =>
    ((at(data, offset) >> 3) << 10) | ((at(data, offset + 1) >> 3) << 5) | (at(data, offset + 2) >> 3);
  let fullest = 0;
  for (const offset of offsets) {
    const place = placeOf(offset);
    counts[place] = at(counts, place) + 1;
    if (at(counts, place) > at(counts, fullest)) fullest = place;
  }
  let colour: Rgb = [(fullest >> 10) * 8 + 4, ((fullest >> 5) & 31) * 8 + 4, (fullest & 31) * 8 + 4];
  for (let round = 0; round < 2; round += 1) {
    const sum = [0, 0, 0, 0];
    for (const offset of offsets) {
      if (pixelDifference(data, offset, colour) > 12) continue;
      for (let channel = 0; channel < 3; channel += 1) sum[channel] = at(sum, channel) + at(data, offset + channel);
      sum[3] = at(sum, 3) + 1;
    }
    const count = Math.max(1, at(sum, 3));
    colour = [at(sum, 0) / count, at(sum, 1) / count, at(sum, 2) / count];
  }
  return colour;
}

function sidesOf(raster: Raster, depth: number, colour: Rgb, near: number): number {
  const { width, height, data } = raster;
  const counts = [0, 0, 0, 0];
  const count = (side: number, x: number, y: number, share: number): void => {
    if (pixelDifference(data, (y * width + x) * 4, colour) <= near) counts[side] = at(counts, side) + share;
  };
  const inset = Math.floor(depth / 2);
  for (let x = 0; x < width; x += 1) {
    count(0, x, inset, 1 / width);
    count(1, x, height - 1 - inset, 1 / width);
  }
  for (let y = 0; y < height; y += 1) {
    count(2, inset, y, 1 / height);
    count(3, width - 1 - inset, y, 1 / height);
  }
  return counts.filter((share) => share >= 0.5).length;
}

function differencesFrom(raster: Raster, colour: Rgb): Uint8Array {
  const differences = new Uint8Array(raster.width * raster.height);
  for (let index = 0; index < differences.length; index += 1) {
    differences[index] = Math.round(pixelDifference(raster.data, index * 4, colour));
  }
  return differences;
}

function pixelDifference(data: Uint8Array, offset: number, colour: Rgb): number {
  return Math.max(
    Math.abs(at(data, offset) - colour[0]),
    Math.abs(at(data, offset + 1) - colour[1]),
    Math.abs(at(data, offset + 2) - colour[2]),
  );
}

function differenceOf(left: Rgb, right: Rgb): number {
  return Math.max(...left.map((value, channel) => Math.abs(value - at(right, channel))));
}
