import type { Engine } from "../contracts/engine.ts";
import type { EngineId } from "../contracts/request.ts";
import { LimnError } from "../errors/index.ts";

/** Why an engine was taken; `--explain` prints it. */
export interface EngineChoice {
  readonly engine: Engine;
  readonly reason: string;
}

/** What a request needs of an engine. */
export interface EngineNeeds {
  readonly wanted: EngineId | "auto";
  readonly model: string | null;
  readonly inputImages: number;
  readonly partials: number;
  /** `--codex-driver` was given. */
  readonly drivesCodex: boolean;
}

/** Names of image models; no chat model is called so. */
const imageModelName = /^(?:gpt-image|chatgpt-image|dall-e|dalle)/i;

/**
 * Chosen before sending, from what the request needs and what the capability tables say; after a request was accepted no other engine
 * is tried. @throws engine_unavailable, unsupported_option, too_many_inputs
 */
export function selectEngine(engines: readonly Engine[], needs: EngineNeeds): EngineChoice {
  if (needs.wanted !== "auto") {
    const engine = engines.find((candidate) => candidate.id === needs.wanted);
    if (engine === undefined)
      throw new LimnError("engine_unavailable", {
        message: `The engine "${needs.wanted}" cannot be used here; ${engines.map(({ id }) => id).join(" and ")} can. Nothing was sent.`,
        hint:
          needs.wanted === "codex"
            ? "The sandbox is no place for the Codex program, which would spend your own plan: leave out --sandbox, or --engine"
            : "See: limn capabilities",
      });
    const lack = lacks(engine, needs);
    if (lack !== null) throw lack(engines);
    return { engine, reason: `--engine ${needs.wanted} was given${spending(engine)}` };
  }
  const offered = engines.filter(({ capabilities }) => !capabilities.explicitOnly);
  const [first] = offered;
  if (first === undefined)
    throw new LimnError("engine_unavailable", {
      message: "No engine is usable without being named.",
      hint: "The Codex program is one: --engine codex",
    });
  const engine = offered.find((candidate) => lacks(candidate, needs) === null);
  // The complaint about the engine that came closest: the last that is offered takes the most.
  if (engine === undefined)
    throw (lacks(needs.model === null ? (offered.at(-1) ?? first) : first, needs) ?? unable)(engines);
  return { engine, reason: `${reasonFor(engine, first, needs)}${spending(engine)}` };
}

function reasonFor(engine: Engine, first: Engine, { model, inputImages, partials }: EngineNeeds): string {
  if (engine === first && model === null)
    return "the default: the prompt goes verbatim, one image a call, nothing but images is spent";
  const reasons = [
    ...(inputImages > first.capabilities.maxInputImages ? [`it takes ${inputImages} input images`] : []),
    ...(partials > 0 ? ["it sends previews"] : []),
    ...(model === null ? [] : [`it takes the model ${model}`]),
  ];
  return reasons.join(", ");
}

function spending({ capabilities }: Engine): string {
  return capabilities.alsoSpends === null ? "" : `; it also spends ${capabilities.alsoSpends}`;
}

type Complaint = (engines: readonly Engine[]) => LimnError;

const unable: Complaint = () =>
  new LimnError("engine_unavailable", { message: "No engine can do this.", hint: "See: limn capabilities" });

/** The first thing that the engine cannot do; null when it can do all. */
function lacks({ id, capabilities }: Engine, needs: EngineNeeds): Complaint | null {
  const { models, takesHostModels, maxInputImages, partials } = capabilities;
  const { model, inputImages } = needs;
  if (needs.drivesCodex && id !== "codex")
    return () =>
      new LimnError("unsupported_option", {
        message: "--codex-driver was given, and the engine is not codex.",
        hint: "Give both: --engine codex --codex-driver …",
        details: { option: "codexDriver", engine: id },
      });
  if (model !== null && !models.includes(model) && !(takesHostModels && !imageModelName.test(model)))
    return (engines) => {
      const known = engines.flatMap((engine) => engine.capabilities.models);
      return new LimnError("unsupported_option", {
        message: `The engine "${id}" has no model "${model}"; it has ${models.length === 0 ? "the chat models of the account" : models.join(", ")}.`,
        hint: "See: limn models",
        details: { option: "model", engine: id, models: models.length === 0 ? known : models },
      });
    };
  if (inputImages > maxInputImages)
    return (engines) => {
      const larger = engines.find((engine) => engine.capabilities.maxInputImages >= inputImages);
      return new LimnError("too_many_inputs", {
        message: `${inputImages} input images were given, and the engine "${id}" takes ${maxInputImages}. Nothing was sent.`,
        hint:
          larger === undefined
            ? "Leave some out, or put several into one picture."
            : `Leave some out, or let --engine ${larger.id} take them${spending(larger).replace(";", ":")}`,
        details: { count: inputImages, limit: maxInputImages, engine: id },
      });
    };
  if (needs.partials > 0 && !partials)
    return () =>
      new LimnError("unsupported_option", {
        message: `The engine "${id}" sends no previews.`,
        hint: "Leave out --partials, or take the engine that sends them: --engine responses",
        details: { option: "partials", engine: id },
      });
  return null;
}
