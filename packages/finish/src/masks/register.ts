import { at, luminance } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";

/** Where a pixel of the box is found in the edited part: that many pixels further right and down. */
export interface Shift {
  readonly x: number;
  readonly y: number;
}

const noShift: Shift = { x: 0, y: 0 };
/** The search runs on pictures whose longest side is about this, ±8 pixels, and then pixel by pixel around the best. */
const reducedSide = 256;
const reach = 8;
const fewestSamples = 200;
const mostSamples = 10_000;
/** A shift has to make the ring this much more alike; anything else is noise. */
const leastGain = 0.97;

/**
 * The service redraws the whole part, and often a few pixels off. The ring around the mask should not have changed, so the shift that
 * makes it most like the base is taken back. `outside` tells of a pixel of the box whether it lies in that ring.
 */
export function findShift(base: Raster, edited: Raster, outside: (index: number) => boolean): Shift {
  const factor = Math.max(1, Math.ceil(Math.max(base.width, base.height) / reducedSide));
  const coarse =
    factor === 1
      ? noShift
      : times(
          search(reduce(base, factor), reduce(edited, factor), ringOf(base, outside, factor), noShift, reach),
          factor,
        );
  const ring = ringOf(base, outside, 1);
  const [from, to] = [greyOf(base), greyOf(edited)];
  const best = search(from, to, ring, coarse, factor === 1 ? reach : factor);
  return differenceAt(from, to, ring, best) < differenceAt(from, to, ring, noShift) * leastGain ? best : noShift;
}

interface Grey {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

function greyOf(raster: Raster): Grey {
  const values = new Float32Array(raster.width * raster.height);
  for (let index = 0; index < values.length; index += 1) values[index] = luminance(raster.data, index * 4);
  return { width: raster.width, height: raster.height, values };
}

function reduce(raster: Raster, factor: number): Grey {
  const width = Math.floor(raster.width / factor);
  const height = Math.floor(raster.height / factor);
  const values = new Float32Array(width * height);
  for (let y = 0; y < height * factor; y += 1) {
    for (let x = 0; x < width * factor; x += 1) {
      const index = Math.floor(y / factor) * width + Math.floor(x / factor);
      values[index] = at(values, index) + luminance(raster.data, (y * raster.width + x) * 4) / factor ** 2;
    }
  }
  return { width, height, values };
}

/** Positions of the ring in the reduced picture, as x and y in turn: spread evenly, and no more than are needed. */
function ringOf(base: Raster, outside: (index: number) => boolean, factor: number): Int32Array {
  const width = Math.floor(base.width / factor);
  const height = Math.floor(base.height / factor);
  const step = Math.max(1, Math.floor(Math.sqrt((width * height) / mostSamples)));
  const found: number[] = [];
  for (let y = 0; y < height; y += step) {
    for (let x = 0; x < width; x += step) {
      const [baseX, baseY] = [x, y].map((place) => place * factor + Math.floor(factor / 2));
      if (outside((baseY ?? 0) * base.width + (baseX ?? 0))) found.push(x, y);
    }
  }
  return Int32Array.from(found);
}

function search(base: Grey, edited: Grey, ring: Int32Array, around: Shift, radius: number): Shift {
  if (ring.length / 2 < fewestSamples) return around;
  let best = around;
  let least = differenceAt(base, edited, ring, around);
  for (let y = around.y - radius; y <= around.y + radius; y += 1) {
    for (let x = around.x - radius; x <= around.x + radius; x += 1) {
      const difference = differenceAt(base, edited, ring, { x, y });
      if (difference >= least) continue;
      least = difference;
      best = { x, y };
    }
  }
  return best;
}

/** Mean absolute difference over the ring. */
function differenceAt(base: Grey, edited: Grey, ring: Int32Array, shift: Shift): number {
  let sum = 0;
  for (let sample = 0; sample < ring.length; sample += 2) {
    const [x, y] = [at(ring, sample), at(ring, sample + 1)];
    const editedX = Math.min(edited.width - 1, Math.max(0, x + shift.x));
    const editedY = Math.min(edited.height - 1, Math.max(0, y + shift.y));
    sum += Math.abs(at(base.values, y * base.width + x) - at(edited.values, editedY * edited.width + editedX));
  }
  return sum / Math.max(1, ring.length / 2);
}

function times(shift: Shift, factor: number): Shift {
  return { x: shift.x * factor, y: shift.y * factor };
}
