import type { Background, ImageRequest, PictureFormat, Quality } from "@limn/core";
import {
  backgrounds,
  engineIds,
  maxImagesPerRequest,
  maxPartials,
  maxPromptLength,
  pictureFormats,
  qualities,
} from "@limn/core";
import { invalid } from "./http-error.ts";
import { readModel } from "./models.ts";
import type { WireRequest } from "./read-body.ts";

/** A request of the public API as limn makes it, and how its answer is to be given. */
export interface ApiRequest {
  readonly request: ImageRequest;
  readonly isStream: boolean;
  readonly responseFormat: "b64_json" | "url";
  /** Names of fields that mean nothing here. */
  readonly ignored: readonly string[];
  /** What was understood in another way than it was said. */
  readonly warnings: readonly string[];
}

/** Defaults of the user's own settings. */
export interface RequestDefaults {
  readonly engine?: string;
  readonly quality?: string;
  readonly background?: string;
}

const known: ReadonlySet<string> = new Set([
  "prompt",
  "model",
  "n",
  "size",
  "quality",
  "background",
  "output_format",
  "output_compression",
  "response_format",
  "stream",
  "partial_images",
]);

const oldQualities: Readonly<Record<string, Quality>> = { standard: "medium", hd: "high" };

/** @throws HttpError 400 or 404 that names the field */
export function readRequest(
  operation: "generate" | "edit",
  wire: Pick<WireRequest, "fields" | "images" | "mask">,
  defaults: RequestDefaults,
): ApiRequest {
  const { fields } = wire;
  const warnings: string[] = [];
  const prompt = fields.get("prompt");
  if (prompt === undefined) throw invalid("prompt", "The prompt is missing.", "prompt_missing");
  if (typeof prompt !== "string") throw invalid("prompt", "The prompt must be a text.");
  if (prompt.trim() === "") throw invalid("prompt", "The prompt is empty.", "prompt_missing");
  if (prompt.length > maxPromptLength)
    throw invalid("prompt", `The prompt has ${prompt.length} characters, and the limit is ${maxPromptLength}.`);
  const model = modelOf(fields, warnings);
  const isStream = booleanOf(fields, "stream");
  const partials = numberOf(fields, "partial_images", 0, maxPartials) ?? 0;
  const format = choiceOf<PictureFormat>(fields, "output_format", pictureFormats, { jpg: "jpeg" });
  const quality = choiceOf<Quality>(fields, "quality", qualities, oldQualities) ?? model;
  const background = choiceOf<Background>(fields, "background", backgrounds);
  const { images } = wire;
  if (operation === "edit" && images.length === 0)
    throw invalid(
      "image",
      wire.mask === null ? "The picture to change is missing." : "There is a mask, and no picture that it belongs to.",
      "invalid_value",
    );
  const fallbackQuality = qualities.find((word) => word === defaults.quality);
  const fallbackBackground = backgrounds.find((word) => word === defaults.background);
  const common = {
    prompt,
    ...optional("n", numberOf(fields, "n", 1, maxImagesPerRequest)),
    ...optional("size", sizeOf(fields, wire.mask !== null, warnings)),
    ...optional("format", format),
    ...optional("compression", compressionOf(fields, format, warnings)),
    ...optional("quality", quality ?? fallbackQuality),
    ...optional("background", background ?? (format === "jpeg" ? undefined : fallbackBackground)),
    // Previews decide the engine themselves.
    ...(isStream && partials > 0
      ? { partials }
      : optional(
          "engine",
          engineIds.find((id) => id === defaults.engine),
        )),
  };
  return {
    request:
      operation === "edit"
        ? { operation, ...common, images, ...optional("mask", wire.mask ?? undefined) }
        : { operation, ...common },
    isStream,
    responseFormat: choiceOf(fields, "response_format", ["b64_json", "url"] as const) ?? "b64_json",
    ignored: [...fields.keys()].filter((name) => !known.has(name)),
    warnings,
  };
}

function optional<Name extends string, T>(name: Name, value: T | undefined): { readonly [K in Name]?: T } {
  const found: { [K in Name]?: T } = {};
  if (value !== undefined) found[name] = value;
  return found;
}

function modelOf(fields: ReadonlyMap<string, unknown>, warnings: string[]): Quality | undefined {
  const given = fields.get("model");
  if (given === undefined || given === "") return undefined;
  if (typeof given !== "string") throw invalid("model", "The model must be a text.");
  const model = readModel(given);
  if (model === null)
    throw invalid(
      "model",
      "There is no image model of this name; GET /v1/models lists those that work.",
      "model_not_found",
      404,
    );
  if (model.warning !== null) warnings.push(model.warning);
  return model.quality ?? undefined;
}

/** What is outside a mask stays as it is, pixels and all; clients send their default size with it all the same. */
function sizeOf(fields: ReadonlyMap<string, unknown>, hasMask: boolean, warnings: string[]): string | undefined {
  const size = fields.get("size");
  if (size === undefined || size === "" || size === "auto") return undefined;
  if (typeof size !== "string" || !/^\d{1,6}[x×]\d{1,6}$/i.test(size))
    throw invalid("size", "The size must be WxH such as 1024x1024, or auto.");
  if (!hasMask) return size;
  warnings.push("size was ignored: with a mask the picture keeps the pixels of the first image");
  return undefined;
}

function compressionOf(
  fields: ReadonlyMap<string, unknown>,
  format: PictureFormat | undefined,
  warnings: string[],
): number | undefined {
  const compression = numberOf(fields, "output_compression", 0, 100);
  if (compression === undefined || format === "jpeg" || format === "webp" || format === "avif") return compression;
  warnings.push("output_compression was ignored: it is for jpeg, webp and avif");
  return undefined;
}

function booleanOf(fields: ReadonlyMap<string, unknown>, name: string): boolean {
  const value = fields.get(name);
  if (value === undefined || value === false || value === "false" || value === "") return false;
  if (value === true || value === "true") return true;
  throw invalid(name, `${name} must be true or false.`);
}

/** A form has texts only. */
function numberOf(
  fields: ReadonlyMap<string, unknown>,
  name: string,
  minimum: number,
  maximum: number,
): number | undefined {
  const given = fields.get(name);
  if (given === undefined || given === "") return undefined;
  const value = typeof given === "string" && /^\d{1,6}$/.test(given) ? Number(given) : given;
  if (typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
  throw invalid(name, `${name} must be a whole number from ${minimum} to ${maximum}.`);
}

function choiceOf<T extends string>(
  fields: ReadonlyMap<string, unknown>,
  name: string,
  choices: readonly T[],
  otherNames: Readonly<Record<string, T>> = {},
): T | undefined {
  const given = fields.get(name);
  if (given === undefined || given === "") return undefined;
  const word = typeof given === "string" ? given.toLowerCase() : "";
  const found =
    choices.find((choice) => choice === word) ?? (Object.hasOwn(otherNames, word) ? otherNames[word] : undefined);
  if (found !== undefined) return found;
  throw invalid(name, `${name} must be one of ${choices.join(", ")}.`);
}
