import type { GenerationResult, ResultImage } from "@limn/core";
import type { SaveOutcome } from "./save-picture.ts";
import type { SaveMode } from "./settings.ts";

/** A picture that came, and where it is. */
export interface KeptPicture {
  readonly image: ResultImage;
  /** In limn's store; null with `save: none`. */
  readonly storePath: string | null;
  /** Null where nothing was to be saved. */
  readonly saved: SaveOutcome | null;
}

export interface Outcome {
  readonly result: GenerationResult;
  readonly pictures: readonly KeptPicture[];
  readonly saveMode: SaveMode;
  readonly inputImageCount: number;
  /** `pi`, `limn`, or `token` for LIMN_ACCESS_TOKEN. */
  readonly loginSource: string;
  readonly imageGenerationId: string | null;
  /** Of this extension, beside limn's. */
  readonly warnings: readonly string[];
}

const transports: Readonly<Record<string, string>> = { images: "codex-images", responses: "codex-responses" };

/** Kept in the session file: the fields of pi-codex-image-gen where they can be told, and what limn knows beside them. No image bytes. */
export function detailsOf(outcome: Outcome): Readonly<Record<string, unknown>> {
  const { result, pictures, saveMode, inputImageCount, loginSource } = outcome;
  const { got } = result;
  const [first] = pictures;
  const reported = { quality: got.quality, background: got.background };
  return withoutNothing({
    provider: "openai-codex",
    // The chat model that hosted the image tool; without one, what was asked for.
    model: result.model,
    // No answer says which model drew.
    backendImageModel: "unknown",
    reportedImage: withoutNothing(reported),
    transport: transports[result.engine] ?? result.engine,
    generationDurationMs: result.timingsMs.total,
    byteCount: first?.image.bytes,
    outputFormat: first === undefined ? undefined : formatOf(first.image.mediaType),
    saveMode,
    savedPath: first?.saved?.savedPath ?? undefined,
    attemptedPath: first?.saved?.problem === null ? undefined : first?.saved?.attemptedPath,
    saveWarning: first?.saved?.problem === null ? undefined : saveWarning(first?.saved ?? null),
    inputImageCount,
    imageGenerationId: outcome.imageGenerationId ?? undefined,
    revisedPrompt: first?.image.revisedPrompt,
    usage: result.usage,
    limn: withoutNothing({
      generation: result.id,
      operation: result.operation,
      engine: result.engine,
      status: result.status,
      login: { source: loginSource, plan: result.account.plan },
      images: pictures.map(({ image, storePath, saved }) =>
        withoutNothing({
          index: image.index,
          storePath: storePath ?? undefined,
          savedPath: saved?.savedPath ?? undefined,
          sha256: image.sha256,
          mediaType: image.mediaType,
          width: image.width,
          height: image.height,
          hasAlpha: image.hasAlpha,
          byteCount: image.bytes,
        }),
      ),
      steps: result.steps,
      warnings: [
        ...result.warnings.map(({ code, message }) => ({ code, message })),
        ...outcome.warnings.map((message) => ({ code: "pi", message })),
      ],
      failures: result.failures.map(({ index, code, message }) => ({ index, code, message })),
      imagesSpent: result.imagesSpent,
      requestId: result.requestId ?? undefined,
      emulated: result.emulated ? true : undefined,
    }),
  });
}

function saveWarning(saved: SaveOutcome | null): string | undefined {
  return saved === null ? undefined : `The picture could not be saved to ${saved.attemptedPath}: ${saved.problem}.`;
}

/** One paragraph for the model. */
export function textOf(outcome: Outcome): string {
  const { result, pictures, inputImageCount, saveMode } = outcome;
  const { got } = result;
  const count = pictures.length;
  const made = result.operation === "edit" ? "Edited" : "Generated";
  const sentences = [
    `${made} ${count === 1 ? "image" : `${count} images`} through openai-codex (${result.model}, ${transports[result.engine] ?? result.engine}${inputImageCount === 0 ? "" : `, ${inputImageCount} input image${inputImageCount === 1 ? "" : "s"}`}).`,
    `${pictures.map(({ image }) => pixelsOf(image)).join("; ")}, read from the bytes.`,
  ];
  const reported = [
    ...(got.quality === undefined ? [] : [`quality ${got.quality}`]),
    ...(got.background === undefined ? [] : [`background ${got.background}`]),
  ];
  if (reported.length > 0) sentences.push(`Backend-reported: ${reported.join(", ")}.`);
  if (result.steps.length > 0) sentences.push(`Done locally: ${result.steps.join(", ")}.`);
  const revised = pictures[0]?.image.revisedPrompt;
  if (revised !== undefined) sentences.push(`Revised prompt: ${revised.slice(0, 4000)}`);
  if (outcome.loginSource !== "pi")
    sentences.push(
      `Paid with ${outcome.loginSource === "token" ? "the token in LIMN_ACCESS_TOKEN" : "limn's own login"}, because Pi has no openai-codex login.`,
    );
  for (const { saved, storePath } of pictures) {
    const path = saved === null ? null : saved.savedPath;
    if (path !== null) sentences.push(`Saved image to: ${path}`);
    else if (saveMode === "none") sentences.push("Image was not saved to disk.");
    else if (storePath !== null)
      sentences.push(`Warning: ${saveWarning(saved) ?? ""} It is kept in limn's history: ${storePath}`);
  }
  for (const { message } of result.warnings) sentences.push(`Warning: ${message}`);
  for (const message of outcome.warnings) sentences.push(`Warning: ${message}`);
  for (const { index, message } of result.failures) sentences.push(`Image ${index + 1} failed: ${message}`);
  return sentences.join(" ");
}

export function pixelsOf(image: Pick<ResultImage, "width" | "height" | "mediaType" | "bytes" | "hasAlpha">): string {
  const size = image.bytes < 1e6 ? `${Math.ceil(image.bytes / 1000)} kB` : `${(image.bytes / 1e6).toFixed(1)} MB`;
  return `${image.width}x${image.height} ${formatOf(image.mediaType).toUpperCase()}${image.hasAlpha ? " with alpha" : ""}, ${size}`;
}

function formatOf(mediaType: string): string {
  return mediaType.replace(/^image\//, "");
}

function withoutNothing(fields: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
