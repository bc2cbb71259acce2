import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import type { Sharp } from "sharp";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { ImageTools, PrepareInputJob, PreparedInput } from "../contracts/image-tools.ts";
import type { ImageInput } from "../contracts/request.ts";
import { LimnError, isLimnError } from "../errors/index.ts";
import type { FetchUrl } from "./fetch-url.ts";
import { createInputLoader } from "./load-inputs.ts";
import type { InputLoaderParts, LoadInputs, LoadInputsOptions } from "./load-inputs.ts";

const width = 61;
const height = 37;

/** Noise, so that no encoder makes it tiny. */
function pixels(): Sharp {
  const raw = Buffer.alloc(width * height * 3);
  for (let at = 0, state = 1; at < raw.length; at += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    raw[at] = state >>> 16;
  }
  return sharp(raw, { raw: { width, height, channels: 3 } });
}

const makers: Readonly<Record<string, () => Promise<Buffer>>> = {
  "plain.png": async () => pixels().png().toBuffer(),
  "plain.jpg": async () => pixels().jpeg().toBuffer(),
  "plain.webp": async () => pixels().webp().toBuffer(),
  "deep.png": async () => pixels().toColourspace("rgb16").png().toBuffer(),
  "turned.png": async () => pixels().withMetadata({ orientation: 3 }).png().toBuffer(),
  "turned.jpg": async () => pixels().withMetadata({ orientation: 6 }).jpeg().toBuffer(),
  "turned.webp": async () => pixels().withMetadata({ orientation: 8 }).webp().toBuffer(),
  "cmyk.jpg": async () => pixels().toColourspace("cmyk").jpeg().toBuffer(),
  "moving.webp": async () => {
    const frames = await Promise.all([pixels().png().toBuffer(), pixels().negate().png().toBuffer()]);
    return sharp(frames, { join: { animated: true } })
      .webp()
      .toBuffer();
  },
  "plain.gif": async () => pixels().gif().toBuffer(),
  "plain.avif": async () => pixels().avif({ effort: 0 }).toBuffer(),
  "plain.tiff": async () => pixels().tiff().toBuffer(),
  "plain.svg": async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
};
const pictures = new Map<string, Buffer>();
let root = "";
let folder = "";
let temporaryFolder = "";
let counter = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "limn-load-inputs-"));
  for (const [name, make] of Object.entries(makers)) pictures.set(name, await make());
});
afterAll(() => rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  counter += 1;
  folder = join(root, String(counter));
  temporaryFolder = join(folder, "temporary");
  mkdirSync(temporaryFolder, { recursive: true });
});

function picture(name: string): Buffer {
  const bytes = pictures.get(name);
  if (bytes === undefined) throw new Error(`no picture ${name}`);
  return bytes;
}

function put(name: string, content: Uint8Array | string = picture(name)): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** A PNG of exactly so many bytes; what follows its end is no part of it. */
function pngOf(bytes: number): Buffer {
  return Buffer.concat([picture("plain.png"), Buffer.alloc(bytes - picture("plain.png").length)]);
}

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

/** Tools that write what the job allows, and remember what they were asked. */
function fakeTools(convertedBytes = 9000): {
  readonly load: () => Promise<ImageTools>;
  readonly jobs: PrepareInputJob[];
} {
  const jobs: PrepareInputJob[] = [];
  const never = async (): Promise<never> => Promise.reject(new Error("not asked for here"));
  const prepareInput = async (job: PrepareInputJob): Promise<PreparedInput> => {
    jobs.push(job);
    const content = pngOf(Math.min(job.shrink?.maxBytes ?? convertedBytes, convertedBytes));
    writeFileSync(job.target, content);
    const steps = [job.shrink === null ? `convert ${job.mediaType}` : "shrink"];
    return { width, height, mediaType: "image/png", bytes: content.length, steps };
  };
  const tools: ImageTools = {
    prepareInput,
    lookAtAlpha: never,
    compare: never,
    finish: never,
    matte: never,
    chooseKeyColor: never,
    readMask: never,
    cutForMask: never,
    blendMask: never,
  };
  return { load: async () => tools, jobs };
}

const neverFetched: FetchUrl = async () => Promise.reject(new Error("fetched"));

function loader(
  parts: Partial<InputLoaderParts> = {},
): (options?: Partial<LoadInputsOptions>) => ReturnType<LoadInputs> {
  const load = createInputLoader({
    workingFolder: folder,
    temporaryFolder,
    tools: null,
    fetchUrl: neverFetched,
    platform: "linux",
    ...parts,
  });
  const base = {
    images: [],
    mask: null,
    maxImages: 16,
    engine: "images",
    shrink: false,
    signal: new AbortController().signal,
  };
  return async (options = {}) =>
    load({ ...base, ...options }, (reference) => {
      if (reference === "@gen_1:2") return { path: join(folder, "plain.jpg"), id: "gen_1", index: 1 };
      if (reference === "@last") return { path: join(folder, "plain.png"), id: "gen_2", index: 0 };
      throw new LimnError("artifact_not_found", { message: `no ${reference}` });
    });
}

async function failure(work: Promise<unknown>): Promise<LimnError> {
  const error = await work.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (!isLimnError(error)) throw error ?? new Error("no failure");
  expect(error.hint).not.toBe(null);
  expect(readdirSync(temporaryFolder)).toEqual([]);
  return error;
}

async function refused(input: ImageInput, parts: Partial<InputLoaderParts> = {}): Promise<string> {
  const { code, message, hint } = await failure(loader(parts)({ images: [input] }));
  return `${code}: ${message.replaceAll(folder, "…")} | ${(hint ?? "").replaceAll(folder, "…")}`;
}

function bytesOf(slices: Iterable<Uint8Array>): Buffer {
  return Buffer.concat(Array.from(slices, (slice) => Buffer.from(slice)));
}

describe("what goes as it is", () => {
  test.each(["plain.png", "plain.jpg", "plain.webp"])("%s, byte for byte, without any tools", async (name) => {
    const path = put(name);
    const inputs = await loader()({ images: [name] });
    const type = name.endsWith("jpg") ? "image/jpeg" : `image/${name.slice(6)}`;
    const [image] = inputs.images;
    expect(image).toMatchObject({
      mediaType: type,
      width,
      height,
      length: picture(name).length,
      sha256: sha256(picture(name)),
      file: path,
    });
    expect(bytesOf(image?.slices() ?? []).equals(picture(name))).toBe(true);
    expect(inputs.records).toEqual([
      {
        role: "image",
        origin: { kind: "file", path },
        mediaType: type,
        width,
        height,
        bytes: picture(name).length,
        sha256: sha256(picture(name)),
        steps: [],
      },
    ]);
    expect([inputs.mask, inputs.parents, inputs.warnings]).toEqual([null, [], []]);
    expect(readdirSync(temporaryFolder)).toEqual([]);
    inputs.close();
  });

  test("a name says nothing about the type", async () => {
    put("photo.png", picture("plain.webp"));
    put("no-name", picture("plain.jpg"));
    const inputs = await loader()({ images: ["photo.png", "no-name"] });
    expect(inputs.images.map(({ mediaType }) => mediaType)).toEqual(["image/webp", "image/jpeg"]);
    inputs.close();
  });

  test("paths may be absolute, links, odd names, and names that look like references", async () => {
    const path = put("plain.png");
    symlinkSync(path, join(folder, "link"));
    put("@last", picture("plain.jpg"));
    put("a b'c$(d).png", picture("plain.webp"));
    const inputs = await loader()({ images: [path, "link", "./@last", "a b'c$(d).png"] });
    expect(inputs.records.map(({ mediaType }) => mediaType)).toEqual([
      "image/png",
      "image/png",
      "image/jpeg",
      "image/webp",
    ]);
    inputs.close();
  });
});

describe("sources", () => {
  const answers = new Map([
    ["https://example.com/a.jpg", "plain.jpg"],
    ["https://example.com/b", "plain.webp"],
  ]);
  const fetchUrl: FetchUrl = async (address, { write }) => {
    const name = answers.get(address.replace(/[?#].*/, "").replace("user:pass@", ""));
    if (name === undefined) throw new LimnError("input_not_found", { message: "status 404", hint: "look" });
    // The second is faster than the first.
    if (name === "plain.jpg") await new Promise((resolve) => setImmediate(resolve));
    for (const byte of picture(name)) write(Uint8Array.of(byte));
  };

  test("all kinds together keep their order, their origins and their parents", async () => {
    const path = put("plain.png");
    put("plain.jpg");
    const data = `data:image/png;base64,${picture("plain.png").toString("base64")}`;
    const images: ImageInput[] = [
      "https://example.com/a.jpg?key=planted#top",
      "plain.png",
      data,
      "https://example.com/b",
      picture("plain.webp"),
      { bytes: picture("plain.jpg"), name: "clipboard" },
      "@gen_1:2",
      "@last",
      "@gen_1:2",
    ];
    const inputs = await loader({ fetchUrl })({ images });
    expect(inputs.records.map(({ origin }) => origin)).toEqual([
      { kind: "url", url: "https://example.com/a.jpg" },
      { kind: "file", path },
      { kind: "data" },
      { kind: "url", url: "https://example.com/b" },
      { kind: "bytes", name: null },
      { kind: "bytes", name: "clipboard" },
      { kind: "generation", id: "gen_1", index: 1 },
      { kind: "generation", id: "gen_2", index: 0 },
      { kind: "generation", id: "gen_1", index: 1 },
    ]);
    expect(inputs.parents).toEqual(["gen_1", "gen_2"]);
    const types = ["jpeg", "png", "png", "webp", "webp", "jpeg", "jpeg", "png", "jpeg"];
    expect(inputs.images.map(({ mediaType }) => mediaType)).toEqual(types.map((type) => `image/${type}`));
    for (const image of inputs.images) {
      expect(sha256(bytesOf(image.slices()))).toBe(image.sha256);
      expect(sha256(readFileSync(image.file))).toBe(image.sha256);
    }

    const [made = ""] = readdirSync(temporaryFolder);
    expect(statSync(join(temporaryFolder, made)).mode & 0o777).toBe(0o700);
    const kept = readdirSync(join(temporaryFolder, made));
    expect(kept).toHaveLength(5);
    for (const name of kept) expect(statSync(join(temporaryFolder, made, name)).mode & 0o777).toBe(0o600);
    inputs.close();
    inputs.close();
    expect(readdirSync(temporaryFolder)).toEqual([]);
    expect(() => inputs.images[0]?.slices()).toThrow("the inputs were closed");
  });

  test("nothing is fetched for a request that fails anyway", async () => {
    put("plain.png");
    const images = ["https://example.com/a.jpg", "plain.png", "missing.png"];
    expect((await failure(loader()({ images }))).code).toBe("input_not_found");
    expect((await failure(loader()({ images: ["https://example.com/a.jpg", "http://localhost/"] }))).code).toBe(
      "input_url_refused",
    );
  });

  test("a download that fails ends the others", async () => {
    const ended: unknown[] = [];
    const stubborn: FetchUrl = async (address, job) => {
      if (address.endsWith("/c")) return fetchUrl(address, job);
      return new Promise((_resolve, reject) => {
        job.signal.addEventListener("abort", () => {
          ended.push(address);
          reject(job.signal.reason);
        });
      });
    };
    const images = ["https://example.com/a", "https://example.com/b", "https://example.com/c", "https://example.com/d"];
    expect((await failure(loader({ fetchUrl: stubborn })({ images }))).message).toBe("status 404");
    expect(ended).toHaveLength(3);
  });

  test("the caller's reason to stop comes back unchanged, from a download and before it", async () => {
    const reason = new Error("enough");
    const stop = new AbortController();
    const waiting: FetchUrl = async (_address, { signal }) => {
      stop.abort(reason);
      signal.throwIfAborted();
    };
    const work = loader({ fetchUrl: waiting })({ images: ["https://example.com/a"], signal: stop.signal });
    await expect(work).rejects.toBe(reason);
    await expect(loader()({ images: ["missing.png"], signal: stop.signal })).rejects.toBe(reason);
    expect(readdirSync(temporaryFolder)).toEqual([]);
  });

  test("a page where a picture should be is told by the address, without its secrets", async () => {
    const page: FetchUrl = async (_address, { write }) => write(Buffer.from("<!doctype html><title>planted</title>"));
    const error = await failure(
      loader({ fetchUrl: page })({ images: ["https://user.test/a.png?token=planted#planted"] }),
    );
    expect([error.code, error.message]).toEqual([
      "input_not_an_image",
      "https://user.test/a.png is an HTML page, so it cannot go in. Nothing of it was sent.",
    ]);
    expect(JSON.stringify(error)).not.toContain("planted");
  });

  test("an address is told how much it may send, and how to say that it is more", async () => {
    const large: FetchUrl = async (_address, { maxBytes, tooLarge }) => {
      throw tooLarge(maxBytes === 26_214_400 ? null : maxBytes + 1);
    };
    const images = ["https://example.com/a"];
    expect((await failure(loader({ fetchUrl: large })({ images }))).message).toBe(
      "https://example.com/a has more than 26,214,400 bytes, and the limit is 26,214,400 (25 MiB). Nothing was sent.",
    );
    expect((await failure(loader({ fetchUrl: large })({ images, shrink: true }))).message).toContain(
      "has 209,715,201 bytes",
    );
  });

  test("an unknown reference is the history's error", async () => {
    await expect(loader()({ images: ["@gen_9"] })).rejects.toMatchObject({ code: "artifact_not_found" });
  });
});

describe("paths that lead nowhere", () => {
  test("are told with the next step", async () => {
    put("photograph.png", "x");
    put("fox.jpg", "x");
    mkdirSync(join(folder, "album"));
    put("album/beach.jpg", "x");
    mkdirSync(join(folder, "empty"));
    symlinkSync("gone.png", join(folder, "dangling.png"));
    symlinkSync("loop", join(folder, "loop"));
    expect(await refused("photogarph.png")).toBe(
      "input_not_found: photogarph.png does not exist. Nothing was sent. | Did you mean photograph.png?",
    );
    expect(await refused("./fox.png")).toBe(
      "input_not_found: ./fox.png does not exist. Nothing was sent. | Did you mean fox.jpg?",
    );
    expect(await refused("album/baech.jpg")).toContain("Did you mean album/beach.jpg?");
    expect(await refused("completely-different.gif")).toContain("| Look what is there: ls …");
    expect(await refused("nowhere/fox.png")).toContain("does not exist, nor does the folder …/nowhere");
    expect(await refused("fox.jpg/inside.png")).toContain("does not exist, nor does the folder …/fox.jpg");
    expect(await refused("~/fox.png")).toContain("The shell expands ~ only without quotes");
    expect(await refused("-")).toContain("is no file; only the command line reads standard input");
    expect(await refused("clipboard")).toContain("is no file; only the command line reads the clipboard");
    expect(await refused("")).toContain("input_not_found: The input has an empty path");
    expect(await refused("a\0b.png")).toContain("input_not_found: a?b.png has a NUL character in its path");
    expect(await refused("dangling.png")).toContain(
      "input_not_found: dangling.png is a link to gone.png, which does not exist",
    );
    expect(await refused("loop")).toContain("input_not_found: loop is a link that leads back to itself");
    expect(await refused("A".repeat(9000))).toMatch(
      /^input_not_found: A{60}…A{60} is too long for a path.*Base64 needs data:image\/png;base64,/,
    );
    expect(await refused("album")).toBe(
      "input_not_an_image: album is a folder, not a picture. Nothing was sent. | Name a picture in it: -i album/beach.jpg",
    );
    expect(await refused("empty")).toContain("| Name a picture in it: -i FOLDER/FILE");
    expect(await refused("file:///a.png")).toContain("input_url_refused: The address file:///a.png is a file address");
    expect(await refused("ftp://u:planted@host/a.png?planted")).toMatch(
      /^(?!.*planted)input_url_refused: The address ftp:\/\/host\/a.png has the scheme ftp:/,
    );
  });

  test("a name in other code points is found", async () => {
    put("Gru\u0308n.png", "x");
    expect(await refused("Gr\u00FCn.png")).toContain("Did you mean 'Gru\u0308n.png'?");
  });

  test.skipIf(process.getuid?.() === 0)("a file that may not be read", async () => {
    chmodSync(put("plain.png"), 0);
    expect(await refused("plain.png")).toContain("input_not_found: plain.png cannot be read: permission denied");
  });

  test.skipIf(process.platform === "win32")(
    "pipes, sockets and devices are refused without waiting for them",
    async () => {
      execFileSync("mkfifo", [join(folder, "pipe.png")]);
      expect(await refused("pipe.png")).toContain("input_not_an_image: pipe.png is a pipe, not a picture");
      const server = createServer().listen(join(folder, "socket.png"));
      await new Promise((resolve) => server.once("listening", resolve));
      expect(await refused("socket.png")).toContain("input_not_an_image: socket.png is a socket, not a picture");
      server.close();
      expect(await refused("/dev/zero")).toContain("input_not_an_image: /dev/zero is a device, not a picture");
    },
  );
});

describe("content that cannot go in", () => {
  const ftyp = (brand: string): Buffer => Buffer.from(`\0\0\0\x14ftyp${brand}\0\0\0\0${brand}`, "latin1");
  const table: readonly (readonly [string, Buffer | string, string, string])[] = [
    ["photo.heic", ftyp("heic"), "a HEIC picture", "magick photo.heic photo.png"],
    ["-x.heic", ftyp("heic"), "a HEIC picture", "magick ./-x.heic x.png"],
    [
      "old.bmp",
      Buffer.from("BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0", "latin1"),
      "a BMP picture",
      "magick old.bmp old.png",
    ],
    ["favicon.ico", Buffer.from([0, 0, 1, 0, 1, 0, 16, 16]), "an icon file", "magick favicon.ico'[0]' favicon.png"],
    ["paper.pdf", "%PDF-1.7\n", "a PDF document", "pdftoppm -png -singlefile -r 150 paper.pdf paper"],
    ["art.psd", "8BPS\0\x01", "a Photoshop document", "magick art.psd'[0]' art.png"],
    ["new.jxl", Buffer.from([0xff, 0x0a, 1, 2]), "a JPEG XL picture", "djxl new.jxl new.png"],
    ["clip.mp4", ftyp("isom"), "a video", "ffmpeg -i clip.mp4 -frames:v 1 clip.png"],
    ["drawing.svgz", Buffer.from([0x1f, 0x8b, 8, 0]), "compressed with gzip", "gunzip -c drawing.svgz > drawing"],
    ["pictures.zip", "PK\x03\x04", "an archive", "Unpack it"],
    ["program", "\x7fELF\x02", "a program", "-i FILE"],
    ["run.png", "#!/bin/sh\n", "a script", "-i FILE"],
    ["page.png", "<!DOCTYPE html><html>", "an HTML page", "save the picture itself"],
    ["feed.png", "<?xml version='1.0'?><rss/>", "an XML file that is no drawing", "-i FILE"],
    ["lfs.png", "version https://git-lfs.github.com/spec/v1\n", "a pointer of Git LFS", "git lfs pull"],
    ["._a.png", Buffer.from([0, 5, 0x16, 7]), "a side file that macOS keeps", "without ._"],
    ["auth.json", '{"tokens":{"refresh_token":"rt-planted-secret"}}', "a JSON file", "-i FILE"],
    [".env", "OPENAI_API_KEY=sk-planted-secret\n", "a text", "-i FILE"],
    ["id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\nplanted-secret", "a key or a certificate", "-i FILE"],
    ["cookies", "SQLite format 3\0planted-secret", "a database", "-i FILE"],
    ["noise", Buffer.from([1, 2, 3, 4]), "of no known type", "-i FILE"],
  ];

  test.each(table)("%s", async (name, content, what, help) => {
    put(name, content);
    const told = await refused(name);
    expect(told).toContain(`input_not_an_image: ${name} is ${what}`);
    expect(told).toContain("Nothing of it was sent.");
    expect(told).toContain(help);
    expect(told).not.toContain("planted");
    const { details, message, cause } = await failure(loader()({ images: [{ bytes: Buffer.from(content) }] }));
    expect(JSON.stringify([details, message, String(cause)])).not.toContain("planted");
  });

  test("a Mac has a converter of its own, and a name that cannot be copied has a stand-in", async () => {
    put("photo.heic", ftyp("heic"));
    expect(await refused("photo.heic", { platform: "darwin" })).toContain(
      "sips -s format png photo.heic --out photo.png",
    );
    put("a'b.heic", ftyp("heic"));
    expect(await refused("a'b.heic")).toContain(String.raw`magick 'a'\''b.heic' 'a'\''b.png'`);
    put("a\nb.heic", ftyp("heic"));
    expect(await refused("a\nb.heic")).toContain("magick FILE picture.png");
  });

  test("an empty file, empty bytes and an empty address", async () => {
    put("empty.png", "");
    expect(await refused("empty.png")).toContain("input_not_an_image: empty.png is empty (0 bytes)");
    expect(await refused(Buffer.alloc(0))).toContain("input_not_an_image: The input is empty (0 bytes)");
    expect(await refused("data:image/png;base64,")).toContain(
      "input_not_an_image: The data: address of the input is empty (0 bytes)",
    );
  });

  test.each(["plain.png", "plain.jpg", "plain.webp", "plain.gif", "plain.avif"])("%s without its end", async (name) => {
    const bytes = picture(name);
    put(name, bytes.subarray(0, bytes.length >> 1));
    const told = await refused(name, { tools: fakeTools().load });
    expect(told).toMatch(
      /^input_not_an_image: plain\.\w+ is a \w+ file that is cut short: its end is missing after \d+ bytes\. Nothing of it was sent\./,
    );
  });

  test("a picture that is damaged behind its beginning", async () => {
    const png = Buffer.from(picture("plain.png"));
    png.write("!!!!", 37, "latin1");
    put("damaged.png", png);
    expect(await refused("damaged.png")).toContain(
      "input_not_an_image: damaged.png begins like a PNG file and is damaged",
    );
    put("damaged.jpg", Buffer.concat([picture("plain.jpg").subarray(0, 20), Buffer.alloc(500)]));
    expect(await refused("damaged.jpg")).toContain(
      "input_not_an_image: damaged.jpg begins like a JPEG file and is damaged",
    );
  });
});

describe("limits", () => {
  test("a file over 25 MiB is refused before it is read, with both numbers", async () => {
    truncateSync(put("large.png", picture("plain.png")), 26_214_401);
    expect(await refused("large.png")).toBe(
      "input_too_large: large.png has 26,214,401 bytes, and the limit is 26,214,400 (25 MiB). Nothing was sent. | Have it scaled down to fit: --shrink-inputs",
    );
    truncateSync(join(folder, "large.png"), 26_214_400);
    (await loader()({ images: ["large.png"] })).close();
  });

  test("bytes and data: addresses over 25 MiB never reach the disk", async () => {
    const large = Buffer.alloc(26_214_401);
    expect(await refused({ bytes: large, name: "stdin" })).toContain("input_too_large: stdin has 26,214,401 bytes");
    expect(await refused(`data:image/png;base64,${large.toString("base64")}`)).toContain(
      "has 26,214,401 bytes, and the limit is 26,214,400",
    );
  });

  test.each([
    [30_001, 10, "30,001x10 pixels, and the limit is 30,000 a side"],
    [10, 30_001, "10x30,001 pixels, and the limit is 30,000 a side"],
    [10_001, 10_000, "10,001x10,000 pixels (100 megapixels), and the limit is 100 megapixels"],
    [25_000, 25_000, "25,000x25,000 pixels (625 megapixels), and the limit is 100 megapixels"],
  ])("%d x %d pixels are refused by the header", async (wide, high, told) => {
    const png = Buffer.from(picture("plain.png"));
    png.writeUInt32BE(wide, 16);
    png.writeUInt32BE(high, 20);
    put("bomb.png", png);
    expect(await refused("bomb.png")).toContain(
      `input_too_large: bomb.png has ${told}. Nothing was sent. | Scale it down first: magick bomb.png -resize 4096x4096 bomb-smaller.png`,
    );
  });

  test("more images than the engine takes", async () => {
    const six = Array.from({ length: 6 }, () => "missing.png");
    const few = await failure(loader()({ images: six, maxImages: 5 }));
    expect([few.code, few.message, few.hint]).toEqual([
      "too_many_inputs",
      "6 input images were given; the engine images takes 5. Nothing was sent.",
      "The engine responses takes 16; it spends the weekly Codex window as well: --engine responses",
    ]);
    const many = await failure(
      loader()({ images: Array.from({ length: 17 }, () => "missing.png"), engine: "responses" }),
    );
    expect([many.code, many.message, many.hint]).toEqual([
      "too_many_inputs",
      "17 input images were given; 16 is the most that any engine takes. Nothing was sent.",
      "Leave some out, or put several into one picture.",
    ]);
  });

  test("all images together are one body of at most 64 MB", async () => {
    for (const name of ["a.png", "b.png"]) put(name, pngOf(24_000_000));
    put("c.png", pngOf(100_000));
    const error = await failure(loader()({ images: ["a.png", "b.png", "c.png"] }));
    expect([error.code, error.message, error.hint]).toEqual([
      "input_too_large",
      "The 3 input images make a request of 64,334,236 bytes (48,100,000 bytes of files), and the limit is 64,000,000. Nothing was sent.",
      "Have them scaled down to fit: --shrink-inputs",
    ]);
    put("b.png", pngOf(23_500_000));
    (await loader()({ images: ["a.png", "b.png", "c.png"] })).close();
  });
});

describe("conversions", () => {
  test.each([
    ["deep.png", "it has 16 bits a channel"],
    ["turned.png", "it is stored turned (orientation 3)"],
    ["turned.jpg", "it is stored turned (orientation 6)"],
    ["turned.webp", "it is stored turned (orientation 8)"],
    ["cmyk.jpg", "its colours are CMYK"],
    ["moving.webp", "it is animated"],
    ["plain.gif", "GIF is not taken by the service"],
    ["plain.avif", "AVIF is not taken by the service"],
    ["plain.tiff", "TIFF is not taken by the service"],
    ["plain.svg", "SVG is not taken by the service"],
  ])("%s goes through the tools, and says so", async (name, why) => {
    const path = put(name);
    const { load, jobs } = fakeTools();
    const inputs = await loader({ tools: load })({ images: [name] });
    const mediaType = `image/${name.replace(/.*\./, "").replace("jpg", "jpeg").replace("svg", "svg+xml")}`;
    expect(jobs).toEqual([{ source: path, target: expect.stringContaining(temporaryFolder), mediaType, shrink: null }]);
    const [image] = inputs.images;
    expect(image).toMatchObject({ mediaType: "image/png", width, height, length: 9000, sha256: sha256(pngOf(9000)) });
    expect(bytesOf(image?.slices() ?? []).equals(pngOf(9000))).toBe(true);
    expect(image?.file).toMatch(/input-1\.sent\.png$/);
    expect(inputs.records).toEqual([
      {
        role: "image",
        origin: { kind: "file", path },
        mediaType,
        width,
        height,
        bytes: picture(name).length,
        sha256: sha256(picture(name)),
        sentSha256: sha256(pngOf(9000)),
        steps: [`convert ${mediaType}`],
      },
    ]);
    expect(inputs.warnings).toEqual([
      { code: "input_converted", message: `${name} was converted because ${why}: convert ${mediaType}.` },
    ]);
    inputs.close();
    expect(readdirSync(temporaryFolder)).toEqual([]);
    expect(readFileSync(path).equals(picture(name))).toBe(true);

    expect(await refused(name)).toBe(
      `unsupported_option: ${name} has to be converted because ${why}, and this program has no picture tools. Nothing was sent. | Install them beside this program: npm install @limn/finish`,
    );
  });

  test("an animated PNG goes as it is: what cannot animate shows its first frame", async () => {
    const control = Buffer.alloc(20);
    control.writeUInt32BE(8, 0);
    control.write("acTL", 4, "latin1");
    const bytes = Buffer.concat([picture("plain.png").subarray(0, 33), control, picture("plain.png").subarray(33)]);
    put("moving.png", bytes);
    const inputs = await loader()({ images: ["moving.png"] });
    expect(inputs.images[0]?.sha256).toBe(sha256(bytes));
    inputs.close();
  });

  test("what the tools throw ends everything", async () => {
    put("plain.gif");
    const load = async (): Promise<ImageTools> => ({
      ...(await fakeTools().load()),
      prepareInput: async () =>
        Promise.reject(new LimnError("input_not_an_image", { message: "no pixels", hint: "another" })),
    });
    expect((await failure(loader({ tools: load })({ images: ["plain.gif"] }))).message).toBe("no pixels");
  });

  test("a file that was exchanged while the tools read it is not sent", async () => {
    put("plain.gif");
    const tools = fakeTools();
    const load = async (): Promise<ImageTools> => ({
      ...(await tools.load()),
      prepareInput: async (job) => {
        put("plain.gif", Buffer.concat([picture("plain.gif"), Buffer.from(";")]));
        return (await tools.load()).prepareInput(job);
      },
    });
    expect((await failure(loader({ tools: load })({ images: ["plain.gif"] }))).message).toBe(
      "plain.gif changed since it was checked; nothing of it was sent.",
    );
  });

  test("a conversion that grows over the limit is refused with the way out", async () => {
    put("plain.gif");
    const error = await failure(loader({ tools: fakeTools(26_214_401).load })({ images: ["plain.gif"] }));
    expect([error.code, error.message, error.hint]).toEqual([
      "input_too_large",
      "plain.gif has 26,214,401 bytes after its conversion, and the limit is 26,214,400 (25 MiB). Nothing was sent.",
      "Have it scaled down to fit: --shrink-inputs",
    ]);
  });
});

describe("scaling down", () => {
  test("a file over 25 MiB", async () => {
    const path = put("large.png", pngOf(30_000_000));
    const { load, jobs } = fakeTools(40_000_000);
    const inputs = await loader({ tools: load })({ images: ["large.png"], shrink: true });
    expect(jobs.map(({ source, mediaType, shrink }) => ({ source, mediaType, shrink }))).toEqual([
      { source: path, mediaType: "image/png", shrink: { longestSide: null, maxBytes: 26_214_400 } },
    ]);
    expect(inputs.records[0]).toMatchObject({
      bytes: 30_000_000,
      sha256: sha256(pngOf(30_000_000)),
      sentSha256: sha256(pngOf(26_214_400)),
      steps: ["shrink"],
    });
    expect(inputs.warnings).toEqual([
      { code: "input_shrunk", message: "large.png was scaled down to fit the limits: shrink." },
    ]);
    inputs.close();
  });

  test("a conversion that grew, from what was given", async () => {
    const path = put("plain.gif");
    const { load, jobs } = fakeTools(40_000_000);
    const inputs = await loader({ tools: load })({ images: ["plain.gif"], shrink: true });
    expect(jobs.map(({ source, shrink }) => [source, shrink?.maxBytes ?? null])).toEqual([
      [path, null],
      [path, 26_214_400],
    ]);
    expect(inputs.warnings.map(({ code }) => code)).toEqual(["input_converted", "input_shrunk"]);
    expect(inputs.images[0]?.length).toBe(26_214_400);
    inputs.close();
  });

  test("images that are too much together: the large ones, and only as far as needed", async () => {
    put("a.png", pngOf(24_000_000));
    put("b.png", pngOf(25_000_000));
    put("c.png", pngOf(100_000));
    const { load, jobs } = fakeTools(40_000_000);
    const inputs = await loader({ tools: load })({ images: ["a.png", "c.png", "b.png"], shrink: true });
    expect(jobs).toHaveLength(2);
    const lengths = inputs.images.map(({ length }) => length);
    expect(lengths[1]).toBe(100_000);
    expect(lengths[0]).toBe(lengths[2]);
    const encoded = lengths.reduce((sum, length) => sum + Math.ceil(length / 3) * 4, 0);
    expect(encoded).toBeGreaterThan(63_700_000);
    expect(encoded).toBeLessThan(64_000_000);
    inputs.close();
  });

  test("needs tools, and takes up to 200 MiB", async () => {
    put("large.png", pngOf(30_000_000));
    expect((await failure(loader()({ images: ["large.png"], shrink: true }))).message).toContain(
      "has to be converted because it is over the size limit, and this program has no picture tools",
    );
    truncateSync(join(folder, "large.png"), 200 * 1024 * 1024 + 1);
    const error = await failure(loader({ tools: fakeTools().load })({ images: ["large.png"], shrink: true }));
    expect([error.message, error.hint]).toEqual([
      "large.png has 209,715,201 bytes, and the limit is 209,715,200 (200 MiB) also with --shrink-inputs. Nothing was sent.",
      "Scale it down first: magick large.png -resize 4096x4096 large-smaller.png",
    ]);
  });
});

describe("masks", () => {
  test("are checked like images, and count neither as one nor for the body", async () => {
    put("a.png", pngOf(24_000_000));
    put("b.png", pngOf(23_000_000));
    const mask = put("mask.png", pngOf(20_000_000));
    const inputs = await loader()({ images: ["a.png", "b.png"], mask: "mask.png", maxImages: 2 });
    expect(inputs.mask).toEqual({ file: mask });
    expect(inputs.records.map(({ role }) => role)).toEqual(["image", "image", "mask"]);
    expect(inputs.images).toHaveLength(2);
    inputs.close();
  });

  test("a JPEG is as good, another type is converted, and bad ones are refused", async () => {
    put("plain.png");
    put("plain.jpg");
    put("plain.gif");
    put("notes.txt", "planted");
    const load = loader({ tools: fakeTools().load });
    const inputs = await load({ images: ["plain.png"], mask: "plain.jpg" });
    expect(inputs.mask?.file).toBe(join(folder, "plain.jpg"));
    inputs.close();
    const converted = await load({ images: ["plain.png"], mask: "plain.gif" });
    expect(converted.mask?.file).toMatch(/mask\.sent\.png$/);
    converted.close();
    expect((await failure(load({ images: ["plain.png"], mask: "notes.txt" }))).message).toContain(
      "notes.txt is a text",
    );
    expect((await failure(load({ images: ["plain.png"], mask: Buffer.alloc(0) }))).message).toBe(
      "The mask is empty (0 bytes). Nothing was sent.",
    );
  });

  test("the picture of a mask is never scaled, the references beside it are", async () => {
    put("base.png", pngOf(25_000_000));
    put("reference.png", pngOf(26_000_000));
    put("mask.png", picture("plain.png"));
    const { load, jobs } = fakeTools(40_000_000);
    const inputs = await loader({ tools: load })({
      images: ["base.png", "reference.png"],
      mask: "mask.png",
      shrink: true,
    });
    expect(jobs.map(({ source }) => source)).toEqual([join(folder, "reference.png")]);
    expect(inputs.images[0]?.length).toBe(25_000_000);
    inputs.close();
    put("base.png", pngOf(26_214_401));
    const error = await failure(loader({ tools: load })({ images: ["base.png"], mask: "mask.png", shrink: true }));
    expect(error.message).toBe(
      "base.png has 26,214,401 bytes, and the limit is 26,214,400 (25 MiB). With a mask, --shrink-inputs does not scale it down. Nothing was sent.",
    );
  });
});

describe("between the check and the sending", () => {
  const changedText = "plain.png changed since it was checked; nothing of it was sent.";

  test("a file that was written to is not sent", async () => {
    const path = put("plain.png");
    const inputs = await loader()({ images: ["plain.png"] });
    const [image] = inputs.images;
    expect(bytesOf(image?.slices() ?? []).equals(picture("plain.png"))).toBe(true);
    writeFileSync(path, "x", { flag: "a" });
    expect(() => image?.slices()).toThrow(changedText);
    inputs.close();
  });

  test("a file of the same length with another time is not sent", async () => {
    const path = put("plain.png");
    const inputs = await loader()({ images: ["plain.png"] });
    const slices = inputs.images[0]?.slices() ?? [];
    utimesSync(path, 1, 1);
    expect(() => [...slices]).toThrow(changedText);
    inputs.close();
  });

  test("a file that was replaced or removed is sent as it was checked", async () => {
    const path = put("plain.png");
    put("plain.jpg");
    const inputs = await loader()({ images: ["plain.png", "plain.jpg"] });
    writeFileSync(`${path}.new`, "another picture");
    renameSync(`${path}.new`, path);
    rmSync(join(folder, "plain.jpg"));
    expect(inputs.images.map((image) => sha256(bytesOf(image.slices())))).toEqual([
      sha256(picture("plain.png")),
      sha256(picture("plain.jpg")),
    ]);
    inputs.close();
  });

  test("the last slice of a file that changes while it is sent is withheld", async () => {
    const content = pngOf(200_000);
    const path = put("plain.png", content);
    const inputs = await loader()({ images: ["plain.png"] });
    let sent = 0;
    expect(() => {
      for (const slice of inputs.images[0]?.slices() ?? []) {
        sent += slice.length;
        utimesSync(path, 1, 1);
      }
    }).toThrow(changedText);
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(content.length);
    inputs.close();
  });

  test("a file that shrinks while it is sent is withheld", async () => {
    const path = put("plain.png", pngOf(200_000));
    const inputs = await loader()({ images: ["plain.png"] });
    expect(() => {
      for (const slice of inputs.images[0]?.slices() ?? []) {
        expect(slice.length % 3).toBe(0);
        truncateSync(path, 60_000);
      }
    }).toThrow(changedText);
    inputs.close();
  });
});

test("a temporary folder that cannot be written is told", async () => {
  const error = await loader({ temporaryFolder: join(folder, "nowhere") })({ images: [picture("plain.png")] }).catch(
    (cause: unknown) => cause,
  );
  expect(error).toMatchObject({ code: "artifact_write_failed", hint: expect.stringContaining("TMPDIR=") });
});

test.skipIf(!existsSync("/proc/self/fd"))("no descriptor stays open, however it ends", async () => {
  put("plain.png");
  put("plain.gif");
  const open = (): number => readdirSync("/proc/self/fd").length;
  const before = open();
  const inputs = await loader({ tools: fakeTools().load })({
    images: ["plain.png", "plain.gif", picture("plain.jpg")],
  });
  expect(open()).toBeGreaterThan(before);
  inputs.close();
  await failure(loader()({ images: ["plain.png", "plain.gif"] }));
  await failure(loader()({ images: ["plain.png", "missing.png"] }));
  expect(open()).toBe(before);
});
