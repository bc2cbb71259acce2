import type { Manifest } from "../contracts/manifest.ts";
import type { FoundRecipe } from "../artifacts/index.ts";
import { LimnError } from "../errors/index.ts";
import { parseJson, isObject } from "../json/index.ts";
import { readPngRecipe } from "../media/index.ts";

/** How a picture came to be. */
export interface Recipe {
  readonly schemaVersion: 1;
  /** Where it was found: the store, what `--no-history` left, or the file itself. */
  readonly foundIn: "history" | "hash-record" | "file";
  readonly id: string;
  readonly index: number;
  readonly createdAt: string;
  readonly engine: string;
  readonly emulated: boolean;
  readonly operation?: string;
  readonly model?: string;
  readonly prompt?: string | null;
  readonly asked?: unknown;
  readonly sent?: unknown;
  readonly got?: unknown;
  readonly steps?: readonly string[];
  readonly truth?: unknown;
  /** Inputs by hash. */
  readonly inputs?: unknown;
  readonly parents?: readonly string[];
  readonly sha256?: string;
  readonly c2pa?: boolean;
  readonly limn?: string;
}

export function recipeOf(manifest: Manifest, index: number): Recipe {
  const image = manifest.images.find((candidate) => candidate.index === index);
  return {
    schemaVersion: 1,
    foundIn: "history",
    id: manifest.id,
    index,
    createdAt: manifest.createdAt,
    operation: manifest.operation,
    engine: manifest.engine,
    model: manifest.model,
    emulated: manifest.emulated,
    prompt: manifest.prompt,
    asked: manifest.asked,
    sent: manifest.sent,
    got: manifest.got,
    steps: manifest.steps,
    truth: manifest.truth ?? [],
    inputs: manifest.inputs ?? [],
    parents: manifest.parents,
    ...(image === undefined ? {} : { sha256: image.sha256, c2pa: image.c2pa }),
    limn: manifest.limn,
  };
}

/** How a file that the history knows came to be. @throws artifact_not_found when only its hash is left */
export function recipeOfFile(found: FoundRecipe): Recipe {
  if (found.generation !== null) return recipeOf(found.generation.manifest, found.index);
  const { record } = found;
  if (record === null)
    throw new LimnError("artifact_not_found", {
      message: "The history has no recipe for this file.",
      hint: "See: limn history",
    });
  const { id, index, createdAt, engine, emulated, sha256 } = record;
  return { schemaVersion: 1, foundIn: "hash-record", id, index, createdAt, engine, emulated, sha256 };
}

/** The recipe that `--embed-recipe` wrote into the file; null when there is none that can be read. */
export function embeddedRecipe(path: string): Recipe | null {
  let text: string | null;
  try {
    text = readPngRecipe(path);
  } catch {
    // The caller's own error about the file says more.
    return null;
  }
  const recipe = text === null ? undefined : parseJson(text);
  return isRecipe(recipe) ? { ...recipe, foundIn: "file" } : null;
}

/** Anybody may have written it. */
function isRecipe(value: unknown): value is Recipe {
  return (
    isObject(value) &&
    value.schemaVersion === 1 &&
    typeof value.id === "string" &&
    typeof value.index === "number" &&
    typeof value.engine === "string" &&
    typeof value.createdAt === "string" &&
    [value.model, value.operation].every((text) => text === undefined || typeof text === "string") &&
    (value.prompt === undefined || value.prompt === null || typeof value.prompt === "string") &&
    [value.steps, value.parents].every((texts) => texts === undefined || isTexts(texts))
  );
}

function isTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}
