import { z } from "zod";
import { backgrounds, engineIds, maxImagesPerRequest, maxPromptLength, qualities } from "../contracts/request.ts";

/** A generate request for programs in other languages. Unknown fields are refused. */
export const requestSchema = z
  .strictObject({
    operation: z.literal("generate"),
    prompt: z.string().min(1).max(maxPromptLength).regex(/\S/).describe("What to draw, verbatim."),
    n: z.int().min(1).max(maxImagesPerRequest).optional().describe("Images wanted; default 1."),
    aspect: z
      .string()
      .regex(/^(?:square|landscape|portrait|(?:[1-9]\d?|100):(?:[1-9]\d?|100))$/)
      .refine(isNotTooSteep)
      .optional()
      .describe("square, landscape, portrait or W:H with sides from 1 to 100, not steeper than 8:1."),
    background: z.enum(backgrounds).optional(),
    quality: z.enum(qualities).optional().describe("A wish; the result says what was used."),
    model: z.string().min(1).optional(),
    engine: z.enum(["auto", ...engineIds]).optional(),
    strict: z.boolean().optional().describe('Turn "not honoured" into an error; the picture is kept.'),
  })
  .describe("A request of limn to make images.");

/** Not expressible in JSON Schema, so the description says it. */
function isNotTooSteep(aspect: string): boolean {
  const [width, height] = aspect.split(":").map(Number);
  return width === undefined || height === undefined || Math.max(width / height, height / width) <= 8;
}
