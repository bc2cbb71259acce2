import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { thrownBy } from "../../../../test/support/rejection.ts";
import { hasAspect, parseAspect } from "./aspect.ts";
import { validateRequest } from "./validate-request.ts";

const valid = { operation: "generate", prompt: "a red fox" };

describe("a request", () => {
  test.each([
    valid,
    { ...valid, n: 1 },
    {
      ...valid,
      n: 10,
      aspect: "16:9",
      background: "transparent",
      quality: "max",
      model: "gpt-image-2-low",
      engine: "auto",
      strict: false,
    },
    { ...valid, aspect: undefined, n: undefined },
    { ...valid, prompt: "x".repeat(32_000) },
    { ...valid, prompt: "  a fox\n" },
  ])("%o is taken as it is", (request) => {
    expect(validateRequest(request)).toBe(request);
  });

  test.each([
    [{ operation: "generate" }, "There is no prompt."],
    [{ ...valid, prompt: undefined }, "There is no prompt."],
    [{ ...valid, prompt: "" }, "The prompt is empty."],
    [{ ...valid, prompt: " \n\t" }, "The prompt is empty."],
  ])("%o has no prompt", (request, message) => {
    const error = thrownBy(() => validateRequest(request));
    expect([error.code, error.message, error.hint]).toEqual([
      "prompt_missing",
      message,
      'Say what to draw: limn generate "a red fox in the snow"',
    ]);
  });

  test.each<[unknown, string]>([
    [{ ...valid, prompt: "x".repeat(40_000) }, "Prompt has 40,000 characters; the limit is 32,000."],
    [{ ...valid, prompt: 7 }, "Prompt must be a text."],
    [{ ...valid, n: 0 }, "N must be a whole number from 1 to 10."],
    [{ ...valid, n: 11 }, "N must be a whole number from 1 to 10."],
    [{ ...valid, n: 1.5 }, "N must be a whole number from 1 to 10."],
    [{ ...valid, n: "2" }, "N must be a whole number from 1 to 10."],
    [{ ...valid, n: null }, "N must be a whole number from 1 to 10."],
    [{ ...valid, aspect: 1 }, "Aspect must be a text such as 16:9."],
    [{ ...valid, background: "white" }, "Background must be one of transparent, opaque, auto."],
    [{ ...valid, quality: "best" }, "Quality must be one of low, medium, high, xhigh, max, auto."],
    [{ ...valid, model: "" }, "Model must be a model's name; see limn models."],
    [{ ...valid, strict: 1 }, "Strict must be true or false."],
    [{ ...valid, operation: "edit" }, 'Operation must be "generate".'],
    [{ prompt: "x" }, 'Operation must be "generate".'],
    [{ ...valid, apsect: "1:1" }, 'Apsect is not known; did you mean "aspect"?'],
    [{ ...valid, size: "17x99999" }, "Size is not known."],
    [{ ...valid, constructor: 1 }, "Constructor is not known."],
    [null, "The request must be an object."],
    [[valid], "The request must be an object."],
    ["a red fox", "The request must be an object."],
  ])("%o is refused", (request, message) => {
    const error = thrownBy(() => validateRequest(request));
    expect([error.code, error.message]).toEqual(["invalid_option", message]);
  });

  test("with many faults is told all of them at once, in the caller's own names", () => {
    const request = { operation: "generate", promt: "x", n: 0, aspect: "9:1" };
    const error = thrownBy(() =>
      validateRequest(request, [{ field: "json", message: "makes no sense" }], (field) => `--${field}`),
    );
    expect(error.message).toBe(
      '5 things are wrong: --json makes no sense; --promt is not known; did you mean "prompt"?; --n must be a whole number from 1 to 10; --aspect must not be steeper than 8:1; the prompt is missing.',
    );
    expect(error.details).toEqual({
      faults: [
        { field: "json", message: "makes no sense" },
        { field: "promt", message: 'is not known; did you mean "prompt"?' },
        { field: "n", message: "must be a whole number from 1 to 10" },
        { field: "aspect", message: "must not be steeper than 8:1" },
        { field: "prompt", message: "is missing" },
      ],
    });
  });

  test("is never repeated in an error about its prompt", () => {
    const prompt = "a private picture ".repeat(3000);
    expect(JSON.stringify(thrownBy(() => validateRequest({ ...valid, prompt })))).not.toContain("private");
  });
});

describe("an aspect", () => {
  test.each([
    ["square", { width: 1, height: 1 }],
    ["landscape", { width: 3, height: 2 }],
    ["portrait", { width: 2, height: 3 }],
    ["16:9", { width: 16, height: 9 }],
    ["8:1", { width: 8, height: 1 }],
    ["100:99", { width: 100, height: 99 }],
    ["016:9", { width: 16, height: 9 }],
  ])("%s", (text, aspect) => {
    expect(parseAspect(text)).toEqual(aspect);
  });

  test.each([
    "",
    "wide",
    "16x9",
    "16/9",
    "16:9:1",
    " 16:9",
    "1.5:1",
    "-1:1",
    "0:1",
    "101:100",
    "9:1",
    "1:9",
    "toString",
    "∞:1",
  ])("%o is none", (text) => {
    expect(parseAspect(text)).toEqual(expect.any(String));
  });

  test("is honoured by a picture within three per cent, whatever its size", () => {
    expect([
      hasAspect({ width: 1672, height: 941 }, { width: 16, height: 9 }),
      hasAspect({ width: 941, height: 1672 }, { width: 9, height: 16 }),
      hasAspect({ width: 1254, height: 1254 }, { width: 1, height: 1 }),
      hasAspect({ width: 102, height: 100 }, { width: 1, height: 1 }),
      hasAspect({ width: 104, height: 100 }, { width: 1, height: 1 }),
      hasAspect({ width: 1536, height: 1024 }, { width: 16, height: 9 }),
      hasAspect({ width: 1024, height: 1536 }, { width: 3, height: 2 }),
    ]).toEqual([true, true, true, true, false, false, false]);
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 50 }),
        (width, height, factor) => {
          expect(hasAspect({ width: width * factor, height: height * factor }, { width, height })).toBe(true);
        },
      ),
    );
  });
});
