import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { nameFromPrompt } from "./file-name.ts";
import { createGenerationId, isGenerationId } from "./generation-id.ts";

describe("a name from a prompt", () => {
  test.each([
    ["a red fox in the snow", "a-red-fox-in-the-snow"],
    ["A Red FOX", "a-red-fox"],
    ["the fox's den, at night!", "the-foxs-den-at-night"],
    ["../../etc/passwd", "etc-passwd"],
    [String.raw`C:\Windows\system32`, "c-windows-system32"],
    [".hidden", "hidden"],
    ["a\u0000b\u001b[31mc\nd", "a-b-31mc-d"],
    ["🦊 fox 🦊", "fox"],
    ["🦊🦊🦊", "image"],
    ["", "image"],
    ["   ", "image"],
    ["-rf", "rf"],
    ["CON", "image-con"],
    ["nul.png", "nul-png"],
    ["com1", "image-com1"],
    ["LPT9", "image-lpt9"],
    ["com¹", "image-com1"],
    ["console", "console"],
    ["ثعلب أحمر", "ثعلب-أحمر"],
    ["\u202Efox\u202C", "fox"],
    ["ｆｏｘ", "fox"],
    ["fu\u0308chse", "füchse"],
    ["word ".repeat(100), Array.from({ length: 12 }, () => "word").join("-")],
    ["x".repeat(300), "x".repeat(60)],
    ["狐".repeat(300), "狐".repeat(20)],
  ])("of %o is %o", (prompt, name) => {
    expect(nameFromPrompt(prompt)).toBe(name);
  });

  test("of any text is one that every file system takes, also with a counter and an extension", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 400 }), (prompt) => {
        const name = nameFromPrompt(prompt);
        expect(name).toMatch(/^[\p{L}\p{N}\p{M}]+(?:-[\p{L}\p{N}\p{M}]+)*$/u);
        expect(Buffer.byteLength(`${name}-10-9999.webp`)).toBeLessThan(255);
        expect(name).not.toMatch(/^(?:con|prn|aux|nul|com\d|lpt\d)$/i);
        expect(name.isWellFormed()).toBe(true);
      }),
    );
  });
});

describe("a generation's id", () => {
  test("sorts by its time and is of one form", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 40), fc.nat(2 ** 30), (time, later) => {
        const first = createGenerationId(time);
        const second = createGenerationId(time + 1 + later);
        expect([isGenerationId(first), isGenerationId(second), first < second]).toEqual([true, true, true]);
      }),
    );
  });

  test("is another one at the same moment", () => {
    expect(new Set(Array.from({ length: 1000 }, () => createGenerationId(5))).size).toBe(1000);
  });

  test.each([
    "gen_",
    "gen_0000000000000000000",
    "gen_000000000000000000000",
    "gen_0000000000000000000i",
    "../gen_x",
    "GEN_00000000000000000000",
  ])("%o is none", (text) => {
    expect(isGenerationId(text)).toBe(false);
  });
});
