import type { Box } from "@limn/core";
import { at } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";
import type { Shift } from "./register.ts";

interface Blend {
  readonly base: Raster;
  /** Of the box's size. */
  readonly edited: Raster;
  readonly box: Box;
  readonly shift: Shift;
  /** Of the base's size. */
  readonly weights: Uint8Array;
}

/** The base with the edited part laid over it by weight. Pixels of weight 0 are copied, whatever the edited part holds. */
export function blendPixels({ base, edited, box, shift, weights }: Blend): Raster {
  const data = Uint8Array.from(base.data);
  for (let y = 0; y < box.height; y += 1) {
    const editedY = Math.min(edited.height - 1, Math.max(0, y + shift.y));
    for (let x = 0; x < box.width; x += 1) {
      const index = (box.top + y) * base.width + box.left + x;
      const weight = at(weights, index) / 255;
      if (weight === 0) continue;
      const editedX = Math.min(edited.width - 1, Math.max(0, x + shift.x));
      mix(data, index * 4, edited.data, (editedY * edited.width + editedX) * 4, weight);
    }
  }
  return { width: base.width, height: base.height, data };
}

/** Colours count by their alpha, or the colour of what cannot be seen would shine through. */
function mix(into: Uint8Array, offset: number, from: Uint8Array, fromOffset: number, weight: number): void {
  const under = at(into, offset + 3) * (1 - weight);
  const over = at(from, fromOffset + 3) * weight;
  const alpha = under + over;
  if (alpha > 0) {
    for (let channel = 0; channel < 3; channel += 1) {
      const sum = at(into, offset + channel) * under + at(from, fromOffset + channel) * over;
      into[offset + channel] = Math.round(sum / alpha);
    }
  }
  into[offset + 3] = Math.round(alpha);
}
