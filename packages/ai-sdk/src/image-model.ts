import { readFileSync } from "node:fs";
import { maxImagesPerRequest } from "@limn/core";
import type { GenerationEvent, Limn } from "@limn/core";
import type { ImageModelV4, ImageModelV4CallOptions, ImageModelV4Result, SharedV4Warning } from "@ai-sdk/provider";
import type { LimnPartial } from "./provider-options.ts";
import { readCall } from "./read-call.ts";
import { sdkErrorOf } from "./sdk-error.ts";
import { sdkResultOf } from "./sdk-result.ts";

/** What a model is made of. */
export interface ImageModelParts {
  readonly modelId: string;
  /** Made when the first picture is asked for. @throws config_invalid */
  readonly limn: () => Limn;
  readonly concurrency: number | null;
}

export function createImageModel({ modelId, limn, concurrency }: ImageModelParts): ImageModelV4 {
  const doGenerate = async (call: ImageModelV4CallOptions): Promise<ImageModelV4Result> => {
    const timestamp = new Date();
    const { abortSignal, n, size, aspectRatio } = call;
    let isFreeToRepeat = true;
    let url = "limn:";
    try {
      const { request, onPartial, session, warnings } = readCall(modelId, call);
      const remarks: SharedV4Warning[] = [...warnings];
      const { images, address } = limn();
      ({ url } = address);
      const result = await images.generate(request, {
        onEvent: (event) => {
          if (event.type === "image-end" && event.failure?.retryable !== true) isFreeToRepeat = false;
          if (onPartial !== null) showPreview(event, onPartial, remarks);
        },
        ...(abortSignal === undefined ? {} : { signal: abortSignal }),
        ...(session === null ? {} : { session }),
        ...(concurrency === null ? {} : { concurrency }),
      });
      // From here on the pictures are paid for.
      isFreeToRepeat = false;
      return await sdkResultOf(result, timestamp, remarks);
    } catch (error) {
      if (abortSignal?.aborted === true && error === abortSignal.reason) throw error;
      throw sdkErrorOf(error, { modelId, url, asked: { model: modelId, n, size, aspectRatio }, isFreeToRepeat });
    }
  };
  return {
    specificationVersion: "v4",
    provider: "limn",
    modelId,
    maxImagesPerCall: maxImagesPerRequest,
    supportsFileInputs: true,
    supportsMaskInputs: true,
    doGenerate,
  };
}

/** A preview's file is gone when the generation ends, so its bytes are handed over. */
function showPreview(
  event: GenerationEvent,
  onPartial: (partial: LimnPartial) => void,
  remarks: SharedV4Warning[],
): void {
  if (event.type !== "image-partial") return;
  try {
    const { index, partialIndex, path } = event;
    onPartial({ index, partialIndex, bytes: readFileSync(path) });
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    remarks.push({ type: "other", message: `onPartial failed, and the picture went on: ${what}` });
  }
}
