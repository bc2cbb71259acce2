import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import sharp from "sharp";
import type { Sharp } from "sharp";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { createImageTools } from "../src/index.ts";
import type { Raster } from "../src/pictures/raster.ts";

export const tools = createImageTools();

/** A drawing from SVG elements, as pixels. */
export async function draw(width: number, height: number, elements: string): Promise<Raster> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${elements}</svg>`;
  return { width, height, data: await sharp(Buffer.from(svg)).ensureAlpha().raw().toBuffer() };
}

/** Pixels by a function of their place. */
export function paint(width: number, height: number, colour: (x: number, y: number) => readonly number[]): Raster {
  const data = new Uint8Array(width * height * 4);
  for (let index = 0; index < width * height; index += 1) {
    const [red = 0, green = 0, blue = 0, alpha = 255] = colour(index % width, Math.floor(index / width));
    data.set(
      [red, green, blue, alpha].map((value) => Math.min(255, Math.max(0, Math.round(value)))),
      index * 4,
    );
  }
  return { width, height, data };
}

/** Lay one picture over another, with noise of up to `noise` as drawn pictures have it. The result is opaque. */
export function over(top: Raster, ground: Raster, noise = 2): Raster {
  const random = sequence(7);
  return paint(top.width, top.height, (x, y) => {
    const offset = (y * top.width + x) * 4;
    const alpha = (top.data[offset + 3] ?? 0) / 255;
    return [0, 1, 2].map((channel) => {
      const mixed = (top.data[offset + channel] ?? 0) * alpha + (ground.data[offset + channel] ?? 0) * (1 - alpha);
      return mixed + (random() - 0.5) * 2 * noise;
    });
  });
}

/** Numbers 0..1, the same ones for the same seed. */
export function sequence(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x80000000;
  };
}

export function pipelineOf({ width, height, data }: Raster): Sharp {
  return sharp(data, { raw: { width, height, channels: 4 } });
}

/** A file in a folder of this test alone. */
export function place(name: string): string {
  return join(temporaryFolder(), name);
}

export async function save(content: Raster | Sharp | Buffer, name = "picture.png"): Promise<string> {
  const path = place(name);
  if (Buffer.isBuffer(content)) writeFileSync(path, content);
  else if ("toFile" in content) writeFileSync(path, await content.toBuffer());
  else writeFileSync(path, await pipelineOf(content).png().toBuffer());
  return path;
}

/** A file's pixels as they are, without colour management. */
export async function pixelsOf(path: string): Promise<Raster> {
  const { data, info } = await sharp(path, { ignoreIcc: true })
    .ensureAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

export function pixel(raster: Raster, x: number, y: number): number[] {
  const offset = (y * raster.width + x) * 4;
  return [...raster.data.subarray(offset, offset + 4)];
}

/** A photograph's likeness: soft areas, a few shapes, some grain. */
export async function scene(width: number, height: number, grain = 6): Promise<Raster> {
  const elements =
    `<defs><linearGradient id="sky" x2="0" y2="1"><stop offset="0" stop-color="#2b5fb0"/><stop offset="1" stop-color="#f2c48d"/></linearGradient></defs>` +
    `<rect width="100%" height="100%" fill="url(#sky)"/><circle cx="72%" cy="24%" r="9%" fill="#fff3b8"/>` +
    `<rect x="0" y="70%" width="100%" height="30%" fill="#3f6b3a"/><circle cx="30%" cy="68%" r="14%" fill="#9c3b2e"/>`;
  const drawn = await draw(width, height, elements);
  return over(drawn, drawn, grain);
}

/** Frames of one colour each; the first is red. */
export function animation(frames: number, width: number, height: number): Sharp {
  const pages = Array.from({ length: frames }, (_, index) =>
    paint(width, height, () => (index === 0 ? [255, 0, 0] : [0, index * 20, 255])),
  );
  const data = Buffer.concat(pages.map((page) => page.data));
  return sharp(data, { raw: { width, height: height * frames, channels: 4, pageHeight: height } });
}

export function pngChunk(name: string, content: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(name, "latin1"), content]);
  const chunk = Buffer.alloc(body.length + 8);
  chunk.writeUInt32BE(content.length);
  body.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(body), body.length + 4);
  return chunk;
}

/** A PNG of a few bytes that claims to be as large as asked. */
export function hugePng(width: number, height: number): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([8, 0, 0, 0, 0], 8);
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    pngChunk("IHDR", header),
    pngChunk("IDAT", deflateSync(Buffer.alloc(1000))),
    pngChunk("IEND", Buffer.alloc(0)),
  ]);
}

/** A PNG with another chunk behind its header. */
export function withChunk(png: Buffer, name: string, content: Uint8Array): Buffer {
  return Buffer.concat([png.subarray(0, 33), pngChunk(name, content), png.subarray(33)]);
}
