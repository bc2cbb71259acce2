import fc from "fast-check";
import { expect, test } from "vitest";
import { parseSize, shapeFromPrompt, unconstrainedSize } from "./shape.ts";

test.each([
  // codex-backend contract 3.3, exact
  ["Aspect ratio: 16:9, wide landscape (horizontal) canvas.", "1672x941"],
  ["Tall vertical 9:16 poster", "941x1672"],
  ["21:9", "1916x821"],
  ["an icon, 1:1", "1254x1254"],
  ["3:2", "1536x1024"],
  ["2 : 3", "1024x1536"],
  // computed
  ["Aspect ratio: 4:5.", "1122x1402"],
  ["2.35:1 film still", "1923x818"],
  // words
  ["a square tile", "1254x1254"],
  ["wide view of a valley", "1536x1024"],
  ["LANDSCAPE", "1536x1024"],
  ["portrait of a cat", "1024x1536"],
  ["a tall tower", "1024x1536"],
  // the sentence about the canvas wins over other ratios
  ["a 4:3 television. Aspect ratio: 9:16.", "941x1672"],
  ["Aspect ratio: 9:16. On the wall a screen that is 4:3 in a room with a view over the old harbour", "941x1672"],
])('"%s" asks for %s', (prompt, size) => {
  const shape = shapeFromPrompt(prompt);
  expect(`${shape?.width}x${shape?.height}`).toBe(size);
});

test.each([
  "a red fox",
  "the clock shows 10:05",
  "train at 9:30 pm",
  "squares and landscapes",
  "scale 1:2:3",
  "mix 1:20",
  "",
])('"%s" asks for no shape', (prompt) => {
  expect(shapeFromPrompt(prompt)).toBeUndefined();
});

test("every written ratio gives about 1.57 megapixels of that ratio", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }), (width, height) => {
      fc.pre(Math.max(width / height, height / width) <= 4);
      const shape = shapeFromPrompt(`Aspect ratio: ${width}:${height}.`);
      if (shape === undefined) throw new Error("no shape");
      expect((shape.width * shape.height) / 1_572_864).toBeCloseTo(1, 2);
      expect(shape.width / shape.height / (width / height)).toBeCloseTo(1, 2);
    }),
  );
});

test("a prompt without a shape gets one of the four reported sizes", () => {
  const sizes = new Set(
    Array.from({ length: 60 }, (_, index) => JSON.stringify(unconstrainedSize(`prompt ${index}`, 1))),
  );
  expect(sizes.size).toBe(4);
});

test("sizes are read from WxH only", () => {
  expect(parseSize("17x18")).toEqual({ width: 17, height: 18 });
  expect([parseSize("auto"), parseSize("17×18"), parseSize("17x"), parseSize(" 17x18")]).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});
