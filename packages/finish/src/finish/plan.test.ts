import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { planFinish } from "./plan.ts";

const sides = fc.record({ width: fc.integer({ min: 16, max: 8192 }), height: fc.integer({ min: 16, max: 8192 }) });
const shape = fc.record({ width: fc.integer({ min: 1, max: 100 }), height: fc.integer({ min: 1, max: 100 }) });

describe("whatever the sizes", () => {
  test("cover gives the asked pixels from the largest part of that shape", () => {
    fc.assert(
      fc.property(sides, sides, (source, size) => {
        const { crop, scaled, canvas, scale } = planFinish(source, { size, aspect: null, fit: "cover" });
        const part = crop ?? source;
        expect([scaled, canvas]).toEqual([size, null]);
        expect(part.width === source.width || part.height === source.height).toBe(true);
        expect(Math.abs(part.width * scale - size.width)).toBeLessThanOrEqual(
          scale / 2 + 1e-6 + (part.width === 1 ? scale : 0),
        );
        expect(Math.abs(part.height * scale - size.height)).toBeLessThanOrEqual(
          scale / 2 + 1e-6 + (part.height === 1 ? scale : 0),
        );
      }),
    );
  });

  test("contain stays inside the size, reaches one side of it, and keeps the shape", () => {
    fc.assert(
      fc.property(sides, sides, (source, size) => {
        const { crop, scaled, canvas, scale } = planFinish(source, { size, aspect: null, fit: "contain" });
        expect([crop, canvas]).toEqual([null, null]);
        expect(scaled.width === size.width || scaled.height === size.height).toBe(true);
        expect(scaled.width <= size.width && scaled.height <= size.height).toBe(true);
        // Half a pixel of the target, or of the source's shorter side where that counts as fitting; no side is less than one pixel.
        const { width: w, height: h } = source;
        const slack = Math.max(0.5, (scale / 2) * Math.max(w / h, h / w)) + 1e-6;
        expect(Math.abs(source.width * scale - scaled.width)).toBeLessThanOrEqual(scaled.width === 1 ? 1 : slack);
        expect(Math.abs(source.height * scale - scaled.height)).toBeLessThanOrEqual(scaled.height === 1 ? 1 : slack);
      }),
    );
  });

  test("pad gives the asked pixels", () => {
    fc.assert(
      fc.property(sides, sides, (source, size) => {
        const { scaled, canvas } = planFinish(source, { size, aspect: null, fit: "pad" });
        expect(canvas ?? scaled).toEqual(size);
      }),
    );
  });

  test("a shape without a size scales nothing", () => {
    fc.assert(
      fc.property(sides, shape, fc.constantFrom("cover", "pad"), (source, aspect, fit) => {
        const plan = planFinish(source, { size: null, aspect, fit });
        const { width, height } = plan.canvas ?? plan.scaled;
        expect(plan.scale).toBe(1);
        const across = Math.abs(width - (height * aspect.width) / aspect.height);
        const down = Math.abs(height - (width * aspect.height) / aspect.width);
        expect(Math.min(across, down)).toBeLessThanOrEqual(width === 1 || height === 1 ? 1 : 0.5);
      }),
    );
  });

  test("a longest side keeps the shape", () => {
    fc.assert(
      fc.property(sides, fc.integer({ min: 16, max: 8192 }), (source, longestSide) => {
        const { scaled, canvas } = planFinish(source, { size: { longestSide }, aspect: null, fit: "cover" });
        expect([Math.max(scaled.width, scaled.height), canvas]).toEqual([longestSide, null]);
      }),
    );
  });
});

describe("pixels within half a pixel of the shape count as fitting", () => {
  test.each([
    [
      { width: 1672, height: 941 },
      { width: 16, height: 9 },
    ],
    [
      { width: 941, height: 1672 },
      { width: 9, height: 16 },
    ],
    [
      { width: 1254, height: 1254 },
      { width: 1, height: 1 },
    ],
  ])("%o is %o", (source, aspect) => {
    for (const fit of ["cover", "pad", "contain"] as const) {
      expect(planFinish(source, { size: null, aspect, fit })).toEqual({
        crop: null,
        scaled: source,
        canvas: null,
        scale: 1,
      });
      const size = { width: aspect.width * 100, height: aspect.height * 100 };
      const { crop, scaled, canvas } = planFinish(source, { size, aspect: null, fit });
      expect({ crop, scaled, canvas }).toEqual({ crop: null, scaled: size, canvas: null });
    }
  });

  test("and one that is off by more is cut", () => {
    expect(
      planFinish({ width: 1672, height: 943 }, { size: null, aspect: { width: 16, height: 9 }, fit: "cover" }),
    ).toEqual({
      crop: { width: 1672, height: 941 },
      scaled: { width: 1672, height: 941 },
      canvas: null,
      scale: 1,
    });
  });
});

test("a shape and a longest side are that shape with that side", () => {
  const source = { width: 1254, height: 1254 };
  const wish = { size: { longestSide: 1024 }, aspect: { width: 16, height: 9 } };
  expect(planFinish(source, { ...wish, fit: "cover" }).scaled).toEqual({ width: 1024, height: 576 });
  expect(planFinish(source, { ...wish, fit: "pad" }).canvas).toEqual({ width: 1024, height: 576 });
  expect(planFinish(source, { ...wish, fit: "contain" }).scaled).toEqual({ width: 576, height: 576 });
});
