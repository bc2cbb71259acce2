import type { CutForMaskJob, CutRegion } from "@limn/core";
import { pngOptions } from "../finish/encode.ts";
import { whatDecodingDoes } from "../inputs/input-source.ts";
import { undecodable } from "../pictures/failures.ts";
import { decode, openPicture } from "../pictures/open-picture.ts";
import { withTarget, writeTarget } from "../pictures/write-target.ts";
import { boxAround } from "./box-around.ts";
import { readWeights } from "./mask-weights.ts";

/** The service draws about 1.5 megapixels, so more would only cost bytes. */
const longestSide = 2048;

export async function cutForMask(job: CutForMaskJob): Promise<CutRegion> {
  return withTarget({ target: job.target, sources: [job.base, job.mask] }, async () => {
    const base = await openPicture(job.base, "input");
    const { region } = await readWeights(job.mask, base);
    const box = boxAround(region, base);
    const { data, info } = await decode(base)
      .extract(box)
      .resize(longestSide, longestSide, { fit: "inside", withoutEnlargement: true })
      .toColourspace("srgb")
      .png(pngOptions)
      .toBuffer({ resolveWithObject: true })
      .catch((error: unknown) => {
        throw undecodable("input", job.base, error);
      });
    const { bytes } = await writeTarget(job.target, data);
    const size = { width: info.width, height: info.height };
    const scaled = size.width !== box.width || size.height !== box.height;
    const cut = `cut ${box.width}x${box.height} at ${box.left},${box.top}`;
    const decoding = whatDecodingDoes(base).filter((step) => !step.endsWith(" to PNG"));
    return {
      box,
      size,
      bytes,
      steps: [...decoding, cut, ...(scaled ? [`scale to ${size.width}x${size.height}`] : [])],
    };
  });
}
