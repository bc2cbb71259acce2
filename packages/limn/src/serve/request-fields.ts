import type { Background, PictureFormat, Quality } from "@limn/core";
import { backgrounds, maxImagesPerRequest, maxPartials, maxPromptLength, pictureFormats, qualities } from "@limn/core";
import { invalid } from "../loopback/index.ts";
import { modelIds, modelPattern, readModel } from "./models.ts";
import type { WantedModel } from "./models.ts";

/** JSON Schema, 2020-12. */
export type Schema = Readonly<Record<string, unknown>>;

/** One field of a request: how it is read, and how it is described. */
export interface Field<T> {
  readonly name: string;
  /** Every value that fits is taken. More is taken, too: numbers as texts, as forms have them, and an empty text for a field left out. */
  readonly schema: Schema;
  /** @throws HttpError that names the field */
  of(fields: ReadonlyMap<string, unknown>): T;
}

const sizePattern = String.raw`^(?:auto|\d{1,6}[xX×]\d{1,6})$`;

/** All that mean something; the reader and the description of the API are both made from this. */
export const requestFields: {
  readonly prompt: Field<string>;
  readonly model: Field<WantedModel | undefined>;
  readonly n: Field<number | undefined>;
  readonly size: Field<string | undefined>;
  readonly quality: Field<Quality | undefined>;
  readonly background: Field<Background | undefined>;
  readonly outputFormat: Field<PictureFormat | undefined>;
  readonly outputCompression: Field<number | undefined>;
  readonly responseFormat: Field<"b64_json" | "url" | undefined>;
  readonly stream: Field<boolean | undefined>;
  readonly partialImages: Field<number | undefined>;
} = {
  prompt: promptField(),
  model: modelField(),
  n: wholeNumber("n", 1, maxImagesPerRequest, { default: 1 }),
  size: sizeField(),
  quality: choice<Quality>("quality", qualities, { standard: "medium", hd: "high" }),
  background: choice<Background>("background", backgrounds),
  outputFormat: choice<PictureFormat>("output_format", pictureFormats, { jpg: "jpeg" }),
  outputCompression: wholeNumber("output_compression", 0, 100, { description: "For jpeg, webp and avif." }),
  responseFormat: choice("response_format", ["b64_json", "url"] as const, {}, { default: "b64_json" }),
  stream: flag("stream", { description: "Answer with events.", default: false }),
  partialImages: wholeNumber("partial_images", 0, maxPartials, {
    description: "Previews in a stream, drawn by the engine responses.",
    default: 0,
  }),
};

function promptField(): Field<string> {
  const name = "prompt";
  return {
    name,
    schema: { type: "string", minLength: 1, maxLength: maxPromptLength, pattern: String.raw`\S` },
    of: (fields) => {
      const prompt = fields.get(name);
      if (prompt === undefined) throw invalid(name, "The prompt is missing.", "prompt_missing");
      if (typeof prompt !== "string") throw invalid(name, "The prompt must be a text.");
      if (prompt.trim() === "") throw invalid(name, "The prompt is empty.", "prompt_missing");
      if (prompt.length > maxPromptLength)
        throw invalid(name, `The prompt has ${prompt.length} characters, and the limit is ${maxPromptLength}.`);
      return prompt;
    },
  };
}

function modelField(): Field<WantedModel | undefined> {
  const name = "model";
  return {
    name,
    schema: {
      type: "string",
      pattern: modelPattern,
      examples: modelIds,
      description: "Other ids of the family are drawn by gpt-image-2, with x-limn-warning.",
    },
    of: (fields) => {
      const given = valueOf(fields, name);
      if (given === undefined) return undefined;
      if (typeof given !== "string") throw invalid(name, "The model must be a text.");
      const model = readModel(given);
      if (model !== null) return model;
      throw invalid(
        name,
        "There is no image model of this name; GET /v1/models lists those that work.",
        "model_not_found",
        404,
      );
    },
  };
}

function sizeField(): Field<string | undefined> {
  const name = "size";
  const pattern = new RegExp(sizePattern);
  return {
    name,
    schema: {
      type: "string",
      pattern: sizePattern,
      default: "auto",
      examples: ["auto", "1024x1024", "1200x630"],
      description:
        "auto, or any WxH with sides from 16 to 8192: delivered exactly, finished on this machine. Ignored beside a mask.",
    },
    of: (fields) => {
      const size = valueOf(fields, name);
      if (size === undefined || size === "auto") return undefined;
      if (typeof size === "string" && pattern.test(size)) return size;
      throw invalid(name, "The size must be WxH such as 1024x1024, or auto.");
    },
  };
}

function flag(name: string, more: Schema): Field<boolean | undefined> {
  return {
    name,
    schema: { type: "boolean", ...more },
    of: (fields) => {
      const value = valueOf(fields, name);
      if (value === undefined) return undefined;
      if (value === true || value === "true") return true;
      if (value === false || value === "false") return false;
      throw invalid(name, `${name} must be true or false.`);
    },
  };
}

function wholeNumber(name: string, minimum: number, maximum: number, more: Schema): Field<number | undefined> {
  return {
    name,
    schema: { type: "integer", minimum, maximum, ...more },
    of: (fields) => {
      const given = valueOf(fields, name);
      if (given === undefined) return undefined;
      const value = typeof given === "string" && /^\d{1,6}$/.test(given) ? Number(given) : given;
      if (typeof value === "number" && Number.isInteger(value) && value >= minimum && value <= maximum) return value;
      throw invalid(name, `${name} must be a whole number from ${minimum} to ${maximum}.`);
    },
  };
}

function choice<T extends string>(
  name: string,
  choices: readonly T[],
  otherNames: Readonly<Record<string, T>> = {},
  more: Schema = {},
): Field<T | undefined> {
  const words = new Map<string, T>([
    ...choices.map((word): [string, T] => [word, word]),
    ...Object.entries(otherNames),
  ]);
  return {
    name,
    schema: { type: "string", enum: [...words.keys()], ...more },
    of: (fields) => {
      const given = valueOf(fields, name);
      if (given === undefined) return undefined;
      const found = typeof given === "string" ? words.get(given.toLowerCase()) : undefined;
      if (found !== undefined) return found;
      throw invalid(name, `${name} must be one of ${choices.join(", ")}.`);
    },
  };
}

/** Forms send an empty text for what nobody filled in. */
function valueOf(fields: ReadonlyMap<string, unknown>, name: string): unknown {
  const value = fields.get(name);
  return value === "" ? undefined : value;
}
