import { LimnError } from "@limn/core";
import type { BlendMaskJob, BlendedPicture, Box, PixelSize } from "@limn/core";
import { encodeRaster } from "../pictures/encode-raster.ts";
import { openPicture } from "../pictures/open-picture.ts";
import type { Raster } from "../pictures/raster.ts";
import { at, readRaster } from "../pictures/raster.ts";
import { withTarget, writeTarget } from "../pictures/write-target.ts";
import { readBase } from "./base-pixels.ts";
import { blendPixels } from "./blend-pixels.ts";
import { isTranslucent, readEdited } from "./edited-pixels.ts";
import { featherInwards } from "./feather.ts";
import { readWeights } from "./mask-weights.ts";
import { outsideHash } from "./outside-hash.ts";
import { findShift } from "./register.ts";

export async function blendMask(job: BlendMaskJob): Promise<BlendedPicture> {
  return withTarget({ target: job.target, sources: [job.base, job.mask, job.edited] }, async () => {
    const picture = await openPicture(job.base, "input");
    const { weights, region } = await readWeights(job.mask, picture);
    refuseForeignBox(job.box, region, picture);
    const { raster: base, profile, steps } = await readBase(picture);
    const edited = await readEdited(job.edited, job.box, profile);
    const shift = findShift(cutOut(base, job.box), edited.raster, (index) => {
      const [x, y] = [index % job.box.width, Math.floor(index / job.box.width)];
      return at(weights, (job.box.top + y) * base.width + job.box.left + x) === 0;
    });
    const soft = featherInwards(weights, base, region, featherRadius(region));
    const blended = blendPixels({ base, edited: edited.raster, box: job.box, shift, weights: soft });
    const hasAlpha = picture.metadata.hasAlpha || isTranslucent(blended);
    const written = await writeTarget(job.target, await encodeRaster(blended, hasAlpha, profile));
    const moved = shift.x !== 0 || shift.y !== 0 ? [`register by ${-shift.x},${-shift.y} px`] : [];
    return {
      width: base.width,
      height: base.height,
      hasAlpha,
      ...written,
      outsideSha256: await checkOutside(job.target, base, weights),
      steps: [...steps, ...edited.steps, ...moved, "blend inside the mask"],
    };
  });
}

/** Decode what was written and compare it with the base. */
async function checkOutside(target: string, base: Raster, weights: Uint8Array): Promise<string> {
  const written = await readRaster(await openPicture(target, "result"), (pipeline) => pipeline, { ignoreIcc: true });
  const hash = outsideHash(base, weights);
  if (outsideHash(written, weights) === hash) return hash;
  throw new LimnError("bug", {
    message: "Pixels outside the mask are not what they were in the base, so the picture was not kept.",
    hint: "Report it with the output of: limn doctor --report",
  });
}

function refuseForeignBox(box: Box, region: Box, picture: PixelSize): void {
  const inside = (inner: Box, outer: Box): boolean =>
    inner.left >= outer.left &&
    inner.top >= outer.top &&
    inner.left + inner.width <= outer.left + outer.width &&
    inner.top + inner.height <= outer.top + outer.height;
  if (inside(box, { left: 0, top: 0, ...picture }) && inside(region, box)) return;
  throw new LimnError("bug", { message: "The cut part does not belong to this picture and mask." });
}

function cutOut(raster: Raster, box: Box): Raster {
  const data = new Uint8Array(box.width * box.height * 4);
  for (let y = 0; y < box.height; y += 1) {
    const start = ((box.top + y) * raster.width + box.left) * 4;
    data.set(raster.data.subarray(start, start + box.width * 4), y * box.width * 4);
  }
  return { width: box.width, height: box.height, data };
}

/** Softer for larger regions: a seam of 2 to 16 pixels. */
function featherRadius(region: Box): number {
  return Math.min(16, Math.max(2, Math.round(Math.min(region.width, region.height) * 0.03)));
}
