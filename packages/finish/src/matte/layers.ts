import type { PixelSize } from "@limn/core";
import { at } from "../pictures/raster.ts";

/** The pixels on both sides of the subject's edge, by their distance from it in steps. */
export interface Layers {
  /** Of the subject, from the edge inwards: `inside[0]` touches the backdrop. */
  readonly inside: readonly Int32Array[];
  /** Of the backdrop, from the edge outwards. */
  readonly outside: readonly Int32Array[];
  /** Of each pixel: 1, 2, … inside, -1, -2, … outside, {@link farInside} and {@link farOutside} beyond. */
  readonly depth: Int8Array;
}

export const farInside = 127;
const farOutside = -128;

interface Extent {
  readonly inside: number;
  readonly outside: number;
  /** Whether to go on inwards past `inside` layers, from one pixel to the next. */
  readonly further?: (from: number, to: number) => boolean;
}

export function layersOf(backdrop: Uint8Array, size: PixelSize, extent: Extent): Layers {
  const depth = new Int8Array(backdrop.length);
  for (let index = 0; index < depth.length; index += 1) depth[index] = backdrop[index] === 1 ? farOutside : farInside;
  const inside: Int32Array[] = [];
  const { further = () => false } = extent;
  let front = edge(depth, size, farInside, farOutside);
  while (front.length > 0) {
    const layer = inside.length + 1;
    for (const index of front) depth[index] = Math.min(layer, deepest);
    inside.push(front);
    const free = layer < extent.inside ? () => true : further;
    front = grow(front, depth, size, farInside, free);
  }
  const outside: Int32Array[] = [];
  front = edge(depth, size, farOutside, 1);
  while (front.length > 0 && outside.length < extent.outside) {
    for (const index of front) depth[index] = -(outside.length + 1);
    outside.push(front);
    front = grow(front, depth, size, farOutside, () => true);
  }
  return { inside, outside, depth };
}

/** In pixels; at least 1. */
export function edgeLength(layers: Layers): number {
  return Math.max(1, layers.inside[0]?.length ?? 0);
}

/** The depth of all layers from there on. */
const deepest = 100;

/** All pixels of one side that touch the other. */
function edge(depth: Int8Array, { width, height }: PixelSize, of: number, touching: number): Int32Array {
  const found: number[] = [];
  for (let index = 0; index < depth.length; index += 1) {
    if (depth[index] !== of) continue;
    const x = index % width;
    const touches =
      (x > 0 && depth[index - 1] === touching) ||
      (x < width - 1 && depth[index + 1] === touching) ||
      (index >= width && depth[index - width] === touching) ||
      (index < width * (height - 1) && depth[index + width] === touching);
    if (touches) found.push(index);
  }
  return Int32Array.from(found);
}

function grow(
  front: Int32Array,
  depth: Int8Array,
  size: PixelSize,
  into: number,
  free: (from: number, to: number) => boolean,
): Int32Array {
  const found = new Set<number>();
  for (const index of front) {
    for (const near of neighbours(index, size)) {
      if (at(depth, near) === into && free(index, near)) found.add(near);
    }
  }
  return Int32Array.from(found);
}

/** The four at its sides. */
export function neighbours(index: number, { width, height }: PixelSize): number[] {
  const x = index % width;
  const found: number[] = [];
  if (x > 0) found.push(index - 1);
  if (x < width - 1) found.push(index + 1);
  if (index >= width) found.push(index - width);
  if (index < width * (height - 1)) found.push(index + width);
  return found;
}

/** The up to eight around it. */
export function around(index: number, { width, height }: PixelSize): number[] {
  const x = index % width;
  const y = Math.floor(index / width);
  const found: number[] = [];
  for (let ny = Math.max(0, y - 1); ny <= Math.min(height - 1, y + 1); ny += 1) {
    for (let nx = Math.max(0, x - 1); nx <= Math.min(width - 1, x + 1); nx += 1) {
      if (nx !== x || ny !== y) found.push(ny * width + nx);
    }
  }
  return found;
}
