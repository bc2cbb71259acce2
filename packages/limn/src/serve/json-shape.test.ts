import fc from "fast-check";
import { expect, test } from "vitest";
import { hasModestShape } from "./json-shape.ts";

test("whatever a request may hold is let through, brackets and quotes in texts included", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: "binary" }), fc.string(), (value, words) => {
      expect(hasModestShape(JSON.stringify({ value, [words]: words }, null, 1))).toBe(true);
    }),
    { seed: 7 },
  );
  expect(hasModestShape(JSON.stringify({ prompt: '\\"[{,'.repeat(100_000) }))).toBe(true);
  expect(hasModestShape(`{"image":"data:image/png;base64,${"A".repeat(30_000_000)}"}`)).toBe(true);
});

test("a text of nothing but structure is not", () => {
  for (const text of [
    "[".repeat(33),
    '{"a":'.repeat(33),
    `[${"[],".repeat(5000)}1]`,
    `[${"1,".repeat(10_000)}1]`,
    `{${'"":0,'.repeat(10_000)}"":0}`,
    `{"prompt":"x\\\\",${'"":0,'.repeat(10_000)}"":0}`,
  ])
    expect({ text: text.slice(0, 20), isModest: hasModestShape(text) }).toEqual({
      text: text.slice(0, 20),
      isModest: false,
    });
});
