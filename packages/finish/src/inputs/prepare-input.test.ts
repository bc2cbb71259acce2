import type { PrepareInputJob } from "@limn/core";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import sharp from "sharp";
import { describe, expect, onTestFinished, test } from "vitest";
import { limnErrorOf } from "../../../../test/support/rejection.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import {
  animation,
  hugePng,
  paint,
  pipelineOf,
  pixel,
  pixelsOf,
  place,
  save,
  scene,
  tools,
} from "../../test-support/pictures.ts";

const job = (source: string, mediaType: string, shrink: PrepareInputJob["shrink"] = null): PrepareInputJob => ({
  source,
  target: place("prepared"),
  mediaType,
  shrink,
});
const svg = (inside: string, attributes = 'width="300" height="200"'): Buffer =>
  Buffer.from(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ${attributes}>${inside}</svg>`,
  );

describe("what can be sent as it is", () => {
  test.each(["png", "jpeg", "webp"] as const)("%s is copied byte for byte", async (format) => {
    const source = await save(
      pipelineOf(await scene(80, 60))
        .removeAlpha()
        .toFormat(format),
    );
    const wish = job(source, `image/${format}`, { longestSide: 80, maxBytes: 1_000_000 });
    const { length: bytes } = readFileSync(source);
    expect(await tools.prepareInput(wish)).toEqual({
      mediaType: `image/${format}`,
      width: 80,
      height: 60,
      bytes,
      steps: [],
    });
    expect(readFileSync(wish.target)).toEqual(readFileSync(source));
  });

  test("a profile that is sRGB is no reason to convert", async () => {
    const source = await save(
      pipelineOf(await scene(80, 60))
        .withIccProfile("srgb")
        .jpeg(),
    );
    expect((await tools.prepareInput(job(source, "image/jpeg"))).steps).toEqual([]);
  });
});

describe("what has to be converted", () => {
  test.each(["tiff", "avif"] as const)("%s becomes PNG and looks the same", async (format) => {
    const source = await save(pipelineOf(await scene(80, 60)).toFormat(format));
    const wish = job(source, `image/${format}`);
    const prepared = await tools.prepareInput(wish);
    expect(prepared).toMatchObject({
      mediaType: "image/png",
      width: 80,
      height: 60,
      steps: [`convert ${format.toUpperCase()} to PNG`],
    });
    expect(prepared.bytes).toBe(readFileSync(wish.target).length);
    expect(await tools.compare(source, wish.target)).toMatchObject({ same: true });
  });

  test.each([
    ["gif", "image/png", ["first of 12 frames", "convert GIF to PNG"]],
    ["webp", "image/webp", ["first of 12 frames"]],
  ] as const)("of an animated %s the first frame is taken", async (format, mediaType, steps) => {
    const source = await save(animation(12, 24, 16).toFormat(format));
    const wish = job(source, `image/${format}`);
    expect(await tools.prepareInput(wish)).toMatchObject({ mediaType, width: 24, height: 16, steps });
    const [red = 0, green = 0, blue = 0] = pixel(await pixelsOf(wish.target), 12, 8);
    expect([red > 250, green < 5, blue < 5]).toEqual([true, true, true]);
    expect((await sharp(wish.target).metadata()).pages ?? 1).toBe(1);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])("orientation %i is applied", async (orientation) => {
    const picture = paint(60, 40, (x, y) =>
      x < 30 ? (y < 20 ? [255, 0, 0] : [0, 255, 0]) : y < 20 ? [0, 0, 255] : [255, 255, 255],
    );
    const source = await save(
      pipelineOf(picture).removeAlpha().withMetadata({ orientation }).jpeg({ quality: 95 }),
      "photo.jpg",
    );
    const wish = job(source, "image/jpeg");
    const prepared = await tools.prepareInput(wish);
    const turned = orientation > 4;
    expect(prepared).toMatchObject({
      mediaType: "image/jpeg",
      width: turned ? 40 : 60,
      height: turned ? 60 : 40,
      steps: orientation === 1 ? [] : [`apply orientation ${orientation}`],
    });
    // Where the red corner (top left as stored) has to be, by the EXIF specification.
    const corner =
      [
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
        [0, 0],
        [1, 0],
        [1, 1],
        [0, 1],
      ][orientation - 1] ?? [];
    const place_ = (side: number, end = 0): number => (end === 0 ? 5 : side - 6);
    const [red = 0, green = 0, blue = 0] = pixel(
      await pixelsOf(wish.target),
      place_(prepared.width, corner[0]),
      place_(prepared.height, corner[1]),
    );
    expect([red > 220, green < 40, blue < 40]).toEqual([true, true, true]);
    expect((await sharp(wish.target).metadata()).orientation ?? 1).toBe(1);
  });

  test("CMYK, other colours and 16 bits become sRGB with 8 bits", async () => {
    const red = paint(64, 64, () => [200, 30, 30]);
    const cmyk = await save(pipelineOf(red).removeAlpha().toColourspace("cmyk").jpeg());
    const p3 = await save(pipelineOf(red).removeAlpha().withIccProfile("p3").png());
    const deep = await save(pipelineOf(red).removeAlpha().toColourspace("rgb16").png());
    const wishes = [job(cmyk, "image/jpeg"), job(p3, "image/png"), job(deep, "image/png")];
    const steps = [["convert CMYK to sRGB"], ["convert colours to sRGB"], ["reduce to 8 bits"]];
    for (const [index, wish] of wishes.entries()) {
      expect((await tools.prepareInput(wish)).steps).toEqual(steps[index]);
      const { space, depth } = await sharp(wish.target).metadata();
      expect([space, depth]).toEqual(["srgb", "uchar"]);
    }
    const [value = 0] = pixel(await pixelsOf(wishes[1]?.target ?? ""), 30, 30);
    expect(Math.abs(value - 200)).toBeLessThan(4);
  });
});

describe("drawings", () => {
  test.each([
    ["small ones at 1024", 'width="30" height="20"', 1024, 683],
    ["others at their own size", 'width="1500" height="750"', 1500, 750],
    ["by their view box", 'viewBox="0 0 10 40"', 256, 1024],
    ["huge ones at 4096", 'width="100000" height="50000"', 4096, 2048],
  ])("%s", async (_, attributes, width, height) => {
    const source = await save(svg('<rect width="50%" height="100%" fill="#f00"/>', attributes), "drawing.svg");
    const wish = job(source, "image/svg+xml");
    expect(await tools.prepareInput(wish)).toMatchObject({
      mediaType: "image/png",
      width,
      height,
      steps: [`convert SVG to PNG at ${width}x${height}`],
    });
    const picture = await pixelsOf(wish.target);
    expect([pixel(picture, 2, 2), pixel(picture, width - 3, 2)]).toEqual([
      [255, 0, 0, 255],
      [0, 0, 0, 0],
    ]);
  });

  test("read no file and no address", async () => {
    const folder = temporaryFolder();
    await pipelineOf(paint(64, 64, () => [255, 0, 0]))
      .png()
      .toFile(join(folder, "secret.png"));
    writeFileSync(join(folder, "secret.css"), "rect { fill: #f00 }");
    writeFileSync(join(folder, "part.svg"), svg('<rect id="a" width="300" height="200" fill="#f00"/>'));
    let asked = 0;
    const server = createServer((_, response) => {
      asked += 1;
      response.end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const addresses = [
      "secret.png",
      `file://${folder}/secret.png`,
      `${folder}/secret.png`,
      `http://127.0.0.1:${port}/a.png`,
    ];
    const drawings = [
      ...addresses.map((href) => `<image href="${href}" width="300" height="200"/>`),
      ...addresses.map((href) => `<image xlink:href="${href}" width="300" height="200"/>`),
      '<use href="part.svg#a"/>',
      `<style>@import url("secret.css"); @import url("http://127.0.0.1:${port}/a.css");</style>`,
      '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="part.svg"/>',
      `<filter id="f"><feImage href="file://${folder}/secret.png"/></filter><rect width="300" height="200" fill="none" filter="url(#f)"/>`,
    ];
    expect(port).toBeGreaterThan(0);
    for (const drawing of drawings) {
      const source = join(folder, "drawing.svg");
      writeFileSync(source, svg(drawing));
      const wish = job(source, "image/svg+xml");
      await tools.prepareInput(wish);
      const { data } = await pixelsOf(wish.target);
      expect(
        data.every((value, index) => index % 4 !== 0 || value === 0),
        drawing,
      ).toBe(true);
    }
    expect(asked).toBe(0);
  });

  test.each<[string, Buffer, string]>([
    ["of more than a megabyte", svg(`<!--${"x".repeat(1_000_000)}-->`), "input_too_large"],
    [
      "with a document type",
      Buffer.concat([Buffer.from('<!DOCTYPE svg SYSTEM "file:///etc/passwd">'), svg("")]),
      "input_not_an_image",
    ],
    [
      "with an entity",
      Buffer.concat([Buffer.from('<!doctype svg [<!ENTITY marker "SECRET">]>'), svg("&marker;")]),
      "input_not_an_image",
    ],
    ["in UTF-16", Buffer.from(`\uFEFF${svg("").toString()}`, "utf16le"), "input_not_an_image"],
    [
      "that names another encoding",
      Buffer.concat([Buffer.from('<?xml version="1.0" encoding="UTF-7"?>'), svg("")]),
      "input_not_an_image",
    ],
    ["that is packed", gzipSync(svg("")), "input_not_an_image"],
    ["that is broken", Buffer.from("<svg><marker-SECRET></svg>"), "input_not_an_image"],
    ["of impossible size", svg("", 'width="10000000" height="10000000"'), "input_too_large"],
  ])("%s are refused", async (_, content, code) => {
    const wish = job(await save(content, "drawing.svg"), "image/svg+xml");
    const error = await limnErrorOf(tools.prepareInput(wish));
    expect([error.code, existsSync(wish.target)]).toEqual([code, false]);
    expect(JSON.stringify(error) + String(error.stack)).not.toContain("SECRET");
    expect(error.cause).toBeUndefined();
  });
});

describe("shrinking", () => {
  test("to a longest side keeps the shape and says both sizes", async () => {
    const source = await save(
      pipelineOf(await scene(500, 400))
        .removeAlpha()
        .jpeg({ quality: 100 }),
      "photo.jpg",
    );
    const prepared = await tools.prepareInput(job(source, "image/jpeg", { longestSide: 200, maxBytes: null }));
    expect(prepared).toMatchObject({ mediaType: "image/jpeg", width: 200, height: 160 });
    expect(prepared.steps).toHaveLength(1);
    expect(prepared.steps[0]).toMatch(/^shrink 500x400 to 200x160, 0\.\d MB to \d+\.\d kB$/);
  });

  test("to bytes stays as large as it can", async () => {
    const source = await save(pipelineOf(await scene(500, 400)).png());
    const maxBytes = Math.round(readFileSync(source).length * 0.6);
    const prepared = await tools.prepareInput(job(source, "image/png", { longestSide: null, maxBytes }));
    expect(prepared.mediaType).toBe("image/png");
    expect(prepared.bytes).toBeLessThanOrEqual(maxBytes);
    expect(prepared.bytes).toBeGreaterThan(maxBytes * 0.5);
  });

  test("turns a PNG without transparency into JPEG rather than into a stamp", async () => {
    const source = await save(
      pipelineOf(await scene(600, 400, 20))
        .removeAlpha()
        .png(),
    );
    const maxBytes = Math.round(readFileSync(source).length / 8);
    const prepared = await tools.prepareInput(job(source, "image/png", { longestSide: null, maxBytes }));
    expect([prepared.mediaType, prepared.bytes <= maxBytes]).toEqual(["image/jpeg", true]);
    expect(prepared.steps[0]).toMatch(/, as JPEG$/);
    expect(prepared.width).toBeGreaterThan(250);
  });

  test("keeps transparency, however small it gets", async () => {
    const source = await save(paint(400, 400, (x, y) => [(x * 7) % 256, (y * 13) % 256, (x * y) % 256, (x + y) % 256]));
    const prepared = await tools.prepareInput(job(source, "image/png", { longestSide: null, maxBytes: 20_000 }));
    expect([prepared.mediaType, prepared.bytes <= 20_000]).toEqual(["image/png", true]);
  });

  test("to an impossible size is input_too_large", async () => {
    const wish = job(await save(await scene(64, 64)), "image/png", { longestSide: null, maxBytes: 10 });
    expect(await limnErrorOf(tools.prepareInput(wish))).toMatchObject({ code: "input_too_large" });
  });
});

describe("refused", () => {
  test.each<[string, Buffer, string, RegExp]>([
    [
      "too many pixels",
      hugePng(20_000, 6000),
      "input_too_large",
      /20000x6000 \(120\.0 megapixels\); the limit is 100 megapixels and 30000 pixels a side/,
    ],
    ["too long a side", hugePng(40_000, 10), "input_too_large", /40000x10/],
    ["words", Buffer.from("just words, SECRET"), "input_not_an_image", /cannot be decoded/],
    ["nothing", Buffer.alloc(0), "input_not_an_image", /cannot be decoded/],
    ["a drawing under another name", svg(""), "input_not_an_image", /cannot be decoded/],
    ["a document", Buffer.from("%PDF-1.4 SECRET"), "input_not_an_image", /cannot be decoded/],
  ])("%s", async (_, content, code, message) => {
    const wish = job(await save(content, "input.png"), "image/png");
    const error = await limnErrorOf(tools.prepareInput(wish));
    expect([error.code, error.message, existsSync(wish.target)]).toEqual([code, expect.stringMatching(message), false]);
    expect(JSON.stringify(error)).not.toContain("SECRET");
  });

  test("a picture that is cut off, also when it would be copied", async () => {
    const whole = await pipelineOf(await scene(64, 64))
      .removeAlpha()
      .jpeg()
      .toBuffer();
    const wish = job(await save(whole.subarray(0, whole.length / 2)), "image/jpeg");
    expect(await limnErrorOf(tools.prepareInput(wish))).toMatchObject({ code: "input_not_an_image" });
  });

  test("what is not there, or a folder", async () => {
    const folder = join(temporaryFolder(), "folder");
    mkdirSync(folder);
    for (const source of [join(folder, "none.png"), folder]) {
      expect(await limnErrorOf(tools.prepareInput(job(source, "image/png")))).toMatchObject({
        code: "input_not_found",
      });
    }
  });
});
