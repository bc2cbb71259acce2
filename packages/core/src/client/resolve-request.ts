import type { EngineCapabilities } from "../contracts/capabilities.ts";
import type { Engine } from "../contracts/engine.ts";
import type {
  AspectRatio,
  DeliveryWish,
  EngineId,
  ImageRequest,
  PictureFormat,
  Quality,
  ResolvedRequest,
} from "../contracts/request.ts";
import type { Asked } from "../contracts/result.ts";
import { LimnError } from "../errors/index.ts";
import { parseAspect } from "./aspect.ts";
import { nativeAsk } from "./native-ask.ts";
import { parseSize } from "./size.ts";
import type { WantedSize } from "./size.ts";

/** Chooses the engine for a request; `engines/select.ts` in the program. */
export type SelectEngine = (needs: {
  readonly wanted: EngineId | "auto";
  readonly model: string | null;
  readonly inputImages: number;
  readonly partials: number;
  readonly drivesCodex: boolean;
}) => { readonly engine: Engine; readonly reason: string };

export interface ResolveContext {
  /** The engine's table as it stands for the account that pays. */
  readonly capabilities: EngineCapabilities;
  /** The type that the output's file name asks for. */
  readonly outputFormat: PictureFormat | null;
}

const tier = /^(.+)-(low|medium|high)$/;

/** Choose the engine. @throws unsupported_option, engine_unavailable, too_many_inputs */
export function chooseEngine(request: ImageRequest, select: SelectEngine): ReturnType<SelectEngine> {
  return select({
    wanted: request.engine ?? "auto",
    model: request.model ?? null,
    inputImages: request.images?.length ?? 0,
    partials: request.partials ?? 0,
    drivesCodex: request.codexDriver !== undefined,
  });
}

/** Fill in the defaults; images are put in later, when they have been read. Pure. @throws invalid_option */
export function resolveRequest(
  request: ImageRequest,
  context: ResolveContext,
): { readonly request: ResolvedRequest; readonly asked: Asked } {
  const model = request.model ?? null;
  const quality = qualityOf(request, model);
  const size = parsedSize(request.size);
  const aspect = parsedAspect(request.aspect);
  const wish = wishOf(request, size, aspect, context.outputFormat);
  return {
    asked: askedOf(request),
    request: {
      operation: request.operation,
      prompt: request.prompt,
      n: request.n ?? 1,
      aspect,
      native: nativeAsk(context.capabilities, { size, aspect, quality }),
      wish,
      background: request.background ?? "auto",
      alpha: request.alpha ?? "best",
      allowExtraImages: request.allowExtraImages ?? 0,
      quality,
      model,
      engine: context.capabilities.engine,
      codexDriver: request.codexDriver ?? "auto",
      partials: request.partials ?? 0,
      strict: request.strict ?? false,
      images: [],
    },
  };
}

function wishOf(
  request: ImageRequest,
  size: WantedSize | null,
  aspect: AspectRatio | null,
  outputFormat: PictureFormat | null,
): DeliveryWish {
  const { format, compression } = request;
  if (format !== undefined && outputFormat !== null && format !== outputFormat)
    throw contradiction("format", `The output's name asks for ${outputFormat} and the format is ${format}.`);
  const wanted = format ?? outputFormat;
  if (compression !== undefined && wanted !== "jpeg" && wanted !== "webp" && wanted !== "avif")
    throw contradiction(
      "compression",
      `Compression is for jpeg, webp and avif, and the picture is delivered ${wanted === null ? "as it comes" : `as ${wanted}`}.`,
      "Name such a type: --format webp",
    );
  if (wanted === "jpeg" && request.background === "transparent")
    throw contradiction(
      "format",
      "A transparent background cannot be delivered as jpeg, which holds none.",
      "Take png, webp or avif, or leave out --background transparent.",
    );
  if (request.operation === "edit" && request.mask !== undefined && wanted !== null && wanted !== "png")
    throw contradiction(
      "format",
      `With a mask the picture is delivered as png, which loses nothing, not as ${wanted}.`,
      "Name the output .png, and convert it afterwards.",
    );
  return {
    size,
    aspect,
    fit: request.fit ?? (size === null ? "native" : "cover"),
    format: wanted,
    compression: compression ?? null,
  };
}

function contradiction(field: string, message: string, hint = "Give one of the two."): LimnError {
  return new LimnError("invalid_option", {
    message,
    hint,
    details: { faults: [{ field, message }] },
  });
}

function qualityOf(request: ImageRequest, model: string | null): Quality | null {
  const named = qualityOfTier(model);
  if (named !== null && request.quality !== undefined && request.quality !== "auto" && request.quality !== named)
    throw contradiction(
      "quality",
      `The model ${model} asks for quality ${named}, and the quality asked is ${request.quality}.`,
    );
  return request.quality ?? named;
}

/** `gpt-image-2-high` asks for a quality in the model's name. */
function qualityOfTier(model: string | null): Quality | null {
  const found = model === null ? null : tier.exec(model)?.[2];
  return found === "low" || found === "medium" || found === "high" ? found : null;
}

function parsedSize(text: string | undefined): WantedSize | null {
  const size = text === undefined ? null : parseSize(text);
  return typeof size === "string" ? null : size;
}

function parsedAspect(text: string | undefined): AspectRatio | null {
  const aspect = text === undefined ? null : parseAspect(text);
  return typeof aspect === "string" ? null : aspect;
}

/** In the user's own terms; only what was given. */
function askedOf(request: ImageRequest): Asked {
  const { n, size, fit, aspect, format, compression, background, alpha, allowExtraImages, quality, model } = request;
  const { engine, codexDriver, partials, shrinkInputs, strict, images } = request;
  const mask = request.operation === "edit" && request.mask !== undefined ? true : undefined;
  const given = {
    n,
    size,
    fit,
    aspect,
    format,
    compression,
    background,
    alpha,
    allowExtraImages,
    quality,
    model,
    engine,
    codexDriver,
    partials,
    shrinkInputs,
    strict,
    mask,
    images: images === undefined || images.length === 0 ? undefined : images.length,
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}
