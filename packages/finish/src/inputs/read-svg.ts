import type { PixelSize } from "@limn/core";
import { LimnError } from "@limn/core";
import { readFile, stat } from "node:fs/promises";
import { basename } from "node:path";
import sharp from "sharp";
import type { Sharp } from "sharp";
import { undecodable, unreadable } from "../pictures/failures.ts";

const maxBytes = 1_000_000;
const smallestLongestSide = 1024;
const largestLongestSide = 4096;
/** A drawing of a megabyte may hold filters that take minutes. */
const maxSeconds = 30;

/** A drawing, rendered at its own size or at 1024 to 4096 pixels on its longest side. */
export async function readSvg(path: string): Promise<{ pipeline: () => Sharp; size: PixelSize }> {
  // Always from memory: a drawing without an address gets no files, no addresses and no stylesheets from librsvg.
  const content = await readContent(path);
  const own = await sharp(content, { limitInputPixels: false })
    .metadata()
    .catch(() => {
      // The cause quotes the file, so it is not passed on.
      throw undecodable("input", path, undefined);
    });
  const longest = Math.max(own.width, own.height);
  const scale = Math.min(largestLongestSide, Math.max(smallestLongestSide, longest)) / longest;
  const density = 72 * scale;
  if (density < 1) {
    throw new LimnError("input_too_large", {
      message: `${basename(path)} is a drawing of ${own.width}x${own.height}; the limit is ${72 * largestLongestSide} pixels a side.`,
      hint: "Give the drawing a smaller width and height.",
    });
  }
  const size = {
    width: Math.max(1, Math.round(own.width * scale)),
    height: Math.max(1, Math.round(own.height * scale)),
  };
  // librsvg rounds the sides up; `fill` takes that pixel back.
  const pipeline = (): Sharp =>
    sharp(content, { density, limitInputPixels: 2 * largestLongestSide ** 2 })
      .resize(size.width, size.height, { fit: "fill" })
      .timeout({ seconds: maxSeconds });
  return { pipeline, size };
}

async function readContent(path: string): Promise<Buffer> {
  const name = basename(path);
  let text = "";
  try {
    const { size } = await stat(path);
    if (size > maxBytes) {
      throw new LimnError("input_too_large", {
        message: `${name} is an SVG of ${size} bytes; the limit is ${maxBytes}.`,
        hint: "Export the drawing as PNG and give that.",
      });
    }
    text = new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    if (error instanceof LimnError) throw error;
    if (error instanceof TypeError) throw refused(name, "is not written in UTF-8");
    throw unreadable("input", path, error);
  }
  if (/<!(?:DOCTYPE|ENTITY)/i.test(text)) throw refused(name, "declares a document type or entities");
  // Another encoding than the one just checked could hide a declaration.
  const encoding = /^\s*<\?xml[^>]*encoding\s*=\s*["']([^"']*)/.exec(text)?.[1] ?? "utf-8";
  if (!/^(?:utf-8|us-ascii|iso-8859-1)$/i.test(encoding)) throw refused(name, "names another encoding than UTF-8");
  return Buffer.from(text, "utf8");
}

function refused(name: string, what: string): LimnError {
  return new LimnError("input_not_an_image", {
    message: `${name} is an SVG that ${what}; limn does not read such drawings.`,
    hint: "Save it as plain SVG in UTF-8 without a DOCTYPE, or export it as PNG.",
  });
}
