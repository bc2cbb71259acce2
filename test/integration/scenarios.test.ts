import { createHash } from "node:crypto";
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isLimnError } from "@limn/core";
import type { GenerateRequest, GenerationResult, ImageTools, LimnOptions } from "@limn/core";
import { scenarios } from "@limn/emulator";
import type { ScenarioStep } from "@limn/emulator";
import sharp from "sharp";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { intoFiles, placeWithEmulator } from "../support/limn-at-emulator.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

/** What a user is left with. */
interface Outcome {
  /** Null: a result. */
  readonly code: string | null;
  /** Exit status of the command line. */
  readonly exit: number;
  readonly state: string;
  readonly status: string;
  /** Requests that the service saw, and those that the record admits. */
  readonly requests: number;
  readonly attempts: number;
  readonly delivered: readonly string[];
  readonly kept: readonly string[];
  readonly warnings: readonly string[];
}

const size = "64x48";
const done: Outcome = {
  code: null,
  exit: 0,
  state: "done",
  status: "done",
  requests: 1,
  attempts: 1,
  delivered: ["a-red-fox.png"],
  kept: ["image-1.png", "manifest.json"],
  warnings: [],
};
const failed = (code: string, exit: number, requests = 1): Outcome => ({
  ...done,
  code,
  exit,
  state: "failed",
  status: "failed",
  requests,
  attempts: requests,
  delivered: [],
  kept: ["manifest.json"],
});
const unknown: Outcome = { ...failed("outcome_unknown", 8), state: "sent", status: "unknown" };

interface Row {
  readonly step: ScenarioStep;
  readonly outcome: Outcome;
  readonly request?: Partial<GenerateRequest>;
  readonly options?: LimnOptions;
  /** Change a picture instead of drawing one. */
  readonly isEdit?: boolean;
}

const imageTools = async (): Promise<ImageTools> => (await import("@limn/finish")).createImageTools();
const transparent = {
  request: { background: "transparent" },
  outcome: { ...done, warnings: ["alpha_missing"] },
} as const;

/** A picture with something on it, as a file. */
async function inputFile(): Promise<string> {
  const path = join(temporaryFolder(), "input.png");
  const shapes =
    '<svg width="96" height="64"><rect width="96" height="64" fill="#247"/><circle cx="60" cy="30" r="22" fill="#fb3"/></svg>';
  writeFileSync(path, await sharp(Buffer.from(shapes)).png().toBuffer());
  return path;
}

const rows: readonly Row[] = [
  { step: { name: "ok", size }, outcome: done },
  { step: { name: "unauthorized" }, outcome: failed("login_expired", 4) },
  { step: { name: "refresh-needed" }, outcome: failed("login_expired", 4) },
  { step: { name: "usage-limit" }, outcome: failed("usage_limit_reached", 5) },
  { step: { name: "usage-not-included" }, outcome: failed("plan_not_included", 5) },
  { step: { name: "capacity", retryAfterSeconds: 0 }, outcome: failed("service_overloaded", 5, 3) },
  { step: { name: "rate-limit", retryAfterSeconds: 0 }, outcome: failed("rate_limited", 5, 3) },
  { step: { name: "moderation" }, outcome: failed("content_refused", 6) },
  { step: { name: "moderation-output" }, outcome: failed("content_refused", 6) },
  { step: { name: "cloudflare" }, outcome: failed("network_blocked", 8) },
  { step: { name: "insufficient-balance" }, outcome: failed("plan_not_included", 5) },
  { step: { name: "bad-request" }, outcome: failed("service_error", 7) },
  { step: { name: "too-large" }, outcome: failed("input_too_large", 3) },
  { step: { name: "empty-404" }, outcome: failed("service_error", 7, 2) },
  { step: { name: "server-error" }, outcome: failed("service_error", 7, 3) },
  { step: { name: "server-error-late", delayMs: 5100 }, outcome: unknown },
  { step: { name: "server-error-with-request-id" }, outcome: unknown },
  { step: { name: "unavailable" }, outcome: failed("service_error", 7, 3) },
  { step: { name: "slow", size, delayMs: 10 }, outcome: done },
  { step: { name: "never" }, outcome: unknown, options: { limits: { totalMs: 1500 } } },
  { step: { name: "reset" }, outcome: unknown },
  {
    step: { name: "stalled-body", size },
    outcome: failed("stream_truncated", 7),
    options: { limits: { idleMs: 300 } },
  },
  { step: { name: "cut-body", size }, outcome: failed("stream_truncated", 7) },
  { step: { name: "broken-json", size }, outcome: { ...done, warnings: ["answer_truncated"] } },
  { step: { name: "not-json" }, outcome: failed("unexpected_response", 7) },
  { step: { name: "no-data" }, outcome: failed("unexpected_response", 7) },
  { step: { name: "empty-data" }, outcome: failed("no_image_returned", 7) },
  { step: { name: "bad-base64" }, outcome: failed("image_corrupt", 7) },
  { step: { name: "not-an-image" }, outcome: failed("image_corrupt", 7) },
  { step: { name: "truncated-image", size }, outcome: failed("image_corrupt", 7) },
  { step: { name: "huge-image", size, megabytes: 4 }, outcome: done },
  {
    step: { name: "wrong-size" },
    request: { aspect: "16:9" },
    outcome: { ...done, warnings: ["aspect_not_honoured"] },
  },
  {
    step: { name: "no-alpha", size, background: "transparent" },
    request: { background: "transparent" },
    outcome: { ...done, warnings: ["alpha_missing"] },
  },
  { step: { name: "checkerboard", size }, ...transparent },
  { step: { name: "plain-background", size }, ...transparent },
  { step: { name: "gradient-background", size }, ...transparent },
  { step: { name: "echo-input" }, isEdit: true, outcome: { ...done, warnings: ["same_as_input"] } },
  // Only who looks at the pixels can see it.
  { step: { name: "near-echo" }, isEdit: true, outcome: done },
  {
    step: { name: "near-echo" },
    isEdit: true,
    options: { imageTools },
    outcome: { ...done, warnings: ["same_as_input"] },
  },
  {
    step: { name: "references-dropped", size },
    isEdit: true,
    outcome: { ...failed("references_dropped", 7), kept: ["image-1.png", "manifest.json"] },
  },
  { step: { name: "redirect" }, outcome: failed("unexpected_response", 7) },
  { step: { name: "escaped-slashes", size }, outcome: done },
  { step: { name: "key-order", size }, outcome: done },
  { step: { name: "chunked", size, chunkBytes: 1 }, outcome: done },
  { step: { name: "plan-free", size }, outcome: done },
  { step: { name: "clock-skew", size }, outcome: { ...done, warnings: ["clock_skew"] } },
];

beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterEach(() => void vi.restoreAllMocks());

test.each(rows.map((row): [string, Row] => [row.step.name, row]))(
  "%s",
  async (_, { step, outcome, request, options, isEdit = false }) => {
    const place = await placeWithEmulator({ emulator: { scenario: { times: "always", ...step } } });
    const limn = place.limn(options);
    let result: GenerationResult | null = null;
    let code: string | null = null;
    let exit = 0;
    try {
      const prompt = "a red fox";
      result = isEdit
        ? await limn.images.edit({ prompt, images: [await inputFile()] }, { delivery: intoFiles })
        : await limn.images.generate({ operation: "generate", prompt, ...request }, { delivery: intoFiles });
    } catch (error) {
      if (!isLimnError(error)) throw error;
      code = error.code;
      exit = error.exitStatus;
    }
    const records = [...limn.store.list()];
    const [record] = records;
    if (record === undefined) throw new Error("no record");
    const { manifest, folder, status } = record;
    expect({
      code,
      exit,
      state: manifest.state,
      status,
      requests: place.imageCalls().length,
      attempts: manifest.calls.reduce((sum, { attempts }) => sum + attempts, 0),
      delivered: place.delivered(),
      kept: readdirSync(folder).sort(),
      warnings: manifest.warnings.map((warning) => warning.code),
    }).toEqual(outcome);
    expect(records).toHaveLength(1);
    expect([manifest.owner, manifest.prompt, manifest.failures.map((failure) => failure.code)]).toEqual([
      null,
      "a red fox",
      code === null ? [] : [code],
    ]);
    if (result === null) return;

    // The result, the record and the file tell the same, and another program agrees.
    const [image] = result.images;
    const path = join(place.out, "a-red-fox.png");
    const bytes = readFileSync(path);
    const says = await sharp(bytes).metadata();
    const facts = {
      index: 0,
      mediaType: `image/${says.format}`,
      width: says.width,
      height: says.height,
      hasAlpha: says.hasAlpha,
    };
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    expect(image).toEqual({ path, ...facts, bytes: bytes.length, sha256 });
    expect(readFileSync(join(folder, "image-1.png")).equals(bytes)).toBe(true);
    expect(manifest.images).toMatchObject([
      { ...facts, file: "image-1.png", bytes: bytes.length, sha256, delivered: [{ path, sha256 }] },
    ]);
    expect([result.status, result.imagesSpent, result.steps, result.failures]).toEqual(["done", 1, [], []]);
    expect(manifest).toMatchObject({
      id: result.id,
      asked: result.asked,
      sent: result.sent,
      got: result.got,
      usage: result.usage,
      limits: result.limits,
      requestId: result.requestId,
    });
    expect(place.imageCalls()[0]?.body).toEqual({
      ...(isEdit ? { images: [expect.any(Object)] } : {}),
      ...result.sent,
    });
  },
);

test("every scenario of the image routes has a row", () => {
  const known = new Set(rows.map(({ step }) => step.name));
  expect(
    scenarios.filter(({ groups, name }) => groups.includes("images") && !known.has(name)).map(({ name }) => name),
  ).toEqual([]);
});
