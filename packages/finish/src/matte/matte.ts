import { LimnError } from "@limn/core";
import type { Matte, MatteJob } from "@limn/core";
import { rm } from "node:fs/promises";
import { isBorderTransparent } from "../look/look-at-alpha.ts";
import { encodeRaster } from "../pictures/encode-raster.ts";
import { openPicture } from "../pictures/open-picture.ts";
import { readRaster } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";
import { withTarget, writeTarget } from "../pictures/write-target.ts";
import { findBackdrop } from "./backdrop.ts";
import type { Backdrop, Rgb } from "./backdrop.ts";
import { startCutOut } from "./cut-out.ts";
import type { CutOut } from "./cut-out.ts";
import { keyEdge } from "./edge-by-key.ts";
import { unmixEdge } from "./edge-by-unmixing.ts";
import { floodBackdrop } from "./flood.ts";
import { layersOf } from "./layers.ts";
import { openPockets } from "./pockets.ts";
import { scoreOf } from "./score.ts";
import { spillOf } from "./spill.ts";
import type { Spill } from "./spill.ts";

/** Below this nothing is delivered: a bad cut-out is worse than none. */
const leastScore = 0.7;
/** Pixels inside the edge that may be mixtures: of a sharp picture, and of one that is soft or was scaled up. */
const edgeWidths = [3, 6] as const;
/** Pixels outside it. */
const outsideWidth = 2;
/** From here on there is no need to try the next width. */
const goodScore = 0.85;

export async function matte(job: MatteJob): Promise<Matte | null> {
  return withTarget({ target: job.target, sources: [job.source] }, async () => {
    const picture = await openPicture(job.source, "result");
    const raster = await readRaster(picture);
    const found = isBorderTransparent(raster) ? null : cutOutSubject(raster, parseColour(job.keyColor));
    if (found === null || found.score < leastScore) {
      await rm(job.target, { force: true });
      return null;
    }
    const { cutOut, background } = found;
    const score = Number(found.score.toFixed(2));
    const written = await writeTarget(job.target, await encodeRaster(cutOut, true, null));
    const steps = [`matte ${background} (score ${score.toFixed(2)})`];
    return { width: cutOut.width, height: cutOut.height, score, background, ...written, steps };
  });
}

interface Found {
  readonly cutOut: CutOut;
  readonly background: string;
  readonly score: number;
}

/** Without the files. */
function cutOutSubject(raster: Raster, keyColor: Rgb | null): Found | null {
  const backdrop = findBackdrop(raster, keyColor);
  if (backdrop === null) return null;
  const flooded = floodBackdrop(backdrop, raster);
  if (!backdrop.isKey) openPockets(flooded, backdrop, raster);
  let best: Found | null = null;
  for (const edgeWidth of edgeWidths) {
    const found = cutOutWith(raster, backdrop, flooded, edgeWidth);
    if (best === null || found.score > best.score) best = found;
    if (best.score >= goodScore) break;
  }
  return best;
}

function cutOutWith(raster: Raster, backdrop: Backdrop, flooded: Uint8Array, edgeWidth: number): Found {
  const cutOut = startCutOut(raster, flooded);
  const spill = backdrop.isEven ? spillOf(backdrop.colourAt(0)) : null;
  const layers = layersOf(flooded, raster, {
    inside: edgeWidth,
    outside: outsideWidth,
    ...(spill === null ? {} : { further: furtherBy(spill, raster, backdrop.isKey) }),
  });
  if (spill === null) unmixEdge(raster, backdrop, layers, cutOut);
  else keyEdge(raster, backdrop, layers, cutOut, spill);
  const score = scoreOf(raster, cutOut, backdrop, flooded, layers, edgeWidth);
  return { cutOut, background: backdrop.words, score };
}

/** Hair lets ever less of the backdrop through towards its root; glass and shadows as much all over, which only a known key tells. */
function furtherBy(spill: Spill, raster: Raster, isKey: boolean): (from: number, to: number) => boolean {
  return (from, to) => {
    const share = spill(raster.data, to * 4);
    return (isKey && share > 0.1) || (share > 0.06 && share < spill(raster.data, from * 4) - 0.02);
  };
}

function parseColour(hex: string | null): Rgb | null {
  if (hex === null) return null;
  const digits = /^#([0-9a-f]{6})$/i.exec(hex)?.[1];
  if (digits === undefined) throw new LimnError("bug", { message: `${hex} is not a colour such as #00ff00.` });
  const value = Number.parseInt(digits, 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
