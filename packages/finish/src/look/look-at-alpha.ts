import type { AlphaLook } from "@limn/core";
import { openPicture } from "../pictures/open-picture.ts";
import { at, borderOffsets, readRaster } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";
import { opaqueFrom, sharesOf } from "./alpha-shares.ts";
import { findCheckerboard } from "./find-checkerboard.ts";

/** Larger pictures are looked at on a copy of so many pixels, picked and not averaged, so that the shares stay true. */
const maxLookedAt = 48_000_000;
/** Where more of the border is transparent than this, nothing is painted in the place of transparency. */
const maxTransparentBorder = 0.01;

export async function lookAtAlpha(path: string): Promise<AlphaLook> {
  const picture = await openPicture(path, "result");
  const { hasAlpha } = picture.metadata;
  const excess = (picture.width * picture.height) / maxLookedAt;
  const raster = await readRaster(picture, (pipeline) =>
    excess > 1 ? pipeline.resize(Math.round(picture.width / Math.sqrt(excess)), null, { kernel: "nearest" }) : pipeline,
  );
  const { transparent, translucent } = hasAlpha ? sharesOf(raster.data, 3, 4) : { transparent: 0, translucent: 0 };
  return {
    hasAlpha,
    transparentShare: transparent,
    translucentShare: translucent,
    checkerboard: !isBorderTransparent(raster) && findCheckerboard(raster) !== null,
  };
}

export function isBorderTransparent(raster: Raster): boolean {
  let transparent = 0;
  let total = 0;
  for (const offset of borderOffsets(raster, 4)) {
    total += 1;
    if (at(raster.data, offset + 3) < opaqueFrom) transparent += 1;
  }
  return transparent > total * maxTransparentBorder;
}
