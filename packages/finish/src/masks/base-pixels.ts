import { is16Bit } from "../finish/lost.ts";
import type { Picture } from "../pictures/open-picture.ts";
import { readRaster } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";

/** The base as its file has it: no colour management touches a pixel, so the target has to carry its profile on. */
export interface BasePixels {
  readonly raster: Raster;
  /** ICC profile of the pixels; null = sRGB. */
  readonly profile: Buffer | null;
  readonly steps: readonly string[];
}

export async function readBase(picture: Picture): Promise<BasePixels> {
  const { icc, space, pages = 1, orientation = 1 } = picture.metadata;
  // Bytes 16..19 of a profile name the colours it is for. Grey and CMYK pictures are converted, since the target is RGB.
  const profile = icc?.toString("latin1", 16, 20) === "RGB " && space !== "cmyk" ? icc : null;
  const raster = await readRaster(picture, (pipeline) => pipeline, { ignoreIcc: profile !== null });
  const steps = [
    pages > 1 ? `first of ${pages} frames` : "",
    orientation > 1 ? `apply orientation ${orientation}` : "",
    is16Bit(picture.metadata) ? "reduce to 8 bits" : "",
    space === "cmyk" ? "convert CMYK to sRGB" : "",
  ];
  return { raster, profile, steps: steps.filter((step) => step !== "") };
}
