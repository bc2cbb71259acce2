import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { deflateSync } from "node:zlib";
import { listChunks } from "../testing/requests.ts";
import { createCanvas } from "./canvas.ts";
import { drawPicture } from "./draw-picture.ts";
import { glyphFor } from "./glyphs.ts";
import { plainText } from "./lettering.ts";
import { decodePng } from "./png-decode.ts";
import { encodePng, pngChunk } from "./png-encode.ts";

const SMALL = { seed: 1, width: 96, height: 64, transparent: false, mark: true };

describe("the picture", () => {
  test("is the same for the same prompt and seed", async () => {
    const first = await drawPicture({ ...SMALL, prompt: "a fox" });
    expect(await drawPicture({ ...SMALL, prompt: "a fox" })).toEqual(first);
    expect(await drawPicture({ ...SMALL, prompt: "a fox", seed: 2 })).not.toEqual(first);
    expect(await drawPicture({ ...SMALL, prompt: "a dog" })).not.toEqual(first);
  });

  test("carries a Software text and a provenance chunk before its pixels", async () => {
    const png = Buffer.from(await drawPicture({ ...SMALL, prompt: "a fox" }));
    expect(listChunks(png).map((chunk) => chunk.type)).toEqual(["IHDR", "tEXt", "caBX", "IDAT", "IEND"]);
    expect(png.includes("Software\0limn emulator")).toBe(true);
  });

  test("shows the mark only when it is wanted", async () => {
    const marked = await decodePng(await drawPicture({ ...SMALL, prompt: "a fox" }));
    const plain = await decodePng(await drawPicture({ ...SMALL, prompt: "a fox", mark: false }));
    const differing = changedPixels(marked?.pixels, plain?.pixels).map((pixel) => pixel % 96);
    expect(differing.length).toBeGreaterThan(50);
    // The ribbon lies in the right half.
    expect(Math.min(...differing)).toBeGreaterThan(48);
  });

  test("draws any text, also at the smallest size", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: "grapheme", maxLength: 300 }),
        fc.integer({ min: 16, max: 80 }),
        async (prompt, width) => {
          const decoded = await decodePng(
            await drawPicture({ prompt, seed: 3, width, height: 48, transparent: false, mark: true }),
          );
          expect(decoded).toMatchObject({ width, height: 48, alpha: false });
        },
      ),
      { numRuns: 40 },
    );
  });

  test("has a shape for every printable ASCII character and no two alike", () => {
    const shapes = new Set<string>();
    for (let code = 32; code < 127; code += 1) shapes.add(JSON.stringify(glyphFor(String.fromCharCode(code))));
    expect(shapes.size).toBe(95);
    expect(shapes.has(JSON.stringify(glyphFor("\u65e5")))).toBe(false);
  });

  test("writes accented letters as their base letter", () => {
    expect(plainText("Crème brûlée – “groß” Łódź…")).toBe('Creme brulee - "gross" lodz...');
  });
});

describe("the PNG code", () => {
  test("decodes what it encodes, with and without alpha", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 1, max: 9 }),
        fc.boolean(),
        fc.integer(),
        async (width, height, alpha, seed) => {
          const canvas = createCanvas(width, height);
          canvas.pixels.forEach(
            (_, index) =>
              (canvas.pixels[index] = !alpha && index % 4 === 3 ? 255 : (seed * (index + 1) * 2_654_435) >>> 7),
          );
          const decoded = await decodePng(await encodePng(canvas, alpha));
          expect(decoded).toEqual({ ...canvas, alpha });
        },
      ),
    );
  });

  test.each([0, 1, 2, 3, 4])("undoes row filter %i", async (filter) => {
    const rows = Uint8Array.of(filter, 10, 20, 30, 5, 6, 7, filter, 1, 2, 3, 200, 100, 50);
    const decoded = await decodePng(rawPng(2, 2, rows));
    expect(decoded?.pixels).toEqual(EXPECTED_BY_FILTER[filter]);
  });

  const palette = { PLTE: Uint8Array.of(9, 8, 7, 90, 80, 70), tRNS: Uint8Array.of(40) };
  test.each([
    ["grey", [8, 0], [0, 10, 200], {}, [10, 10, 10, 255, 200, 200, 200, 255]],
    ["grey of one bit", [1, 0], [0, 0b0100_0000], {}, [0, 0, 0, 255, 255, 255, 255, 255]],
    [
      "grey with a transparent shade",
      [8, 0],
      [0, 10, 200],
      { tRNS: Uint8Array.of(0, 10) },
      [10, 10, 10, 0, 200, 200, 200, 255],
    ],
    ["grey with alpha", [8, 4], [0, 10, 77, 200, 255], {}, [10, 10, 10, 77, 200, 200, 200, 255]],
    ["palette", [8, 3], [0, 1, 0], palette, [90, 80, 70, 255, 9, 8, 7, 40]],
    ["palette of four bits", [4, 3], [0, 0x10], palette, [90, 80, 70, 255, 9, 8, 7, 40]],
    [
      "RGB with a transparent colour",
      [8, 2],
      [0, 1, 2, 3, 4, 5, 6],
      { tRNS: Uint8Array.of(0, 4, 0, 5, 0, 6) },
      [1, 2, 3, 255, 4, 5, 6, 0],
    ],
  ] as const)("reads %s", async (_, format, row, chunks, expected) => {
    const decoded = await decodePng(rawPng(2, 1, Uint8Array.from(row), format, chunks));
    expect([...(decoded?.pixels ?? [])]).toEqual(expected);
    expect(decoded?.alpha).toBe("tRNS" in chunks || format[1] === 4);
  });

  test("gives nothing for a file that it cannot read", async () => {
    const good = await drawPicture({ ...SMALL, prompt: "a fox" });
    expect(await decodePng(good.subarray(0, good.length / 2))).toBeUndefined();
    expect(await decodePng(Buffer.from("hello world"))).toBeUndefined();
    expect(await decodePng(rawPng(2, 2, Uint8Array.of(9, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0)))).toBeUndefined();
    expect(await decodePng(rawPng(60_000, 60_000, new Uint8Array(4)))).toBeUndefined();
  });
});

// By hand from the PNG specification, for the two rows of the filter test.
const EXPECTED_BY_FILTER: readonly Uint8Array[] = [
  Uint8Array.of(10, 20, 30, 255, 5, 6, 7, 255, 1, 2, 3, 255, 200, 100, 50, 255),
  Uint8Array.of(10, 20, 30, 255, 15, 26, 37, 255, 1, 2, 3, 255, 201, 102, 53, 255),
  Uint8Array.of(10, 20, 30, 255, 5, 6, 7, 255, 11, 22, 33, 255, 205, 106, 57, 255),
  Uint8Array.of(10, 20, 30, 255, 10, 16, 22, 255, 6, 12, 18, 255, 208, 114, 70, 255),
  Uint8Array.of(10, 20, 30, 255, 15, 26, 37, 255, 11, 22, 33, 255, 215, 126, 87, 255),
];

function rawPng(
  width: number,
  height: number,
  rows: Uint8Array,
  [depth, colorType]: readonly [number, number] = [8, 2],
  chunks: Readonly<Record<string, Uint8Array>> = {},
): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([depth, colorType, 0, 0, 0], 8);
  const signature = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  return Buffer.concat([
    signature,
    pngChunk("IHDR", header),
    ...Object.entries(chunks).map(([type, data]) => pngChunk(type, data)),
    pngChunk("IDAT", deflateSync(rows)),
    pngChunk("IEND", new Uint8Array(0)),
  ]);
}

function changedPixels(first: Uint8Array = new Uint8Array(0), second: Uint8Array = new Uint8Array(0)): number[] {
  const changed: number[] = [];
  for (let pixel = 0; pixel * 4 < first.length; pixel += 1) {
    if ([0, 1, 2].some((channel) => first[pixel * 4 + channel] !== second[pixel * 4 + channel])) changed.push(pixel);
  }
  return changed;
}
