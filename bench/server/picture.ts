import { createCipheriv } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

export const bytesPerMegabyte = 1_000_000;

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

export interface PictureOptions {
  /** @default what the service draws here */
  readonly size?: { readonly width: number; readonly height: number };
  /** Another number is other noise. @default 0 */
  readonly variant?: number;
  /** Noise in the pixels as well, so that decoding it costs what decoding a photograph does. @default false */
  readonly noisyPixels?: boolean;
}

/**
 * A valid PNG of exactly `bytes` bytes, the same every time: a small black picture, and noise in a private ancillary chunk that
 * decoders pass over. Noise, because a real picture's bytes do not compress either.
 */
export function createPicture(bytes: number, options: PictureOptions = {}): Buffer {
  const { size = { width: 1024, height: 1024 }, variant = 0, noisyPixels = false } = options;
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size.width, 0);
  header.writeUInt32BE(size.height, 4);
  // Eight bits a sample, red, green and blue, not interlaced.
  header.set([8, 2, 0, 0, 0], 8);
  const rowBytes = 1 + size.width * 3;
  const rows = noisyPixels ? noise(size.height * rowBytes, variant) : Buffer.alloc(size.height * rowBytes);
  // The first byte of each row names its filter: none.
  for (let offset = 0; offset < rows.length; offset += rowBytes) rows[offset] = 0;
  const pixels = deflateSync(rows, { level: noisyPixels ? 0 : 6 });
  const frame = [signature, chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))];
  const [start, head, data, end] = frame;
  const noiseBytes = bytes - frame.reduce((sum, part) => sum + part.length, 0) - 12;
  if (start === undefined || head === undefined || data === undefined || end === undefined || noiseBytes < 0)
    throw new RangeError(`a picture cannot have ${bytes} bytes`);
  return Buffer.concat([start, head, chunk("noIs", noise(noiseBytes, variant)), data, end]);
}

function chunk(name: string, content: Uint8Array): Buffer {
  const whole = Buffer.alloc(content.length + 12);
  whole.writeUInt32BE(content.length, 0);
  whole.write(name, 4, "latin1");
  whole.set(content, 8);
  whole.writeUInt32BE(crc32(whole.subarray(4, content.length + 8)), content.length + 8);
  return whole;
}

function noise(bytes: number, variant: number): Buffer {
  return createCipheriv("aes-128-ctr", Buffer.alloc(16, variant), Buffer.alloc(16)).update(Buffer.alloc(bytes));
}
