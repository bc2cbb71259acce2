import { createHash } from "node:crypto";
import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isLimnError } from "@limn/core";
import type { GenerateRequest, GenerationEvent, GenerationResult, LimnOptions } from "@limn/core";
import { scenarios } from "@limn/emulator";
import type { RecordedCall, ScenarioStep } from "@limn/emulator";
import sharp from "sharp";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { intoFiles, placeWithEmulator } from "../support/limn-at-emulator.ts";
import type { Place } from "../support/limn-at-emulator.ts";
import { limnErrorOf, reasonOf } from "../support/rejection.ts";
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
const fox = { operation: "generate", prompt: "a red fox", engine: "responses" } as const;
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
const cutButWhole: Outcome = { ...done, warnings: ["answer_truncated"] };
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
  readonly step: Omit<ScenarioStep, "on">;
  readonly outcome: Outcome;
  readonly request?: Partial<GenerateRequest>;
  readonly options?: LimnOptions;
  /** Change a picture instead of drawing one. */
  readonly isEdit?: boolean;
}

const stalls = { limits: { idleMs: 300 } };
const partials = { partials: 2 };

const rows: readonly Row[] = [
  { step: { name: "ok", size }, outcome: done },
  { step: { name: "unauthorized" }, outcome: failed("login_expired", 4) },
  { step: { name: "usage-limit" }, outcome: failed("usage_limit_reached", 5) },
  { step: { name: "usage-not-included" }, outcome: failed("plan_not_included", 5) },
  { step: { name: "capacity", retryAfterSeconds: 0 }, outcome: failed("service_overloaded", 5, 3) },
  { step: { name: "rate-limit", retryAfterSeconds: 0 }, outcome: failed("rate_limited", 5, 3) },
  { step: { name: "moderation" }, outcome: failed("content_refused", 6) },
  { step: { name: "cloudflare" }, outcome: failed("network_blocked", 8) },
  { step: { name: "insufficient-balance" }, outcome: failed("plan_not_included", 5) },
  { step: { name: "bad-request" }, outcome: failed("service_error", 7) },
  { step: { name: "empty-404" }, outcome: failed("service_error", 7, 2) },
  { step: { name: "server-error" }, outcome: failed("service_error", 7, 3) },
  { step: { name: "server-error-late", delayMs: 5100 }, outcome: unknown },
  { step: { name: "unavailable" }, outcome: failed("service_error", 7, 3) },
  { step: { name: "slow", size, delayMs: 10 }, outcome: done },
  { step: { name: "never" }, outcome: unknown, options: { limits: { totalMs: 1500 } } },
  { step: { name: "reset" }, outcome: unknown },
  { step: { name: "stalled-body", size }, outcome: failed("stream_truncated", 7), options: stalls },
  { step: { name: "cut-body", size }, outcome: failed("stream_truncated", 7) },
  { step: { name: "cut-body", size, atBytes: 10 }, outcome: failed("stream_truncated", 7) },
  { step: { name: "cut-body", size, fraction: 0.99 }, outcome: cutButWhole },
  { step: { name: "broken-json", size }, outcome: cutButWhole },
  { step: { name: "not-json" }, outcome: failed("unexpected_response", 7) },
  { step: { name: "bad-base64" }, outcome: failed("image_corrupt", 7) },
  { step: { name: "not-an-image" }, outcome: failed("image_corrupt", 7) },
  { step: { name: "huge-image", size, megabytes: 6 }, outcome: done },
  { step: { name: "chunked", size, chunkBytes: 1 }, outcome: done },
  {
    step: { name: "references-dropped", size },
    isEdit: true,
    outcome: { ...failed("references_dropped", 7), kept: ["image-1.png", "manifest.json"] },
  },
  { step: { name: "text-only" }, outcome: failed("no_image_returned", 7) },
  { step: { name: "declines-tool" }, outcome: failed("no_image_returned", 7) },
  { step: { name: "calls-twice", size }, outcome: done },
  { step: { name: "partials-only", size }, outcome: failed("image_incomplete", 7) },
  { step: { name: "partials-only", size }, request: partials, outcome: failed("image_incomplete", 7) },
  { step: { name: "incomplete", size }, outcome: failed("image_incomplete", 7) },
  { step: { name: "incomplete", size }, request: partials, outcome: failed("image_incomplete", 7) },
  { step: { name: "response-failed", size }, outcome: failed("service_error", 7) },
  ...(
    [
      ["moderation_blocked", "content_refused", 6],
      ["usage_limit_reached", "usage_limit_reached", 5],
      ["usage_not_included", "plan_not_included", 5],
      ["insufficient_quota", "plan_not_included", 5],
      ["credit_balance_exhausted", "plan_not_included", 5],
      ["rate_limit_exceeded", "rate_limited", 5],
      ["slow_down", "service_overloaded", 5],
      ["server_is_overloaded", "service_overloaded", 5],
      ["context_length_exceeded", "service_error", 7],
      // It was accepted: no other model is asked.
      ["model_not_found", "service_error", 7],
    ] as const
  ).map(([code, expected, exit]): Row => ({
    step: { name: "response-failed", size, code },
    outcome: failed(expected, exit),
  })),
  { step: { name: "error-event", size }, outcome: failed("service_error", 7) },
  { step: { name: "error-event", size, code: "usage_limit_reached" }, outcome: failed("usage_limit_reached", 5) },
  { step: { name: "nested-error", size }, outcome: failed("content_refused", 6) },
  { step: { name: "nested-error", size, code: "slow_down" }, outcome: failed("service_overloaded", 5) },
  { step: { name: "result-in-completed", size }, outcome: done },
  { step: { name: "two-results", size }, outcome: done },
  { step: { name: "finished-status", size }, outcome: done },
  { step: { name: "finished-status", size, status: "failed" }, outcome: done },
  { step: { name: "crlf", size }, request: partials, outcome: done },
  { step: { name: "comments", size }, request: partials, outcome: done },
  { step: { name: "no-event-lines", size }, request: partials, outcome: done },
  { step: { name: "split-data", size }, request: partials, outcome: done },
  { step: { name: "cut-stream", size, at: "partials" }, outcome: failed("image_incomplete", 7) },
  { step: { name: "cut-stream", size, at: "result" }, outcome: failed("stream_truncated", 7) },
  { step: { name: "cut-stream", size, at: "after-result" }, outcome: cutButWhole },
  { step: { name: "stalled-stream", size, at: "partials" }, outcome: failed("image_incomplete", 7), options: stalls },
  { step: { name: "stalled-stream", size, at: "result" }, outcome: failed("stream_truncated", 7), options: stalls },
  { step: { name: "stalled-stream", size, at: "after-result" }, outcome: cutButWhole, options: stalls },
  { step: { name: "model-retired", size }, outcome: { ...done, requests: 2, attempts: 2 } },
  { step: { name: "model-retired", size, httpStatus: 404 }, outcome: { ...done, requests: 2, attempts: 2 } },
  { step: { name: "model-retired", size, model: "gpt-6-luna" }, outcome: done },
  {
    step: { name: "model-retired", size, model: "gpt-6-luna" },
    request: { model: "gpt-6-luna" },
    outcome: failed("service_error", 7),
  },
  { step: { name: "plan-free", size }, outcome: done },
  { step: { name: "clock-skew", size }, outcome: { ...done, warnings: ["clock_skew"] } },
];

beforeEach(() => void vi.spyOn(Math, "random").mockReturnValue(0));
afterEach(() => void vi.restoreAllMocks());

const posts = ({ emulator }: Place): readonly RecordedCall[] =>
  emulator.calls.filter(({ route, method }) => route.startsWith("responses") && method === "POST");

/** A picture with something on it, as a file. */
async function inputFile(name = "input.png"): Promise<string> {
  const path = join(temporaryFolder(), name);
  const shapes =
    '<svg width="96" height="64"><rect width="96" height="64" fill="#247"/><circle cx="60" cy="30" r="22" fill="#fb3"/></svg>';
  writeFileSync(path, await sharp(Buffer.from(shapes)).png().toBuffer());
  return path;
}

const nameOf = ({ step, request }: Row): string => {
  const { name, size: _size, delayMs: _delay, ...parameters } = step;
  return [
    name,
    ...Object.entries({ ...parameters, ...request }).map(([key, value]) => `${key} ${JSON.stringify(value)}`),
  ].join(", ");
};

test.each(rows.map((row): [string, Row] => [nameOf(row), row]))(
  "%s",
  async (_, { step, outcome, request, options, isEdit = false }) => {
    const place = await placeWithEmulator({ emulator: { scenario: { times: "always", ...step, on: "responses" } } });
    const limn = place.limn(options);
    const events: GenerationEvent[] = [];
    const call = { delivery: intoFiles, onEvent: (event: GenerationEvent) => void events.push(event) };
    let result: GenerationResult | null = null;
    let code: string | null = null;
    let exit = 0;
    try {
      result = isEdit
        ? await limn.images.edit({ prompt: "a red fox", engine: "responses", images: [await inputFile()] }, call)
        : await limn.images.generate({ ...fox, ...request }, call);
    } catch (error) {
      if (!isLimnError(error)) throw error;
      code = error.code;
      exit = error.exitStatus;
    }
    const [record, ...others] = [...limn.store.list()];
    if (record === undefined || others.length > 0) throw new Error(`${others.length + 1} records`);
    const { manifest, folder, status } = record;
    expect({
      code,
      exit,
      state: manifest.state,
      status,
      requests: posts(place).length,
      attempts: manifest.calls.reduce((sum, { attempts }) => sum + attempts, 0),
      delivered: place.delivered(),
      kept: readdirSync(folder).sort(),
      warnings: manifest.warnings.map((warning) => warning.code),
    }).toEqual(outcome);
    expect([manifest.owner, manifest.prompt, manifest.failures.map((failure) => failure.code)]).toEqual([
      null,
      "a red fox",
      code === null ? [] : [code],
    ]);
    // Nobody pretends to be the Codex program, and no request is one that a careful client would not make.
    expect(posts(place).flatMap(({ remarks }) => remarks)).toEqual([]);
    if (result === null) {
      expect(events.filter(({ type }) => type === "generation-end")).toEqual([]);
      return;
    }

    const [image] = result.images;
    const path = join(place.out, "a-red-fox.png");
    const bytes = readFileSync(path);
    const says = await sharp(bytes).metadata();
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    const facts = { mediaType: "image/png", width: says.width, height: says.height, hasAlpha: says.hasAlpha };
    expect(image).toEqual({
      path,
      index: 0,
      ...facts,
      bytes: bytes.length,
      sha256,
      revisedPrompt: expect.stringMatching(/^a red fox/),
    });
    expect(readFileSync(join(folder, "image-1.png")).equals(bytes)).toBe(true);
    expect(manifest.images).toMatchObject([{ ...facts, sha256, revisedPrompt: image?.revisedPrompt }]);
    // The picture of a model that took over is an ordinary one.
    if (step.name !== "huge-image" && step.name !== "model-retired")
      expect([says.width, says.height]).toEqual([64, 48]);
    if (step.name === "huge-image") expect(bytes.length).toBeGreaterThan(5_000_000);
    expect([result.engine, result.status, result.imagesSpent, result.steps]).toEqual(["responses", "done", 1, []]);
    // The model is the one that answered, not the one that was asked first.
    expect(posts(place).at(-1)?.body).toMatchObject({ model: result.model, stream: true, store: false });
    expect(manifest).toMatchObject({ model: result.model, sent: result.sent, got: result.got, usage: result.usage });
    if (outcome.warnings.length === 0)
      expect(result.usage.driver).toEqual({ inputTokens: 2300, outputTokens: 60, cachedInputTokens: 0 });
  },
);

test("every scenario of the responses route has a row", () => {
  const known = new Set(rows.map(({ step }) => step.name));
  const missing = scenarios.filter(({ groups, name }) => groups.includes("responses") && !known.has(name));
  expect(missing.map(({ name }) => name)).toEqual([]);
});

describe("previews", () => {
  interface Seen {
    readonly index: number;
    readonly partialIndex: number;
    readonly format: string | undefined;
    readonly path: string;
  }

  async function withPreviews(
    place: Place,
    request: Partial<GenerateRequest> = {},
  ): Promise<{ readonly seen: readonly Seen[]; readonly types: readonly string[]; readonly outcome: unknown }> {
    const looked: Promise<Seen>[] = [];
    const types: string[] = [];
    const onEvent = (event: GenerationEvent): void => {
      if (event.type !== "image-progress") types.push(event.type);
      if (event.type !== "image-partial") return;
      // The file is whole when the event comes.
      const { index, partialIndex, path } = event;
      const bytes = readFileSync(path);
      looked.push(
        sharp(bytes)
          .metadata()
          .then(({ format }) => ({ index, partialIndex, format, path })),
      );
    };
    const outcome: unknown = await place
      .limn()
      .images.generate({ ...fox, partials: 3, ...request }, { delivery: intoFiles, onEvent })
      .catch((error: unknown) => error);
    return { seen: await Promise.all(looked), types, outcome };
  }

  test("are pictures on the disk while the picture is drawn, in order, and gone at the end", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: { name: "ok", size: "128x96", on: "responses" } } });
    const { seen, types } = await withPreviews(place);
    expect(seen.map(({ index, partialIndex, format }) => [index, partialIndex, format])).toEqual([
      [0, 0, "png"],
      [0, 1, "png"],
      [0, 2, "png"],
    ]);
    expect(types).toEqual([
      "generation-start",
      "image-partial",
      "image-partial",
      "image-partial",
      "image-end",
      "usage",
      "generation-end",
    ]);
    expect(seen.filter(({ path }) => existsSync(path))).toEqual([]);
    const [record] = place.limn().store.list();
    expect(record === undefined ? null : readdirSync(record.folder).sort()).toEqual(["image-1.png", "manifest.json"]);
    expect(posts(place)[0]?.body).toMatchObject({ tools: [{ partial_images: 3 }] });
  });

  test("of several images are told apart", async () => {
    const place = await placeWithEmulator({
      emulator: { scenario: { name: "ok", size, on: "responses", times: "always" } },
    });
    const { seen } = await withPreviews(place, { n: 2, partials: 1 });
    expect(seen.map(({ index }) => index).toSorted((left, right) => left - right)).toEqual([0, 1]);
    expect(new Set(seen.map(({ path }) => path)).size).toBe(2);
  });

  test("are not kept when nothing comes after them", async () => {
    const scenario = { name: "incomplete", size, on: "responses" } as const;
    const place = await placeWithEmulator({ emulator: { scenario } });
    const { seen, outcome } = await withPreviews(place);
    expect([seen.length, isLimnError(outcome) && outcome.code]).toEqual([3, "image_incomplete"]);
    expect(seen.filter(({ path }) => existsSync(path))).toEqual([]);
  });

  test("that nobody asked for are not shown", async () => {
    const place = await placeWithEmulator({
      emulator: { scenario: { name: "cut-stream", size, at: "after-result", on: "responses" } },
    });
    const { seen, outcome } = await withPreviews(place, { partials: 0 });
    expect([seen, isLimnError(outcome)]).toEqual([[], false]);
  });

  test("by themselves are reason enough to take this engine", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: { name: "ok", size, on: "responses" } } });
    const result = await place.limn().images.generate({ operation: "generate", prompt: "a red fox", partials: 1 });
    expect([result.engine, place.imageCalls()]).toEqual(["responses", []]);
  });
});

describe("what the service is asked", () => {
  test("is the account's list once, then the first model that takes images, for every image", async () => {
    const place = await placeWithEmulator({
      emulator: { scenario: { name: "ok", size, on: "responses", times: "always" } },
    });
    const limn = place.limn();
    const result = await limn.images.generate({ ...fox, n: 3 });
    await limn.images.generate(fox);
    const routes = place.emulator.calls.map(({ route }) => route);
    expect([routes.filter((route) => route === "models").length, posts(place).length]).toEqual([1, 4]);
    expect([result.model, result.images.length]).toEqual(["gpt-6.1-sol", 3]);
  });

  test("is a model by its name, when the account has it", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: { name: "ok", size, on: "responses" } } });
    const limn = place.limn();
    const request = { operation: "generate", prompt: "a red fox" } as const;
    expect((await limn.images.generate({ ...request, model: "gpt-5.5" })).model).toBe("gpt-5.5");
    const error = await limnErrorOf(limn.images.generate({ ...request, model: "gpt-daybreak-blue-latest" }));
    expect([error.code, posts(place).length]).toEqual(["unsupported_option", 1]);
  });

  test("is nothing when the account has no model that could host", async () => {
    const models = [{ slug: "gpt-6-codex-spark" }, { slug: "words", inputModalities: ["text"] as const }];
    const place = await placeWithEmulator({ emulator: { models } });
    const error = await limnErrorOf(place.limn().images.generate(fox));
    expect([error.code, error.exitStatus, posts(place)]).toEqual(["engine_unavailable", 9, []]);
  });

  test("is refused models one after the other, three at most", async () => {
    const scenario = ["gpt-6.1-sol", "gpt-6-astra", "gpt-6-sol"].map(
      (model) => ({ name: "model-retired", model, on: "responses" }) as const,
    );
    const place = await placeWithEmulator({ emulator: { scenario } });
    const error = await limnErrorOf(place.limn().images.generate(fox));
    expect([error.code, posts(place).length]).toEqual(["service_error", 3]);
    const [record] = place.limn().store.list();
    expect(record?.manifest.calls.map(({ attempts }) => attempts)).toEqual([3]);
  });

  test("is a transparent ground in words, and the picture is looked at", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: { name: "ok", size, on: "responses" } } });
    const result = await place.limn().images.generate({ ...fox, background: "transparent" });
    expect(posts(place)[0]?.body).toMatchObject({ tools: [{ background: "auto" }] });
    expect([result.images[0]?.hasAlpha, result.truth]).toEqual([
      true,
      [{ property: "background", asked: "transparent", outcome: "honoured", got: "alpha" }],
    ]);
  });
});

describe("stopping", () => {
  test("within the stream gives the caller's own reason, closes the connection and keeps nothing", async () => {
    const scenario = { name: "stalled-stream", size, at: "result", on: "responses" } as const;
    const place = await placeWithEmulator({ emulator: { scenario } });
    const stop = new AbortController();
    const why = new Error("enough");
    const onEvent = (event: GenerationEvent): void => {
      if (event.type === "image-progress" && event.bytes !== undefined) stop.abort(why);
    };
    expect(await reasonOf(place.limn().images.generate(fox, { signal: stop.signal, onEvent }))).toBe(why);
    await vi.waitFor(() => expect(posts(place).map(({ aborted }) => aborted)).toEqual([true]));
    const [record] = place.limn().store.list();
    expect([record?.status, record === undefined ? null : readdirSync(record.folder)]).toEqual([
      "cancelled",
      ["manifest.json"],
    ]);
  });

  test("after the picture was whole keeps it", async () => {
    const scenario = { name: "stalled-stream", size, at: "after-result", on: "responses" } as const;
    const place = await placeWithEmulator({ emulator: { scenario } });
    const result = await place.limn({ limits: { idleMs: 300 } }).images.generate(fox);
    expect([result.status, result.warnings.map(({ code }) => code)]).toEqual(["done", ["answer_truncated"]]);
  });
});
