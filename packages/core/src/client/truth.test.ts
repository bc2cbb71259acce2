import { describe, expect, test } from "vitest";
import type { EngineAnswer, EngineImage, StoredImage } from "../contracts/engine.ts";
import type { ResolvedRequest } from "../contracts/request.ts";
import { answerWarnings, gotOf, latestLimits, notHonoured, strictCodes, sumUsage } from "./truth.ts";

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
const request = (change: Partial<ResolvedRequest> = {}): ResolvedRequest => ({
  operation: "generate",
  prompt: "a red fox",
  n: 3,
  aspect: null,
  background: "auto",
  quality: null,
  model: null,
  engine: "images",
  strict: false,
  images: [],
  ...change,
});

describe("what was asked and did not come", () => {
  test.each<[string, ResolvedRequest, EngineImage, readonly (readonly [string, string])[]]>([
    ["nothing asked", request(), image({ quality: "low" }), []],
    ["the aspect", request({ aspect: { width: 3, height: 2 } }), image(), []],
    [
      "another aspect",
      request({ aspect: { width: 16, height: 9 } }),
      image(),
      [["aspect_not_honoured", "Asked for 16:9, got 1536x1024."]],
    ],
    ["the quality", request({ quality: "low" }), image({ quality: "low" }), []],
    ["any quality", request({ quality: "auto" }), image({ quality: "low" }), []],
    [
      "another quality",
      request({ quality: "high" }),
      image({ quality: "low" }),
      [["quality_not_honoured", "Asked for quality high, the service drew with low."]],
    ],
    [
      "an unknown quality",
      request({ quality: "high" }),
      image(),
      [["quality_not_honoured", "Asked for quality high, the service drew with a quality that it does not state."]],
    ],
    ["transparency", request({ background: "transparent" }), image({}, { hasAlpha: true }), []],
    [
      "transparency only in words",
      request({ background: "transparent" }),
      image({ background: "transparent" }),
      [["alpha_missing", "Asked for transparency, and the picture has no alpha channel."]],
    ],
    [
      "transparency that was not wanted",
      request({ background: "opaque" }),
      image({ background: "transparent" }),
      [["background_not_honoured", "Asked for an opaque background, and the service made it transparent."]],
    ],
    [
      "several",
      request({ background: "transparent", quality: "max", aspect: { width: 1, height: 1 } }),
      image(),
      [
        ["aspect_not_honoured", expect.any(String)],
        ["quality_not_honoured", expect.any(String)],
        ["alpha_missing", expect.any(String)],
      ],
    ],
  ])("%s", (_, asked, got, expected) => {
    expect(notHonoured(asked, got)).toEqual(expected.map(([code, message]) => ({ code, message, index: 2 })));
    expect(expected.every(([code]) => strictCodes.has(code))).toBe(true);
  });
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
