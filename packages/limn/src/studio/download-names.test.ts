import fc from "fast-check";
import { expect, it } from "vitest";
import { downloadNames } from "./download-names.ts";

it("are words of the prompt, each once", () => {
  const png = "image/png";
  expect(
    downloadNames([
      { prompt: "A red Fox!", mediaType: png },
      { prompt: "a red fox", mediaType: png },
      { prompt: "a red fox", mediaType: "image/webp" },
      { prompt: "../../etc/passwd\0", mediaType: png },
      { prompt: null, mediaType: "image/jpeg" },
      { prompt: "CON", mediaType: png },
      { prompt: "红狐狸", mediaType: "text/html" },
    ]),
  ).toEqual([
    "a-red-fox.png",
    "a-red-fox-2.png",
    "a-red-fox.webp",
    "etc-passwd.png",
    "image.jpg",
    "image-con.png",
    "红狐狸.bin",
  ]);
});

it("are safe and different for any prompts", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary", maxLength: 200 }), { maxLength: 20 }), (prompts) => {
      const names = downloadNames(prompts.map((prompt) => ({ prompt, mediaType: "image/png" })));
      expect(new Set(names.map((name) => name.toLowerCase())).size).toBe(prompts.length);
      for (const name of names) {
        expect(name).toMatch(/^[\p{L}\p{N}\p{M}-]+\.png$/u);
        expect(Buffer.byteLength(name)).toBeLessThan(120);
      }
    }),
    { seed: 3, numRuns: 200 },
  );
});
