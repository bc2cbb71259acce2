import { makePicture } from "./make-picture.ts";
import type { ExtensionParts } from "./parts.ts";
import type { ToolDefinition } from "./pi-api.ts";
import { aliasName, toolName } from "./recent-pictures.ts";
import { saveModes } from "./settings.ts";
import type { Wish } from "./wish.ts";

const prompt = { type: "string", minLength: 1, maxLength: 32_000, description: "What to draw, or what to change." };
const model = {
  type: "string",
  minLength: 1,
  maxLength: 200,
  description:
    "A chat model of the account that hosts the image tool (not an image model). Leave it out unless the user names one: it spends the weekly Codex window, too.",
};
const save = {
  type: "string",
  enum: [...saveModes],
  description:
    "Where the file goes: global (Pi's agent folder), project (.pi/generated-images), custom (saveDir), none (no file is kept). Default: the user's settings, else global.",
};
const saveDir = { type: "string", description: "Folder for save=custom; ~ and relative paths work." };
const recent = {
  type: "integer",
  minimum: 1,
  maximum: 5,
  description: "Use the newest N images of this conversation, oldest first. Not together with image paths.",
};
const format = { type: "string", enum: ["png", "jpeg", "webp"], description: "File type. Default: png." };
const paths = (maxItems: number, description: string): Readonly<Record<string, unknown>> => ({
  type: "array",
  items: { type: "string", minLength: 1 },
  maxItems,
  description,
});

/** limn's own tool. Unknown arguments are refused by name. */
const parameters = {
  type: "object",
  additionalProperties: false,
  required: ["prompt"],
  properties: {
    prompt,
    operation: {
      type: "string",
      enum: ["generate", "edit"],
      description:
        "generate (default): a new image, with images only as references. edit: change the first of the images and keep the rest of it.",
    },
    images: paths(
      16,
      "Paths of input images, PNG, JPEG or WebP; or @last, or @gen_… of an earlier result. More than 5 spend the weekly Codex window, too.",
    ),
    numLastImagesToInclude: recent,
    mask: { type: "string", description: "Path of a mask for edit: only its transparent (or light) part changes." },
    size: {
      type: "string",
      description: "Exact pixels such as 1200x630, or 1K, 2K, 4K. About 1.5 megapixels come; the rest is done locally.",
    },
    aspect: { type: "string", description: "Shape: square, landscape, portrait or W:H such as 16:9." },
    fit: {
      type: "string",
      enum: ["cover", "contain", "pad", "native"],
      description: "How it gets to size. Default: cover.",
    },
    background: { type: "string", enum: ["transparent", "opaque", "auto"] },
    n: { type: "integer", minimum: 1, maximum: 10, description: "Images wanted; each spends quota. Default: 1." },
    outputFormat: format,
    model,
    partials: {
      type: "integer",
      minimum: 0,
      maximum: 3,
      description:
        "Previews in Pi's terminal while it is drawn. Only when the user asks: they spend the weekly Codex window, too.",
    },
    save,
    saveDir,
  },
};

/** The arguments of pi-codex-image-gen, exactly; unknown ones are ignored, as there. */
const aliasParameters = {
  type: "object",
  required: ["prompt"],
  properties: {
    prompt,
    model,
    outputFormat: format,
    save,
    saveDir,
    referencedImagePaths: paths(5, "Paths of local images to edit or to use as references."),
    numLastImagesToInclude: recent,
  },
};

const annotations = { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: true };

export function limnTool(parts: ExtensionParts): ToolDefinition {
  return {
    name: toolName,
    label: "Image",
    description:
      "Make or edit an image with the user's ChatGPT plan. Saves the file and returns its path with a small preview; the file is the original. The shape follows aspect or size, background=transparent gives real alpha, quality cannot be chosen. Every image spends the plan's quota.",
    promptSnippet: `${toolName}: make or edit bitmap images with the user's ChatGPT plan`,
    promptGuidelines: [
      `Call ${toolName} only when the user wants an image: every image spends quota of the user's plan.`,
      `After ${toolName}, look at the preview and the warnings before you say that the image is as asked; pixels in the result are read from the file.`,
      `When ${toolName} fails with a usage limit, an unknown outcome or a refusal, do not call it again by yourself: tell the user what it said.`,
      `To change an image that ${toolName} made, call it with operation=edit and numLastImagesToInclude=1 or the saved path; it then starts from the original file.`,
    ],
    executionMode: "parallel",
    annotations,
    parameters,
    execute: async (_id, given, signal, onUpdate, context) =>
      makePicture(wishOf(given), {
        parts,
        context,
        signal: signal ?? new AbortController().signal,
        onUpdate: onUpdate ?? (() => undefined),
      }),
  };
}

export function aliasTool(parts: ExtensionParts): ToolDefinition {
  const { execute } = limnTool(parts);
  return {
    name: aliasName,
    label: "Codex Image",
    description: `Generate or edit one bitmap image through the user's ChatGPT plan (Codex). The arguments of pi-codex-image-gen; ${toolName} does the same and more.`,
    promptSnippet: `${aliasName}: generate or edit bitmap images through the Codex backend (same as ${toolName})`,
    promptGuidelines: [
      `Prefer ${toolName} over ${aliasName} unless a prompt or skill names ${aliasName}; never call both for one image.`,
    ],
    executionMode: "parallel",
    annotations,
    parameters: aliasParameters,
    execute: async (id, given, signal, onUpdate, context) => {
      const { prompt: text, model: host, outputFormat, save: mode, saveDir: folder } = given;
      const { referencedImagePaths: images, numLastImagesToInclude } = given;
      const isEdit = numLastImagesToInclude !== undefined || (Array.isArray(images) && images.length > 0);
      const same = { prompt: text, model: host, outputFormat, save: mode, saveDir: folder, numLastImagesToInclude };
      return execute(id, { ...same, images, operation: isEdit ? "edit" : "generate" }, signal, onUpdate, context);
    },
  };
}

/** Pi has checked the arguments against the schema; here they only get their names. */
export function wishOf(given: Readonly<Record<string, unknown>>): Wish {
  const text = (name: string): string | undefined => {
    const value = given[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const number = (name: string): number | undefined => {
    const value = given[name];
    return typeof value === "number" ? value : undefined;
  };
  const { images } = given;
  const optional = {
    mask: text("mask"),
    n: number("n"),
    size: text("size"),
    aspect: text("aspect"),
    fit: text("fit"),
    background: text("background"),
    model: text("model"),
    save: text("save"),
    saveDir: text("saveDir"),
  };
  const wanted = text("outputFormat");
  return {
    operation: given["operation"] === "edit" ? "edit" : "generate",
    prompt: typeof given["prompt"] === "string" ? given["prompt"] : "",
    images: Array.isArray(images) ? images.filter((image) => typeof image === "string") : [],
    recent: number("numLastImagesToInclude") ?? null,
    format: wanted === "png" || wanted === "jpeg" || wanted === "webp" ? wanted : null,
    partials: number("partials") ?? null,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}
