import { rmSync } from "node:fs";
import { join } from "node:path";
import type { StoredImage } from "../contracts/engine.ts";
import type { FinishJob, ImageTools } from "../contracts/image-tools.ts";
import type { PictureFormat, ResolvedRequest } from "../contracts/request.ts";
import type { Warning } from "../contracts/result.ts";
import { uniqueSuffix } from "../files/index.ts";
import { extensionFor } from "../media/index.ts";
import type { MaskWork } from "./mask-work.ts";

/** A picture on its way from the service to the delivered file. */
export interface WorkedImage {
  readonly path: string;
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  readonly bytes: number;
  readonly sha256: string;
  readonly steps: readonly string[];
  readonly warnings: readonly Warning[];
  /** Where transparency was asked: it came with the picture, was made here, or is missing. */
  readonly alpha: "native" | "made" | "missing" | null;
  /** Files that were made on the way and are no result. */
  readonly temporary: readonly string[];
}

export interface FinishingPlace {
  /** The generation's own folder. */
  readonly folder: string;
  readonly index: number;
  /** False with `--no-history`. */
  readonly keepsOriginal: boolean;
}

export function whereOriginal({ keepsOriginal }: FinishingPlace): string {
  return keepsOriginal ? "The untouched original is in the history." : "The original is not kept (--no-history).";
}

/** Less than this of a picture is hardly the picture that was drawn. */
const severeCrop = 0.5;

/** Whether pixels are to be looked at or made for a picture of this type; then the tools are loaded. Both HTTP engines make PNG. */
export function needsTools({ wish, background }: ResolvedRequest, hasMask: boolean, mediaType = "image/png"): boolean {
  const isAnotherType = wish.format !== null && (wish.format !== formatOf(mediaType) || wish.compression !== null);
  return hasMask || wish.fit !== "native" || isAnotherType || background === "transparent";
}

/** As it came. */
export function untouched(stored: StoredImage): WorkedImage {
  const { path, mediaType, width, height, hasAlpha, bytes, sha256 } = stored;
  return {
    path,
    mediaType,
    width,
    height,
    hasAlpha,
    bytes,
    sha256,
    steps: [],
    warnings: [],
    alpha: null,
    temporary: [],
  };
}

/** Put the edited region back into the picture that was to be changed. */
export async function blendMasked(
  tools: ImageTools,
  mask: MaskWork,
  stored: StoredImage,
  place: FinishingPlace,
): Promise<WorkedImage> {
  const target = join(place.folder, `.masked-${uniqueSuffix()}.png`);
  const blended = await tools.blendMask({
    base: mask.base,
    mask: mask.file,
    box: mask.cut.box,
    edited: stored.path,
    target,
  });
  return {
    ...untouched(stored),
    path: target,
    mediaType: "image/png",
    width: blended.width,
    height: blended.height,
    hasAlpha: blended.hasAlpha,
    bytes: blended.bytes,
    sha256: blended.sha256,
    steps: [
      ...mask.cut.steps,
      ...blended.steps,
      `every pixel outside unchanged (sha256 ${blended.outsideSha256.slice(0, 16)}…)`,
    ],
    temporary: [target],
  };
}

/** Look at the pixels; where transparency is missing or only painted, take the background away if it allows that. */
export async function ensureAlpha(
  tools: ImageTools,
  image: WorkedImage,
  place: FinishingPlace,
  keyColor: string | null,
): Promise<WorkedImage> {
  const look = await tools.lookAtAlpha(image.path);
  const isReal = look.hasAlpha && look.transparentShare >= 0.001 && !look.checkerboard;
  if (isReal) return { ...image, alpha: "native" };
  const target = join(place.folder, `.matte-${uniqueSuffix()}.png`);
  const matte = await tools.matte({ source: image.path, target, keyColor });
  if (matte === null) return { ...image, alpha: "missing" };
  return {
    ...image,
    path: target,
    mediaType: "image/png",
    width: matte.width,
    height: matte.height,
    hasAlpha: true,
    bytes: matte.bytes,
    sha256: matte.sha256,
    steps: [...image.steps, ...matte.steps],
    alpha: "made",
    temporary: [...image.temporary, target],
  };
}

/** Exact pixels and file type. */
export async function finishPixels(
  tools: ImageTools,
  image: WorkedImage,
  request: ResolvedRequest,
  place: FinishingPlace,
  hasC2pa: boolean,
): Promise<WorkedImage> {
  const job = jobFor(image, request);
  if (job === null) return image;
  const target = join(place.folder, `.finished-${uniqueSuffix()}.${extensionFor(`image/${job.format}`)}`);
  const finished = await tools.finish({ ...job, source: image.path, target });
  if (finished.steps.length === 0) {
    rmSync(target, { force: true });
    return image;
  }
  const { index } = place;
  const warnings: Warning[] = [...image.warnings];
  if (finished.upscaledBy > 1.005)
    warnings.push({
      code: "upscaled",
      index,
      message: `The picture came with ${image.width}x${image.height} and was enlarged ${finished.upscaledBy.toFixed(2)} times; the detail in between is interpolated.`,
    });
  if (finished.flattened)
    warnings.push({
      code: "alpha_flattened",
      index,
      message: `${job.format} holds no transparency; the picture was laid on white.`,
    });
  const lost = [...new Set([...finished.lost, ...(hasC2pa ? ["C2PA provenance"] : [])])];
  if (lost.length > 0)
    warnings.push({
      code: "metadata_lost",
      index,
      message: `Finishing made a new file without the original's ${lost.join(", ")}. ${whereOriginal(place)}`,
    });
  const kept = keptShare(image, finished);
  if (job.fit === "cover" && kept < severeCrop)
    warnings.push({
      code: "mostly_cropped",
      index,
      message: `Only ${Math.round(kept * 100)} % of the picture is left: the service drew ${image.width}x${image.height}, and ${finished.width}x${finished.height} was cut out of it. All of it: --fit contain or --fit pad`,
    });
  return {
    ...image,
    path: target,
    mediaType: finished.mediaType,
    width: finished.width,
    height: finished.height,
    hasAlpha: finished.hasAlpha,
    bytes: finished.bytes,
    sha256: finished.sha256,
    steps: [...image.steps, ...finished.steps],
    warnings,
    temporary: [...image.temporary, target],
  };
}

/** Of the area, where a picture was cropped to another shape. */
function keptShare(
  before: { readonly width: number; readonly height: number },
  after: { readonly width: number; readonly height: number },
): number {
  const change = before.width / before.height / (after.width / after.height);
  return Math.min(change, 1 / change);
}

function jobFor(image: WorkedImage, { wish }: ResolvedRequest): Omit<FinishJob, "source" | "target"> | null {
  const current = formatOf(image.mediaType);
  const format = wish.format ?? current;
  if (wish.fit === "native") {
    // Pixels stay as they came, the type may still be asked.
    if (wish.format === null || (wish.format === current && wish.compression === null)) return null;
    return { size: null, aspect: null, fit: "cover", format, compression: wish.compression };
  }
  return { size: wish.size, aspect: wish.aspect, fit: wish.fit, format, compression: wish.compression };
}

function formatOf(mediaType: string): PictureFormat {
  switch (mediaType) {
    case "image/jpeg":
      return "jpeg";
    case "image/webp":
      return "webp";
    case "image/avif":
      return "avif";
    case "image/gif":
      return "gif";
    default:
      return "png";
  }
}
