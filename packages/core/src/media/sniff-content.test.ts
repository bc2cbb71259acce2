import * as fc from "fast-check";
import { expect, test } from "vitest";
import { sniffContent } from "./sniff-content.ts";
import type { ContentKind } from "./sniff-content.ts";

const box = (major: string, ...compatible: readonly string[]): string =>
  `\0\0\0${String.fromCharCode(16 + compatible.length * 4)}ftyp${major}\0\0\0\0${compatible.join("")}\0\0\0\x08free`;

const table: readonly (readonly [ContentKind, string])[] = [
  ["png", "\x89PNG\r\n\x1a\n\0\0\0\rIHDR"],
  ["jpeg", "\xff\xd8\xff\xe0\0\x10JFIF\0"],
  ["webp", "RIFF\x24\0\0\0WEBPVP8 "],
  ["gif", "GIF87a"],
  ["gif", "GIF89a\x01\0\x01\0"],
  ["avif", box("avif", "mif1", "miaf")],
  ["avif", box("avis", "msf1")],
  ["avif", box("mif1", "avif")],
  ["tiff", "II*\0\x08\0\0\0\x01\0\0\x01"],
  ["tiff", "MM\0*\0\0\0\x08"],
  ["tiff", "II+\0\x08\0\0\0"],
  ["svg", '<svg xmlns="http://www.w3.org/2000/svg"/>'],
  ["svg", '\xef\xbb\xbf<?xml version="1.0"?>\n<!-- made by hand -->\n<svg:svg xmlns:svg="…">'],
  ["svg", '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "…">\n<svg>'],
  ["svg", '<!DOCTYPE svg [ <!ENTITY a "b>c"> ]>\n<svg >'],
  ["svg", `<!--${"long ".repeat(3000)}--><svg>`],
  ["heic", box("heic", "mif1")],
  ["heic", box("mif1", "heic")],
  ["raw", box("crx ", "isom")],
  ["raw", "II*\0\x10\0\0\0CR\x02\0"],
  ["raw", "FUJIFILMCCD-RAW 0201"],
  ["bmp", `BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0`],
  ["ico", "\0\0\x01\0\x01\0\x10\x10"],
  ["pdf", "%PDF-1.7"],
  ["psd", "8BPS\0\x01"],
  ["jxl", "\xff\x0a\xfa\x7f"],
  ["jxl", "\0\0\0\x0cJXL \r\n\x87\n"],
  ["jp2", "\0\0\0\x0cjP  \r\n\x87\n"],
  ["exr", "\x76\x2f\x31\x01\x02"],
  ["xcf", "gimp xcf v011"],
  ["icns", "icns\0\0"],
  ["pnm", "P6\n# a comment\n2 2 255\n"],
  ["qoi", "qoif\0\0"],
  ["dds", "DDS |"],
  ["video", box("isom", "mp41", "mp42")],
  ["video", box("qt  ")],
  ["video", "\x1a\x45\xdf\xa3\x01\0"],
  ["video", "RIFF\x24\0\0\0AVI LIST"],
  ["video", "\0\0\x01\xba\x21"],
  ["audio", box("M4A ")],
  ["audio", "ID3\x04\0"],
  ["audio", "RIFF\x24\0\0\0WAVEfmt "],
  ["archive", "PK\x03\x04\x14\0"],
  ["archive", `${"a".padEnd(257, "\0")}ustar\x0000`],
  ["gzip", "\x1f\x8b\x08\0"],
  ["program", "\x7fELF\x02\x01"],
  ["program", "MZ\x90\0"],
  ["program", "\xcf\xfa\xed\xfe\x07"],
  ["script", "#!/bin/sh\nrm -rf /\n"],
  ["database", "SQLite format 3\0"],
  ["key", "-----BEGIN OPENSSH PRIVATE KEY-----\n"],
  ["html", "<!DOCTYPE html>\n<html><svg></svg></html>"],
  ["html", "\n  <html><head>"],
  ["html", "<!-- svg --><body>"],
  ["xml", '<?xml version="1.0"?><rss><svg></svg></rss>'],
  ["xml", "<!-- a comment without an end <svg>"],
  ["xml", "<?xml without an end <svg>"],
  ["json", '{"access_token":"…"}'],
  ["json", "[1,2]"],
  ["lfs-pointer", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n"],
  ["side-file", "\0\x05\x16\x07\0\x02"],
  ["text", "OPENAI_API_KEY=…\n"],
  ["text", "BMW is a make of cars, and this is long enough for a header"],
  ["text", "\xff\xfeh\0e\0l\0l\0o\0"],
  ["unknown", "\x01\x02\x03\x04"],
  ["unknown", "\xc3\x28 is no UTF-8"],
];

test.each(table)("%s: %j", (kind, content) => {
  expect(sniffContent(Buffer.from(content, "latin1"))).toBe(kind);
});

test("a picture's name is not needed and its beginning is enough", () => {
  expect(sniffContent(Buffer.from("\xff\xd8\xff", "latin1"))).toBe("jpeg");
  expect(sniffContent(Buffer.from("\x89PN", "latin1"))).toBe("unknown");
});

test("a letter cut in the middle at the end of what is looked at does not make a text unknown", () => {
  expect(sniffContent(Buffer.from(`${"a".repeat(4095)}ö and more`))).toBe("text");
});

test("any bytes have a kind", () => {
  const start = fc.constantFrom("", "<", "<!--", "<?", "<!doctype svg [", "\0\0\0\x18ftyp", "RIFF", "BM", "II*\0");
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 300 }), (beginning, rest) => {
      const bytes = Buffer.concat([Buffer.from(beginning, "latin1"), rest]);
      expect(typeof sniffContent(bytes)).toBe("string");
    }),
    { numRuns: 2000 },
  );
});
