import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { World, errorOf, onlyLine, parseObject } from "./support/world.ts";

const nativePicture = { name: "ok", size: "1672x941" } as const;

async function factsOf(path: string): Promise<{ width: number; height: number; format: string; hasAlpha: boolean }> {
  const { width, height, format, hasAlpha } = await sharp(path).metadata();
  return { width, height, format, hasAlpha };
}

describe("--size, --fit and --format", () => {
  it(`deliver exactly what was asked, with every step listed and the original kept ${proves("size", "format", "truth")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: nativePicture });
    const { status, stdout } = await world.run(["a hero", "--size", "1200x630", "-o", "hero.webp", "--json"]);
    expect(status).toBe(0);
    expect(await factsOf(world.path("hero.webp"))).toEqual({
      width: 1200,
      height: 630,
      format: "webp",
      hasAlpha: false,
    });
    const result = parseObject(onlyLine(stdout));
    const bytes = readFileSync(world.path("hero.webp"));
    expect(result).toMatchObject({
      asked: { size: "1200x630" },
      sent: { prompt: "a hero\n\nAspect ratio: 16:9, wide landscape (horizontal) canvas.", size: "auto" },
      got: { width: 1672, height: 941, mediaType: "image/png" },
      steps: ["crop 1672x878", "resize 1200x630", "convert webp"],
      truth: [
        { property: "size", asked: "1200x630", outcome: "done-locally", got: "1200x630" },
        { property: "format", asked: "webp", outcome: "done-locally", got: "webp" },
      ],
      warnings: [{ code: "metadata_lost" }],
      images: [
        {
          width: 1200,
          height: 630,
          mediaType: "image/webp",
          bytes: bytes.length,
          sha256: createHash("sha256").update(bytes).digest("hex"),
        },
      ],
    });
    const folder = join(world.limnHome, "generations", String(result.id));
    expect(await factsOf(join(folder, "image-1.png"))).toMatchObject({ width: 1672, height: 941 });
    expect(emulator.count("images")).toBe(1);
    const recipe = parseObject(onlyLine((await world.run(["recipe", "hero.webp", "--json"])).stdout));
    expect(recipe).toMatchObject({ foundIn: "history", id: result.id, prompt: "a hero", steps: result.steps });
  });

  it(`know the ways to get there ${proves("fit")}`, async () => {
    const world = new World();
    await world.startService({ scenario: { name: "ok", size: "600x400" } });
    const made = async (...options: readonly string[]): Promise<unknown> => {
      const { stdout, stderr } = await world.run(["a fox", ...options, "--json", "--force", "-o", "fox.png"]);
      const { width, height } = await factsOf(world.path("fox.png"));
      const { steps } = parseObject(onlyLine(stdout));
      return [`${width}x${height}`, steps, stderr.includes("[upscaled]")];
    };
    expect(await made("--size", "300x300")).toEqual(["300x300", ["crop 400x400", "resize 300x300"], false]);
    expect(await made("--size", "300x300", "--fit", "contain")).toEqual(["300x200", ["resize 300x200"], false]);
    expect(await made("--size", "300x300", "--fit", "pad")).toEqual(["300x300", expect.any(Array), false]);
    expect(await made("--size", "300x300", "--fit", "native")).toEqual(["600x400", [], false]);
    expect(await made("--size", "1K")).toEqual(["1024x683", expect.any(Array), true]);
    expect(await made("--size", "auto")).toEqual(["600x400", [], false]);
  });

  it(`that contradict each other are told all at once, and nothing is sent ${proves("size")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const { status, stderr } = await world.run([
      "a fox",
      "--size",
      "12x630",
      "--aspect",
      "1:1",
      "--compression",
      "200",
      "--format",
      "png",
      "-n",
      "0",
    ]);
    expect([status, emulator.calls]).toEqual([2, []]);
    for (const part of ["3 things are wrong", "--count", "--size", "16 to 8192", "--compression"])
      expect(stderr).toContain(part);
    const clash = await world.run(["a fox", "--format", "jpeg", "-o", "fox.png", "--json"]);
    expect([clash.status, errorOf(clash).code, emulator.calls]).toEqual([2, "invalid_option", []]);
    const shape = await world.run(["a fox", "--size", "1200x630", "--aspect", "1:1", "--json"]);
    expect([shape.status, errorOf(shape).code]).toEqual([2, "invalid_option"]);
  });
});

describe("--background transparent", () => {
  it(`is native, made here, or missing and said ${proves("transparency")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const outcomes: unknown[] = [];
    for (const name of ["ok", "checkerboard", "plain-background", "gradient-background"]) {
      emulator.setScenario({ name, size: "320x320" });
      const run = await world.run(["an icon", "--background", "transparent", "--json", "-o", `${name}.png`]);
      const { truth, warnings, images } = parseObject(onlyLine(run.stdout));
      const row = Array.isArray(truth) ? parseObject(JSON.stringify(truth[0])).outcome : null;
      const codes = Array.isArray(warnings) ? warnings.map((warning) => parseObject(JSON.stringify(warning)).code) : [];
      outcomes.push([name, run.status, row, codes.includes("alpha_missing")]);
      expect(images).toHaveLength(1);
    }
    expect(outcomes).toEqual([
      ["ok", 0, "honoured", false],
      ["checkerboard", 0, "done-locally", false],
      ["plain-background", 0, "done-locally", false],
      ["gradient-background", 0, "not-honoured", true],
    ]);
    for (const name of ["ok", "checkerboard", "plain-background"]) {
      const { data } = await sharp(world.path(`${name}.png`))
        .extract({ left: 0, top: 0, width: 2, height: 2 })
        .raw()
        .toBuffer({ resolveWithObject: true });
      expect([name, data[3]]).toEqual([name, 0]);
    }
    expect(emulator.count("images")).toBe(4);
  });

  it(`with --alpha strict is an error that keeps the picture ${proves("transparency")}`, async () => {
    const world = new World();
    await world.startService({ scenario: { name: "gradient-background", size: "320x320" } });
    const run = await world.run([
      "an icon",
      "--background",
      "transparent",
      "--alpha",
      "strict",
      "--json",
      "-o",
      "icon.png",
    ]);
    expect([run.status, errorOf(run).code, world.files()]).toEqual([7, "alpha_missing", ["icon.png"]]);
  });

  it(`spends one more image only when allowed, says so before, and counts it ${proves("extra-images")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: [{ name: "gradient-background", size: "320x320" }] });
    const { status, stdout } = await world.run([
      "an icon",
      "--background",
      "transparent",
      "--allow-extra-images",
      "1",
      "--jsonl",
      "-o",
      "icon.png",
    ]);
    expect(status).toBe(0);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => parseObject(line));
    const types = events.map(({ type, stage }) => `${String(type)}${stage === "sent" ? " sent" : ""}`);
    expect(types.filter((type) => /extra-image| sent/.test(type))).toEqual([
      "image-progress sent",
      "extra-image",
      "image-progress sent",
    ]);
    expect(events.at(-1)?.result).toMatchObject({ imagesSpent: 2, truth: [{ outcome: "done-locally" }] });
    expect(emulator.count("images")).toBe(2);
  });
});

describe("--mask", () => {
  it(`changes the region and not one pixel outside it ${proves("mask")}`, async () => {
    const world = new World();
    await world.startService({ scenario: { name: "ok", size: "400x300" } });
    const [width, height] = [640, 480];
    const noise = {
      create: {
        width,
        height,
        channels: 3 as const,
        background: "grey",
        noise: { type: "gaussian" as const, mean: 128, sigma: 30 },
      },
    };
    await sharp(noise).png().toFile(world.path("base.png"));
    const hole = { left: 200, top: 150, width: 160, height: 120 };
    const clear = await sharp({ create: { width: hole.width, height: hole.height, channels: 4, background: "#000" } })
      .png()
      .toBuffer();
    await sharp({ create: { width, height, channels: 4, background: "#fff" } })
      .composite([{ input: clear, left: hole.left, top: hole.top, blend: "dest-out" }])
      .png()
      .toFile(world.path("mask.png"));
    const { status, stdout } = await world.run([
      "edit",
      "a door",
      "-i",
      "base.png",
      "--mask",
      "mask.png",
      "--json",
      "-o",
      "door.png",
    ]);
    expect(status).toBe(0);
    const raw = async (name: string): Promise<Buffer> => sharp(world.path(name)).removeAlpha().raw().toBuffer();
    const [before, after] = [await raw("base.png"), await raw("door.png")];
    const changed = { inside: 0, outside: 0 };
    for (let at = 0; at < width * height; at += 1) {
      if (before.subarray(at * 3, at * 3 + 3).equals(after.subarray(at * 3, at * 3 + 3))) continue;
      const [x, y] = [at % width, Math.floor(at / width)];
      const isInside = x >= hole.left && x < hole.left + hole.width && y >= hole.top && y < hole.top + hole.height;
      changed[isInside ? "inside" : "outside"] += 1;
    }
    expect(changed.outside).toBe(0);
    expect(changed.inside).toBeGreaterThan(hole.width * hole.height * 0.5);
    const { truth, steps, inputs } = parseObject(onlyLine(stdout));
    expect([truth, inputs]).toMatchObject([
      [{ property: "mask", outcome: "done-locally" }, { property: "images" }],
      [{ role: "image" }, { role: "mask" }],
    ]);
    expect(steps).toContainEqual(expect.stringMatching(/^every pixel outside unchanged \(sha256 [0-9a-f]{16}…\)$/));
  });
});

describe("limn capabilities --probe", () => {
  it(`asks first, and what it measures changes the table, the request and the result ${proves("probe", "truth")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: "ok" });
    const refused = await world.run(["capabilities", "--probe", "--json"]);
    expect([refused.status, emulator.calls]).toEqual([2, []]);
    expect(errorOf(refused).message).toContain("1 image");

    const size = async (): Promise<unknown> => {
      const { engines } = parseObject(onlyLine((await world.run(["capabilities", "--json"])).stdout));
      const rows = Array.isArray(engines) ? parseObject(JSON.stringify(engines[0])).rows : [];
      const row = Array.isArray(rows)
        ? rows.map((item) => parseObject(JSON.stringify(item))).find(({ property }) => property === "size")
        : {};
      return [row?.honoured, row?.corrected ?? false];
    };
    const hero = async (): Promise<unknown[]> => {
      const { sent, truth, steps } = parseObject(
        onlyLine((await world.run(["a hero", "--size", "1280x720", "--json"])).stdout),
      );
      return [sent, truth, steps];
    };
    expect(await size()).toEqual(["ignored", false]);
    emulator.setCapabilities({ honoursSize: true });
    expect((await world.run(["capabilities", "--probe", "--yes"])).status).toBe(0);
    expect([await size(), emulator.count("images")]).toEqual([["yes", true], 1]);
    expect(await hero()).toMatchObject([
      { prompt: "a hero", size: "1280x720" },
      [{ property: "size", outcome: "honoured" }],
      [],
    ]);
    // The service changes its mind: the next result corrects the table, and words steer again.
    emulator.setCapabilities({ honoursSize: false });
    expect(await hero()).toMatchObject([
      { size: "1280x720" },
      [{ property: "size", outcome: "done-locally" }],
      expect.any(Array),
    ]);
    expect(await size()).toEqual(["ignored", false]);
    expect(await hero()).toMatchObject([
      { prompt: expect.stringContaining("Aspect ratio: 16:9"), size: "auto" },
      expect.any(Array),
      expect.any(Array),
    ]);
  });
});

describe("--partials", () => {
  it(`come as they are drawn, as files that are gone at the end, and are never the result ${proves("partials")}`, async () => {
    const world = new World();
    await world.startService({ scenario: { name: "ok", on: "responses", size: "64x48" } });
    const { status, stdout } = await world.run(["a fox", "--partials", "2", "--jsonl", "-o", "fox.png"]);
    expect(status).toBe(0);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => parseObject(line));
    const previews = events.filter(({ type }) => type === "image-partial");
    expect(previews.map(({ partialIndex }) => partialIndex)).toEqual([0, 1]);
    expect(events.at(-1)?.result).toMatchObject({
      engine: "responses",
      images: [{ width: 64, height: 48, revisedPrompt: expect.any(String) }],
    });
    const kept = world.keptFiles().map(({ path }) => path);
    for (const { path } of previews) expect(kept).not.toContain(path);
  });
});
