import {
  backgrounds,
  engineIds,
  fits,
  maxImagesPerRequest,
  maxPromptLength,
  nearest,
  pictureFormats,
  qualities,
} from "@limn/core";
import type { Fault } from "@limn/core";
import { z } from "zod";
import { returnModes } from "./answer.ts";

const pictures = z
  .array(z.string().min(1))
  .describe(
    "Paths of PNG, JPEG, WebP or GIF files, or ids of earlier generations (gen_…, gen_…:2 for the second picture). Order is kept.",
  );

const common = {
  prompt: z
    .string()
    .min(1)
    .max(maxPromptLength)
    .describe("In the user's words and language; goes to the image model unchanged."),
  size: z.string().optional().describe("Pixels of the file: 1200x630, or 1K, 2K, 4K for the longest side."),
  aspect: z.string().optional().describe("Shape: square, landscape, portrait, or W:H such as 16:9."),
  background: z.enum(backgrounds).optional().describe("transparent gives real alpha."),
  format: z.enum(pictureFormats).optional().describe("Type of the file."),
  n: z.int().min(1).max(maxImagesPerRequest).optional().describe("Pictures wanted; each one is paid for. Default 1."),
  fit: z.enum(fits).optional().describe("How the picture gets to size. Default cover."),
  quality: z.enum(qualities).optional().describe("A wish; the answer says what was used."),
  model: z.string().min(1).optional().describe("Leave out unless the user names one."),
  engine: z
    .enum(["auto", ...engineIds])
    .optional()
    .describe("Leave out unless the user names one."),
  compression: z.int().min(0).max(100).optional().describe("For jpeg, webp and avif."),
  strict: z.boolean().optional().describe("What was not honoured becomes an error; the picture is kept."),
  output: z
    .string()
    .min(1)
    .optional()
    .describe(
      "File or folder below the working folder for a copy; nothing is overwritten. Default: kept in limn's store.",
    ),
  return: z
    .enum(returnModes)
    .optional()
    .describe("preview (default): a small picture to look at; path: no picture; none: only the id."),
  transparent_background: z.boolean().optional().describe("Same as background: transparent."),
  num_last_images_to_include: z.int().optional().describe("Same as last."),
  referenced_image_paths: z.array(z.string().min(1)).optional().describe("Same as images."),
  gif: z.looseObject({}).optional().describe("Not available: limn makes still pictures."),
};

const last = z
  .int()
  .min(1)
  .max(5)
  .optional()
  .describe("The newest N pictures of this session go in, oldest first. Not together with images.");

/** The order is the one that clients see. */
export const schemas = {
  generate_image: z.strictObject({
    ...common,
    images: pictures
      .optional()
      .describe("References: paths of PNG, JPEG, WebP or GIF files, or ids of earlier generations. Order is kept."),
    last,
  }),
  edit_image: z.strictObject({
    ...common,
    images: pictures.optional(),
    last,
    mask: z
      .string()
      .min(1)
      .optional()
      .describe("Path of a mask: only its transparent or light part of the first picture changes."),
  }),
  get_generation: z.strictObject({
    id: z.string().min(1).describe("Of an earlier answer: gen_…"),
    wait_seconds: z.int().min(0).max(3600).optional().describe("How long to wait while it is being made. Default 30."),
    return: z.enum(returnModes).optional(),
  }),
  list_generations: z.strictObject({
    limit: z.int().min(1).max(100).optional().describe("Default 10."),
    scope: z
      .enum(["session", "folder"])
      .optional()
      .describe("session (default): of this conversation; folder: made in this working folder."),
  }),
  image_status: z.strictObject({}),
};

export type ToolName = keyof typeof schemas;
export type ImageArguments = z.infer<(typeof schemas)["edit_image"]>;

export function isToolName(name: string): name is ToolName {
  return Object.hasOwn(schemas, name);
}

/** As clients get it: without what only costs tokens. */
export function inputSchema(name: ToolName): { readonly type: "object" } & Readonly<Record<string, unknown>> {
  const { $schema: _dialect, ...schema } = z.toJSONSchema(schemas[name], { io: "input" });
  return { ...schema, type: "object" };
}

/** All faults at once, each with the argument's name and, for unknown ones, the nearest known. */
export function faultsOf(error: z.ZodError, name: ToolName): Fault[] {
  const known = Object.keys(schemas[name].shape);
  return error.issues.flatMap((issue): Fault[] => {
    if (issue.code === "unrecognized_keys")
      return issue.keys.map((key) => {
        const meant = nearest(key, known);
        const listed = `; known are ${known.join(", ")}`;
        return {
          field: key,
          message: `is not an argument of ${name}${meant === null ? listed : `; did you mean "${meant}"?`}`,
        };
      });
    const field = issue.path.map(String).join(".");
    return [{ field: field === "" ? "arguments" : field, message: `is wrong (${issue.message})` }];
  });
}
