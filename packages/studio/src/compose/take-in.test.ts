import { describe, expect, test } from "vitest";
import { isInputKind, sniffContent } from "../../../core/src/media/sniff-content.ts";
import { beginsLikePicture } from "./begins-like-picture.ts";
import { formatBytes } from "./format-bytes.ts";

const box = (brand: string, ...more: string[]): string => `\0\0\0\x20ftyp${brand}\0\0\0\0${more.join("")}`;
const pictures = [
  "\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
  "\xff\xd8\xff\xe0\0\x10JFIF\0",
  "RIFF\x24\0\0\0WEBPVP8 ",
  "GIF89a\x01\0\x01\0",
  box("avif", "mif1"),
  box("mif1", "miaf", "avif"),
  "II*\0\x08\0\0\0",
  "MM\0*\0\0\0\x08",
  '<svg xmlns="http://www.w3.org/2000/svg"/>',
  '\xef\xbb\xbf<?xml version="1.0"?>\n<!-- by hand -->\n<svg:svg>',
  `<!--${"long ".repeat(3000)}--><svg>`,
];
const others = [
  "notes on a fox",
  "",
  "%PDF-1.7",
  "PK\x03\x04",
  box("heic", "mif1"),
  box("isom"),
  "<!doctype html><p>",
  "{}",
];

describe("a file that is taken in", () => {
  test.each(pictures)("counts as a picture by its first bytes, as it does for limn: %j", (text) => {
    const bytes = Buffer.from(text, "latin1");
    expect([beginsLikePicture(bytes), isInputKind(sniffContent(bytes))]).toEqual([true, true]);
  });

  test.each(others)("is no picture whatever it is called: %j", (text) => {
    const bytes = Buffer.from(text, "latin1");
    expect([beginsLikePicture(bytes), isInputKind(sniffContent(bytes))]).toEqual([false, false]);
  });

  test("shows its length, also when that is small", () => {
    expect([0, 70, 1024, 25_600, 3_565_158].map((bytes) => formatBytes(bytes, "en"))).toEqual([
      "0 B",
      "70 B",
      "1 KiB",
      "25 KiB",
      "3.4 MiB",
    ]);
  });
});
