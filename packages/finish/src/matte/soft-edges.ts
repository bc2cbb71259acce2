import type { PixelSize } from "@limn/core";
import { at } from "../pictures/raster.ts";
import type { Backdrop } from "./backdrop.ts";
import { around, layersOf } from "./layers.ts";

/** The difference from the backdrop is compared behind the edge and so many layers farther in. */
const toMiddle = 3;
const toInner = 7;

/**
 * Share of the edge behind which the picture goes on departing from the backdrop instead of being the subject: a soft shadow, smoke,
 * a glow. Cut off there, it would be a rim of the old ground on a new one: light on black, dark on white. `outer` is the edge's width.
 */
export function softShare(flooded: Uint8Array, backdrop: Backdrop, size: PixelSize, outer: number): number {
  const middle = outer + toMiddle;
  const inner = outer + toInner;
  const { inside, depth } = layersOf(flooded, size, { inside: inner, outside: 0 });
  const carried = Float32Array.from(backdrop.difference);
  const atMiddle = new Float32Array(carried.length);
  let soft = 0;
  let total = 0;
  for (let layer = Math.min(inner, inside.length); layer >= outer; layer -= 1) {
    for (const index of inside[layer - 1] ?? []) {
      const own = at(backdrop.difference, index);
      const sources = around(index, size).filter((near) => at(depth, near) === layer + 1);
      const mean = (values: Float32Array): number =>
        sources.reduce((sum, near) => sum + at(values, near), 0) / sources.length;
      if (layer < inner && sources.length > 0) carried[index] = mean(carried);
      atMiddle[index] = layer >= middle || sources.length === 0 ? own : mean(atMiddle);
      if (layer !== outer) continue;
      total += 1;
      const deep = at(carried, index);
      const rise = deep - own;
      const between = (at(atMiddle, index) - own) / Math.max(1, rise);
      // A slow slope is cut off just past the tolerance, wherever that is.
      const goesOn = rise > 0.4 * own + 3 || (own < 3 * backdrop.tolerance && rise > 3);
      if (goesOn && between > 0.15 && between < 0.85) soft += 1;
    }
  }
  return total === 0 ? 0 : soft / total;
}
