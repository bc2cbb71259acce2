import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sizeLimits } from "../contracts/request.ts";
import type { AspectRatio, PixelSize } from "../contracts/request.ts";
import { nearestNativeSize, nearestShape, parseSize } from "./size.ts";

const side = fc.integer({ min: sizeLimits.minSide, max: sizeLimits.maxSide });
const size = fc
  .record({ width: side, height: side })
  .filter(({ width, height }) => width * height <= sizeLimits.maxPixels);

describe("a size", () => {
  test.each<[string, unknown]>([
    ["auto", null],
    ["1200x630", { width: 1200, height: 630 }],
    ["1200X630", { width: 1200, height: 630 }],
    ["1200×630", { width: 1200, height: 630 }],
    ["16x16", { width: 16, height: 16 }],
    ["8192x4096", { width: 8192, height: 4096 }],
    ["1K", { longestSide: 1024 }],
    ["2k", { longestSide: 2048 }],
    ["4K", { longestSide: 3840 }],
  ])("%s", (text, parsed) => {
    expect(parseSize(text)).toEqual(parsed);
  });

  test("is what it says, whatever its sides are", () => {
    fc.assert(
      fc.property(size, ({ width, height }) => {
        expect(parseSize(`${width}x${height}`)).toEqual({ width, height });
      }),
    );
  });

  test.each([
    ["15x16", "must have sides from 16 to 8192 pixels, and 15x16 has not"],
    ["16x8193", "must have sides from 16 to 8192 pixels, and 16x8193 has not"],
    ["0x0", "must have sides from 16 to 8192 pixels, and 0x0 has not"],
    ["999999x999999", "must have sides from 16 to 8192 pixels, and 999999x999999 has not"],
    ["8192x8192", "must have at most 34 megapixels, and 8192x8192 has 67.1"],
    ...[
      "",
      "3K",
      "1KB",
      "K",
      "Auto",
      "x",
      "1200",
      "1200x",
      "x630",
      "1200*630",
      "1200 x 630",
      " 1200x630",
      "-1x5",
      "1e3x1e3",
    ].map((text): [string, string] => [text, "must be WxH such as 1200x630, or 1K, 2K, 4K or auto"]),
    ["1234567x10", "must be WxH such as 1200x630, or 1K, 2K, 4K or auto"],
    ["constructor", "must be WxH such as 1200x630, or 1K, 2K, 4K or auto"],
  ])("%o is none", (text, wrong) => {
    expect(parseSize(text)).toBe(wrong);
  });
});

/** The rule of the public API (codex-backend contract 3.1). */
function obeysTheRule({ width, height }: PixelSize): boolean {
  const pixels = width * height;
  return (
    width % 16 === 0 &&
    height % 16 === 0 &&
    Math.max(width, height) <= 3840 &&
    Math.max(width, height) <= 3 * Math.min(width, height) &&
    pixels >= 655_360 &&
    pixels <= 8_294_400
  );
}

describe("the nearest size of the service's own", () => {
  test("always obeys its rule", () => {
    fc.assert(
      fc.property(size, (wanted) => {
        const native = nearestNativeSize(wanted);
        expect(obeysTheRule(native), `${wanted.width}x${wanted.height} -> ${native.width}x${native.height}`).toBe(true);
      }),
      { numRuns: 20_000 },
    );
  });

  test("obeys it at its corners", () => {
    for (const wanted of [
      [16, 8192],
      [8192, 16],
      [16, 16],
      [3840, 1280],
      [1280, 3840],
      [3840, 2160],
      [3856, 2160],
      [2880, 2880],
      [2896, 2880],
      [1408, 466],
      [466, 1408],
      [5830, 5830],
      [1402, 467],
      [8192, 4150],
    ] as const) {
      const native = nearestNativeSize({ width: wanted[0], height: wanted[1] });
      expect(obeysTheRule(native), `${wanted.join("x")} -> ${native.width}x${native.height}`).toBe(true);
    }
  });

  test("covers what is wanted wherever the rule has such a size, and is hardly larger than needed", () => {
    const up = (length: number): number => Math.ceil(length / 16) * 16;
    fc.assert(
      fc.property(size, (wanted) => {
        const least = { width: up(wanted.width), height: up(wanted.height) };
        fc.pre(obeysTheRule(least));
        const native = nearestNativeSize(wanted);
        // What is too small for the rule grows to its least area first; then it is a step larger at most.
        const isSmall = wanted.width * wanted.height < 655_360;
        if (!isSmall) expect(native).toEqual(least);
        expect(native.width - least.width, "width").toBeOneOf(isSmall ? [0, 16, 32] : [0]);
        expect(native.height - least.height, "height").toBeOneOf(isSmall ? [0, 16, 32] : [0]);
      }),
      { numRuns: 5000 },
    );
  });

  test("has the wanted shape wherever the rule allows that", () => {
    fc.assert(
      fc.property(size, (wanted) => {
        const ratio = wanted.width / wanted.height;
        fc.pre(ratio <= 2.9 && ratio >= 1 / 2.9);
        const native = nearestNativeSize(wanted);
        // A side is at least 400 pixels, and it is rounded by less than 16.
        expect(Math.abs(native.width / native.height / ratio - 1)).toBeLessThan(0.04);
      }),
      { numRuns: 5000 },
    );
  });

  test.each([
    ["1200x630", "1200x640"],
    ["1024x1024", "1024x1024"],
    ["64x64", "816x816"],
    ["3840x2160", "3840x2160"],
    ["100x1000", "480x1408"],
  ])("for %s is %s", (wanted, native) => {
    const [width = 0, height = 0] = wanted.split("x").map(Number);
    const found = nearestNativeSize({ width, height });
    expect(`${found.width}x${found.height}`).toBe(native);
  });
});

describe("the nearest shape in words", () => {
  const text = ({ width, height }: AspectRatio): string => `${width}:${height}`;

  test.each([
    [1200, 630, "16:9"],
    [1920, 1080, "16:9"],
    [1080, 1920, "9:16"],
    [1000, 1000, "1:1"],
    [1100, 1000, "1:1"],
    [1130, 1000, "5:4"],
    [1024, 768, "4:3"],
    [1536, 1024, "3:2"],
    [2560, 1080, "21:9"],
    [8192, 16, "21:9"],
    [16, 8192, "9:21"],
  ])("of %ix%i is %s", (width, height, shape) => {
    expect(text(nearestShape({ width, height }))).toBe(shape);
  });

  test("is the same turned by a quarter, but where two are equally near, and never the other orientation", () => {
    fc.assert(
      fc.property(size, ({ width, height }) => {
        const shape = nearestShape({ width, height });
        const turned = nearestShape({ width: height, height: width });
        const off = (ratio: AspectRatio): number => Math.abs(Math.log((ratio.width / ratio.height / width) * height));
        if (text(turned) !== text({ width: shape.height, height: shape.width }))
          expect(off({ width: turned.height, height: turned.width })).toBeCloseTo(off(shape), 9);
        if (shape.width !== shape.height) expect(shape.width > shape.height).toBe(width > height);
      }),
    );
  });
});
