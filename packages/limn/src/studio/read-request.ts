import { LimnError, validateRequest } from "@limn/core";
import type { Fault, ImageInput, ImageRequest, StudioInput, StudioRequest } from "@limn/core";

/** More than there are. */
const maxFields = 100;
/** No engine takes so many pictures, and nobody types so many tags. */
const maxListed = 100;

const artifactId = /^gen_[0-9a-z]{20}$/;

/** What is in the body, understood: the request and what is noted about the generation. */
export interface ReadRequest {
  readonly asked: StudioRequest;
  /** For the core; with the pictures that `resolve` gave. */
  readonly request: ImageRequest;
}

/**
 * @param resolve gives the picture of an upload; null when there is none of this name
 * @throws prompt_missing, invalid_option with every fault at once
 */
export function readStudioRequest(
  words: Readonly<Record<string, unknown>>,
  resolve: (upload: Extract<StudioInput, { kind: "upload" }>) => ImageInput | null,
): ReadRequest {
  checkAmounts(words);
  const { images, mask, kit, tags, ...fields } = words;
  const faults: Fault[] = [];
  const inputs: StudioInput[] = [];
  if (images !== undefined && !Array.isArray(images)) faults.push({ field: "images", message: "must be a list" });
  for (const [place, given] of (Array.isArray(images) ? images : []).entries()) {
    const input = readInput(given);
    if (input === null) faults.push({ field: "images", message: `has no picture at place ${place + 1}` });
    else inputs.push(input);
  }
  const maskInput = mask === undefined ? undefined : readInput(mask);
  if (maskInput === null) faults.push({ field: "mask", message: "is no picture" });
  if (kit !== undefined && typeof kit !== "string") faults.push({ field: "kit", message: "must be a text" });
  if (tags !== undefined && !isTexts(tags)) faults.push({ field: "tags", message: "must be a list of texts" });
  const pictures = inputs.map((input) => pictureOf(input, resolve, "images", faults));
  const maskPicture =
    maskInput === undefined || maskInput === null ? undefined : pictureOf(maskInput, resolve, "mask", faults);
  const request = validateRequest(
    {
      ...withoutNothing(fields),
      ...(inputs.length === 0 ? {} : { images: pictures }),
      ...(maskPicture === undefined ? {} : { mask: maskPicture }),
    },
    faults,
  );
  const { images: _images, operation, prompt, ...rest } = request;
  const { mask: _mask, ...kept } = "mask" in rest ? rest : { ...rest, mask: undefined };
  return {
    request,
    asked: {
      ...kept,
      operation,
      prompt,
      ...(inputs.length === 0 ? {} : { images: inputs }),
      ...(maskInput === undefined || maskInput === null ? {} : { mask: maskInput }),
      ...(typeof kit === "string" ? { kit } : {}),
      ...(isTexts(tags) ? { tags } : {}),
    },
  };
}

/** Every fault is told in words of its own; of a body that is nothing but faults that would be more than anybody reads. */
function checkAmounts(words: Readonly<Record<string, unknown>>): void {
  const fields = Object.keys(words).length;
  if (fields > maxFields)
    throw new LimnError("invalid_option", { message: `The request has ${fields} fields; the limit is ${maxFields}.` });
  for (const name of ["images", "tags"]) {
    const list = words[name];
    if (Array.isArray(list) && list.length > maxListed)
      throw new LimnError("invalid_option", {
        message: `${name} has ${list.length} items; the limit is ${maxListed}.`,
      });
  }
}

/** A field that is null is one that was left out. */
function withoutNothing(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined));
}

function readInput(given: unknown): StudioInput | null {
  if (typeof given !== "object" || given === null || !("kind" in given)) return null;
  if (given.kind === "upload" && "part" in given && "name" in given) {
    const { part, name } = given;
    return typeof part === "string" && typeof name === "string" && name !== "" && name.length <= 300
      ? { kind: "upload", part, name }
      : null;
  }
  if (given.kind === "artifact" && "id" in given && "index" in given) {
    const { id, index } = given;
    const isPlace = typeof index === "number" && Number.isInteger(index) && index >= 0 && index < 100;
    return typeof id === "string" && artifactId.test(id) && isPlace ? { kind: "artifact", id, index } : null;
  }
  return null;
}

function pictureOf(
  input: StudioInput,
  resolve: (upload: Extract<StudioInput, { kind: "upload" }>) => ImageInput | null,
  field: string,
  faults: Fault[],
): ImageInput {
  if (input.kind === "artifact") return `@${input.id}:${input.index + 1}`;
  const picture = resolve(input);
  if (picture === null) faults.push({ field, message: `names a part that did not come: ${input.part.slice(0, 40)}` });
  return picture ?? new Uint8Array();
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === "string");
}

/** @throws invalid_option */
export function readIds(words: Readonly<Record<string, unknown>>): readonly string[] {
  const { ids } = words;
  if (Array.isArray(ids) && ids.length >= 1 && ids.length <= 1000 && ids.every((id) => typeof id === "string"))
    return [...new Set(ids.map(String))];
  throw new LimnError("invalid_option", { message: "ids must be a list of 1 to 1000 ids." });
}
