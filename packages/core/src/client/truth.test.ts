import { describe, expect, test } from "vitest";
import { loadedImage, resolvedRequest } from "../../../../test/support/resolved-request.ts";
import type { EngineAnswer, EngineImage, StoredImage } from "../contracts/engine.ts";
import type { DeliveryWish, ResolvedRequest } from "../contracts/request.ts";
import type { Asked, PropertyTruth, Usage } from "../contracts/result.ts";
import { untouched } from "./finishing.ts";
import type { WorkedImage } from "./finishing.ts";
import { answerWarnings, gotOf, judge, latestLimits, mergeTruth, strictCodes, sumUsage } from "./truth.ts";

const stored: StoredImage = {
  index: 2,
  path: "/store/image-3.png",
  mediaType: "image/png",
  width: 1536,
  height: 1024,
  hasAlpha: false,
  c2pa: true,
  bytes: 5,
  sha256: "a",
  savedElsewhere: false,
};
const image = (change: Partial<EngineImage> = {}, file: Partial<StoredImage> = {}): EngineImage => ({
  stored: { ...stored, ...file },
  ...change,
});

/** One row of the table: what was asked, what came, what was made of it, and how that is told. */
interface Case {
  readonly asked: Asked;
  readonly request?: Partial<Omit<ResolvedRequest, "wish">>;
  readonly wish?: Partial<DeliveryWish>;
  readonly image?: Partial<EngineImage>;
  readonly file?: Partial<StoredImage>;
  readonly worked?: Partial<WorkedImage>;
  readonly usage?: Usage;
  /** Of the answer. */
  readonly model?: string;
  readonly truth: readonly (readonly [
    property: string,
    asked: string,
    outcome: PropertyTruth["outcome"],
    got: string | null,
  ])[];
  readonly warnings?: readonly (readonly [code: string, message: string])[];
}

function told(row: Case): ReturnType<typeof judge> {
  const base = resolvedRequest();
  const came = image(row.image, row.file);
  return judge({
    request: { ...base, ...row.request, wish: { ...base.wish, ...row.wish } },
    asked: row.asked,
    image: came,
    worked: { ...untouched(came.stored), ...row.worked },
    usage: row.usage ?? {},
    model: row.model ?? "gpt-image-2",
  });
}

const exact = { asked: { size: "1200x630" }, wish: { size: { width: 1200, height: 630 }, fit: "cover" } } as const;
const wide = { asked: { aspect: "16:9" }, request: { aspect: { width: 16, height: 9 } } } as const;
const longest = { asked: { size: "1K" }, wish: { size: { longestSide: 1024 }, fit: "cover" } } as const;
const transparent = { asked: { background: "transparent" }, request: { background: "transparent" } } as const;
const opaque = { asked: { background: "opaque" }, request: { background: "opaque" } } as const;
const webp = { asked: { format: "webp" }, wish: { format: "webp" } } as const;
const edit = {
  asked: { images: 2 },
  request: { images: [loadedImage(Buffer.from("a")), loadedImage(Buffer.from("b"))] },
};
const noAlpha = "Asked for transparency, and the picture has no alpha channel.";

describe("how an asked property ended", () => {
  test.each<[string, Case]>([
    ["nothing asked", { asked: {}, image: { quality: "low" }, truth: [] }],

    [
      "size: from the service",
      { ...exact, file: { width: 1200, height: 630 }, truth: [["size", "1200x630", "honoured", "1200x630"]] },
    ],
    [
      "size: made here",
      { ...exact, worked: { width: 1200, height: 630 }, truth: [["size", "1200x630", "done-locally", "1200x630"]] },
    ],
    [
      "size: as it came",
      {
        ...exact,
        wish: { ...exact.wish, fit: "native" },
        truth: [["size", "1200x630", "not-honoured", "1536x1024"]],
        warnings: [["size_not_honoured", "Asked for 1200x630, got 1536x1024."]],
      },
    ],
    [
      "size: inside of it, where that was asked",
      {
        ...exact,
        wish: { ...exact.wish, fit: "contain" },
        worked: { width: 945, height: 630 },
        truth: [["size", "1200x630", "done-locally", "945x630"]],
      },
    ],
    [
      "size: inside of it, where exact pixels were asked",
      {
        ...exact,
        worked: { width: 945, height: 630 },
        truth: [["size", "1200x630", "not-honoured", "945x630"]],
        warnings: [["size_not_honoured", "Asked for 1200x630, got 945x630."]],
      },
    ],
    [
      "size: larger, although inside was asked",
      {
        ...exact,
        wish: { ...exact.wish, fit: "contain" },
        truth: [["size", "1200x630", "not-honoured", "1536x1024"]],
        warnings: [["size_not_honoured", "Asked for 1200x630, got 1536x1024."]],
      },
    ],
    [
      "longest side: from the service",
      { ...longest, file: { width: 683, height: 1024 }, truth: [["size", "1K", "honoured", "683x1024"]] },
    ],
    [
      "longest side: made here",
      { ...longest, worked: { width: 1024, height: 683 }, truth: [["size", "1K", "done-locally", "1024x683"]] },
    ],
    [
      "longest side: not",
      {
        ...longest,
        truth: [["size", "1K", "not-honoured", "1536x1024"]],
        warnings: [["size_not_honoured", "Asked for 1K, got 1536x1024."]],
      },
    ],
    ["size: any", { asked: { size: "auto" }, truth: [] }],

    [
      "shape: from the service",
      { ...wide, file: { width: 1672, height: 941 }, truth: [["aspect", "16:9", "honoured", "1672x941"]] },
    ],
    [
      "shape: made here",
      { ...wide, worked: { width: 1536, height: 864 }, truth: [["aspect", "16:9", "done-locally", "1536x864"]] },
    ],
    [
      "shape: not",
      {
        ...wide,
        truth: [["aspect", "16:9", "not-honoured", "1536x1024"]],
        warnings: [["aspect_not_honoured", "Asked for 16:9, got 1536x1024."]],
      },
    ],
    [
      "shape: asked in a word",
      {
        asked: { aspect: "landscape" },
        request: { aspect: { width: 3, height: 2 } },
        truth: [["aspect", "landscape", "honoured", "1536x1024"]],
      },
    ],
    [
      "shape: lost here",
      {
        ...wide,
        file: { width: 1672, height: 941 },
        worked: { width: 941, height: 941 },
        truth: [["aspect", "16:9", "not-honoured", "941x941"]],
        warnings: [["aspect_not_honoured", "Asked for 16:9, got 941x941."]],
      },
    ],

    [
      "transparency: from the service",
      {
        ...transparent,
        file: { hasAlpha: true },
        worked: { alpha: "native" },
        truth: [["background", "transparent", "honoured", "alpha"]],
      },
    ],
    [
      "transparency: by its channel, where nobody looked",
      { ...transparent, file: { hasAlpha: true }, truth: [["background", "transparent", "honoured", "alpha"]] },
    ],
    [
      "transparency: made here",
      {
        ...transparent,
        worked: { alpha: "made", hasAlpha: true },
        truth: [["background", "transparent", "done-locally", "alpha"]],
      },
    ],
    [
      "transparency: missing",
      {
        ...transparent,
        worked: { alpha: "missing" },
        truth: [["background", "transparent", "not-honoured", "no transparency"]],
        warnings: [["alpha_missing", noAlpha]],
      },
    ],
    [
      "transparency: only in words",
      {
        ...transparent,
        image: { background: "transparent" },
        truth: [["background", "transparent", "not-honoured", "no transparency"]],
        warnings: [["alpha_missing", noAlpha]],
      },
    ],
    [
      "transparency: an empty channel",
      {
        ...transparent,
        file: { hasAlpha: true },
        worked: { alpha: "missing" },
        truth: [["background", "transparent", "not-honoured", "no transparency"]],
        warnings: [["alpha_missing", "Asked for transparency, and the picture has none but an empty alpha channel."]],
      },
    ],
    ["an opaque ground: by the bytes", { ...opaque, truth: [["background", "opaque", "honoured", "opaque"]] }],
    [
      "an opaque ground: as the service says",
      {
        ...opaque,
        image: { background: "opaque" },
        file: { hasAlpha: true },
        truth: [["background", "opaque", "honoured", "opaque"]],
      },
    ],
    [
      "an opaque ground: a channel and no word",
      { ...opaque, file: { hasAlpha: true }, truth: [["background", "opaque", "unknown", null]] },
    ],
    [
      "an opaque ground: not",
      {
        ...opaque,
        image: { background: "transparent" },
        file: { hasAlpha: true },
        truth: [["background", "opaque", "not-honoured", "transparent"]],
        warnings: [["background_not_honoured", "Asked for an opaque background, and the service made it transparent."]],
      },
    ],
    [
      "any ground",
      { asked: { background: "auto" }, image: { background: "transparent" }, file: { hasAlpha: true }, truth: [] },
    ],

    [
      "quality: from the service",
      {
        asked: { quality: "low" },
        request: { quality: "low" },
        image: { quality: "low" },
        truth: [["quality", "low", "honoured", "low"]],
      },
    ],
    [
      "quality: another",
      {
        asked: { quality: "high" },
        request: { quality: "high" },
        image: { quality: "low" },
        truth: [["quality", "high", "not-honoured", "low"]],
        warnings: [["quality_not_honoured", "Asked for quality high, the service drew with low."]],
      },
    ],
    [
      "quality: not stated",
      { asked: { quality: "high" }, request: { quality: "high" }, truth: [["quality", "high", "unknown", null]] },
    ],
    [
      "quality: stated as any",
      {
        asked: { quality: "high" },
        request: { quality: "high" },
        image: { quality: "auto" },
        truth: [["quality", "high", "unknown", "auto"]],
      },
    ],
    [
      "quality: any",
      { asked: { quality: "auto" }, request: { quality: "auto" }, image: { quality: "low" }, truth: [] },
    ],
    [
      "quality: in the model's name",
      {
        asked: { model: "gpt-image-2-low" },
        request: { quality: "low", model: "gpt-image-2-low" },
        image: { quality: "low" },
        truth: [
          ["quality", "low", "honoured", "low"],
          ["model", "gpt-image-2-low", "unknown", null],
        ],
      },
    ],
    [
      "model: the chat model that was named",
      {
        asked: { model: "gpt-6-astra" },
        request: { engine: "responses", model: "gpt-6-astra" },
        model: "gpt-6-astra",
        truth: [["model", "gpt-6-astra", "honoured", "gpt-6-astra"]],
      },
    ],

    [
      "type: from the service",
      { ...webp, file: { mediaType: "image/webp" }, truth: [["format", "webp", "honoured", "webp"]] },
    ],
    [
      "type: made here",
      { ...webp, worked: { mediaType: "image/webp" }, truth: [["format", "webp", "done-locally", "webp"]] },
    ],
    [
      "type: not",
      {
        ...webp,
        truth: [["format", "webp", "not-honoured", "png"]],
        warnings: [["format_not_honoured", "Asked for webp, got image/png."]],
      },
    ],
    [
      "type: by the output's name alone",
      {
        asked: {},
        wish: { format: "jpeg" },
        worked: { mediaType: "image/jpeg" },
        truth: [["format", "jpeg", "done-locally", "jpeg"]],
      },
    ],

    [
      "inputs: read",
      { ...edit, usage: { inputImageTokens: 1530 }, truth: [["images", "2", "honoured", "1530 image tokens read"]] },
    ],
    ["inputs: not said", { ...edit, truth: [["images", "2", "unknown", null]] }],
    // An error elsewhere, so no warning here.
    [
      "inputs: dropped",
      { ...edit, usage: { inputImageTokens: 0 }, truth: [["images", "2", "not-honoured", "0 image tokens read"]] },
    ],

    [
      "several at once",
      {
        asked: { background: "transparent", quality: "max", aspect: "1:1", size: "16x16" },
        request: { background: "transparent", quality: "max", aspect: { width: 1, height: 1 } },
        wish: { size: { width: 16, height: 16 }, aspect: { width: 1, height: 1 } },
        image: { quality: "medium" },
        truth: [
          ["size", "16x16", "not-honoured", "1536x1024"],
          ["aspect", "1:1", "not-honoured", "1536x1024"],
          ["background", "transparent", "not-honoured", "no transparency"],
          ["quality", "max", "not-honoured", "medium"],
        ],
        warnings: [
          ["size_not_honoured", expect.any(String)],
          ["aspect_not_honoured", expect.any(String)],
          ["alpha_missing", expect.any(String)],
          ["quality_not_honoured", expect.any(String)],
        ],
      },
    ],
  ])("%s", (_, row) => {
    const { truth, warnings } = told(row);
    expect(truth).toEqual(row.truth.map(([property, asked, outcome, got]) => ({ property, asked, outcome, got })));
    const expected = row.warnings ?? [];
    expect(warnings).toEqual(expected.map(([code, message]) => ({ code, message, index: 2 })));
    expect(expected.every(([code]) => strictCodes.has(code))).toBe(true);
  });
});

test("of several pictures each property's worst outcome stands for all, in the order of the first", () => {
  const row = (property: string, outcome: PropertyTruth["outcome"], got: string): PropertyTruth => ({
    property,
    asked: "x",
    outcome,
    got,
  });
  const outcomes = ["honoured", "done-locally", "unknown", "not-honoured"] as const;
  for (const [worse, outcome] of outcomes.entries())
    for (const [better, other] of outcomes.entries()) {
      const merged = mergeTruth([[row("size", outcome, "first")], [row("size", other, "second")]]);
      expect(merged).toEqual([better > worse ? row("size", other, "second") : row("size", outcome, "first")]);
    }
  expect(
    mergeTruth([
      [row("size", "honoured", "a"), row("format", "not-honoured", "b")],
      [],
      [row("quality", "unknown", "c"), row("size", "unknown", "d")],
    ]),
  ).toEqual([row("size", "unknown", "d"), row("format", "not-honoured", "b"), row("quality", "unknown", "c")]);
  expect(mergeTruth([])).toEqual([]);
});

describe("what is worth knowing about an answer", () => {
  const answer = (change: Partial<EngineAnswer> = {}): EngineAnswer => ({
    images: [image()],
    model: "gpt-image-2",
    usage: {},
    limits: {},
    requestId: null,
    account: { plan: null, source: "test" },
    firstByteMs: 1,
    truncatedAfterImage: false,
    clockSkewMs: 0,
    ...change,
  });

  test.each<[string, EngineAnswer, readonly unknown[]]>([
    ["nothing", answer(), []],
    ["no clock", answer({ clockSkewMs: null }), []],
    ["a clock that is off by five minutes", answer({ clockSkewMs: 300_000 }), []],
    [
      "a clock ahead",
      answer({ clockSkewMs: 3_600_000 }),
      [
        {
          code: "clock_skew",
          message:
            "This machine's clock is 60 minutes ahead of the service's; logins may seem expired, or not. Set the clock.",
        },
      ],
    ],
    [
      "a clock behind",
      answer({ clockSkewMs: -300_001 }),
      [expect.objectContaining({ message: expect.stringContaining("5 minutes behind") })],
    ],
    [
      "an answer that broke off behind its picture",
      answer({ truncatedAfterImage: true }),
      [
        {
          code: "answer_truncated",
          index: 2,
          message: "The answer broke off after the picture was whole; nothing of the picture is missing.",
        },
      ],
    ],
    [
      "a picture saved elsewhere",
      answer({ images: [image({}, { savedElsewhere: true, path: "/tmp/x.png" })] }),
      [
        {
          code: "saved_elsewhere",
          index: 2,
          message: "The store could not take the picture; it was saved as /tmp/x.png.",
        },
      ],
    ],
  ])("%s", (_, facts, warnings) => {
    expect(answerWarnings(facts, 2)).toEqual(warnings);
  });
});

test("what came is told from the bytes, and the rest as the service states it", () => {
  expect(gotOf(image({ quality: "low", background: "opaque" }))).toEqual({
    width: 1536,
    height: 1024,
    mediaType: "image/png",
    hasAlpha: false,
    c2pa: true,
    quality: "low",
    background: "opaque",
  });
  expect(gotOf(image())).not.toHaveProperty("quality");
});

test("usage is summed over the images, and only what was stated", () => {
  expect(sumUsage([{ inputTokens: 1, totalTokens: 3 }, { inputTokens: 2, inputImageTokens: 0 }, {}])).toEqual({
    inputTokens: 3,
    totalTokens: 3,
    inputImageTokens: 0,
  });
  expect(sumUsage([])).toEqual({});
  // What the chat model or the agent spent is counted by itself.
  const driver = { inputTokens: 2300, outputTokens: 60 };
  expect(
    sumUsage([{ totalTokens: 1, driver }, { totalTokens: 2 }, { driver: { ...driver, cachedInputTokens: 5 } }]),
  ).toEqual({
    totalTokens: 3,
    driver: { inputTokens: 4600, outputTokens: 120, cachedInputTokens: 5 },
  });
});

test("of several limits the one with the most used counts", () => {
  const used = (
    usedPercent: number,
  ): { windows: { limit: string; usedPercent: number; windowMinutes: number; resetsAt: null }[] } => ({
    windows: [{ limit: "x", usedPercent, windowMinutes: 1440, resetsAt: null }],
  });
  expect(latestLimits([used(2), used(6), {}, used(4)])).toEqual(used(6));
  expect([latestLimits([]), latestLimits([{ activeLimit: "x" }])]).toEqual([{}, { activeLimit: "x" }]);
});
