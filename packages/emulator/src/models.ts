import { isRecord, nearestName } from "./values.ts";

/** A chat model of the accounts. */
export interface EmulatedModel {
  readonly slug: string;
  /** Default: the slug. */
  readonly displayName?: string;
  /** Whether a menu shows it. Default `list`. */
  readonly visibility?: "list" | "hide";
  /** The lowest is the default. Default: its place in the list. */
  readonly priority?: number;
  /** What it reads; hosted pictures need `image`. Default text and image. */
  readonly inputModalities?: readonly ("text" | "image")[];
  /** Whether its tools travel in the input, in code mode. Default false. */
  readonly useResponsesLite?: boolean;
}

/** A model with its defaults. */
export type Model = Required<EmulatedModel>;

// Slugs, order and exceptions: codex-backend contract 2.5. No image model is ever listed.
const USUAL: readonly EmulatedModel[] = [
  lite("gpt-6.1-sol", "GPT-6.1-Sol", 1),
  lite("gpt-6-astra", "GPT-6-Astra", 2),
  lite("gpt-6-sol", "GPT-6-Sol", 3),
  lite("gpt-6-luna", "GPT-6-Luna", 4),
  lite("gpt-5.6-sol", "GPT-5.6-Sol", 5),
  lite("gpt-6.1-terra", "GPT-6.1-Terra", 7),
  lite("gpt-5.6-terra", "GPT-5.6-Terra", 8),
  lite("gpt-5.6-luna", "GPT-5.6-Luna", 9),
  { ...lite("gpt-daybreak-blue-latest", "GPT-Daybreak-Blue", 11), visibility: "hide" },
  { ...lite("gpt-daybreak-red-latest", "GPT-Daybreak-Red", 12), visibility: "hide" },
  { slug: "gpt-5.5", displayName: "GPT-5.5", priority: 13 },
  { ...lite("codex-auto-review", "Codex Auto Review", 43), visibility: "hide" },
];

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  slug: (value) => typeof value === "string" && /^[\w.-]{1,80}$/.test(value),
  displayName: (value) => typeof value === "string",
  visibility: (value) => value === "list" || value === "hide",
  priority: (value) => Number.isInteger(value),
  inputModalities: (value) => Array.isArray(value) && value.every((each) => each === "text" || each === "image"),
  useResponsesLite: (value) => typeof value === "boolean",
};

/** Checks the option and fills in the defaults. */
export function checkModels(models: readonly EmulatedModel[] = USUAL): readonly Model[] {
  if (!Array.isArray(models)) throw new TypeError('createEmulator: "models" must be a list.');
  for (const [index, model] of models.entries()) checkModel(model, index);
  const slugs = models.map(({ slug }) => slug);
  const twice = slugs.find((slug, index) => slugs.indexOf(slug) !== index);
  if (twice !== undefined) throw new TypeError(`createEmulator: two models have the slug "${twice}".`);
  return models.map((model, index) => ({
    slug: model.slug,
    displayName: model.displayName ?? model.slug,
    visibility: model.visibility ?? "list",
    priority: model.priority ?? index + 1,
    inputModalities: model.inputModalities ?? ["text", "image"],
    useResponsesLite: model.useResponsesLite ?? false,
  }));
}

function checkModel(model: unknown, index: number): void {
  if (!isRecord(model) || model["slug"] === undefined)
    throw new TypeError(`createEmulator: models[${index}] must be an object with a slug.`);
  for (const [name, value] of Object.entries(model)) {
    const check = Object.hasOwn(TYPES, name) ? TYPES[name] : undefined;
    if (check === undefined)
      throw new TypeError(
        `createEmulator: models[${index}] has no field "${name}". Did you mean "${nearestName(name, Object.keys(TYPES))}"?`,
      );
    if (value !== undefined && !check(value))
      throw new TypeError(`createEmulator: models[${index}].${name} has a wrong value.`);
  }
}

function lite(slug: string, displayName: string, priority: number): EmulatedModel {
  return { slug, displayName, priority, useResponsesLite: true };
}
