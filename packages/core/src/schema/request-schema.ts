import { z } from "zod";
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
  sizeLimits,
} from "../contracts/request.ts";

const image = z
  .string()
  .min(1)
  .describe("A path, a data: or http(s): address, or a picture of the history: @last, @ID, @ID:2.");

const common = {
  prompt: z.string().min(1).max(maxPromptLength).regex(/\S/).describe("What to draw or to change, verbatim."),
  n: z.int().min(1).max(maxImagesPerRequest).optional().describe("Images wanted; default 1."),
  size: z
    .string()
    .regex(/^(?:auto|[124][kK]|\d{1,6}[x×X]\d{1,6})$/)
    .refine(isInRange)
    .optional()
    .describe("Pixels of the delivered file: WxH with sides 16..8192 and at most 34 megapixels; 1K, 2K, 4K; or auto."),
  fit: z.enum(fits).optional().describe("How the picture gets to the asked pixels; never stretched."),
  aspect: z
    .string()
    .regex(/^(?:square|landscape|portrait|(?:[1-9]\d?|100):(?:[1-9]\d?|100))$/)
    .refine(isNotTooSteep)
    .optional()
    .describe("square, landscape, portrait or W:H with sides from 1 to 100, not steeper than 8:1."),
  format: z.enum(pictureFormats).optional().describe("File type of the delivered picture."),
  compression: z.int().min(0).max(100).optional().describe("Quality of jpeg, webp and avif; 100 is the best."),
  background: z.enum(backgrounds).optional(),
  alpha: z.enum(alphaPolicies).optional().describe("When transparency did not come: a warning, or an error."),
  allowExtraImages: z
    .int()
    .min(0)
    .max(maxExtraImages)
    .optional()
    .describe("Images that may be spent beyond those asked for; default 0."),
  quality: z.enum(qualities).optional().describe("A wish; the result says what was used."),
  model: z.string().min(1).optional(),
  engine: z.enum(["auto", ...engineIds]).optional(),
  codexDriver: z.enum(codexDrivers).optional(),
  partials: z.int().min(0).max(maxPartials).optional().describe("Previews while it is drawn."),
  shrinkInputs: z.boolean().optional().describe("Scale inputs down instead of refusing them."),
  strict: z.boolean().optional().describe('Turn "not honoured" into an error; the picture is kept.'),
};

const generate = z.strictObject({
  operation: z.literal("generate"),
  ...common,
  images: z.array(image).max(maxInputImages).optional().describe("References, order kept."),
});

const edit = z.strictObject({
  operation: z.literal("edit"),
  ...common,
  images: z.array(image).min(1).max(maxInputImages).describe("The first is the one to change; order kept."),
  mask: image.optional().describe("Only this region of the first image changes."),
});

/** A request for programs in other languages. Unknown fields are refused. */
export const requestSchema = z
  .discriminatedUnion("operation", [generate, edit])
  .describe("A request of limn to make or change images.");

/** Not expressible in JSON Schema, so the description says it. */
function isInRange(size: string): boolean {
  const [width, height] = size.split(/[x×]/i).map(Number);
  if (width === undefined || height === undefined) return true;
  const { minSide, maxSide, maxPixels } = sizeLimits;
  return Math.min(width, height) >= minSide && Math.max(width, height) <= maxSide && width * height <= maxPixels;
}

/** Not expressible in JSON Schema, so the description says it. */
function isNotTooSteep(aspect: string): boolean {
  const [width, height] = aspect.split(":").map(Number);
  return width === undefined || height === undefined || Math.max(width / height, height / width) <= 8;
}
