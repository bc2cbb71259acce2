import { InvalidArgumentError, NoSuchModelError } from "@ai-sdk/provider";
import type { ImageModelV4, ProviderV4 } from "@ai-sdk/provider";
import { createLimn as createCore } from "@limn/core";
import type { Limn, LimnOptions } from "@limn/core";
import { createImageModel } from "./image-model.ts";

/** `gpt-image-2`, its tiers (the model and a quality in one word), or a chat model of the account for the engine `responses`. */
export type LimnImageModelId =
  | "gpt-image-2"
  | "gpt-image-2-low"
  | "gpt-image-2-medium"
  | "gpt-image-2-high"
  // Keeps the completion of the names above.
  | (string & Record<never, never>);

/** The options of `@limn/core`'s createLimn, and: */
export interface LimnProviderOptions extends LimnOptions {
  /** Pictures of one call that are drawn side by side, 1..10. @default 4 */
  readonly concurrency?: number;
}

/** The provider: image models, and nothing else. */
export interface LimnProvider extends ProviderV4 {
  imageModel(modelId: LimnImageModelId): ImageModelV4;
  /** The same as `imageModel`. */
  image(modelId: LimnImageModelId): ImageModelV4;
}

const mostSideBySide = 10;

/**
 * Image models for the AI SDK 7 that draw with the ChatGPT plan. Nothing is read or opened until the first picture is asked for; then
 * the variables, config files and logins of limn count, as on the command line.
 *
 * `imageTools` is `@limn/finish` unless another is given.
 * @throws InvalidArgumentError
 * @example
 * const limn = createLimn();
 * const { image } = await generateImage({ model: limn.image("gpt-image-2"), prompt: "a red fox", size: "1200x630" });
 */
export function createLimn(options: LimnProviderOptions = {}): LimnProvider {
  const { concurrency, ...rest } = options;
  if (concurrency !== undefined && (!Number.isInteger(concurrency) || concurrency < 1 || concurrency > mostSideBySide))
    throw new InvalidArgumentError({
      argument: "concurrency",
      message: `concurrency must be a whole number from 1 to ${mostSideBySide}.`,
    });
  let made: Limn | null = null;
  const limn = (): Limn =>
    (made ??= createCore({
      imageTools: async () => (await import("@limn/finish")).createImageTools(),
      ...rest,
    }));
  const imageModel = (modelId: string): ImageModelV4 =>
    createImageModel({ modelId, limn, concurrency: concurrency ?? null });
  return {
    specificationVersion: "v4",
    imageModel,
    image: imageModel,
    languageModel: (modelId) => {
      throw new NoSuchModelError({ modelId, modelType: "languageModel", message: onlyImages(modelId) });
    },
    embeddingModel: (modelId) => {
      throw new NoSuchModelError({ modelId, modelType: "embeddingModel", message: onlyImages(modelId) });
    },
  };
}

function onlyImages(modelId: string): string {
  return `limn makes images and nothing else, so it has no "${modelId}". Use limn.image("gpt-image-2").`;
}
