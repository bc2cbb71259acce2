import sharp from "sharp";
import { crc32, deflateSync } from "node:zlib";
import { pngOptions } from "../finish/encode.ts";
import { rawInput } from "./raster.ts";
import type { Raster } from "./raster.ts";

/** PNG with exactly these pixels; `profile` says what their colours are, and changes none. */
export async function encodeRaster(raster: Raster, hasAlpha: boolean, profile: Buffer | null): Promise<Buffer> {
  const pixels = sharp(raster.data, rawInput(raster));
  const content = await (hasAlpha ? pixels : pixels.removeAlpha()).png(pngOptions).toBuffer();
  return profile === null ? content : withProfile(content, profile);
}

const signatureAndHeaderBytes = 33;

/** sharp would convert the pixels to a profile that it attaches, so the chunk is put behind the header here (PNG, 11.3.2.3). */
function withProfile(png: Buffer, profile: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from("iCCPprofile\0\0", "latin1"), deflateSync(profile)]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(body.length - 4);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return Buffer.concat([png.subarray(0, signatureAndHeaderBytes), chunk, png.subarray(signatureAndHeaderBytes)]);
}
