import type { FinishJob } from "@limn/core";
import fc from "fast-check";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { limnErrorOf } from "../../../../test/support/rejection.ts";
import {
  animation,
  draw,
  hugePng,
  paint,
  pipelineOf,
  pixel,
  pixelsOf,
  place,
  save,
  scene,
  sequence,
  tools,
  withChunk,
} from "../../test-support/pictures.ts";
import type { Raster } from "../pictures/raster.ts";

const unchanged = { size: null, aspect: null, fit: "cover", format: "png", compression: null } as const;
const job = (source: string, change: Partial<FinishJob> = {}): FinishJob => ({
  source,
  target: place("target"),
  ...unchanged,
  ...change,
});

/** Red rises with x and green with y, so that the target tells by how much each was scaled. Dithered, or rounding is all one sees. */
function ramps(width: number, height: number): Raster {
  const random = sequence(3);
  const dithered = (value: number): number => Math.floor(value + random());
  return paint(width, height, (x, y) => [dithered(30 + (195 * x) / width), dithered(30 + (195 * y) / height), 128]);
}

/** Slope of a channel along x or y, by least squares; at the border the kernel sees the ramp end. */
function slope({ width, height, data }: Raster, channel: number, alongX: boolean, margin: number): number {
  let [n, sumPlace, sumValue, sumSquare, sumProduct] = [0, 0, 0, 0, 0];
  for (let y = margin; y < height - margin; y += 1) {
    for (let x = margin; x < width - margin; x += 1) {
      const value = data[(y * width + x) * 4 + channel] ?? 0;
      const where = alongX ? x : y;
      n += 1;
      sumPlace += where;
      sumValue += value;
      sumSquare += where * where;
      sumProduct += where * value;
    }
  }
  return (n * sumProduct - sumPlace * sumValue) / (n * sumSquare - sumPlace * sumPlace);
}

test("any size is met to the pixel, and nothing is stretched by more than 1 %", async () => {
  const side = fc.integer({ min: 120, max: 420 });
  await fc.assert(
    fc.asyncProperty(side, side, side, side, async (width, height, toWidth, toHeight) => {
      const source = await save(ramps(width, height));
      const size = { width: toWidth, height: toHeight };
      const wish = job(source, { size });
      const finished = await tools.finish(wish);
      const same = width === toWidth && height === toHeight;
      const target = await pixelsOf(same ? source : wish.target);
      expect([finished.width, finished.height, target.width, target.height]).toEqual([
        toWidth,
        toHeight,
        toWidth,
        toHeight,
      ]);
      const margin = Math.ceil(3 * Math.max(1, toWidth / width, toHeight / height));
      const acrossScale = 195 / width / slope(target, 0, true, margin);
      const downScale = 195 / height / slope(target, 1, false, margin);
      expect(Math.abs(acrossScale / downScale - 1)).toBeLessThan(0.01);
    }),
    { numRuns: 40 },
  );
});

describe("what was done is said in steps", () => {
  test.each<[string, [number, number], Partial<FinishJob>, readonly string[], number]>([
    ["down", [1672, 941], { size: { width: 1200, height: 630 } }, ["crop 1672x878", "resize 1200x630"], 1],
    ["up", [627, 627], { size: { width: 1024, height: 1024 } }, ["upscale 627x627 to 1024x1024"], 1.63],
    [
      "up and cut",
      [627, 627],
      { size: { width: 1280, height: 720 } },
      ["crop 627x353", "upscale 627x353 to 1280x720"],
      2.04,
    ],
    ["longest side", [627, 300], { size: { longestSide: 400 } }, ["resize 400x191"], 1],
    ["contain", [627, 300], { size: { width: 300, height: 300 }, fit: "contain" }, ["resize 300x144"], 1],
    ["pad", [627, 300], { size: { width: 300, height: 300 }, fit: "pad" }, ["resize 300x144", "pad to 300x300"], 1],
    ["shape", [627, 627], { aspect: { width: 16, height: 9 } }, ["crop 627x353"], 1],
    ["shape padded", [627, 627], { aspect: { width: 16, height: 9 }, fit: "pad" }, ["pad to 1115x627"], 1],
    ["type", [64, 64], { format: "webp" }, ["convert webp"], 1],
  ])("%s", async (_, [width, height], change, steps, upscaledBy) => {
    const finished = await tools.finish(job(await save(await scene(width, height)), change));
    expect(finished).toMatchObject({ steps, upscaledBy, flattened: false, lost: [] });
  });

  test("bytes and hash are those of the file that was written, which others cannot read", async () => {
    const wish = job(await save(await scene(200, 100)), { format: "jpeg" });
    const finished = await tools.finish(wish);
    const content = readFileSync(wish.target);
    expect(finished).toEqual({
      width: 200,
      height: 100,
      mediaType: "image/jpeg",
      hasAlpha: false,
      bytes: content.length,
      sha256: createHash("sha256").update(content).digest("hex"),
      steps: ["convert jpeg"],
      upscaledBy: 1,
      flattened: false,
      lost: [],
    });
    expect(statSync(wish.target).mode & 0o777).toBe(0o600);
  });

  test("a picture that is as asked is left alone", async () => {
    const source = await save(await scene(160, 90));
    const same: Partial<FinishJob>[] = [
      {},
      { size: { width: 160, height: 90 } },
      { size: { longestSide: 160 } },
      { aspect: { width: 16, height: 9 }, fit: "pad" },
      { aspect: { width: 1, height: 1 }, fit: "contain" },
    ];
    for (const change of same) {
      const wish = job(source, change);
      const finished = await tools.finish(wish);
      const sha256 = createHash("sha256").update(readFileSync(source)).digest("hex");
      expect(finished).toMatchObject({
        steps: [],
        sha256,
        bytes: statSync(source).size,
        mediaType: "image/png",
        upscaledBy: 1,
      });
      expect(existsSync(wish.target)).toBe(false);
    }
  });

  test("an asked quality is honoured although the type stays", async () => {
    const source = await save(
      pipelineOf(await scene(200, 200))
        .removeAlpha()
        .jpeg({ quality: 100 }),
      "picture.jpg",
    );
    const finished = await tools.finish(job(source, { format: "jpeg", compression: 30 }));
    expect(finished.steps).toEqual(["compress jpeg at 30"]);
    expect(finished.bytes).toBeLessThan(statSync(source).size / 4);
  });
});

describe("file types", () => {
  test.each(["png", "jpeg", "webp", "avif", "gif"] as const)("%s is written and looks the same", async (format) => {
    const source = await save(await scene(160, 120, 0));
    const wish = job(source, { format, size: { width: 120, height: 90 } });
    expect(await tools.finish(wish)).toMatchObject({ mediaType: `image/${format}`, width: 120, height: 90 });
    expect(await tools.compare(source, wish.target)).toMatchObject({ same: true });
  });

  test("compression 100 is lossless in WebP", async () => {
    const picture = await scene(90, 60);
    const wish = job(await save(picture), { format: "webp", compression: 100 });
    await tools.finish(wish);
    expect((await pixelsOf(wish.target)).data).toEqual(Buffer.from(picture.data));
  });

  test("JPEG keeps its colours at full resolution", async () => {
    const wish = job(await save(await scene(64, 64)), { format: "jpeg" });
    await tools.finish(wish);
    expect((await sharp(wish.target).metadata()).chromaSubsampling).toBe("4:4:4");
  });
});

describe("transparency", () => {
  const half = paint(80, 80, (x) => [200, 40, 40, x < 40 ? 0 : 255]);

  test("is laid on white where the type cannot hold it", async () => {
    const wish = job(await save(half), { format: "jpeg" });
    expect(await tools.finish(wish)).toMatchObject({
      flattened: true,
      hasAlpha: false,
      steps: ["flatten on white", "convert jpeg"],
    });
    expect(pixel(await pixelsOf(wish.target), 4, 40)).toEqual([255, 255, 255, 255]);
  });

  test("that only seems to be there is dropped, and colours stay", async () => {
    const wish = job(await save(paint(64, 64, () => [10, 20, 30, 251])), { format: "jpeg", compression: 100 });
    expect(await tools.finish(wish)).toMatchObject({ flattened: false, steps: ["convert jpeg"] });
    const [red = 0] = pixel(await pixelsOf(wish.target), 30, 30);
    expect(Math.abs(red - 10)).toBeLessThan(3);
  });

  test("does not bleed its hidden colours when scaled", async () => {
    const hidden = paint(80, 80, (x) => (x < 40 ? [0, 255, 0, 0] : [200, 40, 40, 255]));
    const wish = job(await save(hidden), { size: { width: 33, height: 33 } });
    await tools.finish(wish);
    const { data } = await pixelsOf(wish.target);
    for (let offset = 0; offset < data.length; offset += 4) {
      if ((data[offset + 3] ?? 0) > 8) expect(data[offset + 1]).toBeLessThan(60);
    }
  });

  test("fills what is padded, where there is some and the type holds it", async () => {
    const wish = job(await save(half), { size: { width: 160, height: 80 }, fit: "pad" });
    expect(await tools.finish(wish)).toMatchObject({ hasAlpha: true, steps: ["pad to 160x80"] });
    expect(pixel(await pixelsOf(wish.target), 2, 2)).toEqual([0, 0, 0, 0]);
  });

  test("otherwise the border's own colour does", async () => {
    const framed = paint(80, 80, (x, y) => (Math.hypot(x - 40, y - 40) < 30 ? [0, 0, 0] : [10, 90, 160]));
    const wish = job(await save(pipelineOf(framed).removeAlpha().png()), {
      aspect: { width: 2, height: 1 },
      fit: "pad",
    });
    await tools.finish(wish);
    expect(pixel(await pixelsOf(wish.target), 2, 2)).toEqual([10, 90, 160, 255]);
  });

  test("that is soft is hardened by GIF, which is said", async () => {
    const soft = paint(64, 64, (x) => [200, 40, 40, x * 4]);
    expect(await tools.finish(job(await save(soft), { format: "gif" }))).toMatchObject({ lost: ["soft transparency"] });
  });
});

describe("what the source carried", () => {
  test.each<[string, () => Promise<Buffer>]>([
    [
      "PNG",
      async () =>
        withChunk(
          await pipelineOf(await scene(64, 64))
            .png()
            .toBuffer(),
          "caBX",
          Buffer.alloc(70_000),
        ),
    ],
    [
      "JPEG",
      async () =>
        jpegWithJumbf(
          await pipelineOf(await scene(64, 64))
            .jpeg()
            .toBuffer(),
        ),
    ],
    [
      "WebP",
      async () =>
        webpWithC2pa(
          await pipelineOf(await scene(64, 64))
            .webp()
            .toBuffer(),
        ),
    ],
  ])("signed provenance of a %s is lost, and that is said", async (_, content) => {
    const source = await save(await content());
    expect((await tools.finish(job(source, { size: { width: 32, height: 32 } }))).lost).toEqual(["C2PA provenance"]);
  });

  test("EXIF and XMP come along, orientation is applied once, and a profile becomes sRGB", async () => {
    const xmp = '<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>';
    const picture = pipelineOf(await scene(90, 60))
      .removeAlpha()
      .withIccProfile("p3")
      .withXmp(xmp);
    const source = await save(
      picture
        .withExif({ IFD0: { Artist: "somebody" } })
        .withMetadata({ orientation: 6, icc: "p3" })
        .jpeg(),
    );
    for (const format of ["png", "webp", "avif"] as const) {
      const wish = job(source, { format });
      const finished = await tools.finish(wish);
      expect(finished).toMatchObject({
        width: 60,
        height: 90,
        steps: ["apply orientation 6", `convert ${format}`],
        lost: [],
      });
      const metadata = await sharp(wish.target).metadata();
      expect([metadata.orientation ?? 1, metadata.exif?.includes("somebody"), metadata.xmp !== undefined]).toEqual([
        1,
        true,
        true,
      ]);
      expect(metadata.icc?.includes("sRGB") === true || metadata.icc?.length === 480).toBe(true);
    }
  });

  test("what GIF cannot hold is named", async () => {
    const picture = pipelineOf(await scene(64, 64))
      .withExif({ IFD0: { Artist: "somebody" } })
      .withIccProfile("p3");
    expect((await tools.finish(job(await save(picture.png()), { format: "gif" }))).lost).toEqual([
      "EXIF",
      "colour profile",
    ]);
  });

  test("16 bits become 8, CMYK becomes sRGB, of an animation the first frame stays", async () => {
    const deep = await save(
      pipelineOf(await scene(64, 64))
        .toColourspace("rgb16")
        .png(),
    );
    expect((await tools.finish(job(deep, { size: { width: 32, height: 32 } }))).lost).toEqual(["16-bit depth"]);
    const cmyk = await save(
      pipelineOf(paint(64, 64, () => [200, 30, 30]))
        .removeAlpha()
        .toColourspace("cmyk")
        .jpeg(),
    );
    const wish = job(cmyk);
    await tools.finish(wish);
    const [red = 0, green = 0] = pixel(await pixelsOf(wish.target), 20, 20);
    expect(red).toBeGreaterThan(green + 100);
    expect((await tools.finish(job(await save(animation(3, 20, 20).gif())))).lost).toEqual(["frames 2 to 3"]);
  });
});

describe("failures", () => {
  test.each<[string, Buffer | (() => Promise<Buffer>), RegExp]>([
    ["a bomb", hugePng(20_000, 20_000), /20000x20000 \(400\.0 megapixels\); the limit is 120 megapixels/],
    ["what is no picture", Buffer.from("not a picture at all"), /cannot be decoded/],
    ["an SVG", Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /cannot be decoded/],
    [
      "a picture that is cut off",
      async () =>
        (
          await pipelineOf(await scene(64, 64))
            .png()
            .toBuffer()
        ).subarray(0, 4000),
      /decoded/,
    ],
  ])("%s is image_corrupt, and no target stays", async (_, content, message) => {
    const source = await save(typeof content === "function" ? await content() : content);
    const wish = job(source, { size: { width: 20, height: 20 } });
    writeFileSync(wish.target, "an older one");
    const error = await limnErrorOf(tools.finish(wish));
    expect([error.code, message.test(error.message), error.hint !== null]).toEqual(["image_corrupt", true, true]);
    expect(error.message).not.toContain("not a picture at all");
  });

  test("a target that cannot be written is artifact_write_failed", async () => {
    const wish = { ...job(await save(await scene(64, 64)), { format: "jpeg" }), target: place("missing/target.jpg") };
    expect(await limnErrorOf(tools.finish(wish))).toMatchObject({ code: "artifact_write_failed" });
  });

  test("a source is never written over, nor removed", async () => {
    const source = await save(await scene(64, 64));
    const wish = { ...job(source, { format: "jpeg" }), target: source };
    expect(await limnErrorOf(tools.finish(wish))).toMatchObject({ code: "bug" });
    expect(existsSync(source)).toBe(true);
  });
});

test("the crop goes where the subject is", async () => {
  const ground = '<rect width="100%" height="100%" fill="#8a9a8a"/>';
  const picture = await draw(
    600,
    200,
    `${ground}<circle cx="520" cy="100" r="60" fill="#e02020"/><circle cx="520" cy="90" r="20" fill="#f7d7b5"/>`,
  );
  for (const size of [
    { width: 100, height: 100 },
    { width: 400, height: 400 },
  ]) {
    const wish = job(await save(picture), { size });
    await tools.finish(wish);
    const { data } = await pixelsOf(wish.target);
    let red = 0;
    for (let offset = 0; offset < data.length; offset += 4)
      if ((data[offset] ?? 0) > 200 && (data[offset + 1] ?? 0) < 80) red += 1;
    expect(red / (size.width * size.height)).toBeGreaterThan(0.2);
  }
});

function jpegWithJumbf(jpeg: Buffer): Buffer {
  const segment = Buffer.alloc(40);
  segment.set([0xff, 0xeb, 0, 38]);
  segment.write("JP", 4, "latin1");
  segment.write("jumb", 16, "latin1");
  return Buffer.concat([jpeg.subarray(0, 2), segment, jpeg.subarray(2)]);
}

function webpWithC2pa(webp: Buffer): Buffer {
  const chunk = Buffer.alloc(16);
  chunk.write("C2PA", 0, "latin1");
  chunk.writeUInt32LE(7, 4);
  const whole = Buffer.concat([webp, chunk]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}
