import fc from "fast-check";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { limnErrorOf } from "../../../../test/support/rejection.ts";
import {
  draw,
  over,
  paint,
  pipelineOf,
  pixel,
  pixelsOf,
  place,
  save,
  scene,
  sequence,
  tools,
} from "../../test-support/pictures.ts";
import type { Raster } from "../pictures/raster.ts";
import { boxAround } from "./box-around.ts";
import { featherInwards } from "./feather.ts";

interface Rectangle {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

const within = (x: number, y: number, { left, top, width, height }: Rectangle): boolean =>
  x >= left && x < left + width && y >= top && y < top + height;
/** Transparent inside the rectangle. */
const alphaMask = (width: number, height: number, region: Rectangle): Raster =>
  paint(width, height, (x, y) => [60, 60, 60, within(x, y, region) ? 0 : 255]);
/** White inside the rectangle. */
const lightMask = (width: number, height: number, region: Rectangle): Raster =>
  paint(width, height, (x, y) => (within(x, y, region) ? [255, 255, 255] : [0, 0, 0]));

const region: Rectangle = { left: 120, top: 90, width: 60, height: 40 };

describe("how masks are read", () => {
  test("transparent parts, or else light ones", async () => {
    const base = await save(await scene(400, 300));
    const facts = { width: 400, height: 300, region, share: (60 * 40) / (400 * 300) };
    const byAlpha = await save(alphaMask(400, 300, region));
    const byLight = await save(lightMask(400, 300, region));
    const opaque = await save(
      paint(400, 300, (x, y) => [...(within(x, y, region) ? [255, 255, 255] : [0, 0, 0]), 252]),
    );
    expect(await tools.readMask({ mask: byAlpha, base })).toEqual({ kind: "alpha", ...facts });
    expect(await tools.readMask({ mask: byLight, base })).toEqual({ kind: "luminance", ...facts });
    expect(await tools.readMask({ mask: opaque, base })).toEqual({ kind: "luminance", ...facts });
  });

  test("a JPEG mask selects what was painted, not its ringing", async () => {
    const base = await save(await scene(400, 300));
    const mask = await save(
      pipelineOf(lightMask(400, 300, { left: 120, top: 88, width: 64, height: 40 }))
        .removeAlpha()
        .jpeg({ quality: 90 }),
    );
    const { region: found } = await tools.readMask({ mask, base });
    expect([Math.abs(found.left - 120), Math.abs(found.top - 88)].every((off) => off <= 2)).toBe(true);
  });

  test("the sizes are those after orientation", async () => {
    const base = await save(
      pipelineOf(await scene(300, 400))
        .removeAlpha()
        .withMetadata({ orientation: 6 })
        .jpeg(),
    );
    expect(await tools.readMask({ mask: await save(lightMask(400, 300, region)), base })).toMatchObject({
      width: 400,
      height: 300,
    });
    expect(await limnErrorOf(tools.readMask({ mask: await save(lightMask(300, 400, region)), base }))).toMatchObject({
      code: "invalid_option",
      message: expect.stringMatching(/is 300x400, .* is 400x300/),
      hint: "Scale the mask to 400x300.",
    });
  });

  test.each<[string, Raster, RegExp]>([
    ["nothing, black", paint(80, 60, () => [0, 0, 0]), /selects nothing/],
    ["nothing, almost black", paint(80, 60, () => [9, 9, 9]), /selects nothing/],
    ["everything, white", paint(80, 60, () => [255, 255, 255]), /selects everything/],
    ["everything, transparent", paint(80, 60, () => [0, 0, 0, 0]), /selects everything/],
  ])("one that selects %s is refused, with the rule", async (_, mask, message) => {
    const error = await limnErrorOf(tools.readMask({ mask: await save(mask), base: await save(await scene(80, 60)) }));
    expect([error.code, error.message]).toEqual(["invalid_option", expect.stringMatching(message)]);
    expect(error.hint).toContain("transparent part may change; otherwise its light part");
  });

  test("one that is no picture is input_not_an_image", async () => {
    const base = await save(await scene(80, 60));
    const mask = await save(Buffer.from("no picture"));
    expect(await limnErrorOf(tools.readMask({ mask, base }))).toMatchObject({ code: "input_not_an_image" });
  });
});

describe("the part around a region", () => {
  test("always holds it, lies in the picture, and is at most twice as long as wide where there is room", () => {
    const side = fc.integer({ min: 1, max: 4000 });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(side, side, share, share, share, share, (width, height, a, b, c, d) => {
        const left = Math.floor(a * (width - 1));
        const top = Math.floor(b * (height - 1));
        const inner = {
          left,
          top,
          width: 1 + Math.floor(c * (width - left - 1)),
          height: 1 + Math.floor(d * (height - top - 1)),
        };
        const box = boxAround(inner, { width, height });
        expect(box.left >= 0 && box.top >= 0 && box.left + box.width <= width && box.top + box.height <= height).toBe(
          true,
        );
        expect(within(left, top, box) && within(left + inner.width - 1, top + inner.height - 1, box)).toBe(true);
        if (box.width > 2 * box.height) expect(box.height).toBe(height);
        if (box.height > 2 * box.width) expect(box.width).toBe(width);
      }),
    );
  });

  test("has a quarter of its side as margin, and 64 pixels at least", () => {
    const picture = { width: 3000, height: 3000 };
    expect(boxAround({ left: 1000, top: 1000, width: 400, height: 400 }, picture)).toEqual({
      left: 900,
      top: 900,
      width: 600,
      height: 600,
    });
    expect(boxAround({ left: 1000, top: 1000, width: 40, height: 40 }, picture)).toEqual({
      left: 936,
      top: 936,
      width: 168,
      height: 168,
    });
    expect(boxAround({ left: 0, top: 0, width: 40, height: 40 }, picture)).toEqual({
      left: 0,
      top: 0,
      width: 104,
      height: 104,
    });
  });

  test("uses the room on the other side where one has none", () => {
    const box = boxAround({ left: 0, top: 0, width: 1000, height: 20 }, { width: 3000, height: 3000 });
    expect(box).toEqual({ left: 0, top: 0, width: 1250, height: 625 });
  });

  test("is cut from the base, with its alpha, and scaled down when it is large", async () => {
    const base = await save(paint(400, 300, (x, y) => [x % 256, y % 256, 7, x < 150 ? 200 : 255]));
    const target = place("part.png");
    const cut = await tools.cutForMask({ base, mask: await save(lightMask(400, 300, region)), target });
    expect(cut).toEqual({
      box: { left: 56, top: 26, width: 188, height: 168 },
      size: { width: 188, height: 168 },
      bytes: readFileSync(target).length,
      steps: ["cut 188x168 at 56,26"],
    });
    expect(pixel(await pixelsOf(target), 3, 5)).toEqual([59, 31, 7, 200]);
    const wide = await save(sharp({ create: { width: 2600, height: 1300, channels: 3, background: "#456" } }).png());
    const large = await save(lightMask(2600, 1300, { left: 100, top: 100, width: 2300, height: 1000 }));
    expect(await tools.cutForMask({ base: wide, mask: large, target })).toMatchObject({
      box: { left: 0, top: 0, width: 2600, height: 1300 },
      size: { width: 2048, height: 1024 },
      steps: ["cut 2600x1300 at 0,0", "scale to 2048x1024"],
    });
  });
});

describe("feathering", () => {
  test("only ever takes from the inside, and reaches the full weight", () => {
    const size = { width: 60, height: 40 };
    const inside = { left: 0, top: 10, width: 30, height: 20 };
    const weights = Uint8Array.from({ length: 2400 }, (_, index) =>
      within(index % 60, Math.floor(index / 60), inside) ? 255 : 0,
    );
    const soft = featherInwards(weights, size, inside, 4);
    expect(soft.every((weight, index) => weight <= (weights[index] ?? 0))).toBe(true);
    const row = [...soft.subarray(20 * 60, 20 * 60 + 31)];
    // The region touches the picture's left border, where nothing is to be blended with.
    expect([row[0], row[20], row[29], row[30]]).toEqual([255, 255, 27, 0]);
    expect(row.slice(24, 30)).toEqual(row.slice(24, 30).toSorted((left, right) => right - left));
  });

  test("leaves an edge that was painted soft as it was painted, and takes from a hard one beside it", () => {
    const size = { width: 80, height: 40 };
    const inside = { left: 10, top: 0, width: 60, height: 40 };
    // Rises over twenty pixels on the left, and ends at once on the right.
    const weights = Uint8Array.from({ length: 3200 }, (_, index) => {
      const x = index % 80;
      return within(x, 5, inside) ? Math.min(255, (x - 9) * 12) : 0;
    });
    const row = [...featherInwards(weights, size, inside, 8).subarray(20 * 80, 21 * 80)];
    expect(row.slice(0, 60)).toEqual([...weights.subarray(20 * 80, 20 * 80 + 60)]);
    expect(row[69]).toBeLessThan(20);
    expect(row[70]).toBe(0);
  });

  test("takes an edge that smoothing or JPEG spread over a pixel or two for a hard one", () => {
    const size = { width: 60, height: 20 };
    const inside = { left: 10, top: 0, width: 50, height: 20 };
    const weights = Uint8Array.from({ length: 1200 }, (_, index) => [0, 70, 190][(index % 60) - 9] ?? 255);
    weights.forEach((_, index) => {
      if (index % 60 < 9) weights[index] = 0;
    });
    const soft = featherInwards(weights, size, inside, 6);
    expect(soft.subarray(10 * 60, 10 * 60 + 14).every((weight) => weight < 200)).toBe(true);
    expect(soft[10 * 60 + 30]).toBe(255);
  });
});

/** A blend of a picture in which the region was painted green; the edited part is changed by `redraw` before it comes back. */
async function blend(
  base: string,
  mask: string,
  redraw: (part: Raster) => Promise<Raster> | Raster = (part) => part,
): Promise<{ target: string; result: Awaited<ReturnType<typeof tools.blendMask>>; box: Rectangle }> {
  const part = place("part.png");
  const { box } = await tools.cutForMask({ base, mask, target: part });
  const edited = await save(await redraw(await pixelsOf(part)));
  const target = place("blended.png");
  return { target, result: await tools.blendMask({ base, mask, box, edited, target }), box };
}

const green = (part: Raster): Raster => paint(part.width, part.height, () => [20, 220, 40]);

async function outsideIsSame(
  base: Raster,
  target: string,
  weight: (x: number, y: number) => boolean,
): Promise<boolean> {
  const written = await pixelsOf(target);
  for (let index = 0; index < base.width * base.height; index += 1) {
    if (weight(index % base.width, Math.floor(index / base.width))) continue;
    for (let offset = index * 4; offset < index * 4 + 4; offset += 1) {
      if (base.data[offset] !== written.data[offset]) return false;
    }
  }
  return true;
}

describe("blending", () => {
  test.each(["png", "jpeg", "webp"] as const)("leaves every pixel outside as the base's %s decodes", async (format) => {
    const base = await save(
      pipelineOf(await scene(400, 300))
        .removeAlpha()
        .toFormat(format),
    );
    const { target, result } = await blend(base, await save(lightMask(400, 300, region)), green);
    expect(result).toMatchObject({
      width: 400,
      height: 300,
      hasAlpha: false,
      bytes: readFileSync(target).length,
      steps: ["blend inside the mask"],
    });
    expect(result.outsideSha256).toMatch(/^[0-9a-f]{64}$/);
    const pixels = await pixelsOf(base);
    expect(await outsideIsSame(pixels, target, (x, y) => within(x, y, region))).toBe(true);
    expect(pixel(await pixelsOf(target), 150, 110)).toEqual([20, 220, 40, 255]);
  });

  test("whatever the mask, the outside is the same to the bit", async () => {
    const base = await scene(120, 90);
    const basePath = await save(base);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 30 }), async (seed) => {
        const random = sequence(seed);
        const [cx, cy, r] = [random() * 120, random() * 90, 4 + random() * 40];
        const soft = paint(120, 90, (x, y) => [
          0,
          0,
          0,
          255 * Math.min(1, Math.max(0, (Math.hypot(x - cx, y - cy) - r) / 12)),
        ]);
        soft.data[3] = 255;
        const { target } = await blend(basePath, await save(soft), green);
        const changed = (x: number, y: number): boolean => 255 - (soft.data[(y * 120 + x) * 4 + 3] ?? 0) >= 16;
        expect(await outsideIsSame(base, target, changed)).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  test("fades by the mask's own transparency where that is soft, and keeps what it does not touch", async () => {
    const base = paint(400, 300, () => [40, 40, 40, 255]);
    // Transparent in the middle of the picture; over 40 pixels on each side it becomes opaque.
    const alphaAt = (x: number): number => Math.min(255, Math.max(0, Math.abs(x - 200) - 40) * 6);
    const soft = paint(400, 300, (x) => [0, 0, 0, alphaAt(x)]);
    const { target } = await blend(await save(base), await save(soft), (part) =>
      paint(part.width, part.height, () => [240, 240, 240]),
    );
    const written = await pixelsOf(target);
    const strays = Array.from({ length: 400 }, (_, x) => x).filter((x) => {
      const weight = (255 - alphaAt(x)) / 255;
      const wanted = weight < 16 / 255 ? 40 : weight > 239 / 255 ? 240 : 40 + 200 * weight;
      return Math.abs((pixel(written, x, 150)[0] ?? 0) - wanted) > 1;
    });
    expect(strays).toEqual([]);
    expect(await outsideIsSame(base, target, (x) => 255 - alphaAt(x) >= 16)).toBe(true);
  });

  test("keeps a profile with the pixels it describes, and brings the edit into it", async () => {
    const base = await save(
      pipelineOf(await scene(400, 300))
        .removeAlpha()
        .withIccProfile("p3")
        .png(),
    );
    const { target } = await blend(base, await save(lightMask(400, 300, region)), green);
    expect(await outsideIsSame(await pixelsOf(base), target, (x, y) => within(x, y, region))).toBe(true);
    expect((await sharp(target).metadata()).icc).toEqual((await sharp(base).metadata()).icc);
    const { data } = await sharp(target)
      .extract({ left: 150, top: 110, width: 1, height: 1 })
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([...data].every((value, channel) => Math.abs(value - ([20, 220, 40][channel] ?? 0)) <= 3)).toBe(true);
  });

  test("keeps the base's transparency outside, with the colours that it hides", async () => {
    const base = paint(300, 300, (x, y) => [x % 256, y % 256, 99, x < 150 ? 0 : 180]);
    const { target, result } = await blend(await save(base), await save(lightMask(300, 300, region)), green);
    expect(result.hasAlpha).toBe(true);
    expect(await outsideIsSame(base, target, (x, y) => within(x, y, region))).toBe(true);
  });

  test("lets transparency into an opaque picture only where the edit has some", async () => {
    const base = await scene(300, 300);
    const opaque = await save(pipelineOf(base).removeAlpha().png());
    const mask = await save(lightMask(300, 300, region));
    const almost = await blend(opaque, mask, (part) => paint(part.width, part.height, () => [9, 9, 9, 252]));
    expect(almost.result.hasAlpha).toBe(false);
    const hole = await blend(opaque, mask, (part) => paint(part.width, part.height, () => [9, 9, 9, 0]));
    expect(hole.result.hasAlpha).toBe(true);
    expect(pixel(await pixelsOf(hole.target), 150, 110)[3]).toBe(0);
    expect(await outsideIsSame(base, hole.target, (x, y) => within(x, y, region))).toBe(true);
  });

  test("of a base with 16 bits, CMYK or an orientation says what was done first", async () => {
    const mask = await save(lightMask(400, 300, region));
    const picture = pipelineOf(await scene(400, 300)).removeAlpha();
    const deep = await save(picture.clone().toColourspace("rgb16").png());
    expect((await blend(deep, mask, green)).result.steps).toEqual(["reduce to 8 bits", "blend inside the mask"]);
    const cmyk = await save(picture.clone().toColourspace("cmyk").jpeg());
    expect((await blend(cmyk, mask, green)).result.steps).toEqual(["convert CMYK to sRGB", "blend inside the mask"]);
    const turned = await save(
      pipelineOf(await scene(300, 400))
        .removeAlpha()
        .withMetadata({ orientation: 6 })
        .jpeg(),
    );
    expect((await blend(turned, mask, green)).result).toMatchObject({
      width: 400,
      height: 300,
      steps: ["apply orientation 6", "blend inside the mask"],
    });
  });

  test.each([
    [3, -2],
    [-5, 4],
    [0, 0],
  ])("finds that the edit was redrawn %i px to the right and %i px down", async (dx, dy) => {
    const base = await scene(400, 300, 12);
    const mask = lightMask(400, 300, region);
    const shifted = (part: Raster): Raster =>
      paint(part.width, part.height, (x, y) => {
        const from = [Math.min(part.width - 1, Math.max(0, x - dx)), Math.min(part.height - 1, Math.max(0, y - dy))];
        return pixel(part, from[0] ?? 0, from[1] ?? 0);
      });
    const { target, result } = await blend(await save(base), await save(mask), shifted);
    const registered = dx === 0 && dy === 0 ? [] : [`register by ${-dx},${-dy} px`];
    expect(result.steps).toEqual([...registered, "blend inside the mask"]);
    // Nothing was edited, so taken back by the right shift the whole picture is the base again.
    expect(await outsideIsSame(base, target, () => false)).toBe(true);
  });

  test("finds it in a large part too, which is searched on a reduced copy first", async () => {
    const base = await scene(1400, 1000, 12);
    const large = { left: 300, top: 250, width: 700, height: 450 };
    const shifted = (part: Raster): Raster =>
      paint(part.width, part.height, (x, y) => pixel(part, Math.max(0, x - 11), Math.max(0, y - 6)));
    const { result } = await blend(await save(base), await save(lightMask(1400, 1000, large)), shifted);
    expect(result.steps[0]).toBe("register by -11,-6 px");
  });

  test("moves nothing on even ground, whatever was drawn into the region", async () => {
    const base = paint(400, 300, () => [200, 200, 200]);
    const drawn = async (part: Raster): Promise<Raster> =>
      over(await draw(part.width, part.height, '<circle cx="50%" cy="50%" r="15%" fill="#f00"/>'), part, 3);
    expect((await blend(await save(base), await save(lightMask(400, 300, region)), drawn)).result.steps).toEqual([
      "blend inside the mask",
    ]);
  });

  test("scales an edit of another size without stretching it", async () => {
    const base = await save(await scene(400, 300));
    const mask = await save(lightMask(400, 300, region));
    const { result, target } = await blend(base, mask, async (part) => {
      const { data, info } = await pipelineOf(part)
        .resize(1024, 1024, { fit: "cover" })
        .raw()
        .toBuffer({ resolveWithObject: true });
      return { width: info.width, height: info.height, data };
    });
    expect(result.steps.slice(0, 2)).toEqual(["crop the edited part to 1024x915", "scale the edited part to 188x168"]);
    expect(await outsideIsSame(await pixelsOf(base), target, (x, y) => within(x, y, region))).toBe(true);
  });

  test("fails without leaving a target when the edit is damaged", async () => {
    const base = await save(await scene(400, 300));
    const mask = await save(lightMask(400, 300, region));
    const target = place("blended.png");
    writeFileSync(target, "an older one");
    const job = { base, mask, target, box: boxAround(region, { width: 400, height: 300 }) };
    const damaged = await save(readFileSync(base).subarray(0, 9000));
    expect(await limnErrorOf(tools.blendMask({ ...job, edited: damaged }))).toMatchObject({ code: "image_corrupt" });
    expect(existsSync(target)).toBe(false);
    expect(
      await limnErrorOf(tools.blendMask({ ...job, edited: base, box: { left: 0, top: 0, width: 50, height: 50 } })),
    ).toMatchObject({ code: "bug" });
  });
});
