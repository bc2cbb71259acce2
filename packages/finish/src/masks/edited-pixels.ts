import type { PixelSize } from "@limn/core";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Sharp } from "sharp";
import { planFinish } from "../finish/plan.ts";
import { opaqueFrom } from "../look/alpha-shares.ts";
import { openPicture } from "../pictures/open-picture.ts";
import { at, readRaster } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";

/** The edited part at the box's size, in the base's colours; not stretched: what exceeds the box's shape is cut off on both sides. */
export async function readEdited(
  path: string,
  box: PixelSize,
  profile: Buffer | null,
): Promise<{ raster: Raster; steps: string[] }> {
  const picture = await openPicture(path, "result");
  const size = { width: box.width, height: box.height };
  const { crop, scale } = planFinish(picture, { size, aspect: null, fit: "cover" });
  const fit = (pipeline: Sharp): Sharp => pipeline.resize(box.width, box.height, { fit: "cover" });
  const raster = await inProfile(profile, (convert) => readRaster(picture, (pipeline) => convert(fit(pipeline))));
  const steps = crop === null ? [] : [`crop the edited part to ${crop.width}x${crop.height}`];
  if (scale !== 1) steps.push(`scale the edited part to ${box.width}x${box.height}`);
  return { raster: { ...raster, data: raster.data.map(opaque) }, steps };
}

/** Areas that the service means to be opaque have alpha 251..254. */
function opaque(value: number, index: number): number {
  return index % 4 === 3 && value >= opaqueFrom ? 255 : value;
}

/** sharp takes a profile only as a file. */
async function inProfile<Result>(
  profile: Buffer | null,
  run: (convert: (pipeline: Sharp) => Sharp) => Promise<Result>,
): Promise<Result> {
  if (profile === null) return run((pipeline) => pipeline);
  const folder = await mkdtemp(join(tmpdir(), "limn-profile-"));
  try {
    const file = join(folder, "base.icc");
    await writeFile(file, profile);
    return await run((pipeline) => pipeline.withIccProfile(file));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export function isTranslucent(raster: Raster): boolean {
  for (let offset = 3; offset < raster.data.length; offset += 4) {
    if (at(raster.data, offset) < 255) return true;
  }
  return false;
}
