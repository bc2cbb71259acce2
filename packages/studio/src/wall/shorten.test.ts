import fc from "fast-check";
import { expect, it } from "vitest";
import { shorten } from "./shorten.ts";

const anyText = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units));

it("makes one line of any prompt, never longer than asked", () => {
  expect(shorten("a\n\tfox\u0000 in   snow ", 50)).toBe("a fox in snow");
  expect(shorten("a very long prompt", 7)).toBe("a very…");
  fc.assert(
    fc.property(anyText, fc.integer({ min: 1, max: 60 }), (text, length) => {
      const short = shorten(text, length);
      expect(short.length).toBeLessThanOrEqual(length);
      expect(short).not.toMatch(/\p{Cc}/u);
    }),
    { seed: 3, numRuns: 300 },
  );
});
