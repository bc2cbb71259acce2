import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { thrownBy } from "../../../../test/support/rejection.ts";
import { hasAspect, parseAspect } from "./aspect.ts";
import { refuseTooManyInputs, validateRequest } from "./validate-request.ts";

const valid = { operation: "generate", prompt: "a red fox" };
const edit = { operation: "edit", prompt: "make it night", images: ["fox.png"] };

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
    { ...valid, aspect: undefined, n: undefined, mask: undefined },
    {
      ...valid,
      size: "1200x630",
      fit: "pad",
      format: "webp",
      compression: 0,
      background: "transparent",
      alpha: "strict",
      allowExtraImages: 10,
      codexDriver: "exec",
      partials: 3,
      images: ["a.png", "@last", "@gen:2", "data:,x", Buffer.from("x"), { bytes: Buffer.from("x"), name: "x.png" }],
      shrinkInputs: true,
    },
    { ...edit },
    { ...edit, mask: Buffer.from("x") },
    // How many an engine takes is the engine's business.
    { ...edit, images: Array.from({ length: 99 }, () => "a.png") },
    { ...valid, images: [] },
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
    [{ ...valid, operation: "delete" }, "Operation must be one of generate, edit."],
    [{ prompt: "x" }, "Operation must be one of generate, edit."],
    [{ ...valid, operation: "edit" }, "Images is missing: name the picture to change, such as -i fox.png or -i @last."],
    [{ ...valid, apsect: "1:1" }, 'Apsect is not known; did you mean "aspect"?'],
    [{ ...valid, size: "17x99999" }, "Size must have sides from 16 to 8192 pixels, and 17x99999 has not."],
    [{ ...valid, size: 1024 }, "Size must be a text such as 1200x630."],
    [{ ...valid, fit: "stretch" }, "Fit must be one of cover, contain, pad, native."],
    [{ ...valid, format: "jpg" }, "Format must be one of png, jpeg, webp, avif, gif."],
    [{ ...valid, format: "webp", compression: 101 }, "Compression must be a whole number from 0 to 100."],
    [{ ...valid, alpha: "none" }, "Alpha must be one of best, strict."],
    [{ ...valid, allowExtraImages: 11 }, "AllowExtraImages must be a whole number from 0 to 10."],
    [{ ...valid, codexDriver: "tui" }, "CodexDriver must be one of auto, app-server, exec."],
    [{ ...valid, partials: 4 }, "Partials must be a whole number from 0 to 3."],
    [{ ...valid, partials: true }, "Partials must be a whole number from 0 to 3."],
    [{ ...valid, engine: "dalle" }, "Engine must be one of auto, images, responses, codex."],
    [{ ...valid, images: "a.png" }, "Images must be a list of images."],
    [{ ...valid, images: ["a.png", ""] }, "Images must hold paths, addresses, bytes or pictures of the history."],
    [{ ...valid, images: [{ bytes: "x" }] }, "Images must hold paths, addresses, bytes or pictures of the history."],
    [{ ...valid, images: [[1, 2]] }, "Images must hold paths, addresses, bytes or pictures of the history."],
    [{ ...edit, mask: "" }, "Mask must be a path, an address, bytes or a picture of the history."],
    [{ ...edit, mask: ["m.png"] }, "Mask must be a path, an address, bytes or a picture of the history."],
    [{ ...valid, shrinkInputs: "yes" }, "ShrinkInputs must be true or false."],
    [{ ...valid, image: "a.png" }, 'Image is not known; did you mean "images"?'],
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

describe("fields that are good each by itself and not together", () => {
  const mask = { ...edit, mask: "mask.png" };
  const outside = "cannot be combined with a mask: every pixel outside stays what it was";

  test.each<[object, readonly (readonly [field: string, message: string])[]]>([
    [{ ...edit, images: [] }, [["images", "is missing: name the picture to change, such as -i fox.png or -i @last"]]],
    [
      { ...edit, images: undefined },
      [["images", "is missing: name the picture to change, such as -i fox.png or -i @last"]],
    ],
    [{ ...valid, mask: "m.png" }, [["mask", "needs the operation edit: limn edit"]]],
    [{ ...valid, images: ["a.png"], mask: "m.png" }, [["mask", "needs the operation edit: limn edit"]]],
    [{ ...mask, size: "1200x630" }, [["size", outside]]],
    [{ ...mask, size: "2K" }, [["size", outside]]],
    [{ ...mask, aspect: "16:9" }, [["aspect", outside]]],
    [{ ...mask, fit: "cover" }, [["fit", outside]]],
    [
      { ...mask, size: "1600x900", aspect: "16:9", fit: "pad" },
      [
        ["size", outside],
        ["aspect", outside],
        ["fit", outside],
      ],
    ],
    [{ ...mask, format: "jpeg" }, [["format", "must be png with a mask, which loses nothing"]]],
    [{ ...mask, format: "webp" }, [["format", "must be png with a mask, which loses nothing"]]],
    [{ ...mask, background: "transparent" }, [["background", "cannot be transparent with a mask"]]],
    [
      { ...valid, size: "1200x630", aspect: "16:9" },
      [["aspect", "contradicts the size 1200x630; give one of the two"]],
    ],
    [
      { ...valid, size: "1200x630", aspect: "9:16" },
      [["aspect", "contradicts the size 1200x630; give one of the two"]],
    ],
    [
      { ...valid, size: "1601x900", aspect: "16:9" },
      [["aspect", "contradicts the size 1601x900; give one of the two"]],
    ],
    [{ ...valid, size: "64x48", aspect: "square" }, [["aspect", "contradicts the size 64x48; give one of the two"]]],
    [
      { ...valid, format: "jpeg", background: "transparent" },
      [["format", "cannot be jpeg with a transparent background: JPEG holds none"]],
    ],
    [{ ...valid, format: "png", compression: 50 }, [["compression", "is for jpeg, webp and avif; png loses nothing"]]],
    [{ ...valid, format: "gif", compression: 100 }, [["compression", "is for jpeg, webp and avif; gif loses nothing"]]],
  ])("%j is refused", (request, faults) => {
    const error = thrownBy(() => validateRequest(request));
    expect([error.code, error.details]).toEqual([
      "invalid_option",
      { faults: faults.map(([field, message]) => ({ field, message })) },
    ]);
    for (const [, message] of faults) expect(error.message).toContain(message);
  });

  test.each<object>([
    { ...mask, size: "auto", fit: "native", format: "png", background: "opaque", quality: "high", n: 3 },
    { ...mask, background: "auto" },
    { ...valid, size: "1600x900", aspect: "16:9" },
    // Half a pixel of rounding: 1366 is 768 times 16 by 9, and a third.
    { ...valid, size: "1365x768", aspect: "16:9" },
    { ...valid, size: "1200x800", aspect: "landscape" },
    { ...valid, size: "2K", aspect: "9:16" },
    { ...valid, size: "auto", aspect: "9:16" },
    { ...valid, format: "webp", background: "transparent", compression: 1 },
    { ...valid, format: "jpeg", background: "opaque", compression: 100 },
    // What the output's name asks for is not known here.
    { ...valid, compression: 50 },
  ])("%j is taken", (request) => {
    expect(validateRequest(request)).toBe(request);
  });

  test("are told together with what is wrong by itself", () => {
    const error = thrownBy(() =>
      validateRequest({ operation: "edit", size: "x", format: "png", compression: 5, mask: 7 }),
    );
    expect(error.details).toEqual({
      faults: [
        { field: "size", message: "must be WxH such as 1200x630, or 1K, 2K, 4K or auto" },
        { field: "mask", message: "must be a path, an address, bytes or a picture of the history" },
        { field: "images", message: expect.any(String) },
        { field: "compression", message: expect.any(String) },
        { field: "prompt", message: "is missing" },
      ],
    });
    expect(error.hint).toBe("See: limn edit --help");
  });

  test("a size of any ratio goes with that ratio, whatever the rounding", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 1, max: 100 }),
        fc.integer({ min: 16, max: 4000 }),
        (width, height, side) => {
          fc.pre(Math.max(width / height, height / width) <= 8);
          const other = Math.round((side * height) / width);
          fc.pre(other >= 16 && other <= 8192);
          const request = { ...valid, size: `${side}x${other}`, aspect: `${width}:${height}` };
          expect(validateRequest(request)).toBe(request);
        },
      ),
    );
  });
});

describe("an edit without a prompt", () => {
  test("is told how to say what to change", () => {
    const error = thrownBy(() => validateRequest({ operation: "edit", images: ["a.png"] }));
    expect([error.code, error.hint]).toEqual([
      "prompt_missing",
      'Say what to change: limn edit "make it night" -i fox.png',
    ]);
  });
});

describe("more inputs than any engine takes", () => {
  test("go nowhere", () => {
    refuseTooManyInputs(0);
    refuseTooManyInputs(16);
    const error = thrownBy(() => refuseTooManyInputs(17));
    expect([error.code, error.details, error.message]).toEqual([
      "too_many_inputs",
      { count: 17, limit: 16 },
      "17 input images were given; 16 is the most that any engine takes. Nothing was sent.",
    ]);
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
