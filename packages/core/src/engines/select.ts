import type { Engine } from "../contracts/engine.ts";
import type { EngineId } from "../contracts/request.ts";
import { LimnError } from "../errors/index.ts";

/** Why an engine was taken; `--explain` prints it. */
export interface EngineChoice {
  readonly engine: Engine;
  readonly reason: string;
}

/** Chosen before sending, from what the request needs; after a request was accepted no other engine is tried. */
export function selectEngine(
  engines: readonly Engine[],
  wanted: EngineId | "auto",
  model: string | null,
): EngineChoice {
  if (wanted !== "auto") {
    const engine = engines.find((candidate) => candidate.id === wanted);
    if (engine === undefined)
      throw new LimnError("engine_unavailable", {
        message: `The engine "${wanted}" is not part of this program.`,
        hint: "See: limn capabilities",
      });
    refuseModel(engine, model);
    return { engine, reason: `--engine ${wanted} was given` };
  }
  const able = engines.find((candidate) => model === null || candidate.capabilities.models.includes(model));
  const engine = able ?? engines[0];
  if (engine === undefined)
    throw new LimnError("engine_unavailable", { message: "This program has no engine.", hint: "Reinstall limn." });
  refuseModel(engine, model);
  return {
    engine,
    reason:
      model === null
        ? "the default: the prompt goes verbatim, one image a call, nothing but images is spent"
        : `it takes the model ${model}`,
  };
}

function refuseModel(engine: Engine, model: string | null): void {
  const { models } = engine.capabilities;
  if (model === null || models.includes(model)) return;
  throw new LimnError("unsupported_option", {
    message: `The engine "${engine.id}" has no model "${model}"; it has ${models.join(", ")}.`,
    hint: "See: limn models",
    details: { option: "model", engine: engine.id, models },
  });
}
