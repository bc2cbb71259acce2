import { describe, expect, test } from "vitest";
import type { CapabilityRow, EngineCapabilities, Honour } from "../contracts/capabilities.ts";
import { imagesCapabilities } from "../engines/images/capabilities.ts";
import { responsesCapabilities } from "../engines/responses/capabilities.ts";
import { nativeAsk, rowOf } from "./native-ask.ts";
import type { AskedShape } from "./native-ask.ts";

/** The table with some rows switched, as an account's own results switch them. */
function table(
  switched: Readonly<Record<string, Honour>> = {},
  of: EngineCapabilities = imagesCapabilities,
): EngineCapabilities {
  return {
    ...of,
    rows: of.rows.map((row): CapabilityRow => ({ ...row, honoured: switched[row.property] ?? row.honoured })),
  };
}

const nothing: AskedShape = { size: null, aspect: null, quality: null };
const pixels = { size: { width: 1200, height: 630 } };
const wide = { aspect: { width: 16, height: 9 } };
const none = { size: null, aspect: null, quality: null };

describe("what the engine itself is asked for", () => {
  test.each<[string, Partial<AskedShape>, object]>([
    ["nothing", {}, none],
    ["a shape", wide, { ...none, ...wide }],
    ["pixels: the nearest shape in words", pixels, { ...none, ...wide }],
    [
      "pixels and their shape",
      { ...pixels, aspect: { width: 40, height: 21 } },
      { ...none, aspect: { width: 40, height: 21 } },
    ],
    ["a longest side: no shape at all", { size: { longestSide: 2048 } }, none],
    ["a longest side and a shape", { size: { longestSide: 2048 }, ...wide }, { ...none, ...wide }],
    ["a quality that is only reported", { quality: "high" }, none],
  ])("for %s, where only words count", (_, asked, native) => {
    for (const engine of [imagesCapabilities, responsesCapabilities])
      expect(nativeAsk(engine, { ...nothing, ...asked })).toEqual(native);
  });

  test.each<[string, Partial<AskedShape>, object]>([
    ["nothing", {}, none],
    ["a shape: words, because no pixels are known", wide, { ...none, ...wide }],
    [
      "pixels: the nearest size of the service's own, and no words",
      pixels,
      { ...none, size: { width: 1200, height: 640 } },
    ],
    ["a longest side", { size: { longestSide: 2048 } }, none],
    [
      "a longest side and a wide shape",
      { size: { longestSide: 2048 }, ...wide },
      { ...none, size: { width: 2048, height: 1152 } },
    ],
    [
      "a longest side and a tall shape",
      { size: { longestSide: 2048 }, aspect: { width: 9, height: 16 } },
      { ...none, size: { width: 1152, height: 2048 } },
    ],
    ["a quality", { quality: "high" }, { ...none, quality: "high" }],
    ["no particular quality", { quality: "auto" }, none],
  ])("for %s, where size and quality are honoured", (_, asked, native) => {
    expect(nativeAsk(table({ size: "yes", quality: "yes" }), { ...nothing, ...asked })).toEqual(native);
  });

  test.each<Honour>(["by-words", "reported", "ignored", "unknown"])(
    "is no size and no quality where those are %s",
    (honoured) => {
      expect(
        nativeAsk(table({ size: honoured, quality: honoured }), {
          ...pixels,
          ...nothing,
          size: pixels.size,
          quality: "max",
        }),
      ).toEqual({
        ...none,
        ...wide,
      });
    },
  );

  test("is no shape in words where words did not help on this account", () => {
    expect(nativeAsk(table({ aspect: "ignored" }), { ...nothing, ...wide })).toEqual(none);
  });

  test("is nothing at all where the table says nothing", () => {
    expect(nativeAsk({ ...imagesCapabilities, rows: [] }, { ...pixels, ...wide, quality: "high" })).toEqual(none);
  });
});

test("a row is found by its property", () => {
  expect([rowOf(imagesCapabilities, "size")?.honoured, rowOf(imagesCapabilities, "nothing")]).toEqual([
    "ignored",
    undefined,
  ]);
});
