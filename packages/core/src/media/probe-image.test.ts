import sharp from "sharp";
import type { Sharp } from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { ImageProbe, extensionFor, probeImage, sniffMediaType } from "./probe-image.ts";
import type { ProbeOutcome } from "./probe-image.ts";

const width = 61;
const height = 37;

/** Noise, so that no encoder makes it tiny; with alpha where asked. */
function pixels(channels: 3 | 4): Sharp {
  const raw = Buffer.alloc(width * height * channels);
  for (let at = 0, state = 1; at < raw.length; at += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    raw[at] = state >>> 16;
  }
  return sharp(raw, { raw: { width, height, channels } });
}

/** Each as another program writes it, not as we do. */
const makers: Readonly<Record<string, () => Promise<Buffer>>> = {
  "png RGB": async () => pixels(3).png().toBuffer(),
  "png RGBA": async () => pixels(4).png().toBuffer(),
  "png grey": async () => pixels(3).greyscale().toColourspace("b-w").png().toBuffer(),
  "png grey with alpha": async () => pixels(4).greyscale().toColourspace("b-w").png().toBuffer(),
  "png palette": async () => pixels(3).png({ palette: true, colours: 16 }).toBuffer(),
  "png palette with transparency": async () => pixels(4).png({ palette: true, colours: 16 }).toBuffer(),
  "png 16 bit": async () => pixels(3).toColourspace("rgb16").png().toBuffer(),
  "png interlaced": async () => pixels(4).png({ progressive: true }).toBuffer(),
  "png with metadata": async () =>
    pixels(3)
      .withExif({ IFD0: { Copyright: "x".repeat(5000) } })
      .png()
      .toBuffer(),
  jpeg: async () => pixels(3).jpeg().toBuffer(),
  "jpeg progressive": async () => pixels(3).jpeg({ progressive: true, mozjpeg: true }).toBuffer(),
  "jpeg with metadata": async () =>
    pixels(3)
      .withExif({ IFD0: { Copyright: "x".repeat(5000) } })
      .withIccProfile("p3")
      .jpeg()
      .toBuffer(),
  "webp lossy": async () => pixels(3).webp().toBuffer(),
  "webp lossy with alpha": async () => pixels(4).webp().toBuffer(),
  "webp lossless": async () => pixels(3).webp({ lossless: true }).toBuffer(),
  "webp lossless with alpha": async () => pixels(4).webp({ lossless: true }).toBuffer(),
  "webp with metadata": async () =>
    pixels(4)
      .withExif({ IFD0: { Copyright: "x" } })
      .webp()
      .toBuffer(),
  gif: async () => pixels(3).gif().toBuffer(),
  "gif with transparency": async () =>
    sharp({ create: { width, height, channels: 4, background: { r: 9, g: 9, b: 9, alpha: 0 } } })
      .gif()
      .toBuffer(),
  avif: async () => pixels(3).avif({ effort: 0 }).toBuffer(),
  "avif with alpha": async () => pixels(4).avif({ effort: 0 }).toBuffer(),
};
const images = new Map<string, Buffer>();

beforeAll(async () => {
  for (const [name, make] of Object.entries(makers)) images.set(name, await make());
});

function image(name: string): Buffer {
  const bytes = images.get(name);
  if (bytes === undefined) throw new Error(`no image ${name}`);
  return bytes;
}

function probeInSlices(bytes: Uint8Array, ...sizes: readonly number[]): ProbeOutcome {
  const probe = new ImageProbe();
  for (let offset = 0, turn = 0; offset < bytes.length; turn += 1) {
    const size = sizes[Math.min(turn, sizes.length - 1)] ?? bytes.length;
    probe.push(Uint8Array.from(bytes.subarray(offset, offset + size)));
    offset += size;
  }
  return probe.finish();
}

describe.each(Object.keys(makers))("%s", (name) => {
  const mediaType = `image/${name.split(" ")[0]}`;

  test("has the type, size and alpha that sharp says", async () => {
    const says = await sharp(image(name)).metadata();
    expect([says.width, says.height]).toEqual([width, height]);
    // libvips decodes every GIF with an alpha channel; ours says whether any pixel may use it.
    const hasAlpha = mediaType === "image/gif" ? name.includes("transparency") : says.hasAlpha;
    expect(probeImage(image(name))).toEqual({
      kind: "image",
      facts: { mediaType, width, height, hasAlpha, c2pa: false },
    });
  });

  test("is told alike in any slices", () => {
    const whole = probeImage(image(name));
    for (const sizes of [[1], [3], [16], [1000], [7, 100_000], [15, 100_000], [17, 1, 100_000]])
      expect(probeInSlices(image(name), ...sizes)).toEqual(whole);
  });

  test("is cut when anything of it is missing", () => {
    const bytes = image(name);
    for (const length of [
      64,
      bytes.length >> 1,
      bytes.length - 13,
      bytes.length - 5,
      bytes.length - 4,
      bytes.length - 1,
    ])
      expect([length, probeImage(bytes.subarray(0, length))]).toEqual([length, { kind: "cut" }]);
  });
});

describe("what is not an image", () => {
  test.each([
    ["nothing", ""],
    ["a short text", "hello world"],
    ["a page", "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"],
    ["a PNG's signature before something else", "\x89PNG\r\n\x1a\nhello world, this is not an image header"],
    ["an SVG", '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"/>'],
    ["a WAVE file", "RIFF\x24\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00"],
    ["a video", "\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom".padEnd(40, "\0")],
    ["a JPEG's beginning before something else", "\xff\xd8\xff\xe0\x00\x04xxno marker follows"],
  ])("%s", (_, content) => {
    expect(probeImage(Buffer.from(content, "latin1"))).toEqual({ kind: "not-an-image" });
  });

  test("a PNG without pixels in a direction", () => {
    const bytes = Buffer.from(image("png RGB"));
    bytes.writeUInt32BE(0, 20);
    expect(probeImage(bytes)).toEqual({ kind: "not-an-image" });
  });

  test("a PNG whose chunks make no sense", () => {
    const bytes = Buffer.from(image("png RGB"));
    bytes.write("!!!!", 37, "latin1");
    expect(probeImage(bytes)).toEqual({ kind: "not-an-image" });
  });
});

test("a signed provenance manifest in a PNG is seen", () => {
  const bytes = image("png RGB");
  const chunk = Buffer.alloc(12 + 5);
  chunk.writeUInt32BE(5, 0);
  chunk.write("caBX", 4, "latin1");
  const signed = Buffer.concat([bytes.subarray(0, 33), chunk, bytes.subarray(33)]);
  expect(probeImage(signed)).toEqual({
    kind: "image",
    facts: { mediaType: "image/png", width, height, hasAlpha: false, c2pa: true },
  });
});

test("what follows a PNG's end is no part of it", () => {
  const bytes = Buffer.concat([image("png RGBA"), Buffer.from("trailer")]);
  expect(probeImage(bytes)).toEqual(probeImage(image("png RGBA")));
});

test("a PNG that begins with a few bytes and goes on with a slice beyond the kept head is read", () => {
  const bytes = image("png RGB");
  const filling = Buffer.alloc(12 + 700_000);
  filling.writeUInt32BE(700_000, 0);
  filling.write("noIs", 4, "latin1");
  const large = Buffer.concat([bytes.subarray(0, 33), filling, bytes.subarray(33)]);
  expect(probeInSlices(large, 10, large.length)).toEqual(probeImage(bytes));
});

test("the type is told by the first sixteen bytes", () => {
  for (const name of Object.keys(makers))
    expect([name, sniffMediaType(image(name).subarray(0, 32))]).toEqual([name, `image/${name.split(" ")[0]}`]);
  expect(sniffMediaType(Buffer.from("hello world, hello"))).toBe(null);
});

test("extensions are the usual ones", () => {
  expect(["image/png", "image/jpeg", "image/webp", "image/gif", "image/avif"].map(extensionFor)).toEqual([
    "png",
    "jpg",
    "webp",
    "gif",
    "avif",
  ]);
});
