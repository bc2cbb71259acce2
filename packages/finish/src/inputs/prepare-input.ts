import type { PixelSize, PrepareInputJob, PreparedInput } from "@limn/core";
import { isLimnError } from "@limn/core";
import { readFile, stat } from "node:fs/promises";
import { undecodable, unreadable } from "../pictures/failures.ts";
import { withTarget, writeTarget } from "../pictures/write-target.ts";
import { encodeInput } from "./encode-input.ts";
import type { EncodedInput } from "./encode-input.ts";
import { openInput } from "./input-source.ts";
import type { InputSource } from "./input-source.ts";
import { shrinkInput, shrinkStep } from "./shrink-input.ts";

/** An input that is sendable already is copied byte for byte: encoding it again would only cost quality. */
export async function prepareInput(job: PrepareInputJob): Promise<PreparedInput> {
  return withTarget({ target: job.target, sources: [job.source] }, async () => {
    const source = await openInput(job);
    const bytes = await sizeOf(job.source);
    const { encoded, steps } = await prepare(job, source, bytes);
    await writeTarget(job.target, encoded.content);
    const { size, mediaType, content } = encoded;
    return { ...size, mediaType, bytes: content.length, steps };
  });
}

async function prepare(
  job: PrepareInputJob,
  source: InputSource,
  bytes: number,
): Promise<{ encoded: EncodedInput; steps: string[] }> {
  const { shrink } = job;
  try {
    const sendable = source.steps.length === 0;
    if (sendable && (shrink === null || fits(shrink, source.size, bytes))) {
      // Damage shows only when the pixels are read.
      await source.pipeline().stats();
      const content = await readFile(job.source);
      return { encoded: { content, size: source.size, mediaType: source.mediaType }, steps: [] };
    }
    const encoded =
      shrink === null
        ? await encodeInput(source, null, source.mediaType)
        : await shrinkInput(job.source, source, shrink);
    const scaled = encoded.size.width !== source.size.width || encoded.size.height !== source.size.height;
    const shrunk = scaled || encoded.mediaType !== source.mediaType || (shrink !== null && sendable);
    return { encoded, steps: shrunk ? [...source.steps, shrinkStep(source, bytes, encoded)] : [...source.steps] };
  } catch (error) {
    if (isLimnError(error)) throw error;
    // librsvg's words quote the drawing.
    throw undecodable("input", job.source, job.mediaType === "image/svg+xml" ? undefined : error);
  }
}

function fits(shrink: NonNullable<PrepareInputJob["shrink"]>, size: PixelSize, bytes: number): boolean {
  const { longestSide, maxBytes } = shrink;
  return Math.max(size.width, size.height) <= (longestSide ?? Infinity) && bytes <= (maxBytes ?? Infinity);
}

async function sizeOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    throw unreadable("input", path, error);
  }
}
