import { at } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";
import type { Backdrop } from "./backdrop.ts";
import { setPixel } from "./cut-out.ts";
import type { CutOut } from "./cut-out.ts";
import type { Layers } from "./layers.ts";
import type { Spill } from "./spill.ts";
import { SubjectColours } from "./subject-colours.ts";

/**
 * A subject that holds more of the backdrop's colour is glass or smoke, and told by the pixel alone. Where the colour was not chosen as a
 * key, the subject may well have some of it.
 */
const mostOwnSpill = { key: 0.06, other: 0.3 } as const;
/** Farther in, the colour inside the subject says nothing about the edge. */
const carriedLayers = 12;

/**
 * Alpha and colour at the edge by how much of a strong backdrop colour is in each pixel, measured against how much is in the subject
 * nearby. Unlike unmixing this needs no even colour inside, so hair, glass and shadows keep their form.
 */
export function keyEdge(raster: Raster, backdrop: Backdrop, layers: Layers, cutOut: CutOut, spill: Spill): void {
  const subject = new SubjectColours(raster, backdrop, layers);
  const noise = Math.max(0.03, (backdrop.noise / 255) * 1.2);
  for (const [layer, indices] of [...layers.outside, ...layers.inside].entries()) {
    for (const index of indices) {
      const own = layer < layers.outside.length + carriedLayers ? ownSpill(index) : 0;
      const share = spill(raster.data, index * 4);
      const alpha = Math.min(1, Math.max(0, ((1 - share) / (1 - own) - noise) / (1 - noise)));
      setPixel(cutOut, index, despilled(index, alpha), alpha);
    }
  }

  /** Of the subject nearby; below 0 for colours that are the key's opposite. */
  function ownSpill(index: number): number {
    const colour = subject.near(index) ?? subject.alike(index);
    if (colour === null) return 0;
    const own = spill(colour, 0);
    return own > (backdrop.isKey ? mostOwnSpill.key : mostOwnSpill.other) ? 0 : own;
  }

  function despilled(index: number, alpha: number): number[] {
    const behind = backdrop.colourAt(index);
    return [0, 1, 2].map((channel) => {
      const value = at(raster.data, index * 4 + channel);
      return alpha < 0.02 ? value : (value - (1 - alpha) * at(behind, channel)) / alpha;
    });
  }
}
