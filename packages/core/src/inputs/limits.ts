import { maxBodyBytes, maxInputBytes, maxInputImages } from "../contracts/request.ts";
import { LimnError } from "../errors/index.ts";
import { asArgument, capitalised, grouped, mebibytes, outputArgument } from "./words.ts";
import type { InputName } from "./words.ts";

/** What `--shrink-inputs` takes as a source. */
const maxShrinkBytes = 200 * 1024 * 1024;
/** Pixels of a side, and in all, that are decoded by anybody without complaint. */
const maxSide = 30_000;
const maxPixels = 100_000_000;

/** JSON around one image. */
const framePerImage = 300;
/** The longest prompt with every letter escaped, and the fields beside it. */
const promptReserve = 200_000;

export function sourceLimit(shrink: boolean): number {
  return shrink ? maxShrinkBytes : maxInputBytes;
}

export function encodedBodyBytes(lengths: readonly number[]): number {
  return lengths.reduce((sum, length) => sum + Math.ceil(length / 3) * 4 + framePerImage, promptReserve);
}

/**
 * The most bytes that one of the images may have so that all fit into a body, when those in `fixed` stay as they are and small ones give
 * to large ones what they do not need. Infinity when all fit; 0 when `fixed` alone is too much.
 */
export function fairShare(lengths: readonly number[], fixed: readonly number[] = []): number {
  if (encodedBodyBytes([...lengths, ...fixed]) <= maxBodyBytes) return Infinity;
  const frames = lengths.length * (framePerImage + 4);
  let left = Math.floor(((maxBodyBytes - encodedBodyBytes(fixed) - frames) * 3) / 4);
  const ascending = lengths.toSorted((a, b) => a - b);
  for (const [place, length] of ascending.entries()) {
    const share = Math.floor(left / (ascending.length - place));
    if (length > share) return Math.max(0, share);
    left -= length;
  }
  return Infinity;
}

/** Null bytes: more than the limit, and nobody knows how many. */
export function bytesTooLarge(name: InputName, bytes: number | null, limit: number, shrink: boolean): LimnError {
  return new LimnError("input_too_large", {
    message: `${capitalised(name.label)} has ${counted(bytes, limit)}, and the limit is ${grouped(limit)} (${mebibytes(limit)})${shrink ? " also with --shrink-inputs" : ""}. Nothing was sent.`,
    hint: shrink || (bytes ?? 0) > maxShrinkBytes ? scaleFirst(name) : "Have it scaled down to fit: --shrink-inputs",
    details: { bytes, limit },
  });
}

/** A mask and the picture that it belongs to keep their pixels, so scaling one is no way out. */
export function maskedTooLarge(name: InputName, bytes: number | null): LimnError {
  return new LimnError("input_too_large", {
    message: `${capitalised(name.label)} has ${counted(bytes, maxInputBytes)}, and the limit is ${grouped(maxInputBytes)} (${mebibytes(maxInputBytes)}). With a mask, --shrink-inputs does not scale it down. Nothing was sent.`,
    hint: "Scale the picture and the mask down alike, then give both.",
    details: { bytes, limit: maxInputBytes },
  });
}

function counted(bytes: number | null, limit: number): string {
  return bytes === null ? `more than ${grouped(limit)} bytes` : `${grouped(bytes)} bytes`;
}

function scaleFirst(name: InputName): string {
  return `Scale it down first: magick ${asArgument(name)} -resize 4096x4096 ${outputArgument(name, "-smaller.png")}`;
}

export function convertedTooLarge(name: InputName, bytes: number): LimnError {
  return new LimnError("input_too_large", {
    message: `${capitalised(name.label)} has ${grouped(bytes)} bytes after its conversion, and the limit is ${grouped(maxInputBytes)} (${mebibytes(maxInputBytes)}). Nothing was sent.`,
    hint: "Have it scaled down to fit: --shrink-inputs",
    details: { bytes, limit: maxInputBytes },
  });
}

/** @throws input_too_large */
export function refuseTooManyPixels(name: InputName, width: number | null, height: number | null): void {
  if (width === null || height === null) return;
  const isWide = width > maxSide || height > maxSide;
  if (!isWide && width * height <= maxPixels) return;
  const limit = isWide ? `${grouped(maxSide)} a side` : `${grouped(maxPixels / 1e6)} megapixels`;
  const size = isWide ? "" : ` (${grouped(Math.round((width * height) / 1e5) / 10)} megapixels)`;
  throw new LimnError("input_too_large", {
    message: `${capitalised(name.label)} has ${grouped(width)}x${grouped(height)} pixels${size}, and the limit is ${limit}. Nothing was sent.`,
    hint: scaleFirst(name),
    details: { width, height, maxSide, maxPixels },
  });
}

export function bodyTooLarge(lengths: readonly number[], shrink: boolean): LimnError {
  const encoded = encodedBodyBytes(lengths);
  const files = lengths.reduce((sum, length) => sum + length, 0);
  return new LimnError("input_too_large", {
    message: `The ${lengths.length === 1 ? "input image makes" : `${lengths.length} input images make`} a request of ${grouped(encoded)} bytes (${grouped(files)} bytes of files), and the limit is ${grouped(maxBodyBytes)}. Nothing was sent.`,
    hint: shrink ? "Leave some out, or give smaller ones." : "Have them scaled down to fit: --shrink-inputs",
    details: { encoded, files, limit: maxBodyBytes },
  });
}

/** @throws too_many_inputs */
export function refuseTooMany(count: number, limit: number, engine: string): void {
  if (count <= limit) return;
  const isOverAll = count > maxInputImages;
  throw new LimnError("too_many_inputs", {
    message: isOverAll
      ? `${count} input images were given; ${maxInputImages} is the most that any engine takes. Nothing was sent.`
      : `${count} input images were given; the engine ${engine} takes ${limit}. Nothing was sent.`,
    hint:
      isOverAll || engine === "responses"
        ? "Leave some out, or put several into one picture."
        : `The engine responses takes ${maxInputImages}; it spends the weekly Codex window as well: --engine responses`,
    details: { count, limit: isOverAll ? maxInputImages : limit, engine },
  });
}
