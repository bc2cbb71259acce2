import type { PixelSize } from "@limn/core";
import { LimnError } from "@limn/core";
import { open } from "node:fs/promises";
import { basename } from "node:path";
import sharp from "sharp";
import type { Metadata, Sharp } from "sharp";
import { undecodable, unreadable } from "./failures.ts";
import type { Role } from "./failures.ts";
import { sniff, sniffBytes } from "./sniff.ts";
import type { PictureKind } from "./sniff.ts";

/** A picture whose header was read; its pixels were not. Width and height are those after its EXIF orientation. */
export interface Picture extends PixelSize {
  readonly path: string;
  readonly role: Role;
  readonly kind: PictureKind;
  readonly metadata: Metadata;
}

interface Limit {
  readonly maxPixels: number;
  readonly maxSide: number;
}

/** Results may be up-scaled ones of 34 megapixels; an input may be any photograph. libvips itself ends at 10,000,000 a side. */
const limits: Readonly<Record<Role, Limit>> = {
  result: { maxPixels: 120_000_000, maxSide: 65_535 },
  input: { maxPixels: 100_000_000, maxSide: 30_000 },
};

/** Reads the header only, and refuses decompression bombs by it. */
export async function openPicture(path: string, role: Role): Promise<Picture> {
  const kind = sniff(await readHead(path, role));
  if (kind === null) throw undecodable(role, path, undefined);
  const metadata = await sharp(path, { limitInputPixels: false })
    .metadata()
    .catch((error: unknown) => {
      throw undecodable(role, path, error);
    });
  const { width, height } = metadata.autoOrient;
  refuseBomb(path, role, { width, height });
  return { path, role, kind, metadata, width, height };
}

/** A pipeline over the picture's first frame, upright. Data that is cut off or damaged is an error, a mere oddity is not. */
export function decode(picture: Picture, options: { readonly ignoreIcc?: boolean } = {}): Sharp {
  return sharp(picture.path, {
    limitInputPixels: limits[picture.role].maxPixels,
    failOn: "error",
    autoOrient: true,
    ...options,
  });
}

function refuseBomb(path: string, role: Role, size: PixelSize): void {
  const { maxPixels, maxSide } = limits[role];
  const { width, height } = size;
  if (width * height <= maxPixels && Math.max(width, height) <= maxSide) return;
  const megapixels = ((width * height) / 1_000_000).toFixed(1);
  const message =
    `${basename(path)} is ${width}x${height} (${megapixels} megapixels); ` +
    `the limit is ${maxPixels / 1_000_000} megapixels and ${maxSide} pixels a side.`;
  throw role === "input"
    ? new LimnError("input_too_large", { message, hint: "Scale the picture down first." })
    : new LimnError("image_corrupt", { message, hint: "The file as it came is kept in the history." });
}

async function readHead(path: string, role: Role): Promise<Buffer> {
  const head = Buffer.alloc(sniffBytes);
  try {
    const file = await open(path, "r");
    try {
      const { bytesRead } = await file.read(head, 0, head.length, 0);
      return head.subarray(0, bytesRead);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw unreadable(role, path, error);
  }
}
