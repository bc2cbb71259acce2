import { createCipheriv } from "node:crypto";
import { crc32, deflateSync } from "node:zlib";

export const bytesPerMegabyte = 1_000_000;

const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const side = 1024;

/**
 * A valid PNG of exactly `bytes` bytes, the same every time: a small black picture, and noise in a private ancillary chunk that
 * decoders pass over. Noise, because a real picture's bytes do not compress either.
 */
export function createPicture(bytes: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(side, 0);
  header.writeUInt32BE(side, 4);
  // Eight bits a sample, red, green and blue, not interlaced.
  header.set([8, 2, 0, 0, 0], 8);
  const pixels = deflateSync(Buffer.alloc(side * (1 + side * 3)));
  const frame = [signature, chunk("IHDR", header), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))];
  const [start, head, data, end] = frame;
  const noiseBytes = bytes - frame.reduce((sum, part) => sum + part.length, 0) - 12;
  if (start === undefined || head === undefined || data === undefined || end === undefined || noiseBytes < 0)
    throw new RangeError(`a picture cannot have ${bytes} bytes`);
  return Buffer.concat([start, head, chunk("noIs", noise(noiseBytes)), data, end]);
}

function chunk(name: string, content: Uint8Array): Buffer {
  const whole = Buffer.alloc(content.length + 12);
  whole.writeUInt32BE(content.length, 0);
  whole.write(name, 4, "latin1");
  whole.set(content, 8);
  whole.writeUInt32BE(crc32(whole.subarray(4, content.length + 8)), content.length + 8);
  return whole;
}

function noise(bytes: number): Buffer {
  return createCipheriv("aes-128-ctr", Buffer.alloc(16), Buffer.alloc(16)).update(Buffer.alloc(bytes));
}
