import {
  alphaPolicies,
  backgrounds,
  codexDrivers,
  engineIds,
  fits,
  maxExtraImages,
  maxImagesPerRequest,
  maxInputImages,
  maxPartials,
  maxPromptLength,
  pictureFormats,
  qualities,
} from "../contracts/request.ts";
import type { EditRequest, ImageRequest } from "../contracts/request.ts";
import { LimnError, nearest } from "../errors/index.ts";
import { isObject } from "../json/index.ts";
import { parseAspect } from "./aspect.ts";
import { parseSize } from "./size.ts";

/** One thing that is wrong with a request. */
export interface Fault {
  readonly field: string;
  readonly message: string;
}

type Check = (value: unknown) => string | null;

const oneOf =
  (choices: readonly string[]): Check =>
  (value) =>
    typeof value === "string" && choices.includes(value) ? null : `must be one of ${choices.join(", ")}`;

const wholeNumber =
  (minimum: number, maximum: number): Check =>
  (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum
      ? null
      : `must be a whole number from ${minimum} to ${maximum}`;

const boolean: Check = (value) => (typeof value === "boolean" ? null : "must be true or false");

const parsed =
  (parse: (text: string) => unknown, example: string): Check =>
  (value) => {
    const outcome = typeof value === "string" ? parse(value) : `must be a text such as ${example}`;
    return typeof outcome === "string" ? outcome : null;
  };

/** Every field of a request and what it takes. The JSON Schema is held against this table by a test. */
const fields: Readonly<Record<keyof EditRequest, Check>> = {
  operation: oneOf(["generate", "edit"]),
  prompt: checkPrompt,
  n: wholeNumber(1, maxImagesPerRequest),
  size: parsed(parseSize, "1200x630"),
  fit: oneOf(fits),
  aspect: parsed(parseAspect, "16:9"),
  format: oneOf(pictureFormats),
  compression: wholeNumber(0, 100),
  background: oneOf(backgrounds),
  alpha: oneOf(alphaPolicies),
  allowExtraImages: wholeNumber(0, maxExtraImages),
  quality: oneOf(qualities),
  model: (value) => (typeof value === "string" && value !== "" ? null : "must be a model's name; see limn models"),
  engine: oneOf(["auto", ...engineIds]),
  codexDriver: oneOf(codexDrivers),
  partials: wholeNumber(0, maxPartials),
  images: checkImages,
  mask: (value) => (isImageInput(value) ? null : "must be a path, an address, bytes or a picture of the history"),
  shrinkInputs: boolean,
  strict: boolean,
};

function checkPrompt(value: unknown): string | null {
  if (typeof value !== "string") return "must be a text";
  if (value.length > maxPromptLength)
    return `has ${value.length.toLocaleString("en")} characters; the limit is ${maxPromptLength.toLocaleString("en")}`;
  return null;
}

/** How many there may be is the engine's business and an error of its own (`too_many_inputs`). */
function checkImages(value: unknown): string | null {
  if (!Array.isArray(value)) return "must be a list of images";
  return value.every(isImageInput) ? null : "must hold paths, addresses, bytes or pictures of the history";
}

function isImageInput(value: unknown): boolean {
  return (
    (typeof value === "string" && value !== "") ||
    value instanceof Uint8Array ||
    (isObject(value) && value["bytes"] instanceof Uint8Array)
  );
}

/** All faults of a request, unknown fields included, each with the nearest known name. Fields that are `undefined` count as absent. */
export function findFaults(request: Readonly<Record<string, unknown>>): Fault[] {
  const faults: Fault[] = [];
  for (const [field, value] of Object.entries(request)) {
    if (value === undefined) continue;
    const check = isField(field) ? fields[field] : null;
    if (check === null) {
      const meant = nearest(field, Object.keys(fields));
      faults.push({ field, message: `is not known${meant === null ? "" : `; did you mean "${meant}"?`}` });
      continue;
    }
    const message = check(value);
    if (message !== null) faults.push({ field, message });
  }
  if (request["operation"] === undefined) faults.push({ field: "operation", message: "must be one of generate, edit" });
  // What is wrong by itself is told by itself.
  const known = new Set(faults.map(({ field }) => field));
  return [...faults, ...findContradictions(request).filter(({ field }) => !known.has(field))];
}

/** Fields that are good each by itself and not together. */
function findContradictions(request: Readonly<Record<string, unknown>>): Fault[] {
  const faults: Fault[] = [];
  const { operation, images, mask, size, aspect, fit, format, compression, background } = request;
  const count = Array.isArray(images) ? images.length : 0;
  const clash = (field: string, message: string): void => void faults.push({ field, message });
  if (operation === "edit" && count === 0)
    clash("images", "is missing: name the picture to change, such as -i fox.png or -i @last");
  if (mask !== undefined && operation !== "edit") clash("mask", "needs the operation edit: limn edit");
  if (mask !== undefined) {
    // What is outside a mask stays as it is, pixels and all.
    for (const [field, value] of Object.entries({ size, aspect, fit }))
      if (value !== undefined && value !== "auto" && value !== "native")
        clash(field, "cannot be combined with a mask: every pixel outside stays what it was");
    if (format !== undefined && format !== "png") clash("format", "must be png with a mask, which loses nothing");
    if (background === "transparent") clash("background", "cannot be transparent with a mask");
  }
  const wantedSize = typeof size === "string" ? parseSize(size) : null;
  const wantedAspect = typeof aspect === "string" ? parseAspect(aspect) : null;
  if (isPixels(wantedSize) && isRatio(wantedAspect)) {
    const drift = Math.abs(wantedSize.width / wantedSize.height / (wantedAspect.width / wantedAspect.height) - 1);
    // Half a pixel of rounding, and no more.
    if (drift > 0.5 / Math.min(wantedSize.width, wantedSize.height) + 1e-9)
      clash("aspect", `contradicts the size ${String(size)}; give one of the two`);
  }
  if (format === "jpeg" && background === "transparent")
    clash("format", "cannot be jpeg with a transparent background: JPEG holds none");
  const hasSize = size !== undefined && size !== "auto";
  if (fit !== undefined && fit !== "native" && !hasSize && aspect === undefined && mask === undefined)
    clash("fit", "needs a size or an aspect to get to");
  if (fit === "contain" && !hasSize && aspect !== undefined && mask === undefined)
    clash("fit", "contain needs a size: a shape alone has no inside");
  if (background !== "transparent") {
    if (request["alpha"] !== undefined) clash("alpha", "needs a transparent background");
    if (request["allowExtraImages"] !== undefined && request["allowExtraImages"] !== 0)
      clash("allowExtraImages", "needs a transparent background");
  }
  if (compression !== undefined && (format === "png" || format === "gif"))
    clash("compression", `is for jpeg, webp and avif; ${format} loses nothing`);
  return faults;
}

function isPixels(value: unknown): value is { readonly width: number; readonly height: number } {
  return isObject(value) && "width" in value;
}

const isRatio = isPixels;

function isField(name: string): name is keyof typeof fields {
  return Object.hasOwn(fields, name);
}

/**
 * The request, or one error that names everything that is wrong with it.
 * @throws prompt_missing, invalid_option
 */
export function validateRequest(
  request: unknown,
  extraFaults: readonly Fault[] = [],
  nameOf: (field: string) => string = (field) => field,
): ImageRequest {
  if (!isObject(request)) throw new LimnError("invalid_option", { message: "The request must be an object." });
  const faults = [...extraFaults, ...findFaults(request)];
  const { prompt } = request;
  const isPromptMissing = prompt === undefined || (typeof prompt === "string" && prompt.trim() === "");
  if (faults.length === 0 && !isPromptMissing && isImageRequest(request)) return request;
  const listed = faults.map(({ field, message }) => `${nameOf(field)} ${message}`);
  if (isPromptMissing) listed.push("the prompt is missing");
  const command = request["operation"] === "edit" ? "edit" : "generate";
  if (faults.length === 0) {
    throw new LimnError("prompt_missing", {
      message: prompt === undefined ? "There is no prompt." : "The prompt is empty.",
      hint:
        command === "edit"
          ? 'Say what to change: limn edit "make it night" -i fox.png'
          : 'Say what to draw: limn generate "a red fox in the snow"',
    });
  }
  throw new LimnError("invalid_option", {
    message:
      listed.length === 1
        ? sentence(capitalised(listed[0] ?? ""))
        : sentence(`${listed.length} things are wrong: ${listed.join("; ")}`),
    hint: `See: limn ${command} --help`,
    details: { faults: isPromptMissing ? [...faults, { field: "prompt", message: "is missing" }] : faults },
  });
}

function isImageRequest(
  request: Readonly<Record<string, unknown>>,
): request is Readonly<Record<string, unknown>> & ImageRequest {
  return findFaults(request).length === 0;
}

function sentence(text: string): string {
  return text.endsWith("?") ? text : `${text}.`;
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** More than this goes nowhere, whatever the engine. @throws too_many_inputs */
export function refuseTooManyInputs(count: number): void {
  if (count <= maxInputImages) return;
  throw new LimnError("too_many_inputs", {
    message: `${count} input images were given; ${maxInputImages} is the most that any engine takes. Nothing was sent.`,
    hint: "Leave some out, or put several into one picture.",
    details: { count, limit: maxInputImages },
  });
}
