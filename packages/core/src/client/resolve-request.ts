import type { Engine } from "../contracts/engine.ts";
import type { GenerateRequest, Quality, ResolvedRequest } from "../contracts/request.ts";
import type { Asked } from "../contracts/result.ts";
import { LimnError } from "../errors/index.ts";
import { parseAspect } from "./aspect.ts";

/** Chooses the engine for a request; `engines/select.ts` in the program. */
export type SelectEngine = (
  wanted: NonNullable<GenerateRequest["engine"]>,
  model: string | null,
) => { readonly engine: Engine; readonly reason: string };

export interface ResolvedChoice {
  readonly request: ResolvedRequest;
  readonly engine: Engine;
  readonly reason: string;
  readonly asked: Asked;
}

const tier = /^(.+)-(low|medium|high)$/;

/** Fill in the defaults and choose the engine. Pure. @throws unsupported_option, engine_unavailable */
export function resolveRequest(request: GenerateRequest, select: SelectEngine): ResolvedChoice {
  const model = request.model ?? null;
  const { engine, reason } = select(request.engine ?? "auto", model);
  const tierQuality = qualityOfTier(model);
  if (
    tierQuality !== null &&
    request.quality !== undefined &&
    request.quality !== "auto" &&
    request.quality !== tierQuality
  ) {
    throw new LimnError("invalid_option", {
      message: `The model ${model} asks for quality ${tierQuality}, and the quality asked is ${request.quality}.`,
      hint: "Give one of the two.",
      details: { faults: [{ field: "quality", message: `contradicts the model ${model}` }] },
    });
  }
  const aspect = request.aspect === undefined ? null : parseAspect(request.aspect);
  return {
    engine,
    reason,
    asked: askedOf(request),
    request: {
      operation: "generate",
      prompt: request.prompt,
      n: request.n ?? 1,
      aspect: typeof aspect === "string" ? null : aspect,
      background: request.background ?? "auto",
      quality: request.quality ?? tierQuality,
      model,
      engine: engine.id,
      strict: request.strict ?? false,
      images: [],
    },
  };
}

/** `gpt-image-2-high` asks for a quality in the model's name. */
function qualityOfTier(model: string | null): Quality | null {
  const found = model === null ? null : tier.exec(model)?.[2];
  return found === "low" || found === "medium" || found === "high" ? found : null;
}

function askedOf({ n, aspect, background, quality, model, engine }: GenerateRequest): Asked {
  return {
    ...(n === undefined ? {} : { n }),
    ...(aspect === undefined ? {} : { aspect }),
    ...(background === undefined ? {} : { background }),
    ...(quality === undefined ? {} : { quality }),
    ...(model === undefined ? {} : { model }),
    ...(engine === undefined ? {} : { engine }),
  };
}
