import { z } from "zod";
import type { GenerationEvent } from "../contracts/events.ts";
import { engineIds } from "../contracts/request.ts";
import {
  errorReportSchema,
  limitsSchema,
  resultImageSchema,
  resultSchema,
  usageSchema,
  warningSchema,
} from "./result-schema.ts";

const id = z.string();
const index = z.int().min(0);

/** One line of `--jsonl`. */
export const eventSchema = z
  .discriminatedUnion("type", [
    z.looseObject({
      type: z.literal("generation-start"),
      schemaVersion: z.literal(1),
      id,
      operation: z.enum(["generate", "edit"]),
      engine: z.enum(engineIds),
      n: z.int().min(1),
      emulated: z.boolean(),
    }),
    z.looseObject({
      type: z.literal("image-progress"),
      id,
      index,
      stage: z.enum(["connecting", "sent", "receiving", "saving", "finishing", "waiting"]),
      attempt: z.int().min(1),
      delayMs: z.number().exactOptional(),
      bytes: z.number().exactOptional(),
    }),
    z.looseObject({ type: z.literal("image-partial"), id, index, partialIndex: z.int().min(0), path: z.string() }),
    z.looseObject({ type: z.literal("extra-image"), id, index, reason: z.string() }),
    z.looseObject({
      type: z.literal("image-end"),
      id,
      index,
      image: resultImageSchema.nullable(),
      failure: errorReportSchema.nullable(),
    }),
    z.looseObject({ type: z.literal("warning"), id, warning: warningSchema }),
    z.looseObject({ type: z.literal("usage"), id, usage: usageSchema, limits: limitsSchema }),
    z.looseObject({ type: z.literal("generation-end"), id, result: resultSchema }),
  ])
  .describe("One event of a generation.") satisfies z.ZodType<GenerationEvent>;
