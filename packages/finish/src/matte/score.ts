import { at } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";
import type { Backdrop } from "./backdrop.ts";
import type { CutOut } from "./cut-out.ts";
import { around, farInside } from "./layers.ts";
import type { Layers } from "./layers.ts";
import { softShare } from "./soft-edges.ts";

/** Smaller subjects are specks, larger ones leave no backdrop. */
const subjectShare = { least: 0.005, most: 0.98 };

/** 0..1: how sure it is that the backdrop went, and only it. The worst finding decides, the others add to it. */
export function scoreOf(
  raster: Raster,
  cutOut: CutOut,
  backdrop: Backdrop,
  flooded: Uint8Array,
  layers: Layers,
  edgeWidth: number,
): number {
  const share = shareOfSubject(cutOut);
  if (share < subjectShare.least || share > subjectShare.most) return 0;
  const penalties = [
    falling(1 - backdrop.borderShare, 0.15, 0.6),
    falling(backdrop.noise, backdrop.isKey ? 20 : 4, backdrop.isKey ? 90 : 30),
    falling(haloShare(cutOut, layers, edgeWidth), 0.03, 0.3),
    // A key colour takes soft shadows and smoke with it.
    backdrop.isKey ? 0 : falling(softShare(flooded, backdrop, raster, edgeWidth), 0.05, 0.35),
    backdrop.doubt(flooded, layers),
    backdrop.isKey ? falling(tintedShare(cutOut), 0.25, 0.8) : 0,
    falling(speckShare(cutOut, layers), 0.02, 0.3),
  ];
  return penalties.reduce((score, penalty) => score * (1 - penalty), 0.98);
}

/** 0 up to `from`, 1 from `to` on. */
function falling(value: number, from: number, to: number): number {
  return Math.min(1, Math.max(0, (value - from) / (to - from)));
}

function shareOfSubject(cutOut: CutOut): number {
  let sum = 0;
  for (let offset = 3; offset < cutOut.data.length; offset += 4) sum += at(cutOut.data, offset);
  return sum / 255 / (cutOut.width * cutOut.height);
}

/** Of the subject, the pixels that are not quite opaque: less like glass or smoke than like a subject that has the key's colour itself. */
function tintedShare(cutOut: CutOut): number {
  let subject = 0;
  let tinted = 0;
  for (let offset = 3; offset < cutOut.data.length; offset += 4) {
    const alpha = at(cutOut.data, offset);
    if (alpha > 24) subject += 1;
    if (alpha > 0.7 * 255 && alpha < 0.95 * 255) tinted += 1;
  }
  return tinted / Math.max(1, subject);
}

/**
 * Of the edge, the pixels that would show as a rim of the old ground on a new one: on black when it was light, on white when dark. They
 * could not be told from the ground, or they stayed thin although the subject begins right behind them.
 */
function haloShare(cutOut: CutOut, layers: Layers, edgeWidth: number): number {
  let edge = 0;
  let weak = 0;
  for (const layer of layers.inside.slice(0, edgeWidth)) {
    for (const index of layer) {
      edge += 1;
      weak += at(cutOut.weak, index);
    }
  }
  let last = 0;
  let thin = 0;
  for (const index of layers.inside[edgeWidth - 1] ?? []) {
    if (!around(index, cutOut).some((near) => at(layers.depth, near) === farInside)) continue;
    last += 1;
    if (at(cutOut.data, index * 4 + 3) < 0.7 * 255) thin += 1;
  }
  return edge === 0 ? 1 : Math.max(weak / edge, last === 0 ? 0 : thin / last);
}

/** Of the edge, the pixels that hang together with nothing. */
function speckShare(cutOut: CutOut, layers: Layers): number {
  const edge = layers.inside[0] ?? new Int32Array();
  let alone = 0;
  for (const index of edge) {
    const company = around(index, cutOut).filter((near) => at(layers.depth, near) > 0);
    if (company.length < 2) alone += 1;
  }
  return alone / Math.max(1, edge.length);
}
