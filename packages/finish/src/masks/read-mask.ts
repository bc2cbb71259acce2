import type { MaskFacts } from "@limn/core";
import { openPicture } from "../pictures/open-picture.ts";
import { readWeights } from "./mask-weights.ts";

export async function readMask(job: { readonly mask: string; readonly base: string }): Promise<MaskFacts> {
  const { kind, share, region, width, height } = await readWeights(job.mask, await openPicture(job.base, "input"));
  return { kind, share, region, width, height };
}
