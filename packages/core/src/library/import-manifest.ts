import { dirname } from "node:path";
import type { ImageFacts } from "../contracts/engine.ts";
import type { Manifest } from "../contracts/manifest.ts";
import type { EngineId } from "../contracts/request.ts";
import { isObject, parseJson, textOf } from "../json/index.ts";

/** A picture that is to be imported, read from its bytes. */
export interface PictureFile {
  readonly facts: ImageFacts;
  readonly bytes: number;
  readonly sha256: string;
  readonly modifiedMs: number;
  /** Tells whether the file is still the one that was read. */
  readonly mark: string;
}

/** What a file says about itself; anybody may have written it. */
export interface EmbeddedRecipe {
  readonly id: string;
  readonly createdAt: string;
  readonly engine: EngineId;
  readonly model: string | null;
  readonly emulated: boolean;
  readonly operation: "generate" | "edit";
  readonly prompt: string | null;
  readonly asked: Readonly<Record<string, unknown>>;
  readonly sent: Readonly<Record<string, unknown>>;
  readonly steps: readonly string[];
  readonly parents: readonly string[];
}

const engines: readonly EngineId[] = ["images", "responses", "codex"];

/** Null when the text is no recipe. */
export function readRecipe(text: string | null): EmbeddedRecipe | null {
  const value = text === null ? undefined : parseJson(text);
  if (!isObject(value) || value.schemaVersion !== 1) return null;
  const { id, createdAt } = value;
  const engine = engines.find((known) => known === value.engine);
  if (typeof id !== "string" || typeof createdAt !== "string" || Number.isNaN(Date.parse(createdAt))) return null;
  if (engine === undefined) return null;
  return {
    id,
    createdAt,
    engine,
    model: textOf(value.model),
    emulated: value.emulated === true,
    operation: value.operation === "edit" ? "edit" : "generate",
    prompt: textOf(value.prompt),
    asked: isObject(value.asked) ? value.asked : {},
    sent: isObject(value.sent) ? value.sent : {},
    steps: textsOf(value.steps),
    parents: textsOf(value.parents),
  };
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text): text is string => typeof text === "string") : [];
}

/** The record of a picture that somebody else made, or that limn made elsewhere. Says only what is known. */
export function manifestOfImport(about: {
  readonly id: string;
  /** Name inside the generation's folder. */
  readonly file: string;
  readonly path: string;
  readonly picture: PictureFile;
  /** Null: Codex's. */
  readonly recipe: EmbeddedRecipe | null;
  readonly createdMs: number;
  readonly nowMs: number;
  readonly version: string;
}): Manifest {
  const { id, file, path, picture, recipe, createdMs, nowMs, version } = about;
  const { facts, bytes, sha256 } = picture;
  const createdAt = new Date(createdMs).toISOString();
  const prompt = recipe?.prompt ?? null;
  return {
    schemaVersion: 1,
    id,
    operation: recipe?.operation ?? "generate",
    state: "done",
    owner: null,
    limn: version,
    createdAt,
    sentAt: null,
    endedAt: createdAt,
    engine: recipe?.engine ?? "codex",
    model: recipe?.model ?? "unknown",
    emulated: recipe?.emulated ?? false,
    prompt,
    promptSha256: process
      .getBuiltinModule("node:crypto")
      .createHash("sha256")
      .update(prompt ?? "")
      .digest("hex"),
    n: 1,
    folder: dirname(path),
    keepHistory: true,
    asked: recipe?.asked ?? {},
    sent: recipe?.sent ?? {},
    got: {
      width: facts.width,
      height: facts.height,
      mediaType: facts.mediaType,
      hasAlpha: facts.hasAlpha,
      c2pa: facts.c2pa,
    },
    steps: recipe?.steps ?? [],
    calls: [],
    images: [{ index: 0, file, ...facts, bytes, sha256, delivered: [] }],
    warnings: [],
    failures: [],
    account: { plan: null, source: recipe === null ? "codex" : "unknown" },
    usage: {},
    limits: {},
    requestId: null,
    timingsMs: { total: 0 },
    truth: [],
    inputs: [],
    parents: recipe?.parents ?? [],
    session: null,
    imported: {
      from: recipe === null ? "codex" : "recipe",
      path,
      at: new Date(nowMs).toISOString(),
      ...(recipe === null ? {} : { id: recipe.id }),
    },
  };
}
