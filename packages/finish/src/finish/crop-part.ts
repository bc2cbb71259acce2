import type { Box, PixelSize } from "@limn/core";
import type { Sharp } from "sharp";
import { undecodable } from "../pictures/failures.ts";
import { decode } from "../pictures/open-picture.ts";
import type { Picture } from "../pictures/open-picture.ts";
import type { Plan } from "./plan.ts";

/** Longest side of the copy on which the crop is chosen. */
const lookSide = 512;

/**
 * Crop and scale. Scaling down, sharp chooses the part where attention is on the scaled picture, in the same pass. Scaling up, the part
 * is chosen on a small copy and cut first, so that pixels that are cut off are never made up.
 * libvips reduces by Lanczos and enlarges by bicubic interpolation, whatever kernel sharp is told for the latter (0.35.5).
 */
export async function cropPart(pipeline: Sharp, picture: Picture, plan: Plan): Promise<Sharp> {
  const { width, height } = plan.scaled;
  if (plan.crop === null) return pipeline.resize(width, height, { fit: "cover" });
  if (plan.scale <= 1) return pipeline.resize(width, height, { fit: "cover", position: "attention" });
  // Whole pixels, rounded up; the fraction is cut off after scaling, where it is less than the picture is stretched by otherwise.
  const box = await lookForPart(picture, {
    width: Math.min(picture.width, Math.ceil(width / plan.scale)),
    height: Math.min(picture.height, Math.ceil(height / plan.scale)),
  });
  return pipeline.extract(box).resize(width, height, { fit: "cover" });
}

async function lookForPart(picture: Picture, part: PixelSize): Promise<Box> {
  const factor = Math.min(1, lookSide / Math.max(picture.width, picture.height));
  const small = (side: number): number => Math.max(1, Math.round(side * factor));
  try {
    const { info } = await decode(picture)
      .resize(small(part.width), small(part.height), { fit: "cover", position: "attention" })
      .raw()
      .toBuffer({ resolveWithObject: true });
    // sharp gives the offsets of the picture in the part, so they are negative.
    const offset = (small_: number | undefined, room: number): number =>
      Math.min(room, Math.max(0, Math.round(Math.abs(small_ ?? 0) / factor)));
    return {
      left: offset(info.cropOffsetLeft, picture.width - part.width),
      top: offset(info.cropOffsetTop, picture.height - part.height),
      ...part,
    };
  } catch (error) {
    throw undecodable(picture.role, picture.path, error);
  }
}
