import { z } from "zod";
import { errorCodes, exitStatusByCategory, warningCodes } from "../contracts/codes.ts";
import { engineIds } from "../contracts/request.ts";
import type { ErrorReport, GenerationResult } from "../contracts/result.ts";

/** What limn answers may gain fields within one version, so unknown ones are allowed everywhere here. */

const category = z.enum(keysOf(exitStatusByCategory));
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

export const errorReportSchema = z.looseObject({
  code: z.enum(keysOf(errorCodes)),
  category,
  message: z.string().describe("What happened to which thing. Holds no prompt, token or raw body."),
  hint: z.string().nullable().describe("The next step, as a command or an option."),
  retryable: z.boolean(),
  retryAfterMs: z.number().nullable(),
  details: z.record(z.string(), z.unknown()),
}) satisfies z.ZodType<ErrorReport>;

/** What `--json` prints on stdout when a command fails. */
export const errorSchema = z
  .looseObject({ schemaVersion: z.literal(1), error: errorReportSchema })
  .describe("An error of limn. The exit status follows from the category.");

export const warningSchema = z.looseObject({
  code: z.enum(keysOf(warningCodes)),
  message: z.string(),
  index: z.int().exactOptional(),
});

export const resultImageSchema = z.looseObject({
  path: z.string().nullable().describe("Absolute path of the delivered file."),
  index: z.int().min(0),
  mediaType: z.string(),
  width: z.int().min(1),
  height: z.int().min(1),
  hasAlpha: z.boolean(),
  bytes: z.int().min(1),
  sha256,
  revisedPrompt: z.string().exactOptional(),
});

const driverSchema = z
  .looseObject({
    inputTokens: z.number().exactOptional(),
    outputTokens: z.number().exactOptional(),
    cachedInputTokens: z.number().exactOptional(),
  })
  .describe("Chat tokens of the model or agent that drove the engine, not of the picture.");

const truthSchema = z.looseObject({
  property: z.string(),
  asked: z.string(),
  outcome: z.enum(["honoured", "done-locally", "not-honoured", "unknown"]),
  got: z.string().nullable(),
});

const inputSchema = z.looseObject({
  role: z.enum(["image", "mask"]),
  origin: z.discriminatedUnion("kind", [
    z.looseObject({ kind: z.literal("file"), path: z.string() }),
    z.looseObject({ kind: z.literal("url"), url: z.string() }),
    z.looseObject({ kind: z.literal("data") }),
    z.looseObject({ kind: z.literal("bytes"), name: z.string().nullable() }),
    z.looseObject({ kind: z.literal("generation"), id: z.string(), index: z.int().min(0) }),
  ]),
  mediaType: z.string(),
  width: z.int().min(1),
  height: z.int().min(1),
  bytes: z.int().min(1),
  sha256,
  sentSha256: sha256.exactOptional(),
  steps: z.array(z.string()),
});

export const usageSchema = z.looseObject({
  driver: driverSchema.exactOptional(),
  inputTokens: z.number().exactOptional(),
  outputTokens: z.number().exactOptional(),
  totalTokens: z.number().exactOptional(),
  inputImageTokens: z.number().exactOptional(),
});

export const limitsSchema = z.looseObject({
  activeLimit: z.string().exactOptional(),
  windows: z
    .array(
      z.looseObject({
        limit: z.string(),
        usedPercent: z.number(),
        windowMinutes: z.number(),
        resetsAt: z.string().nullable().describe("ISO 8601"),
      }),
    )
    .exactOptional(),
  credits: z
    .looseObject({ hasCredits: z.boolean(), unlimited: z.boolean(), balance: z.string().exactOptional() })
    .exactOptional(),
});

export const resultSchema = z
  .looseObject({
    schemaVersion: z.literal(1),
    id: z.string().regex(/^gen_[0-9a-hjkmnp-tv-z]{20}$/),
    operation: z.enum(["generate", "edit"]),
    status: z.enum(["done", "partial", "failed", "running", "unknown", "cancelled"]),
    engine: z.enum(engineIds),
    model: z.string(),
    emulated: z.boolean().describe("True for everything that the sandbox makes."),
    images: z.array(resultImageSchema),
    asked: z.looseObject({
      n: z.int().exactOptional(),
      size: z.string().exactOptional(),
      fit: z.string().exactOptional(),
      aspect: z.string().exactOptional(),
      format: z.string().exactOptional(),
      compression: z.number().exactOptional(),
      alpha: z.string().exactOptional(),
      allowExtraImages: z.int().exactOptional(),
      partials: z.int().exactOptional(),
      images: z.int().exactOptional(),
      mask: z.boolean().exactOptional(),
      shrinkInputs: z.boolean().exactOptional(),
      strict: z.boolean().exactOptional(),
      codexDriver: z.string().exactOptional(),
      background: z.string().exactOptional(),
      quality: z.string().exactOptional(),
      model: z.string().exactOptional(),
      engine: z.string().exactOptional(),
    }),
    sent: z.record(z.string(), z.unknown()).describe("What went over the wire, without the images of an edit."),
    got: z
      .looseObject({
        width: z.int().exactOptional(),
        height: z.int().exactOptional(),
        mediaType: z.string().exactOptional(),
        hasAlpha: z.boolean().exactOptional(),
        quality: z.string().exactOptional(),
        background: z.string().exactOptional(),
        c2pa: z.boolean().exactOptional(),
      })
      .describe("What came back: read from the bytes, or as the service states it."),
    steps: z.array(z.string()).describe("What limn did to the picture; empty when it is byte for byte the original."),
    truth: z.array(truthSchema).describe("How each asked property ended, read from the bytes."),
    inputs: z.array(inputSchema).describe("What went in, by hash, in the order given."),
    parents: z.array(z.string()).describe("Ids of generations whose pictures went in."),
    warnings: z.array(warningSchema),
    failures: z.array(errorReportSchema.extend({ index: z.int().min(0) })),
    account: z.looseObject({ plan: z.string().nullable(), source: z.string() }),
    usage: usageSchema,
    limits: limitsSchema,
    imagesSpent: z.int().min(0),
    requestId: z.string().nullable(),
    timingsMs: z.looseObject({ total: z.number(), firstByte: z.number().exactOptional() }),
  })
  .describe("The whole truth about one generation.") satisfies z.ZodType<GenerationResult>;

/** The keys of a table as the non-empty tuple that an enum takes. */
function keysOf<T extends object>(table: T): [keyof T & string, ...(keyof T & string)[]] {
  const isKey = (name: string): name is keyof T & string => Object.hasOwn(table, name);
  const [first, ...rest] = Object.keys(table).filter(isKey);
  if (first === undefined) throw new TypeError("an empty table");
  return [first, ...rest];
}
