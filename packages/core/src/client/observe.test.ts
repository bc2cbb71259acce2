import { describe, expect, test } from "vitest";
import { resolvedRequest } from "../../../../test/support/resolved-request.ts";
import type { EngineImage, StoredImage } from "../contracts/engine.ts";
import type { NativeAsk } from "../contracts/request.ts";
import { observationsOf } from "./observe.ts";

const stored: StoredImage = {
  index: 0,
  path: "/store/image-1.png",
  mediaType: "image/png",
  width: 1280,
  height: 800,
  hasAlpha: false,
  c2pa: false,
  bytes: 5,
  sha256: "a",
  savedElsewhere: false,
};
const none: NativeAsk = { aspect: null, size: null, quality: null };
const observe = (
  native: Partial<NativeAsk>,
  { image = {}, file = {} }: { image?: Partial<EngineImage>; file?: Partial<StoredImage> } = {},
): ReturnType<typeof observationsOf> =>
  observationsOf(resolvedRequest({ native: { ...none, ...native } }), { stored: { ...stored, ...file }, ...image });

describe("what a picture proves about its engine", () => {
  test("is nothing where the engine was asked for nothing, whatever was wished for", () => {
    const wishes = resolvedRequest({
      quality: "high",
      aspect: { width: 1, height: 1 },
      wish: { size: { width: 5, height: 5 }, aspect: null, fit: "cover", format: "webp", compression: null },
      background: "opaque",
    });
    expect(observationsOf(wishes, { stored, quality: "low" })).toEqual([]);
  });

  test.each([
    [1280, true],
    [1264, false],
  ])("by a size that was sent: %i pixels wide", (width, wasHonoured) => {
    expect(observe({ size: { width, height: 800 } })).toEqual([
      { property: "size", wasHonoured, evidence: `asked ${width}x800, got 1280x800`, isProof: true },
    ]);
  });

  test("by a quality that was sent, where the service says which it used", () => {
    expect(observe({ quality: "high" }, { image: { quality: "low" } })).toEqual([
      { property: "quality", wasHonoured: false, evidence: "asked high, the service says low", isProof: true },
    ]);
    expect(observe({ quality: "high" })).toEqual([]);
  });

  test("by words is no proof", () => {
    expect(observe({ aspect: { width: 16, height: 10 } })).toEqual([
      { property: "aspect", wasHonoured: true, evidence: "asked 16:10 in words, got 1280x800", isProof: false },
    ]);
    expect(observe({ aspect: { width: 1, height: 1 } })).toMatchObject([{ wasHonoured: false, isProof: false }]);
  });

  test.each([
    [true, "an alpha channel"],
    [false, "none"],
  ])("by transparency that was asked for: %s", (hasAlpha, got) => {
    const request = resolvedRequest({ background: "transparent" });
    expect(observationsOf(request, { stored: { ...stored, hasAlpha } })).toEqual([
      { property: "background", wasHonoured: hasAlpha, evidence: `asked transparent, got ${got}`, isProof: false },
    ]);
  });

  test("never repeats the prompt", () => {
    const request = resolvedRequest({
      prompt: "a private picture",
      background: "transparent",
      native: { size: { width: 1, height: 1 }, quality: "max", aspect: { width: 1, height: 1 } },
    });
    expect(JSON.stringify(observationsOf(request, { stored, quality: "low" }))).not.toContain("private");
  });
});
