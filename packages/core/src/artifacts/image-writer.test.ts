import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { beforeAll, describe, expect, test } from "vitest";
import { limnErrorOf, thrownBy } from "../../../../test/support/rejection.ts";
import { canMount, makeReadOnly, smallDisk } from "../../../../test/support/small-disk.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { ImageWriter } from "./image-writer.ts";
import type { ImageWriterOptions } from "./image-writer.ts";

let picture = Buffer.alloc(0);
beforeAll(async () => {
  picture = await sharp({ create: { width: 30, height: 20, channels: 4, background: "#80402010" } })
    .png()
    .toBuffer();
});

/** The picture with so many bytes of private chunks before its end. */
function filled(bytes: number): Buffer {
  const chunk = Buffer.alloc(12 + bytes);
  chunk.writeUInt32BE(bytes, 0);
  chunk.write("noIs", 4, "latin1");
  return Buffer.concat([picture.subarray(0, -12), chunk, picture.subarray(-12)]);
}

function writer(folder: string, change: Partial<ImageWriterOptions> = {}): ImageWriter {
  return new ImageWriter({
    index: 0,
    folder,
    name: "image-1",
    rescueFolders: [],
    rescueName: "gen_x-image-1",
    ...change,
  });
}

function feed(target: ImageWriter, bytes: Buffer, size: number): void {
  for (let offset = 0; offset < bytes.length; offset += size) {
    const slice = Uint8Array.from(bytes.subarray(offset, offset + size));
    target.write(slice);
    // The reader uses its buffer again.
    slice.fill(0);
  }
}

const facts = (path: string, bytes: Buffer, savedElsewhere = false): unknown => ({
  index: 0,
  path,
  mediaType: "image/png",
  width: 30,
  height: 20,
  hasAlpha: true,
  c2pa: false,
  bytes: bytes.length,
  sha256: createHash("sha256").update(bytes).digest("hex"),
  savedElsewhere,
});

describe("a picture", () => {
  test("in slices of any sizes arrives whole, and its facts are those of its bytes", async () => {
    const bytes = filled(150_000);
    const folder = temporaryFolder();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 5 }),
        async (sizes) => {
          const target = writer(folder);
          let offset = 0;
          for (let turn = 0; offset < bytes.length; turn += 1) {
            const size = sizes[turn % sizes.length] ?? 1;
            // Slices of a few bytes only for a while, or the test takes minutes.
            const step = turn > 3000 ? 50_000 : size;
            target.write(Uint8Array.from(bytes.subarray(offset, offset + step)));
            offset += step;
          }
          expect(target.bytesWritten).toBe(bytes.length);
          const path = join(folder, "image-1.png");
          expect(await target.finish()).toEqual(facts(path, bytes));
          expect(readFileSync(path).equals(bytes)).toBe(true);
          rmSync(path);
        },
      ),
      { numRuns: 25 },
    );
    expect(readdirSync(folder)).toEqual([]);
  });

  test("has a temporary name until it is whole, and is its owner's only", async () => {
    const folder = temporaryFolder();
    const target = writer(folder);
    target.write(picture);
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^\.image-1-.*\.part$/)]);
    await target.finish();
    expect(readdirSync(folder)).toEqual(["image-1.png"]);
    expect(statSync(join(folder, "image-1.png")).mode & 0o777).toBe(0o600);
  });

  test("is named for what it is", async () => {
    const folder = temporaryFolder();
    const target = writer(folder);
    target.write(await sharp(picture).flatten().jpeg().toBuffer());
    expect(await target.finish()).toMatchObject({
      path: join(folder, "image-1.jpg"),
      mediaType: "image/jpeg",
      hasAlpha: false,
    });
  });

  test.each([
    [
      "is cut",
      () => picture.subarray(0, -1),
      `The picture in the answer is cut: its BYTES bytes end before the image does.`,
    ],
    ["is none", () => Buffer.from("hello world, hello world"), "The answer's picture (BYTES bytes) is not an image."],
    ["is empty", () => Buffer.alloc(0), "The answer's picture (BYTES bytes) is not an image."],
  ])("that %s leaves nothing behind", async (_, bytes, message) => {
    const folder = temporaryFolder();
    const target = writer(folder);
    target.write(bytes());
    const error = await limnErrorOf(target.finish());
    expect([error.code, error.message]).toEqual(["image_corrupt", message.replace("BYTES", String(bytes().length))]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test("that is given up leaves nothing behind, also twice", () => {
    const folder = temporaryFolder();
    const target = writer(folder);
    target.write(picture);
    target.discard();
    target.discard();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a place that cannot be written", () => {
  test("at all is left for the next one", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    mkdirSync(join(folder, "rescue"));
    writeFileSync(join(folder, "rescue", "gen_x-image-1.png"), "somebody's");
    const target = writer(join(folder, "missing"), {
      rescueFolders: [join(folder, "file", "below"), join(folder, "rescue")],
    });
    feed(target, picture, 10);
    expect(await target.finish()).toEqual(facts(join(folder, "rescue", "gen_x-image-1-2.png"), picture, true));
    expect(readdirSync(join(folder, "rescue")).sort()).toEqual(["gen_x-image-1-2.png", "gen_x-image-1.png"]);
  });

  test("and no other place is an error that names the first", () => {
    const folder = temporaryFolder();
    const error = thrownBy(() => writer(join(folder, "missing")));
    expect([error.code, error.message]).toEqual([
      "artifact_write_failed",
      `The picture could not be saved in ${join(folder, "missing")}: the folder does not exist.`,
    ]);
  });

  describe.skipIf(!canMount())("any more (needs the right to mount)", () => {
    test.each([1000, 16_384, 65_536, 5_000_000])("takes what is there along, in slices of %i bytes", async (size) => {
      const disk = smallDisk(2);
      const rescue = temporaryFolder();
      const bytes = filled(4_000_000);
      const target = writer(disk, { rescueFolders: [rescue] });
      feed(target, bytes, size);
      expect(await target.finish()).toEqual(facts(join(rescue, "gen_x-image-1.png"), bytes, true));
      expect(readFileSync(join(rescue, "gen_x-image-1.png")).equals(bytes)).toBe(true);
      expect([readdirSync(disk), readdirSync(rescue)]).toEqual([[], ["gen_x-image-1.png"]]);
    });

    test("nor the next one: the third takes it", async () => {
      const [disk, second, third] = [smallDisk(1), smallDisk(2), temporaryFolder()];
      const bytes = filled(4_000_000);
      const target = writer(disk, { rescueFolders: [second, third] });
      feed(target, bytes, 65_536);
      expect(await target.finish()).toEqual(facts(join(third, "gen_x-image-1.png"), bytes, true));
      expect([readdirSync(disk), readdirSync(second)]).toEqual([[], []]);
    });

    test("and no other place is an error that says why, and nothing half-written stays", () => {
      const [disk, second] = [smallDisk(1), smallDisk(1)];
      const target = writer(disk, { rescueFolders: [second] });
      const error = thrownBy(() => feed(target, filled(4_000_000), 65_536));
      target.discard();
      expect([error.code, error.details]).toEqual(["artifact_write_failed", { folder: second, reason: "ENOSPC" }]);
      expect([readdirSync(disk), readdirSync(second)]).toEqual([[], []]);
    });

    test("since it is read-only is left for the next one", async () => {
      const [disk, rescue] = [smallDisk(1), temporaryFolder()];
      makeReadOnly(disk);
      const target = writer(disk, { rescueFolders: [rescue] });
      feed(target, picture, 10);
      expect(await target.finish()).toEqual(facts(join(rescue, "gen_x-image-1.png"), picture, true));
    });
  });
});
