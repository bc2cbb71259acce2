import { existsSync, statSync } from "node:fs";
import type { ErrorReport, FoundGeneration, Limits, Limn, ManifestImage, PropertyTruth } from "@limn/core";
import type { CallToolResult, ContentBlock } from "@modelcontextprotocol/server";
import type { JobState } from "../worker/job.ts";
import { errorAnswer } from "./error-answer.ts";

export type ReturnMode = "path" | "preview" | "none";
export const returnModes: readonly ReturnMode[] = ["preview", "path", "none"];

/** What of a generation an agent is told. */
interface Facts {
  readonly found: FoundGeneration;
  readonly images: readonly { readonly image: ManifestImage; readonly path: string }[];
}

function imageUri(id: string, place: number): string {
  return `limn://generation/${id}/image/${place}`;
}

export function generationUri(id: string): string {
  return `limn://generation/${id}`;
}

/** Where a picture is: its newest delivered copy that is still there, else the store's own. */
export function pathOf(store: Limn["store"], found: FoundGeneration, image: ManifestImage): string {
  const copy = image.delivered.findLast(({ path }) => existsSync(path));
  return copy?.path ?? store.imagePath(found, image);
}

/** Text for a program to read: no spaces, nothing twice. */
export function textAnswer(value: object, isError = false): CallToolResult {
  return { content: [{ type: "text", text: JSON.stringify(value) }], ...(isError ? { isError: true } : {}) };
}

/** A small JPEG of all pictures; null when there is none to be had. */
export type MakePreview = (paths: readonly string[]) => Promise<Buffer | null>;

export const previewType = "image/jpeg";

export interface AnswerParts {
  readonly mode: ReturnMode;
  /** How its worker ended, where that is still known. */
  readonly error: ErrorReport | null;
  readonly makePreview: MakePreview;
  /** The same call was made before. */
  readonly isRepeated: boolean;
}

/** The generation as far as it is; with its pictures when there are some. */
export async function generationAnswer(
  store: Limn["store"],
  found: FoundGeneration,
  { mode, error, makePreview, isRepeated }: AnswerParts,
): Promise<CallToolResult> {
  const images = found.manifest.images.map((image) => ({ image, path: pathOf(store, found, image) }));
  const facts: Facts = { found, images };
  const problem = error ?? problemOf(found);
  const isError = problem !== null && (images.length === 0 || error !== null);
  const text = {
    id: found.id,
    status: found.status,
    ...(isRepeated
      ? { note: "The same call was made before; this is what came of it, and nothing more was spent." }
      : {}),
    ...(mode === "none" ? { images: images.length } : describe(facts, mode)),
    ...(problem === null ? {} : errorAnswer(problem, found)),
  };
  const content: ContentBlock[] = [];
  if (mode === "preview" && images.length > 0) {
    const preview = await makePreview(images.map(({ path }) => path));
    if (preview !== null) content.push({ type: "image", data: preview.toString("base64"), mimeType: previewType });
  }
  if (mode !== "none" && images.length > 0) content.push(linkTo(facts));
  return { content: [{ type: "text", text: JSON.stringify(text) }, ...content], ...(isError ? { isError: true } : {}) };
}

function describe({ found, images }: Facts, mode: ReturnMode): object {
  const { manifest } = found;
  const differences = (manifest.truth ?? []).filter(({ outcome }) => outcome !== "honoured").map(difference);
  const failures = manifest.failures.map(({ index, code, message }) => ({ image: index + 1, error: code, message }));
  // The sandbox has no plan.
  const limits = manifest.emulated ? null : limitsOf(manifest.limits);
  return {
    ...(manifest.emulated ? { sandbox: "made by the emulator; nothing was spent" } : {}),
    ...(images.length === 0 ? {} : { images: images.map(describeImage) }),
    ...(differences.length === 0 ? {} : { asked_and_got: differences }),
    ...(manifest.steps.length === 0 ? {} : { done_here: manifest.steps }),
    ...(manifest.warnings.length === 0 ? {} : { notes: manifest.warnings.map(({ message }) => message) }),
    ...(found.status === "partial" && failures.length > 0 ? { failures } : {}),
    ...(limits === null ? {} : { limits }),
    ...(images.length === 0 ? {} : { next: nextStep(images.length, mode) }),
  };
}

function describeImage({ image, path }: Facts["images"][number]): object {
  const shown = image.finished ?? image;
  return {
    path,
    width: shown.width,
    height: shown.height,
    type: shown.mediaType,
    bytes: sizeOf(path) ?? shown.bytes,
    sha256: image.delivered.find((copy) => copy.path === path)?.sha256 ?? shown.sha256,
    ...(shown.hasAlpha ? { alpha: true } : {}),
    ...(image.revisedPrompt === undefined ? {} : { revised_prompt: image.revisedPrompt }),
  };
}

/** What Codex says about its own tool's pictures, and what a preview is for. */
function nextStep(count: number, mode: ReturnMode): string {
  const look =
    count === 1
      ? "Look at the preview before you say it is done. "
      : "Look at the previews before you say it is done. ";
  const keep =
    count === 1
      ? "The file at path is the picture itself: give the user its path; to use it elsewhere, copy it and leave the original in place."
      : "The files at path are the pictures themselves: give the user their paths; to use one elsewhere, copy it and leave the original in place.";
  return `${mode === "preview" ? look : ""}${keep}`;
}

function difference({ property, asked, outcome, got }: PropertyTruth): object {
  return { property, asked, outcome, ...(got === null || got === asked ? {} : { got }) };
}

/** What is left of the image allowance, as the service said with the picture. */
export function limitsOf({ windows }: Limits): object | null {
  const window = windows?.[0];
  if (window === undefined) return null;
  const { usedPercent, windowMinutes, resetsAt } = window;
  return {
    used_percent: usedPercent,
    window_minutes: windowMinutes,
    ...(resetsAt === null ? {} : { resets_at: resetsAt }),
  };
}

function linkTo({ found, images }: Facts): ContentBlock {
  const [first] = images;
  if (images.length === 1 && first !== undefined)
    return {
      type: "resource_link",
      uri: imageUri(found.id, 1),
      name: `${found.id}-1`,
      description: `Preview of ${first.path}`,
      mimeType: previewType,
    };
  return {
    type: "resource_link",
    uri: generationUri(found.id),
    name: found.id,
    description: `All that is known about these ${images.length} pictures`,
    mimeType: "application/json",
  };
}

/** What went wrong with a generation, by its record; null when nothing did. */
function problemOf({ id, status, manifest }: FoundGeneration): ErrorReport | null {
  if (status === "failed") return manifest.failures[0] ?? reportOf("bug", "internal", `The generation ${id} failed.`);
  if (status === "unknown")
    return (
      manifest.failures[0] ??
      reportOf(
        "outcome_unknown",
        "connection",
        "The request was sent, and the process that waited for the picture ended before one was saved. A picture may have been paid for. limn does not send it again by itself.",
      )
    );
  if (status === "cancelled") return cancelled(manifest.calls.some(({ attempts }) => attempts > 0));
  return null;
}

export function cancelled(wasSent: boolean): ErrorReport {
  return wasSent
    ? reportOf(
        "outcome_unknown",
        "connection",
        "It was cancelled after a request had been sent; a picture may have been paid for.",
      )
    : reportOf("engine_exited", "engine", "It was stopped before anything was sent.");
}

export function reportOf(code: ErrorReport["code"], category: ErrorReport["category"], message: string): ErrorReport {
  return { code, category, message, hint: null, retryable: false, retryAfterMs: null, details: {} };
}

export function runningAnswer(state: JobState, waitSeconds: number, isRepeated: boolean): CallToolResult {
  const { job, stage, finished } = state;
  const elapsed = Math.max(0, Math.round((Date.now() - Date.parse(job.createdAt)) / 1000));
  return textAnswer({
    id: job.id,
    status: "running",
    stage,
    elapsed_seconds: elapsed,
    ...(finished > 0 ? { finished } : {}),
    ...(isRepeated ? { note: "The same call is being worked on already; this is its id." } : {}),
    next: `It is being made, also if you stop waiting. Call get_generation with this id and wait_seconds ${waitSeconds}; do not ask for the same picture anew, that would be paid for twice.`,
  });
}

function sizeOf(path: string): number | null {
  try {
    return statSync(path).size;
  } catch {
    return null;
  }
}
