import { at } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";
import type { Backdrop } from "./backdrop.ts";
import { setPixel } from "./cut-out.ts";
import type { CutOut } from "./cut-out.ts";
import { SubjectColours } from "./subject-colours.ts";
import { around } from "./layers.ts";
import type { Layers } from "./layers.ts";

/** A pixel behind one that is more opaque than this lies inside; what looks like backdrop there is the subject's own. */
const opaqueEnough = 0.9;
/** A pixel farther from the line between subject and backdrop is no mixture of the two. */
const maxResidual = 26;

/**
 * Alpha and colour at the edge: each pixel is a mixture of the backdrop and of the subject's colour nearby, and how much of each is where
 * it lies between the two.
 */
export function unmixEdge(raster: Raster, backdrop: Backdrop, layers: Layers, cutOut: CutOut): void {
  const subject = new SubjectColours(raster, backdrop, layers);
  for (const [layer, indices] of [...layers.outside.toReversed(), ...layers.inside].entries()) {
    const isInside = layer >= layers.outside.length;
    for (const index of indices) {
      if (isInside) unmixInside(index);
      else unmixOutside(index);
    }
  }

  function unmixOutside(index: number): void {
    if (at(backdrop.difference, index) <= backdrop.noise) return;
    const near = subject.near(index);
    if (near === null) return;
    const { alpha, residual } = mixture(raster, index, backdrop.colourAt(index), near);
    if (alpha < 0.6 && residual <= maxResidual) setPixel(cutOut, index, near, alpha);
  }

  function unmixInside(index: number): void {
    const depth = at(layers.depth, index);
    const outer = around(index, raster).filter((near) => at(layers.depth, near) < depth);
    const isBehind = depth > 1 && outer.every((near) => at(cutOut.data, near * 4 + 3) > opaqueEnough * 255);
    if (isBehind) return;
    const behind = backdrop.colourAt(index);
    const candidates = [subject.near(index), subject.alike(index)];
    for (const colour of candidates) {
      if (colour === null) continue;
      const contrast = Math.hypot(...colour.map((value, channel) => value - at(behind, channel)));
      if (contrast < 2.5 * backdrop.tolerance) continue;
      const { alpha, residual } = mixture(raster, index, behind, colour);
      if (residual > maxResidual) continue;
      setPixel(cutOut, index, despilled(raster, index, behind, colour, alpha), alpha);
      return;
    }
    if (at(backdrop.difference, index) < 2.5 * backdrop.tolerance) cutOut.weak[index] = 1;
  }
}

/** How much of `colour` is in the pixel (0..1), and how far off the line between the two colours it lies. */
function mixture(
  raster: Raster,
  index: number,
  behind: readonly number[],
  colour: readonly number[],
): { alpha: number; residual: number } {
  let dot = 0;
  let length = 0;
  for (let channel = 0; channel < 3; channel += 1) {
    const full = at(colour, channel) - at(behind, channel);
    dot += (at(raster.data, index * 4 + channel) - at(behind, channel)) * full;
    length += full * full;
  }
  const alpha = Math.min(1, Math.max(0, dot / Math.max(1, length)));
  let residual = 0;
  for (let channel = 0; channel < 3; channel += 1) {
    const mixed = at(behind, channel) + alpha * (at(colour, channel) - at(behind, channel));
    residual = Math.hypot(residual, at(raster.data, index * 4 + channel) - mixed);
  }
  return { alpha, residual };
}

/** The pixel's own colour without the backdrop's part; where little of it is seen, the colour nearby is the better guess. */
function despilled(
  raster: Raster,
  index: number,
  behind: readonly number[],
  colour: readonly number[],
  alpha: number,
): number[] {
  return colour.map((value, channel) => {
    if (alpha < 0.05) return value;
    const own = (at(raster.data, index * 4 + channel) - (1 - alpha) * at(behind, channel)) / alpha;
    return value + (Math.min(255, Math.max(0, own)) - value) * alpha;
  });
}
