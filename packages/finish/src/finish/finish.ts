import type { FinishJob, FinishedPicture, PixelSize } from "@limn/core";
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline as streamPipeline } from "node:stream/promises";
import sharp from "sharp";
import type { Sharp } from "sharp";
import { alphaShares } from "../look/alpha-shares.ts";
import { unencodable } from "../pictures/failures.ts";
import { decode, openPicture } from "../pictures/open-picture.ts";
import type { Picture } from "../pictures/open-picture.ts";
import { withTarget, writeTarget } from "../pictures/write-target.ts";
import { cropPart } from "./crop-part.ts";
import { encode } from "./encode.ts";
import { whatIsLost } from "./lost.ts";
import { padColour } from "./pad-colour.ts";
import { planFinish } from "./plan.ts";
import type { Plan } from "./plan.ts";

/** Exact pixels and file type, in one pass over the pixels. */
export async function finish(job: FinishJob): Promise<FinishedPicture> {
  const picture = await openPicture(job.source, "result");
  const plan = planFinish(picture, job);
  const steps = stepsOf(picture, plan, job);
  if (steps.length === 0) return untouched(picture);
  return withTarget({ target: job.target, sources: [job.source] }, async () => {
    const transparency = await transparencyOf(picture, job);
    if (transparency === "flattened") steps.splice(steps.findLastIndex(isConversion), 0, "flatten on white");
    const pixels = dropAlpha(await scale(picture, plan, job), transparency);
    const content = await encode(keepMetadata(pixels, picture), job.format, job.compression)
      .toBuffer()
      .catch((error: unknown) => {
        throw unencodable(job.source, job.format, error);
      });
    const written = await writeTarget(job.target, content);
    const target = await sharp(content).metadata();
    const lost = await whatIsLost(picture, target);
    return {
      width: target.width,
      height: target.height,
      mediaType: `image/${job.format}`,
      hasAlpha: target.hasAlpha,
      ...written,
      steps,
      upscaledBy: plan.scale > 1 ? Number(plan.scale.toFixed(2)) : 1,
      flattened: transparency === "flattened",
      lost: transparency === "hardened" ? [...lost, "soft transparency"] : lost,
    };
  });
}

function stepsOf(picture: Picture, plan: Plan, job: FinishJob): string[] {
  const { orientation = 1 } = picture.metadata;
  const part = plan.crop ?? picture;
  const scaled = inWords(plan.scaled);
  const resized = inWords(part) !== scaled;
  return [
    orientation > 1 ? `apply orientation ${orientation}` : "",
    plan.crop === null ? "" : `crop ${inWords(plan.crop)}`,
    resized ? (plan.scale > 1 ? `upscale ${inWords(part)} to ${scaled}` : `resize ${scaled}`) : "",
    plan.canvas === null ? "" : `pad to ${inWords(plan.canvas)}`,
    picture.kind === job.format ? recompression(job) : `convert ${job.format}`,
  ].filter((step) => step !== "");
}

/** An asked quality is honoured also when the type stays, although nothing else changes. */
function recompression(job: FinishJob): string {
  const lossy = job.format === "jpeg" || job.format === "webp" || job.format === "avif";
  return lossy && job.compression !== null ? `compress ${job.format} at ${job.compression}` : "";
}

function isConversion(step: string): boolean {
  return step.startsWith("convert ");
}

function inWords(size: PixelSize): string {
  return `${size.width}x${size.height}`;
}

type Transparency = "kept" | "hardened" | "flattened" | "none";

/** What the target's type does to transparency that is really there; costs a look at the pixels only where that is a question. */
async function transparencyOf(picture: Picture, job: FinishJob): Promise<Transparency> {
  if (!picture.metadata.hasAlpha) return "none";
  if (job.format !== "jpeg" && job.format !== "gif") return "kept";
  const { translucent, soft } = await alphaShares(picture);
  if (job.format === "gif") return soft > 0 ? "hardened" : "kept";
  return translucent > 0 ? "flattened" : "none";
}

/** Areas that the service means to be opaque have alpha 251..254; laid on white they would get paler, so there alpha is dropped. */
function dropAlpha(pipeline: Sharp, transparency: Transparency): Sharp {
  if (transparency === "flattened") return pipeline.flatten({ background: "#ffffff" });
  return transparency === "none" ? pipeline.removeAlpha() : pipeline;
}

async function scale(picture: Picture, plan: Plan, job: FinishJob): Promise<Sharp> {
  const pipeline = decode(picture);
  const { width, height } = plan.scaled;
  if (job.fit === "cover") {
    const same = plan.crop === null && width === picture.width && height === picture.height;
    return same ? pipeline : cropPart(pipeline, picture, plan);
  }
  pipeline.resize(width, height, { fit: "fill" });
  if (plan.canvas === null) return pipeline;
  const left = Math.floor((plan.canvas.width - width) / 2);
  const top = Math.floor((plan.canvas.height - height) / 2);
  const transparent = picture.metadata.hasAlpha && job.format !== "jpeg";
  return pipeline.extend({
    left,
    top,
    right: plan.canvas.width - width - left,
    bottom: plan.canvas.height - height - top,
    background: transparent ? { r: 0, g: 0, b: 0, alpha: 0 } : await padColour(picture),
  });
}

/** EXIF and XMP stay where the type holds them; colours become sRGB, and say so where the source named its own. */
function keepMetadata(pipeline: Sharp, picture: Picture): Sharp {
  const kept = pipeline.keepExif().keepXmp();
  return picture.metadata.hasProfile ? kept.withIccProfile("srgb") : kept;
}

async function untouched(picture: Picture): Promise<FinishedPicture> {
  const hash = createHash("sha256");
  await streamPipeline(createReadStream(picture.path), hash);
  return {
    width: picture.width,
    height: picture.height,
    mediaType: `image/${picture.kind}`,
    hasAlpha: picture.metadata.hasAlpha,
    bytes: (await stat(picture.path)).size,
    sha256: hash.digest("hex"),
    steps: [],
    upscaledBy: 1,
    flattened: false,
    lost: [],
  };
}
