import { readFile } from "node:fs/promises";
import { LimnError } from "@limn/core";
import type { GenerationResult, ImageFailure, ResultImage, Warning } from "@limn/core";
import type { ImageModelV4ProviderMetadata, ImageModelV4Result, SharedV4Warning } from "@ai-sdk/provider";

/** limn's result in the AI SDK's terms, with the pictures read from the history. @throws artifact_not_found */
export async function sdkResultOf(
  result: GenerationResult,
  timestamp: Date,
  warnings: readonly SharedV4Warning[],
): Promise<ImageModelV4Result> {
  const { usage, requestId } = result;
  return {
    images: await Promise.all(result.images.map(async (image) => bytesOf(image, result.id))),
    warnings: [
      ...warnings,
      ...result.warnings.map(warningOf),
      ...result.failures.map((failure) => failureWarning(failure, result)),
    ],
    providerMetadata: metadataOf(result),
    response: {
      timestamp,
      modelId: result.model,
      headers: requestId === null ? undefined : { "x-request-id": requestId },
    },
    usage: {
      inputTokens: usage.inputTokens,
      outputTokens: usage.outputTokens,
      totalTokens: usage.totalTokens,
    },
  };
}

async function bytesOf({ path, index }: ResultImage, id: string): Promise<Uint8Array> {
  try {
    if (path !== null) return await readFile(path);
  } catch {
    // Taken away between its saving and now; told below.
  }
  throw new LimnError("artifact_not_found", {
    message: `Picture ${index + 1} of ${id} was made and saved, and is not where it was saved any more.`,
    hint: `See: limn history show ${id}`,
    details: { generation: id, path },
  });
}

/** Properties of a call whose warnings say that the service did not do what was asked. */
const features: Partial<Record<Warning["code"], string>> = {
  size_not_honoured: "size",
  aspect_not_honoured: "aspectRatio",
  quality_not_honoured: "quality",
  background_not_honoured: "background",
  format_not_honoured: "format",
  alpha_missing: "background",
};

function warningOf({ code, message }: Warning): SharedV4Warning {
  const feature = features[code];
  return feature === undefined ? { type: "other", message } : { type: "unsupported", feature, details: message };
}

function failureWarning(
  { index, message, hint }: ImageFailure,
  { images, failures, id }: GenerationResult,
): SharedV4Warning {
  const wanted = images.length + failures.length;
  return {
    type: "other",
    message: `Image ${index + 1} of ${wanted} did not come; the others are kept in ${id}. ${message}${hint === null ? "" : ` ${hint}`}`,
  };
}

function metadataOf(result: GenerationResult): ImageModelV4ProviderMetadata {
  const { id, status, engine, emulated, steps, imagesSpent, account, truth, warnings, failures, requestId } = result;
  return {
    limn: {
      // `generateImage` joins this list over its calls and drops the rest; each call's own metadata is in its `calls`.
      images: result.images.map((image) => ({
        path: image.path,
        id,
        index: image.index,
        sha256: image.sha256,
        width: image.width,
        height: image.height,
        mediaType: image.mediaType,
        hasAlpha: image.hasAlpha,
        ...(image.revisedPrompt === undefined ? {} : { revisedPrompt: image.revisedPrompt }),
      })),
      id,
      status,
      engine,
      emulated,
      truth: truth.map(({ property, asked, outcome, got }) => ({ property, asked, outcome, got })),
      steps: [...steps],
      account: { plan: account.plan, source: account.source },
      imagesSpent,
      requestId,
      warnings: warnings.map(({ code, message }) => ({ code, message })),
      failures: failures.map(({ index, code, message }) => ({ index, code, message })),
    },
  };
}
