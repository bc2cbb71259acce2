import { createHash, randomFillSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createInputLoader } from "./load-inputs.ts";

const megabytes9 = 9_000_001;
let folder = "";
const names = ["a.png", "b.png", "c.png", "d.png", "e.png"];

/** One chunk of noise between a header and an end. */
function noisePng(bytes: number): Buffer {
  const png = Buffer.alloc(bytes);
  const header = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x04\0\0\0\x04\0\x08\x02\0\0\0crc-";
  png.write(header, 0, "latin1");
  const length = bytes - 33 - 12 - 12;
  png.writeUInt32BE(length, 33);
  png.write("IDAT", 37, "latin1");
  randomFillSync(png, 41, length);
  png.write("\0\0\0\0IENDcrc-", bytes - 12, "latin1");
  return png;
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "limn-large-"));
  for (const name of names) writeFileSync(join(folder, name), noisePng(megabytes9));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test("five references of 9 MB are sent out of one small buffer, in slices that base64 needs no padding between", async () => {
  const load = createInputLoader({
    workingFolder: folder,
    temporaryFolder: folder,
    tools: null,
    fetchUrl: async () => Promise.reject(new Error("fetched")),
  });
  const options = {
    images: names,
    mask: null,
    maxImages: 5,
    engine: "images",
    shrink: false,
    signal: new AbortController().signal,
  };
  const inputs = await load(options, () => {
    throw new Error("not asked");
  });
  const buffers = new Set<ArrayBufferLike>();
  const before = process.memoryUsage().arrayBuffers;
  for (const image of inputs.images) {
    const hash = createHash("sha256");
    let length = 0;
    for (const slice of image.slices()) {
      expect(length % 3).toBe(0);
      buffers.add(slice.buffer);
      hash.update(slice);
      length += slice.length;
    }
    expect([length, hash.digest("hex")]).toEqual([megabytes9, image.sha256]);
  }
  expect(Array.from(buffers, ({ byteLength }) => byteLength)).toEqual([48 * 1024]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2_000_000);

  // Two pictures that are drawn at once send the same image side by side.
  const [image] = inputs.images;
  const left = image?.slices()[Symbol.iterator]();
  const right = image?.slices()[Symbol.iterator]();
  const first = Buffer.from(left?.next().value ?? "");
  const same = right?.next().value;
  left?.next();
  expect(first.equals(same ?? Buffer.alloc(0))).toBe(true);
  inputs.close();
});
