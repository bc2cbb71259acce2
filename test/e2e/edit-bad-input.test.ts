import { execFileSync } from "node:child_process";
import { deflateSync } from "node:zlib";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { World, errorOf, onlyLine, parseObject } from "./support/world.ts";

const plain = (width: number, height: number): ReturnType<typeof sharp> =>
  sharp({ create: { width, height, channels: 3, background: "teal" } });

/** A PNG whose header promises these pixels; nothing behind it could be that much. */
function hugePng(width: number, height: number): Buffer {
  const chunk = (name: string, data: Buffer): Buffer => {
    const head = Buffer.alloc(8);
    head.writeUInt32BE(data.length);
    head.write(name, 4, "latin1");
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(Buffer.concat([head.subarray(4), data])));
    return Buffer.concat([head, data, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const none = Buffer.alloc(0);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.alloc(1000))),
    chunk("IEND", none),
  ]);
}

function crc32(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (crc ^ 0xffffffff) >>> 0;
}

/** A Windows bitmap of one pixel. */
function bitmap(): Buffer {
  const file = Buffer.alloc(58);
  file.write("BM", "latin1");
  file.writeUInt32LE(file.length, 2);
  file.writeUInt32LE(54, 10);
  file.writeUInt32LE(40, 14);
  file.writeInt32LE(1, 18);
  file.writeInt32LE(1, 22);
  file.writeUInt16LE(1, 26);
  file.writeUInt16LE(24, 28);
  return file;
}

interface Case {
  readonly what: string;
  readonly make: (world: World) => unknown;
  readonly source: string;
  readonly status: number;
  readonly code: string;
  readonly says: string;
}

const cases: readonly Case[] = [
  {
    what: "a missing file, with the nearest name",
    make: async (world) => plain(8, 8).toFile(world.path("fox.png")),
    source: "fix.png",
    status: 3,
    code: "input_not_found",
    says: "does not exist",
  },
  {
    what: "a folder",
    make: (world) => mkdirSync(world.path("folder")),
    source: "folder",
    status: 3,
    code: "input_not_an_image",
    says: "folder",
  },
  {
    what: "a FIFO",
    make: (world) => execFileSync("mkfifo", [world.path("pipe.png")]),
    source: "pipe.png",
    status: 3,
    code: "input_not_an_image",
    says: "pipe.png",
  },
  {
    what: "a text named as a picture",
    make: (world) => writeFileSync(world.path("secret.png"), "user:planted-secret:0:0\n"),
    source: "secret.png",
    status: 3,
    code: "input_not_an_image",
    says: "Nothing of it was sent",
  },
  {
    what: "an empty file",
    make: (world) => writeFileSync(world.path("empty.png"), ""),
    source: "empty.png",
    status: 3,
    code: "input_not_an_image",
    says: "empty",
  },
  {
    what: "a cut picture",
    make: async (world) =>
      writeFileSync(world.path("cut.png"), (await plain(64, 64).png().toBuffer()).subarray(0, 120)),
    source: "cut.png",
    status: 3,
    code: "input_not_an_image",
    says: "cut.png",
  },
  {
    what: "30,000 pixels",
    make: (world) => writeFileSync(world.path("long.png"), hugePng(30_001, 10)),
    source: "long.png",
    status: 3,
    code: "input_too_large",
    says: "30,000",
  },
  {
    what: "a decompression bomb",
    make: (world) => writeFileSync(world.path("bomb.png"), hugePng(29_000, 29_000)),
    source: "bomb.png",
    status: 3,
    code: "input_too_large",
    says: "100",
  },
  {
    what: "a file over 25 MiB",
    make: (world) => writeFileSync(world.path("large.png"), Buffer.alloc(26 * 1024 * 1024 + 1)),
    source: "large.png",
    status: 3,
    code: "input_too_large",
    says: "25 MiB",
  },
  {
    what: "a BMP",
    make: (world) => writeFileSync(world.path("old.bmp"), bitmap()),
    source: "old.bmp",
    status: 3,
    code: "input_not_an_image",
    says: "BMP",
  },
  {
    what: "the cloud's own address",
    make: () => undefined,
    source: "http://169.254.169.254/latest",
    status: 3,
    code: "input_url_refused",
    says: "private network",
  },
  {
    what: "this machine by name",
    make: () => undefined,
    source: "http://localhost:4310/x.png",
    status: 3,
    code: "input_url_refused",
    says: "private network",
  },
  {
    what: "another scheme",
    make: () => undefined,
    source: "ftp://example.com/a.png",
    status: 3,
    code: "input_url_refused",
    says: "ftp",
  },
  {
    what: "a data URL that is no picture",
    make: () => undefined,
    source: "data:image/png;base64,aGVsbG8=",
    status: 3,
    code: "input_not_an_image",
    says: "Nothing of it was sent",
  },
];

describe("an input that cannot go in", () => {
  it.each(cases)(
    `$what: $code, and nothing is sent ${proves("bad-files", "bad-pictures", "bad-addresses")}`,
    async ({ make, source, status, code, says }) => {
      const world = new World();
      const emulator = await world.startService();
      await make(world);
      const run = await world.run(["edit", "a hat", "-i", source, "--json"]);
      expect([run.status, errorOf(run).code, emulator.calls]).toEqual([status, code, []]);
      expect(String(errorOf(run).message)).toContain(says);
      expect(errorOf(run).hint).toEqual(expect.any(String));
      expect(run.stdout + run.stderr).not.toContain("planted-secret");
      expect(world.generations()).toEqual([]);
    },
  );

  it(`animated, 16-bit and CMYK pictures are converted, and that is said ${proves("bad-pictures")}`, async () => {
    const world = new World();
    await world.startService();
    const frames = Buffer.concat([Buffer.alloc(30 * 30 * 3, 10), Buffer.alloc(30 * 30 * 3, 200)]);
    await sharp(frames, { raw: { width: 30, height: 60, channels: 3, pageHeight: 30 } })
      .gif({ loop: 0 })
      .toFile(world.path("a.gif"));
    await plain(40, 40).toColourspace("rgb16").png().toFile(world.path("b.png"));
    await plain(40, 40).toColourspace("cmyk").jpeg().toFile(world.path("c.jpg"));
    const { status, stdout } = await world.run([
      "edit",
      "x",
      ...["a.gif", "b.png", "c.jpg"].flatMap((name) => ["-i", name]),
      "--json",
    ]);
    expect(status).toBe(0);
    const { inputs, warnings } = parseObject(onlyLine(stdout));
    const steps = Array.isArray(inputs)
      ? inputs.map((input) => JSON.stringify(parseObject(JSON.stringify(input)).steps))
      : [];
    expect(steps).toEqual([
      expect.stringMatching(/frame/),
      expect.stringMatching(/8 bits/),
      expect.stringMatching(/CMYK/),
    ]);
    expect(warnings).toHaveLength(3);
  });
});

describe("too much of it", () => {
  it(`six with --engine images, seventeen anywhere ${proves("bad-six-references")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    await plain(8, 8).png().toFile(world.path("a.png"));
    const many = (count: number): string[] => Array.from({ length: count }, () => ["-i", "a.png"]).flat();
    const six = await world.run(["edit", "x", ...many(6), "--engine", "images", "--json"]);
    expect([six.status, errorOf(six).code]).toEqual([3, "too_many_inputs"]);
    expect(String(errorOf(six).hint)).toContain("--engine responses");
    const seventeen = await world.run(["edit", "x", ...many(17), "--json"]);
    expect([seventeen.status, errorOf(seventeen).code, emulator.calls]).toEqual([3, "too_many_inputs", []]);
  });

  it(`a body over the limit is refused with the numbers, or shrunk and said ${proves("bad-body-limit")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const noise = {
      create: {
        width: 2600,
        height: 2600,
        channels: 3 as const,
        background: "grey",
        noise: { type: "gaussian" as const, mean: 128, sigma: 60 },
      },
    };
    await sharp(noise).png({ compressionLevel: 1 }).toFile(world.path("noise.png"));
    const three = ["-i", "noise.png", "-i", "noise.png", "-i", "noise.png"];
    const refused = await world.run(["edit", "x", ...three, "--json"]);
    expect([refused.status, errorOf(refused).code, emulator.calls]).toEqual([3, "input_too_large", []]);
    expect(`${String(errorOf(refused).message)} ${String(errorOf(refused).hint)}`).toMatch(/64.*--shrink-inputs/s);
    const shrunk = await world.run(["edit", "x", ...three, "--shrink-inputs", "--json"]);
    expect(shrunk.status).toBe(0);
    expect(shrunk.stderr).toContain("[input_shrunk]");
  });
});

describe("a mask that cannot be", () => {
  it(`of another size, or selecting nothing or everything, is explained ${proves("bad-masks")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    await plain(64, 48).png().toFile(world.path("base.png"));
    await plain(32, 32).png().toFile(world.path("small.png"));
    await sharp({ create: { width: 64, height: 48, channels: 4, background: "#ffffff" } })
      .png()
      .toFile(world.path("opaque.png"));
    await sharp({ create: { width: 64, height: 48, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toFile(world.path("clear.png"));
    const masked = async (...options: readonly string[]): Promise<unknown[]> => {
      const run = await world.run(["edit", "a door", "-i", "base.png", ...options, "--json"]);
      return [run.status, errorOf(run).code, String(errorOf(run).message)];
    };
    expect(await masked("--mask", "small.png")).toEqual([2, "invalid_option", expect.stringMatching(/32x32.*64x48/)]);
    expect(await masked("--mask", "clear.png")).toEqual([2, "invalid_option", expect.stringContaining("everything")]);
    expect(await masked("--mask", "small.png", "--size", "10x10")).toEqual([
      2,
      "invalid_option",
      expect.stringContaining("--size"),
    ]);
    const opaque = await masked("--mask", "opaque.png");
    // White and without a hole: its light part would be everything.
    expect(opaque).toEqual([2, "invalid_option", expect.any(String)]);
    expect(emulator.calls).toEqual([]);
  });
});

describe("an unreadable clipboard", () => {
  it(`is told with the program that would read it ${proves("bad-clipboard")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const run = await world.run(["edit", "a hat", "-i", "clipboard", "--json"], { env: { PATH: world.work } });
    expect([run.status, errorOf(run).code, emulator.calls]).toEqual([3, "input_not_found", []]);
    expect(String(errorOf(run).hint)).toContain("-i FILE");
  });
});

describe("an answer that is no picture", () => {
  it.each([
    ["partials-only", 7, "image_incomplete"],
    ["incomplete", 7, "image_incomplete"],
    ["text-only", 7, "no_image_returned"],
    ["nested-error", 6, "content_refused"],
  ])(`%s ends with %i and %s after one request ${proves("bad-answers")}`, async (scenario, status, code) => {
    const world = new World();
    const emulator = await world.startService({ scenario });
    await plain(8, 8).png().toFile(world.path("a.png"));
    const run = await world.run(["edit", "x", "-i", "a.png", "--engine", "responses", "--partials", "1", "--json"]);
    expect([run.status, errorOf(run).code, emulator.count("responses")]).toEqual([status, code, 1]);
    expect(world.files()).toEqual(["a.png"]);
  });

  it(`moderation on input and on output is a refusal ${proves("bad-answers")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    await plain(8, 8).png().toFile(world.path("a.png"));
    for (const scenario of ["moderation", "moderation-output"]) {
      emulator.setScenario(scenario);
      const run = await world.run(["edit", "x", "-i", "a.png", "--json"]);
      expect([run.status, errorOf(run).code]).toEqual([6, "content_refused"]);
    }
    expect([emulator.count("images"), readFileSync(world.path("a.png")).length > 0]).toEqual([2, true]);
  });
});
