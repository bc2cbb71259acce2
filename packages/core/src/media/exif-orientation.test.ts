import * as fc from "fast-check";
import { expect, test } from "vitest";
import { exifOrientation, readTiff } from "./exif-orientation.ts";

interface Entry {
  readonly tag: number;
  readonly type?: number;
  readonly count?: number;
  readonly value: number;
}

function exif(little: boolean, entries: readonly Entry[], directory = 8): Buffer {
  const bytes = Buffer.alloc(directory + 2 + entries.length * 12 + 4);
  const short = (value: number, at: number): number =>
    little ? bytes.writeUInt16LE(value, at) : bytes.writeUInt16BE(value, at);
  const long = (value: number, at: number): number =>
    little ? bytes.writeUInt32LE(value, at) : bytes.writeUInt32BE(value, at);
  bytes.write(little ? "II*\0" : "MM\0*", 0, "latin1");
  long(directory, 4);
  short(entries.length, directory);
  for (const [place, { tag, type = 3, count = 1, value }] of entries.entries()) {
    const at = directory + 2 + place * 12;
    short(tag, at);
    short(type, at + 2);
    long(count, at + 4);
    if (type === 4) long(value, at + 8);
    else short(value, at + 8);
  }
  return bytes;
}

test("orientation is read in both byte orders, after other entries, wherever the directory stands", () => {
  for (const little of [true, false]) {
    for (const orientation of [1, 2, 3, 4, 5, 6, 7, 8]) {
      const entries = [
        { tag: 0x010f, type: 2, count: 6, value: 99 },
        { tag: 0x0112, value: orientation },
      ];
      expect(exifOrientation(exif(little, entries))).toBe(orientation);
      expect(exifOrientation(exif(little, entries, 4000))).toBe(orientation);
      expect(exifOrientation(Buffer.concat([Buffer.from("Exif\0\0"), exif(little, entries)]))).toBe(orientation);
    }
  }
});

test("what makes no sense counts as upright", () => {
  const one = exif(true, [{ tag: 0x0112, value: 6 }]);
  expect(exifOrientation(exif(true, [{ tag: 0x0112, value: 9 }]))).toBe(1);
  expect(exifOrientation(exif(true, [{ tag: 0x0112, value: 0 }]))).toBe(1);
  expect(exifOrientation(exif(true, [{ tag: 0x0112, type: 2, value: 6 }]))).toBe(1);
  expect(exifOrientation(exif(true, [{ tag: 0x0112, count: 2, value: 6 }]))).toBe(1);
  expect(exifOrientation(exif(true, []))).toBe(1);
  for (let length = 0; length < 22; length += 1) expect(exifOrientation(one.subarray(0, length))).toBe(1);
  const outside = Buffer.from(one);
  outside.writeUInt32LE(0xffff_fff0, 4);
  expect(exifOrientation(outside)).toBe(1);
  expect(exifOrientation(Buffer.from("XX*\0\x08\0\0\0"))).toBe(1);
});

test("sides of a TIFF file are read as short or long numbers", () => {
  const bytes = exif(false, [
    { tag: 0x0100, value: 640 },
    { tag: 0x0101, type: 4, value: 70_000 },
  ]);
  expect(readTiff((position, length) => bytes.subarray(position, position + length))).toEqual({
    width: 640,
    height: 70_000,
    orientation: null,
  });
});

test("any bytes give an orientation in three reads of bounded size", () => {
  const start = fc.constantFrom("", "Exif\0\0II*\0", "Exif\0\0MM\0*", "II*\0", "MM\0*");
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 200 }), (beginning, rest) => {
      const bytes = Buffer.concat([Buffer.from(beginning, "latin1"), rest]);
      const orientation = exifOrientation(bytes);
      expect(orientation >= 1 && orientation <= 8).toBe(true);
      const reads: number[] = [];
      readTiff((position, length) => {
        reads.push(length);
        return bytes.subarray(position, position + length);
      });
      expect(reads.length).toBeLessThanOrEqual(3);
      expect(Math.max(...reads)).toBeLessThanOrEqual(12_000);
    }),
    { numRuns: 3000 },
  );
});
