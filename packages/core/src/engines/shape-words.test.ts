import { describe, expect, test } from "vitest";
import { aspectSentence, promptWithAspect } from "./shape-words.ts";

describe("the sentence that steers the shape", () => {
  // The first is the reported one, word for word (codex-backend contract 3.3).
  test.each([
    [16, 9, "Aspect ratio: 16:9, wide landscape (horizontal) canvas."],
    [9, 16, "Aspect ratio: 9:16, tall portrait (vertical) canvas."],
    [3, 2, "Aspect ratio: 3:2, landscape (horizontal) canvas."],
    [2, 3, "Aspect ratio: 2:3, portrait (vertical) canvas."],
    [1, 1, "Aspect ratio: 1:1, square canvas."],
    [5, 5, "Aspect ratio: 5:5, square canvas."],
    [17, 10, "Aspect ratio: 17:10, wide landscape (horizontal) canvas."],
  ])("for %i:%i", (width, height, sentence) => {
    expect(aspectSentence({ width, height })).toBe(sentence);
    expect(promptWithAspect("a fox\n", { width, height })).toBe(`a fox\n\n\n${sentence}`);
  });

  test("is left out when no shape was asked for, and the prompt is verbatim", () => {
    expect(promptWithAspect(" a fox \u0000\n", null)).toBe(" a fox \u0000\n");
  });
});
