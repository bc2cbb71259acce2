import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { copyPngWithRecipe, readPngRecipe } from "./png-recipe.ts";

async function png(): Promise<Buffer> {
  return sharp({ create: { width: 40, height: 30, channels: 4, background: "#12345678" } })
    .withExif({ IFD0: { Copyright: "somebody" } })
    .png()
    .toBuffer();
}

test("a recipe of any text comes back from the copy, and every other byte stays", async () => {
  const folder = temporaryFolder();
  const original = await png();
  writeFileSync(join(folder, "original.png"), original);
  let copies = 0;
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 300 }), (recipe) => {
      const copy = join(folder, `copy-${copies++}.png`);
      expect(copyPngWithRecipe(join(folder, "original.png"), copy, recipe)).toBe(true);
      expect(readPngRecipe(copy)).toBe(recipe);
      const bytes = readFileSync(copy);
      const added = bytes.length - original.length;
      expect(Buffer.concat([bytes.subarray(0, 33), bytes.subarray(33 + added)])).toEqual(original);
    }),
    { numRuns: 30 },
  );
  expect(readFileSync(join(folder, "original.png"))).toEqual(original);
});

test("the copy is a PNG with the same pixels to another program", async () => {
  const folder = temporaryFolder();
  const original = await png();
  writeFileSync(join(folder, "original.png"), original);
  copyPngWithRecipe(join(folder, "original.png"), join(folder, "copy.png"), '{"prompt":"Füchse 🦊"}');
  const copied = sharp(join(folder, "copy.png"), { failOn: "warning" });
  expect(await copied.raw().toBuffer()).toEqual(await sharp(original).raw().toBuffer());
  expect(statSync(join(folder, "copy.png")).mode & 0o777).toBe(0o600);
});

test("a file that is no PNG is left alone, and has no recipe", () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "a.jpg"), "\xff\xd8\xff and more than thirty-three bytes of it", "latin1");
  writeFileSync(join(folder, "short.png"), "\x89PNG", "latin1");
  for (const name of ["a.jpg", "short.png"]) {
    expect(copyPngWithRecipe(join(folder, name), join(folder, "copy"), "{}")).toBe(false);
    expect(readPngRecipe(join(folder, name))).toBe(null);
  }
  expect(existsSync(join(folder, "copy"))).toBe(false);
});

test("a PNG without a recipe, or cut within one, has none", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "original.png"), await png());
  expect(readPngRecipe(join(folder, "original.png"))).toBe(null);
  copyPngWithRecipe(join(folder, "original.png"), join(folder, "copy.png"), "x".repeat(500));
  writeFileSync(join(folder, "cut.png"), readFileSync(join(folder, "copy.png")).subarray(0, 200));
  expect(readPngRecipe(join(folder, "cut.png"))).toBe(null);
});

test("an existing file is not overwritten", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "original.png"), await png());
  writeFileSync(join(folder, "mine.png"), "mine");
  expect(() => copyPngWithRecipe(join(folder, "original.png"), join(folder, "mine.png"), "{}")).toThrow(/EEXIST/);
  expect(readFileSync(join(folder, "mine.png"), "utf8")).toBe("mine");
});
