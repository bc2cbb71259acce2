import { existsSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { place } from "../test-support/pictures.ts";
import { makeThumbnail } from "./index.ts";

async function png(width: number, height: number, alpha = 1): Promise<string> {
  const path = place("picture.png");
  await sharp({ create: { width, height, channels: 4, background: { r: 200, g: 60, b: 20, alpha } } })
    .png()
    .toFile(path);
  return path;
}

describe("a thumbnail", () => {
  it("is a WebP of the asked width, in the picture's shape, with its transparency", async () => {
    const target = place("small.webp");
    await makeThumbnail(await png(1000, 500, 0.5), target, 320);
    expect(await sharp(target).metadata()).toMatchObject({ format: "webp", width: 320, height: 160, hasAlpha: true });
  });

  it("is never larger than the picture", async () => {
    const target = place("small.webp");
    await makeThumbnail(await png(100, 40), target, 320);
    expect(await sharp(target).metadata()).toMatchObject({ width: 100, height: 40 });
  });

  it("stands upright, and carries nothing but pixels", async () => {
    const source = place("turned.jpg");
    await sharp({ create: { width: 400, height: 200, channels: 3, background: "red" } })
      .jpeg()
      .withExif({ IFD0: { Copyright: "somebody" } })
      .withMetadata({ orientation: 6 })
      .toFile(source);
    const target = place("small.webp");
    await makeThumbnail(source, target, 160);
    const { width, height, exif, icc, xmp, orientation } = await sharp(target).metadata();
    expect({ width, height, exif, icc, xmp, orientation }).toEqual({ width: 160, height: 320 });
  });

  it("of a broken picture is an error and no file", async () => {
    const source = await png(600, 600);
    const bytes = readFileSync(source);
    truncateSync(source, Math.floor(bytes.length / 2));
    const text = place("text.png");
    writeFileSync(text, "not a picture");
    const target = place("small.webp");
    await expect(makeThumbnail(source, target, 320)).rejects.toMatchObject({ code: "image_corrupt" });
    await expect(makeThumbnail(text, target, 320)).rejects.toMatchObject({ code: "image_corrupt" });
    await expect(makeThumbnail(place("none.png"), target, 320)).rejects.toMatchObject({ code: "artifact_not_found" });
    expect(existsSync(target)).toBe(false);
  });
});
