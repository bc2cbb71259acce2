import type { PixelSize } from "@limn/core";
import type { Sharp } from "sharp";
import { pngOptions } from "../finish/encode.ts";
import type { InputSource, SendableType } from "./input-source.ts";

export interface EncodedInput {
  readonly content: Buffer;
  readonly size: PixelSize;
  readonly mediaType: SendableType;
}

/** JPEG quality of what was a PNG, where its bytes count. */
const lossyQuality = 92;

export async function encodeInput(
  source: InputSource,
  longestSide: number | null,
  mediaType: SendableType,
): Promise<EncodedInput> {
  const pipeline = source.pipeline();
  if (longestSide !== null) {
    pipeline.resize(longestSide, longestSide, { fit: "inside", withoutEnlargement: true });
  }
  const { data, info } = await as(pipeline, mediaType, source).toBuffer({ resolveWithObject: true });
  return { content: data, size: { width: info.width, height: info.height }, mediaType };
}

function as(pipeline: Sharp, mediaType: SendableType, source: InputSource): Sharp {
  if (mediaType === "image/png") return pipeline.png(pngOptions);
  if (mediaType === "image/webp") return pipeline.webp({ quality: 95, alphaQuality: 100 });
  const quality = source.mediaType === "image/jpeg" ? 95 : lossyQuality;
  return pipeline.jpeg({ quality, chromaSubsampling: "4:4:4" });
}
