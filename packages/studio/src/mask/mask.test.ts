import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { encodeMaskPng } from "./encode-mask-png.ts";
import { MaskHistory } from "./mask-history.ts";
import { clearMask, createMask, invertMask, paintRectangle, paintSegment, selectionOf, unite } from "./mask-raster.ts";
import type { Box, Brush, MaskRaster, Point } from "./mask-raster.ts";
import { scaleRows, workingSize } from "./mask-scale.ts";

const runs = { seed: 41, numRuns: 200 };
const size = { width: 60, height: 45 };
const point = fc.record({
  x: fc.double({ min: -20, max: 80, noNaN: true }),
  y: fc.double({ min: -20, max: 65, noNaN: true }),
});
const brushes = fc.record({
  radius: fc.double({ min: 0.5, max: 30, noNaN: true }),
  feather: fc.oneof(fc.constant(0), fc.double({ min: 1, max: 40, noNaN: true })),
  isErasing: fc.boolean(),
});

/** How far a pixel's middle is from the stroke. */
function distance(x: number, y: number, from: Point, to: Point): number {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const steps = Math.max(1, Math.ceil(length * 40));
  let least = Number.POSITIVE_INFINITY;
  for (let step = 0; step <= steps; step += 1) {
    const share = step / steps;
    least = Math.min(
      least,
      Math.hypot(x + 0.5 - from.x - share * (to.x - from.x), y + 0.5 - from.y - share * (to.y - from.y)),
    );
  }
  return least;
}

function changed(mask: MaskRaster, before: Uint8Array): { x: number; y: number }[] {
  return [...mask.weights.keys()]
    .filter((index) => mask.weights[index] !== before[index])
    .map((index) => ({ x: index % mask.width, y: Math.floor(index / mask.width) }));
}

const isWithin = ({ x, y }: Point, box: Box): boolean =>
  x >= box.left && x < box.left + box.width && y >= box.top && y < box.top + box.height;

describe("the brush", () => {
  test("gives full weight inside its edge, none outside, and says which part it may have changed", () => {
    fc.assert(
      fc.property(point, point, brushes, (from, to, brush) => {
        const mask = createMask(size);
        if (brush.isErasing) invertMask(mask);
        const before = Uint8Array.from(mask.weights);
        const dirty = paintSegment(mask, from, to, brush);
        const strays = changed(mask, before).filter((place) => dirty === null || !isWithin(place, dirty));
        expect(strays).toEqual([]);
        const feather = Math.min(brush.feather, brush.radius);
        for (let y = 0; y < size.height; y += 3)
          for (let x = 0; x < size.width; x += 3) {
            const weight = mask.weights[y * size.width + x] ?? 0;
            const laid = brush.isErasing ? 255 - weight : weight;
            const depth = brush.radius - distance(x, y, from, to);
            if (depth > Math.max(feather, 0.5) + 0.05) expect(laid).toBe(255);
            if (depth < (feather > 0 ? -0.05 : -0.55)) expect(laid).toBe(0);
          }
      }),
      { ...runs, numRuns: 60 },
    );
  });

  test("falls off smoothly over its feather, inwards", () => {
    const mask = createMask({ width: 100, height: 1 });
    paintSegment(mask, { x: 0, y: 0.5 }, { x: 0, y: 0.5 }, { radius: 60, feather: 40, isErasing: false });
    const row = [...mask.weights];
    expect(row.slice(0, 20).every((weight) => weight === 255)).toBe(true);
    expect(row.slice(60).every((weight) => weight === 0)).toBe(true);
    expect(row).toEqual(row.toSorted((left, right) => right - left));
    expect(Math.abs((row[40] ?? 0) - 128)).toBeLessThan(6);
  });

  test("never takes away where it paints, and never adds where it erases", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(point, point, brushes), { maxLength: 5 }),
        point,
        point,
        brushes,
        (first, from, to, brush) => {
          const mask = createMask(size);
          for (const [a, b, stroke] of first) paintSegment(mask, a, b, stroke);
          const before = Uint8Array.from(mask.weights);
          paintSegment(mask, from, to, brush);
          const wrong = mask.weights.filter((weight, index) =>
            brush.isErasing ? weight > (before[index] ?? 0) : weight < (before[index] ?? 0),
          );
          expect(wrong.length).toBe(0);
        },
      ),
      runs,
    );
  });
});

describe("the rectangle", () => {
  test("fills its box to the pixel when its edge is hard", () => {
    const mask = createMask(size);
    const box = { left: 10, top: 12, width: 20, height: 8 };
    expect(paintRectangle(mask, box, { feather: 0, isErasing: false })).toEqual(box);
    const wrong = [...mask.weights.keys()].filter(
      (index) => (mask.weights[index] === 255) !== isWithin({ x: index % 60, y: Math.floor(index / 60) }, box),
    );
    expect(wrong).toEqual([]);
  });

  test("is soft inwards, but not at the picture's own border", () => {
    const mask = createMask(size);
    paintRectangle(mask, { left: 0, top: 0, width: 30, height: 45 }, { feather: 10, isErasing: false });
    const row = [...mask.weights.subarray(20 * 60, 21 * 60)];
    expect([row[0], row[15], row[30], row[59]]).toEqual([255, 255, 0, 0]);
    expect(row[29]).toBeLessThan(10);
    expect(mask.weights[5]).toBe(255);
  });

  test("outside the picture changes nothing", () => {
    const mask = createMask(size);
    expect(
      paintRectangle(mask, { left: 70, top: 0, width: 9, height: 9 }, { feather: 0, isErasing: false }),
    ).toBeNull();
    expect(selectionOf(mask)).toEqual({ kind: "nothing", share: 0 });
  });
});

describe("what is selected", () => {
  test("is told as limn will judge it: nothing, everything, or a share", () => {
    const mask = createMask({ width: 10, height: 10 });
    mask.weights.fill(15);
    expect(selectionOf(mask)).toEqual({ kind: "nothing", share: 0 });
    mask.weights.fill(16);
    expect(selectionOf(mask)).toEqual({ kind: "everything", share: 1 });
    clearMask(mask);
    paintRectangle(mask, { left: 0, top: 0, width: 5, height: 10 }, { feather: 0, isErasing: false });
    expect(selectionOf(mask)).toEqual({ kind: "part", share: 0.5 });
    invertMask(mask);
    expect([mask.weights[0], mask.weights[9]]).toEqual([0, 255]);
  });
});

describe("undo and redo", () => {
  const strokes = fc.array(fc.tuple(point, point, brushes), { minLength: 1, maxLength: 8 });

  test("go through every step and back again, to the byte", () => {
    fc.assert(
      fc.property(strokes, (list) => {
        const mask = createMask(size);
        const history = new MaskHistory(mask);
        const states = [Uint8Array.from(mask.weights)];
        for (const [from, to, brush] of list) {
          const box = unite(paintSegment(mask, from, from, brush), paintSegment(mask, from, to, brush));
          history.record(box);
          if (box !== null) states.push(Uint8Array.from(mask.weights));
        }
        for (let step = states.length - 2; step >= 0; step -= 1) {
          expect(history.undo()).not.toBeNull();
          expect(mask.weights).toEqual(states[step]);
        }
        expect([history.canUndo, history.undo()]).toEqual([false, null]);
        for (let step = 1; step < states.length; step += 1) {
          history.redo();
          expect(mask.weights).toEqual(states[step]);
        }
        expect(history.canRedo).toBe(false);
      }),
      { ...runs, numRuns: 60 },
    );
  });

  test("a new stroke ends what could be redone; an abandoned one leaves no trace", () => {
    const mask = createMask(size);
    const history = new MaskHistory(mask);
    const brush: Brush = { radius: 5, feather: 0, isErasing: false };
    history.record(paintSegment(mask, { x: 10, y: 10 }, { x: 20, y: 10 }, brush));
    const kept = Uint8Array.from(mask.weights);
    history.abandon(paintSegment(mask, { x: 40, y: 30 }, { x: 50, y: 10 }, brush));
    expect(mask.weights).toEqual(kept);
    history.undo();
    history.record(paintSegment(mask, { x: 30, y: 30 }, { x: 30, y: 30 }, brush));
    expect([history.canUndo, history.canRedo]).toEqual([true, false]);
  });

  test("forget the oldest steps when they hold too much, and keep the newest", () => {
    const mask = createMask(size);
    const history = new MaskHistory(mask, size.width * size.height * 2);
    for (let step = 0; step < 5; step += 1) history.record(invertMask(mask));
    expect([history.undo(), history.undo(), history.undo()].map((box) => box !== null)).toEqual([true, true, false]);
    const small = new MaskHistory(mask, 1);
    small.record(invertMask(mask));
    expect(small.canUndo).toBe(true);
  });
});

describe("large pictures", () => {
  test("are painted at their own size up to four megapixels, and above at a size of the same shape that stays quick", () => {
    expect(workingSize({ width: 2048, height: 2048 })).toEqual({ width: 2048, height: 2048 });
    const large = workingSize({ width: 8192, height: 4096 });
    expect(large.width * large.height).toBeLessThanOrEqual(4_210_000);
    expect(Math.abs(large.width / large.height - 2)).toBeLessThan(0.002);
    expect(workingSize({ width: 8192, height: 16 })).toEqual({ width: 8192, height: 16 });
  });

  test("scaled up, what is full stays full, what is nothing stays nothing, and nothing overshoots", () => {
    const mask = createMask({ width: 40, height: 30 });
    paintRectangle(mask, { left: 10, top: 10, width: 20, height: 10 }, { feather: 0, isErasing: false });
    const large = { width: 163, height: 121 };
    const rows = new Uint8Array(large.width * large.height);
    const rowsOf = scaleRows(mask, large);
    rowsOf(0, rows);
    const valueAt = (x: number, y: number): number | undefined =>
      rows[Math.floor((y / 30) * large.height) * large.width + Math.floor((x / 40) * large.width)];
    expect([valueAt(20, 15), valueAt(11.5, 11.5), valueAt(5, 15), valueAt(20, 25)]).toEqual([255, 255, 0, 0]);
    const band = new Uint8Array(large.width * 7);
    rowsOf(50, band);
    expect(band).toEqual(rows.subarray(50 * large.width, 57 * large.width));
  });
});

describe("the exported mask", () => {
  const options = { signal: new AbortController().signal, breathe: async () => undefined };

  test("is a PNG of the picture's exact size whose transparency is the mask, to the value", async () => {
    const mask = createMask({ width: 333, height: 217 });
    paintSegment(mask, { x: 50, y: 60 }, { x: 280, y: 150 }, { radius: 40, feather: 25, isErasing: false });
    const png = await encodeMaskPng(mask, mask, options);
    expect(png.type).toBe("image/png");
    const { data, info } = await sharp(Buffer.from(await png.arrayBuffer()))
      .extractChannel("alpha")
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([333, 217]);
    expect(data.every((alpha, index) => alpha === 255 - (mask.weights[index] ?? 0))).toBe(true);
  });

  test("of a picture of 33 megapixels has its size too, and the page gets its turn in between", async () => {
    const large = { width: 8192, height: 4096 };
    const mask = createMask(workingSize(large));
    paintRectangle(mask, { left: 1000, top: 500, width: 500, height: 300 }, { feather: 0, isErasing: false });
    let turns = 0;
    const png = await encodeMaskPng(mask, large, {
      ...options,
      breathe: async () => {
        turns += 1;
      },
    });
    const picture = sharp(Buffer.from(await png.arrayBuffer()));
    expect(await picture.metadata()).toMatchObject({ width: 8192, height: 4096, hasAlpha: true });
    expect(turns).toBeGreaterThan(20);
    const { channels } = await picture.stats();
    const share = (500 * 300) / (mask.width * mask.height);
    expect(Math.abs(1 - (channels.at(-1)?.mean ?? 0) / 255 - share)).toBeLessThan(0.001);
  });

  test("stops when it is no longer wanted", async () => {
    const controller = new AbortController();
    const work = encodeMaskPng(createMask(size), size, {
      signal: controller.signal,
      breathe: async () => controller.abort(new Error("closed")),
    });
    await expect(work).rejects.toThrow("closed");
  });
});
