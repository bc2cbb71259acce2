import type { PixelSize, PrepareInputJob } from "@limn/core";
import type { Metadata, Sharp } from "sharp";
import { decode, openPicture } from "../pictures/open-picture.ts";
import type { Picture } from "../pictures/open-picture.ts";
import { readSvg } from "./read-svg.ts";

export type SendableType = "image/png" | "image/jpeg" | "image/webp";

/** An input, ready to be decoded, and what decoding does to it besides. */
export interface InputSource {
  readonly size: PixelSize;
  readonly hasAlpha: boolean;
  readonly mediaType: SendableType;
  /** A new pipeline: upright, first frame, sRGB with 8 bits. */
  readonly pipeline: () => Sharp;
  readonly steps: readonly string[];
}

export async function openInput(job: PrepareInputJob): Promise<InputSource> {
  if (job.mediaType === "image/svg+xml") {
    const { pipeline, size } = await readSvg(job.source);
    const step = `convert SVG to PNG at ${size.width}x${size.height}`;
    return { size, hasAlpha: true, mediaType: "image/png", pipeline, steps: [step] };
  }
  const picture = await openPicture(job.source, "input");
  return {
    size: { width: picture.width, height: picture.height },
    hasAlpha: picture.metadata.hasAlpha,
    mediaType: picture.kind === "jpeg" ? "image/jpeg" : picture.kind === "webp" ? "image/webp" : "image/png",
    pipeline: () => decode(picture).toColourspace("srgb"),
    steps: whatDecodingDoes(picture),
  };
}

/** Also used for the base of a mask, which is decoded alike. */
export function whatDecodingDoes(picture: Picture): string[] {
  const { metadata, kind } = picture;
  const { pages = 1, orientation = 1 } = metadata;
  return [
    pages > 1 ? `first of ${pages} ${kind === "tiff" ? "pages" : "frames"}` : "",
    orientation > 1 ? `apply orientation ${orientation}` : "",
    metadata.depth === "uchar" ? "" : "reduce to 8 bits",
    colourStep(metadata),
    ["png", "jpeg", "webp"].includes(kind) ? "" : `convert ${kind.toUpperCase()} to PNG`,
  ].filter((step) => step !== "");
}

function colourStep(metadata: Metadata): string {
  if (metadata.space === "cmyk") return "convert CMYK to sRGB";
  return metadata.icc === undefined || isSrgb(metadata.icc) ? "" : "convert colours to sRGB";
}

/** Profiles name themselves in ASCII (version 2) or UTF-16 (version 4). Grey ones have the tone curve of sRGB or near enough. */
function isSrgb(profile: Buffer): boolean {
  return profile.includes("sRGB") || profile.includes(Buffer.from("\0s\0R\0G\0B", "latin1"));
}
