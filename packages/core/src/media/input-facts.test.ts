import * as fc from "fast-check";
import sharp from "sharp";
import type { Sharp } from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { readerOf } from "./content-reader.ts";
import type { ContentReader } from "./content-reader.ts";
import { readInputFacts } from "./input-facts.ts";
import type { FactsOutcome, InputFacts } from "./input-facts.ts";
import { sniffContent, isInputKind } from "./sniff-content.ts";
import type { InputKind } from "./sniff-content.ts";

const width = 61;
const height = 37;

/** Noise, so that no encoder makes it tiny. */
function pixels(channels: 3 | 4 = 3): Sharp {
  const raw = Buffer.alloc(width * height * channels);
  for (let at = 0, state = 1; at < raw.length; at += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    raw[at] = state >>> 16;
  }
  return sharp(raw, { raw: { width, height, channels } });
}

const upright = { width, height, components: null, orientation: 1, animated: null } as const;
const jpeg = { ...upright, bitDepth: 8, components: 3, animated: false } as const;
const webp = { ...upright, bitDepth: 8, animated: false } as const;

const makers: Readonly<Record<string, readonly [() => Promise<Buffer>, InputFacts]>> = {
  png: [async () => pixels().png().toBuffer(), { ...upright, bitDepth: 8 }],
  "png palette": [async () => pixels().png({ palette: true, colours: 16 }).toBuffer(), { ...upright, bitDepth: 4 }],
  "png 16 bit": [async () => pixels().toColourspace("rgb16").png().toBuffer(), { ...upright, bitDepth: 16 }],
  jpeg: [async () => pixels().jpeg().toBuffer(), jpeg],
  "jpeg progressive": [async () => pixels().jpeg({ progressive: true }).toBuffer(), jpeg],
  "jpeg with restarts": [async () => pixels().jpeg({ mozjpeg: true }).toBuffer(), jpeg],
  "jpeg grey": [async () => pixels().greyscale().toColourspace("b-w").jpeg().toBuffer(), { ...jpeg, components: 1 }],
  "jpeg CMYK": [async () => pixels().toColourspace("cmyk").jpeg().toBuffer(), { ...jpeg, components: 4 }],
  "jpeg turned": [async () => pixels().withMetadata({ orientation: 6 }).jpeg().toBuffer(), { ...jpeg, orientation: 6 }],
  "jpeg with a profile": [async () => pixels().withIccProfile("p3").jpeg().toBuffer(), jpeg],
  webp: [async () => pixels().webp().toBuffer(), webp],
  "webp with alpha": [async () => pixels(4).webp().toBuffer(), webp],
  "webp lossless": [async () => pixels(4).webp({ lossless: true }).toBuffer(), webp],
  "webp turned": [async () => pixels().withMetadata({ orientation: 8 }).webp().toBuffer(), { ...webp, orientation: 8 }],
  "webp animated": [
    async () => {
      const frames = await Promise.all([pixels().png().toBuffer(), pixels().negate().png().toBuffer()]);
      return sharp(frames, { join: { animated: true } })
        .webp()
        .toBuffer();
    },
    { ...webp, animated: true },
  ],
  gif: [async () => pixels().gif().toBuffer(), { ...upright, bitDepth: 8 }],
  avif: [async () => pixels().avif({ effort: 0 }).toBuffer(), { ...upright, bitDepth: null }],
  tiff: [async () => pixels().tiff().toBuffer(), { ...upright, bitDepth: null }],
};
const images = new Map<string, Buffer>();

beforeAll(async () => {
  for (const [name, [make]] of Object.entries(makers)) images.set(name, await make());
});

function image(name: string): Buffer {
  const bytes = images.get(name);
  if (bytes === undefined) throw new Error(`no image ${name}`);
  return bytes;
}

function read(bytes: Uint8Array): FactsOutcome {
  const kind = sniffContent(bytes);
  if (!isInputKind(kind)) throw new Error(`a picture sniffed as ${kind}`);
  return readInputFacts(kind, readerOf(bytes));
}

describe.each(Object.entries(makers))("%s", (name, [, facts]) => {
  test("is what was made", async () => {
    expect(read(image(name))).toEqual({ state: "whole", facts });
    const says = await sharp(image(name)).metadata();
    expect([says.width, says.height, says.orientation ?? 1]).toEqual([width, height, facts.orientation]);
  });
});

test.each(["jpeg", "jpeg progressive", "jpeg turned", "webp", "webp lossless", "webp turned", "gif", "avif"])(
  "a %s is cut when anything of its end is missing",
  (name) => {
    const bytes = image(name);
    for (const length of [bytes.length - 1, bytes.length - 5, bytes.length >> 1, 64])
      expect([length, read(bytes.subarray(0, length))]).toEqual([length, { state: "cut" }]);
  },
);

/** After the first two bytes of a JPEG: an application segment of any size. */
function withSegments(bytes: Buffer, count: number, size: number): Buffer {
  const segment = Buffer.alloc(size + 2, 0x20);
  segment.writeUInt16BE(0xffe2, 0);
  segment.writeUInt16BE(size, 2);
  return Buffer.concat([bytes.subarray(0, 2), ...Array.from({ length: count }, () => segment), bytes.subarray(2)]);
}

test("metadata of megabytes before the size of a JPEG is stepped over with few and small reads", () => {
  const bytes = withSegments(image("jpeg turned"), 200, 65_000);
  let total = 0;
  const counted: ContentReader = {
    length: bytes.length,
    read: (position, length) => {
      total += length;
      return bytes.subarray(position, position + length);
    },
  };
  expect(readInputFacts("jpeg", counted)).toEqual({ state: "whole", facts: makers["jpeg turned"]?.[1] });
  expect(total).toBeLessThan(70_000);
});

test("a JPEG with a film behind it is whole, and cut when its own end is missing", () => {
  for (const name of ["jpeg", "jpeg progressive", "jpeg with restarts"]) {
    const film = Buffer.alloc(300_000, "film");
    const bytes = image(name);
    expect(read(Buffer.concat([bytes, film]))).toEqual({ state: "whole", facts: jpeg });
    expect(read(Buffer.concat([bytes.subarray(0, -2), film]))).toEqual({ state: "cut" });
    // The mark across every place of a window's edge.
    for (const shift of [0, 1, 2, 3]) {
      const filled = Buffer.concat([
        bytes.subarray(0, -2),
        Buffer.alloc(65_536 - shift, 0x55),
        Buffer.from([0xff, 0xd9]),
        film,
      ]);
      expect([shift, read(filled)]).toEqual([shift, { state: "whole", facts: jpeg }]);
    }
  }
});

test("fill bytes and stray restart marks before a JPEG's header are stepped over", () => {
  const bytes = image("jpeg");
  const filled = Buffer.concat([
    bytes.subarray(0, 2),
    Buffer.from([0xff, 0xff, 0xff, 0xd0, 0xff, 0x01]),
    bytes.subarray(2),
  ]);
  expect(read(filled)).toEqual({ state: "whole", facts: jpeg });
});

test.each<readonly [string, InputKind, Buffer]>([
  ["a JPEG that goes on as a text", "jpeg", Buffer.from("\xff\xd8\xff\xe0\0\x04xxno marker", "latin1")],
  ["a JPEG that ends before it begins", "jpeg", Buffer.from("\xff\xd8\xff\xd9\0\0\0\0\0\0\0\0", "latin1")],
  ["a JPEG of nothing but fill bytes", "jpeg", Buffer.alloc(30_000, 0xff).fill(0xd8, 1, 2)],
  ["a JPEG of nothing but empty segments", "jpeg", withSegments(Buffer.from([0xff, 0xd8, 0xff, 0xd8]), 20_000, 2)],
  ["a PNG without IHDR", "png", Buffer.from("\x89PNG\r\n\x1a\n".padEnd(40, "x"), "latin1")],
  ["a WebP of an unknown chunk", "webp", Buffer.from("RIFF\x16\0\0\0WEBPXXXX".padEnd(30, "\0"), "latin1")],
  ["an AVIF with a box shorter than its head", "avif", Buffer.from("\0\0\0\x04ftypavif\0\0\0\0", "latin1")],
])("%s is damaged", (_, kind, bytes) => {
  expect(readInputFacts(kind, readerOf(bytes))).toEqual({ state: "damaged" });
});

test("a picture without pixels in a direction is damaged", () => {
  const png = Buffer.from(image("png"));
  png.writeUInt32BE(0, 20);
  const gif = Buffer.from(image("gif"));
  gif.writeUInt16LE(0, 6);
  expect([read(png), read(gif)]).toEqual([{ state: "damaged" }, { state: "damaged" }]);
});

test("any damage to a picture gives an outcome, with reads of bounded number and size", () => {
  const names = Object.keys(makers);
  const change = fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(
      fc.constantFrom(...names),
      fc.array(change, { maxLength: 12 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.boolean(),
      (name, changes, cut, early) => {
        const bytes = Buffer.from(image(name));
        // Headers are where damage matters.
        for (const [place, value] of changes) bytes[12 + Math.floor(place * (early ? 60 : bytes.length - 13))] = value;
        const part = cut < 0.5 ? bytes : bytes.subarray(0, Math.floor((cut - 0.5) * 2 * bytes.length));
        const kind = sniffContent(image(name));
        if (!isInputKind(kind)) throw new Error("no picture");
        let reads = 0;
        const outcome = readInputFacts(kind, {
          length: part.length,
          read: (position, length) => {
            reads += 1;
            expect(position >= 0 && length >= 0 && length <= 65_536).toBe(true);
            return part.subarray(position, position + length);
          },
        });
        expect(["whole", "cut", "damaged"]).toContain(outcome.state);
        expect(reads).toBeLessThan(part.length / 2 + 100);
      },
    ),
    { numRuns: 5000 },
  );
});
