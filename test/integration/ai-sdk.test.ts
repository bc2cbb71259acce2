import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createLimn, limnOptions } from "@limn/ai-sdk";
import type { LimnProvider, LimnProviderOptions } from "@limn/ai-sdk";
import { isLimnError } from "@limn/core";
import sharp from "sharp";
import { describe, expect, test, vi } from "vitest";
import { placeWithEmulator } from "../support/limn-at-emulator.ts";
import type { Place } from "../support/limn-at-emulator.ts";
import { reasonOf } from "../support/rejection.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

type ImageModel = ReturnType<LimnProvider["image"]>;

/** What these tests use of the `ai` package, which is installed with `npm ci --prefix test/judges`. */
interface Generated {
  readonly images: readonly { readonly uint8Array: Uint8Array; readonly mediaType: string }[];
  readonly warnings: readonly { readonly type: string; readonly feature?: string; readonly message?: string }[];
  readonly providerMetadata: { readonly limn?: { readonly images: readonly Record<string, unknown>[] } };
  readonly calls: readonly { readonly providerMetadata?: { readonly limn?: Readonly<Record<string, unknown>> } }[];
  readonly responses: readonly { readonly modelId: string; readonly timestamp: Date; readonly headers?: unknown }[];
  readonly usage: Readonly<Record<string, unknown>>;
}
interface ErrorClass {
  /** The AI SDK's own, which also knows errors of another copy of its classes. */
  isInstance(error: unknown): error is CallError;
}
interface CallError extends Error {
  readonly isRetryable: boolean;
  readonly statusCode?: number;
  readonly data?: unknown;
  readonly responseHeaders?: Readonly<Record<string, string>>;
  readonly requestBodyValues: unknown;
}
interface AI {
  readonly APICallError: ErrorClass;
  readonly InvalidArgumentError: ErrorClass;
  readonly InvalidPromptError: ErrorClass;
  readonly NoSuchModelError: ErrorClass;
  generateImage(options: {
    readonly model: Omit<ImageModel, "specificationVersion"> & { readonly specificationVersion: string };
    readonly prompt:
      | string
      | { readonly text?: string; readonly images: readonly (string | Uint8Array)[]; readonly mask?: Uint8Array };
    readonly n?: number;
    readonly size?: string;
    readonly aspectRatio?: string;
    readonly seed?: number;
    readonly headers?: Readonly<Record<string, string>>;
    readonly maxRetries?: number;
    readonly abortSignal?: AbortSignal;
    readonly providerOptions?: unknown;
  }): Promise<Generated>;
}

const judges = resolve(import.meta.dirname, "../judges/node_modules");
const hasJudges = existsSync(resolve(judges, "ai/package.json")) && existsSync(resolve(judges, "ai6/package.json"));

async function load(name: "ai" | "ai6"): Promise<AI> {
  Object.assign(globalThis, { AI_SDK_LOG_WARNINGS: false });
  return importAsPublished(resolve(judges, name, "dist/index.js"));
}

async function importAsPublished(file: string): Promise<AI> {
  // The judges are used as they are published: `source`, by which our own packages are found, is for ours alone.
  const hooks = registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier, {
        ...context,
        conditions: context.conditions.filter((name) => name !== "source" || specifier.startsWith("@limn/")),
      }),
  });
  try {
    return await import(pathToFileURL(file).href);
  } finally {
    hooks.deregister();
  }
}

const ok = { name: "ok", size: "64x48" } as const;
const always = { ...ok, times: "always" } as const;
const red = async (width = 96, height = 64): Promise<Uint8Array> =>
  sharp({ create: { width, height, channels: 3, background: "#a03020" } })
    .png()
    .toBuffer();

const limnAt = ({ environment }: Place, options: LimnProviderOptions = {}): ReturnType<typeof createLimn> =>
  createLimn({ environment, ...options });
const fox = "a red fox";

describe.skipIf(!hasJudges)("generateImage of ai 7", () => {
  test("gets two pictures, kept in the history, with the truth about each", async () => {
    const { generateImage } = await load("ai");
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const result = await generateImage({ model: limnAt(place).image("gpt-image-2"), prompt: fox, n: 2 });
    expect([result.images.length, result.warnings, place.imageCalls().length]).toEqual([2, [], 2]);
    const [record, ...others] = place.limn().store.list();
    expect([record?.status, others]).toEqual(["done", []]);
    const listed = result.providerMetadata.limn?.images ?? [];
    expect(listed.map(({ index, width, height, id }) => [index, width, height, id])).toEqual([
      [0, 64, 48, record?.id],
      [1, 64, 48, record?.id],
    ]);
    expect(
      listed.map(({ path }) =>
        readFileSync(String(path)).equals(
          result.images[Number(path === listed[1]?.["path"])]?.uint8Array ?? new Uint8Array(),
        ),
      ),
    ).toEqual([true, true]);
    expect(result.calls[0]?.providerMetadata?.limn).toMatchObject({
      id: record?.id,
      status: "done",
      engine: "images",
      emulated: false,
      steps: [],
      truth: [],
      account: { plan: "plus", source: "token" },
      imagesSpent: 2,
    });
    expect(result.responses).toEqual([
      { modelId: "gpt-image-2", timestamp: expect.any(Date), headers: { "x-request-id": expect.any(String) } },
    ]);
    expect(result.usage["totalTokens"]).toBeGreaterThan(0);
  });

  test("gets the very pixels and the file type it asks for, and hears what was done", async () => {
    const { generateImage } = await load("ai");
    const place = await placeWithEmulator();
    const result = await generateImage({
      model: limnAt(place).image("gpt-image-2-high"),
      prompt: fox,
      size: "120x63",
      providerOptions: limnOptions({ format: "webp", compression: 80, fit: "cover" }),
    });
    const picture = await sharp(result.images[0]?.uint8Array).metadata();
    expect([picture.format, picture.width, picture.height, result.images[0]?.mediaType]).toEqual([
      "webp",
      120,
      63,
      "image/webp",
    ]);
    const metadata = result.calls[0]?.providerMetadata?.limn;
    expect(metadata?.["steps"]).toEqual(expect.arrayContaining(["resize 120x63", "convert webp"]));
    expect(metadata?.["truth"]).toEqual(
      expect.arrayContaining([expect.objectContaining({ property: "size", outcome: "done-locally" })]),
    );
    // The emulator draws with its own quality, as the service is reported to.
    expect(result.warnings.map(({ type, feature }) => [type, feature])).toContainEqual(["unsupported", "quality"]);
  });

  test("asks for a shape with aspectRatio, and is told that seeds and headers go nowhere", async () => {
    const { generateImage } = await load("ai");
    const place = await placeWithEmulator();
    const result = await generateImage({
      model: limnAt(place).imageModel("gpt-image-2"),
      prompt: fox,
      aspectRatio: "16:9",
      seed: 7,
      headers: { "x-mine": "1" },
    });
    const { width, height } = await sharp(result.images[0]?.uint8Array).metadata();
    expect(width / height).toBeCloseTo(16 / 9, 2);
    expect(result.warnings.map(({ type, feature }) => [type, feature])).toEqual([
      ["unsupported", "seed"],
      ["unsupported", "headers"],
    ]);
    expect(JSON.stringify(place.imageCalls()[0]?.headers)).not.toContain("x-mine");
  });

  test("edits pictures given as bytes, base64 and data address", async () => {
    const { generateImage } = await load("ai");
    const place = await placeWithEmulator({ emulator: { scenario: always } });
    const base64 = Buffer.from(await red(40, 40)).toString("base64");
    const result = await generateImage({
      model: limnAt(place).image("gpt-image-2"),
      prompt: { text: "make it night", images: [await red(), base64, `data:image/png;base64,${base64}`] },
    });
    expect([result.images.length, place.imageCalls().map(({ route }) => route)]).toEqual([1, ["images.edits"]]);
    expect([...place.limn().store.list()][0]?.manifest.asked.images).toBe(3);
  });

  test("changes only what the mask shows", async () => {
    const { generateImage } = await load("ai");
    const place = await placeWithEmulator({ emulator: { scenario: always } });
    const mask = await sharp({ create: { width: 96, height: 64, channels: 3, background: "black" } })
      .composite([
        {
          input: { create: { width: 32, height: 32, channels: 3, background: "white" } },
          left: 0,
          top: 0,
        },
      ])
      .png()
      .toBuffer();
    const result = await generateImage({
      model: limnAt(place).image("gpt-image-2"),
      prompt: { text: "a hat", images: [await red()], mask },
    });
    const { data, info } = await sharp(result.images[0]?.uint8Array)
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const last = data.subarray(data.length - 3);
    expect([info.width, info.height, [...last]]).toEqual([96, 64, [0xa0, 0x30, 0x20]]);
  });

  test("keeps what came when another picture failed, with a warning for each that did not", async () => {
    const { generateImage } = await load("ai");
    const place = await placeWithEmulator({
      emulator: { scenario: [ok, { name: "server-error-with-request-id" }, ok] },
    });
    const result = await generateImage({
      model: limnAt(place, { concurrency: 1 }).image("gpt-image-2"),
      prompt: fox,
      n: 3,
    });
    expect([result.images.length, place.imageCalls().length, [...place.limn().store.list()][0]?.status]).toEqual([
      2,
      3,
      "partial",
    ]);
    expect(result.warnings.map(({ message }) => message)).toEqual([
      expect.stringMatching(/^Image 2 of 3 did not come; the others are kept in gen_/),
    ]);
  });

  test("draws as many side by side as the provider was told", async () => {
    const { generateImage } = await load("ai");
    const place = await placeWithEmulator({ emulator: { scenario: { ...always, delayMs: 50 } } });
    let open = 0;
    let most = 0;
    const counted: typeof fetch = async (input, init) => {
      open += 1;
      most = Math.max(most, open);
      try {
        return await fetch(input, init);
      } finally {
        open -= 1;
      }
    };
    const model = limnAt(place, { concurrency: 2, fetch: counted }).image("gpt-image-2");
    const result = await generateImage({ model, prompt: fox, n: 5 });
    expect([result.images.length, result.calls.length, most]).toEqual([5, 1, 2]);
  });

  test("makes two calls of twelve pictures", async () => {
    const { generateImage } = await load("ai");
    const place = await placeWithEmulator({ emulator: { scenario: always } });
    const result = await generateImage({ model: limnAt(place).image("gpt-image-2"), prompt: fox, n: 12 });
    expect([result.images.length, result.calls.length, place.imageCalls().length]).toEqual([12, 2, 12]);
    expect(result.providerMetadata.limn?.images.length).toBe(12);
  });

  test("gets previews through a callback, whose fault does not cost the picture", async () => {
    const { generateImage } = await load("ai");
    const place = await placeWithEmulator({ emulator: { scenario: { ...always, on: "responses" } } });
    const seen: [number, number, number][] = [];
    const result = await generateImage({
      model: limnAt(place).image("gpt-image-2"),
      prompt: fox,
      providerOptions: limnOptions({
        engine: "responses",
        partials: 2,
        onPartial: ({ index, partialIndex, bytes }) => {
          seen.push([index, partialIndex, bytes[0] ?? 0]);
          if (partialIndex === 1) throw new Error("not mine");
        },
      }),
    }).catch((error: unknown) => error);
    expect(seen).toEqual([
      [0, 0, 0x89],
      [0, 1, 0x89],
    ]);
    expect(result).toMatchObject({ warnings: [{ type: "other", message: expect.stringContaining("not mine") }] });
  });

  test("does not ask again at a plan's limit", async () => {
    const { generateImage, APICallError } = await load("ai");
    const place = await placeWithEmulator({ emulator: { scenario: { name: "usage-limit", times: "always" } } });
    const model = limnAt(place).image("gpt-image-2");
    const error = await reasonOf(generateImage({ model, prompt: fox, n: 3 }));
    if (!APICallError.isInstance(error)) throw new Error("not an APICallError", { cause: error });
    expect([error.isRetryable, error.statusCode, place.imageCalls().length <= 3]).toEqual([false, 429, true]);
    expect(error.data).toMatchObject({ code: "usage_limit_reached", details: { resetsAt: expect.any(String) } });
    expect(Number(error.responseHeaders?.["retry-after-ms"])).toBeGreaterThan(60_000);
    const before = place.imageCalls().length;
    const known = await reasonOf(generateImage({ model, prompt: fox }));
    expect([place.imageCalls().length - before, String(known)]).toEqual([
      0,
      expect.not.stringContaining("--ignore-limit"),
    ]);
  });

  test.each([
    ["usage-limit", "usage_limit_reached", 429],
    ["moderation", "content_refused", 400],
    ["server-error-with-request-id", "outcome_unknown", 504],
    ["unauthorized", "login_expired", 401],
    ["empty-data", "no_image_returned", 502],
  ] as const)("sends one request and no second after %s", async (name, code, status) => {
    const { generateImage, APICallError } = await load("ai");
    const place = await placeWithEmulator({ emulator: { scenario: { name, times: "always" } } });
    const error = await reasonOf(generateImage({ model: limnAt(place).image("gpt-image-2"), prompt: fox }));
    if (!APICallError.isInstance(error)) throw new Error("not an APICallError", { cause: error });
    expect([error.isRetryable, error.data, error.statusCode]).toEqual([
      false,
      expect.objectContaining({ code }),
      status,
    ]);
    expect(place.imageCalls().length).toBe(1);
    expect([isLimnError(error.cause), JSON.stringify(error.requestBodyValues)]).toEqual([
      true,
      expect.not.stringContaining(fox),
    ]);
  });

  test("leaves the asking again of what did nothing to limn, then to the SDK", async () => {
    const { generateImage } = await load("ai");
    const place = await placeWithEmulator({
      emulator: { scenario: [{ name: "capacity", retryAfterSeconds: 0, times: 2 }, ok] },
    });
    const result = await generateImage({ model: limnAt(place).image("gpt-image-2"), prompt: fox });
    expect([result.images.length, result.calls.length, place.imageCalls().length]).toEqual([1, 1, 3]);
    const error = await reasonOf(
      generateImage({
        model: limnAt(place, {
          retries: 0,
          environment: {
            ...place.environment,
            variables: { ...place.environment.variables, LIMN_BASE_URL: "http://127.0.0.1:9/backend-api/codex" },
          },
        }).image("gpt-image-2"),
        prompt: fox,
        maxRetries: 0,
      }),
    );
    expect(error).toMatchObject({ isRetryable: true, statusCode: 503, data: { code: "connection_failed" } });
  });

  test("does not ask again when one of several failed harmlessly and another may have been made", async () => {
    const { generateImage } = await load("ai");
    const place = await placeWithEmulator({
      emulator: {
        scenario: [{ name: "capacity", retryAfterSeconds: 0 }, { name: "server-error-with-request-id" }, ok],
      },
    });
    const model = limnAt(place, { retries: 0, concurrency: 1 }).image("gpt-image-2");
    const error = await reasonOf(generateImage({ model, prompt: fox, n: 2 }));
    expect(error).toMatchObject({ isRetryable: false, data: { code: "service_overloaded" } });
    expect(place.imageCalls().length).toBe(2);
  });

  test("ends with the caller's own reason when it is aborted, and closes the connection", async () => {
    const { generateImage } = await load("ai");
    const place = await placeWithEmulator({ emulator: { scenario: { name: "never" } } });
    const controller = new AbortController();
    const reason = new Error("enough");
    const running = generateImage({
      model: limnAt(place).image("gpt-image-2"),
      prompt: fox,
      abortSignal: controller.signal,
    });
    await expect.poll(() => place.imageCalls().length).toBe(1);
    controller.abort(reason);
    expect(await reasonOf(running)).toBe(reason);
    await expect.poll(() => place.imageCalls()[0]?.aborted).toBe(true);
    expect(place.imageCalls().length).toBe(1);
  });

  test.each([
    [{ backgrund: "opaque" }, /backgrund is not known; did you mean "background"\?/],
    [{ quality: "best" }, /providerOptions\.limn\.quality must be one of low, medium/],
    [{ partials: 2 }, /providerOptions\.limn\.partials needs onPartial/],
    [{ onPartial: () => undefined }, /onPartial needs partials/],
    [{ onPartial: 3, partials: 1 }, /onPartial must be a function/],
    [{ session: "" }, /session must be a text/],
  ])("is refused the options %j before anything is sent", async (limn, message) => {
    const { generateImage, InvalidArgumentError } = await load("ai");
    const place = await placeWithEmulator();
    const error = await reasonOf(
      generateImage({ model: limnAt(place).image("gpt-image-2"), prompt: fox, providerOptions: { limn } }),
    );
    expect([InvalidArgumentError.isInstance(error), String(error), place.imageCalls().length]).toEqual([
      true,
      expect.stringMatching(message),
      0,
    ]);
  });

  test("names every fault at once, by the caller's names", async () => {
    const { generateImage } = await load("ai");
    const place = await placeWithEmulator();
    const error = await reasonOf(
      generateImage({ model: limnAt(place).image("gpt-image-2"), prompt: fox, size: "huge", aspectRatio: "99:1" }),
    );
    expect(String(error)).toMatch(/size .*; aspectRatio /);
  });

  test("gets the SDK's own errors for an empty prompt, an unknown model and a mask without a picture", async () => {
    const { generateImage, InvalidArgumentError, InvalidPromptError, NoSuchModelError } = await load("ai");
    const place = await placeWithEmulator();
    const limn = limnAt(place);
    const empty = await reasonOf(generateImage({ model: limn.image("gpt-image-2"), prompt: " " }));
    const unknown = await reasonOf(generateImage({ model: limn.image("gpt-image-9"), prompt: fox }));
    const mask = await reasonOf(
      generateImage({ model: limn.image("gpt-image-2"), prompt: { text: fox, images: [], mask: await red() } }),
    );
    expect([
      InvalidPromptError.isInstance(empty),
      NoSuchModelError.isInstance(unknown),
      InvalidArgumentError.isInstance(mask),
    ]).toEqual([true, true, true]);
    expect(place.imageCalls()).toEqual([]);
  });
});

describe.skipIf(!hasJudges)("ai 6", () => {
  test("knows models of version 3 at most, and says so", async () => {
    const { generateImage } = await load("ai6");
    const place = await placeWithEmulator();
    const error = await reasonOf(generateImage({ model: limnAt(place).image("gpt-image-2"), prompt: fox }));
    expect(String(error)).toMatch(/Unsupported model version v4/);
    expect(place.imageCalls()).toEqual([]);
  });

  test("takes them all the same when they are called version 3, whose calls are the same", async () => {
    const { generateImage } = await load("ai6");
    const place = await placeWithEmulator({ emulator: { scenario: always } });
    const model = { ...limnAt(place).image("gpt-image-2"), specificationVersion: "v3" };
    const result = await generateImage({ model, prompt: { text: fox, images: [await red()] }, n: 2, size: "120x63" });
    expect([result.images.length, place.imageCalls().map(({ route }) => route)]).toEqual([
      2,
      ["images.edits", "images.edits"],
    ]);
  });
});

describe.skipIf(!hasJudges)("the examples of the README and of docs/clients", () => {
  test("are right for the compiler and run", async () => {
    const root = resolve(import.meta.dirname, "../..");
    const pages = ["packages/ai-sdk/README.md", "docs/clients/ai-sdk.md"];
    const text = pages.map((page) => readFileSync(join(root, page), "utf8")).join("\n");
    const examples = [...text.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code]) => code ?? "");
    const place = await placeWithEmulator();
    const folder = temporaryFolder();
    mkdirSync(join(folder, "node_modules"));
    symlinkSync(join(root, "node_modules/@limn"), join(folder, "node_modules/@limn"));
    symlinkSync(join(root, "node_modules/@types"), join(folder, "node_modules/@types"));
    symlinkSync(join(judges, "ai"), join(folder, "node_modules/ai"));
    const compilerOptions = { noEmit: true, rootDir: "/", composite: false, allowImportingTsExtensions: true };
    const files = examples.map((code, number) => {
      writeFileSync(join(folder, `example-${number}.mts`), code);
      return `example-${number}.mts`;
    });
    writeFileSync(
      join(folder, "tsconfig.json"),
      JSON.stringify({ extends: join(root, "tsconfig.base.json"), compilerOptions, files }),
    );
    expect(files.length).toBe(3);
    execFileSync(join(root, "node_modules/.bin/tsc"), ["-p", folder], { stdio: "pipe" });
    for (const [name, value] of Object.entries(place.environment.variables)) vi.stubEnv(name, value);
    const before = process.cwd();
    let printed = 0;
    const log = vi.spyOn(console, "log").mockReturnValue();
    vi.spyOn(console, "warn").mockReturnValue();
    try {
      process.chdir(place.out);
      for (const file of files) await importAsPublished(join(folder, file));
      printed = log.mock.calls.length;
    } finally {
      process.chdir(before);
      vi.restoreAllMocks();
      vi.unstubAllEnvs();
    }
    expect(readdirSync(place.out).sort()).toEqual(["fox-1.webp", "fox-2.webp", "hero.webp", "night.png"]);
    expect(printed).toBe(3);
  });
});
