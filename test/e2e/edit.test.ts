import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Emulator } from "@limn/emulator";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { World, errorOf, onlyLine, parseObject } from "./support/world.ts";

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** A picture of one colour, so that it is known again on the wire. */
async function picture(world: World, name: string, color: string, width = 240, height = 160): Promise<string> {
  const path = world.path(name);
  const noise = { type: "gaussian" as const, mean: 128, sigma: 40 };
  await sharp({ create: { width, height, channels: 3, background: color, noise } })
    .tint(color)
    .toFile(path);
  return path;
}

/** The hashes of the pictures that the newest request carried, in its order. */
function sentHashes(emulator: Emulator): string[] {
  const text = JSON.stringify(emulator.calls.findLast(({ method }) => method === "POST")?.body);
  return [...text.matchAll(/"sha256":"([0-9a-f]{64})"/g)].map(([, hash]) => hash ?? "");
}

const hashesOf = (...paths: readonly string[]): string[] => paths.map((path) => sha256(readFileSync(path)));

describe("limn edit", () => {
  it(`of @last shows the parent's content in the sandbox, and knows its parent ${proves("edit-last")}`, async () => {
    const world = new World();
    const parent = parseObject(
      onlyLine((await world.run(["a red fox", "--sandbox", "--json", "-o", "fox.png"])).stdout),
    );
    const child = await world.run(["edit", "make it night", "-i", "@last", "--sandbox", "--json", "-o", "night.png"]);
    expect(child.status).toBe(0);
    const result = parseObject(onlyLine(child.stdout));
    expect([result.operation, result.parents]).toEqual(["edit", [parent.id]]);
    // The caption of the edit covers the lower part; what is above it is the parent's picture.
    const top = async (name: string): Promise<Buffer> =>
      sharp(world.path(name)).extract({ left: 0, top: 0, width: 600, height: 600 }).resize(32, 32).raw().toBuffer();
    const [before, after] = await Promise.all([top("fox.png"), top("night.png")]);
    const difference = before.reduce((sum, value, at) => sum + Math.abs(value - (after[at] ?? 0)), 0) / before.length;
    expect(difference).toBeLessThan(4);
  });

  it(`without an image is refused with the next step, and nothing is sent ${proves("edit-without-image")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const { status, stderr } = await world.run(["edit", "a hat"]);
    expect([status, emulator.calls]).toEqual([2, []]);
    expect(stderr).toContain("--image is missing: name the picture to change, such as -i fox.png or -i @last.");
  });

  it(`sends its inputs in the order given, as they are ${proves("input-order", "input-types")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const paths = [
      await picture(world, "b.png", "red"),
      await picture(world, "a.jpg", "green"),
      await picture(world, "c.webp", "blue"),
    ];
    const given = paths.flatMap((path) => ["-i", path]);
    const { status, stdout } = await world.run(["edit", "join them", ...given, "--json"]);
    expect(status).toBe(0);
    expect(sentHashes(emulator)).toEqual(hashesOf(...paths));
    const { inputs, warnings } = parseObject(onlyLine(stdout));
    expect([inputs, warnings]).toMatchObject([
      [{ mediaType: "image/png" }, { mediaType: "image/jpeg" }, { mediaType: "image/webp" }],
      [],
    ]);
  });

  it(`takes a picture from everywhere ${proves("input-sources")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const file = await picture(world, "one.png", "orange");
    const bytes = readFileSync(file);
    const sent = async (source: string, change = {}): Promise<string[]> => {
      const run = await world.run(["edit", "a hat", "-i", source, "--json"], change);
      expect([source.slice(0, 30), run.status, run.stderr]).toEqual([source.slice(0, 30), 0, expect.any(String)]);
      return sentHashes(emulator);
    };
    expect(await sent(`data:image/png;base64,${bytes.toString("base64")}`)).toEqual([sha256(bytes)]);
    expect(await sent("-", { input: bytes })).toEqual([sha256(bytes)]);
    mkdirSync(world.path("bin"));
    writeFileSync(world.path("bin/xclip"), `#!/bin/sh\ncat '${file}'\n`);
    chmodSync(world.path("bin/xclip"), 0o755);
    world.env.PATH = `${world.path("bin")}:${world.env.PATH}`;
    expect(await sent("clipboard")).toEqual([sha256(bytes)]);
    const two = parseObject(onlyLine((await world.run(["two foxes", "-n", "2", "--json"])).stdout));
    const [first, second] = ["1", "2"].map((place) =>
      readFileSync(join(world.limnHome, "generations", String(two.id), `image-${place}.png`)),
    );
    expect(await sent(`@${String(two.id)}`)).toEqual([sha256(first ?? new Uint8Array())]);
    expect(await sent(`@${String(two.id)}:2`)).toEqual([sha256(second ?? new Uint8Array())]);
  });

  it(`converts what the service does not take, and says so ${proves("input-types")}`, async () => {
    const world = new World();
    await world.startService();
    const plain = sharp({ create: { width: 80, height: 60, channels: 3, background: "teal" } });
    await plain.clone().tiff().toFile(world.path("a.tiff"));
    await plain.clone().gif().toFile(world.path("b.gif"));
    writeFileSync(
      world.path("c.svg"),
      '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60"><circle cx="40" cy="30" r="20" fill="red"/></svg>',
    );
    await plain.clone().jpeg().withMetadata({ orientation: 6 }).toFile(world.path("d.jpg"));
    // The name says nothing: the content does.
    await plain.clone().webp().toFile(world.path("e.webp"));
    writeFileSync(world.path("e.png"), readFileSync(world.path("e.webp")));
    const given = ["a.tiff", "b.gif", "c.svg", "d.jpg", "e.png"].flatMap((name) => ["-i", name]);
    const { status, stdout } = await world.run(["edit", "join them", ...given, "--json"]);
    expect(status).toBe(0);
    const { inputs, warnings } = parseObject(onlyLine(stdout));
    expect(inputs).toMatchObject([
      { steps: [expect.stringContaining("TIFF")] },
      { steps: expect.arrayContaining([expect.stringContaining("GIF")]) },
      { steps: expect.arrayContaining([expect.stringContaining("SVG")]) },
      { steps: [expect.stringContaining("orientation 6")] },
      { steps: [], mediaType: "image/webp" },
    ]);
    expect(warnings).toHaveLength(4);
  });

  it(`takes @last of this folder, whatever was made elsewhere ${proves("last-of-folder")}`, async () => {
    const world = new World();
    await world.startService();
    mkdirSync(world.path("other"));
    const mine = parseObject(onlyLine((await world.run(["mine", "--json"])).stdout));
    const theirs = await world.run(["theirs", "--json"], { cwd: world.path("other") });
    expect(theirs.status).toBe(0);
    const child = parseObject(onlyLine((await world.run(["edit", "a hat", "-i", "@last", "--json"])).stdout));
    expect(child.parents).toEqual([mine.id]);
  });

  it(`with six references goes to responses and says what that spends ${proves("many-references", "edit-on-both")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const path = await picture(world, "one.png", "orange");
    const { status, stdout, stderr } = await world.run([
      "edit",
      "join them",
      ...Array.from({ length: 6 }, () => ["-i", path]).flat(),
      "--json",
    ]);
    expect([status, parseObject(onlyLine(stdout)).engine]).toEqual([0, "responses"]);
    expect(stderr).toContain("it also spends the weekly Codex window");
    expect([emulator.count("responses"), emulator.count("images"), sentHashes(emulator).length]).toEqual([1, 0, 6]);
    const named = await world.run(["edit", "a hat", "-i", path, "--engine", "responses", "--json"]);
    expect(parseObject(onlyLine(named.stdout))).toMatchObject({ engine: "responses", images: [{ index: 0 }] });
    expect(emulator.count("images")).toBe(0);
  });

  it(`that gives the input back is remarked ${proves("same-as-input")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const path = await picture(world, "one.png", "orange");
    emulator.setScenario("echo-input");
    const { status, stdout } = await world.run(["edit", "a hat", "-i", path, "--json"]);
    expect([status, parseObject(onlyLine(stdout)).warnings]).toMatchObject([0, [{ code: "same_as_input" }]]);
  });

  it(`whose inputs were dropped is an error that names the kept picture ${proves("references-dropped")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const path = await picture(world, "one.png", "orange");
    emulator.setScenario({ name: "references-dropped", size: "64x48" });
    const run = await world.run(["edit", "a hat", "-i", path, "--json", "-o", "hat.png"]);
    expect([run.status, errorOf(run).code, world.files()]).toEqual([7, "references_dropped", ["one.png"]]);
    const { original } = parseObject(JSON.stringify(errorOf(run).details));
    expect((await sharp(String(original)).metadata()).width).toBe(64);
  });
});

describe("limn again", () => {
  it(`repeats an edit with the same inputs, and refuses when they changed ${proves("again")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const path = await picture(world, "one.png", "orange");
    const bytes = readFileSync(await picture(world, "two.png", "teal"));
    rmSync(world.path("two.png"));
    const first = await world.run(["edit", "a hat", "-i", "-", "-i", path, "--aspect", "16:9", "--json"], {
      input: bytes,
    });
    expect(first.status).toBe(0);
    const repeated = await world.run(["again", "@last", "--json"]);
    expect([repeated.status, parseObject(onlyLine(repeated.stdout)).asked]).toEqual([0, { aspect: "16:9", images: 2 }]);
    expect(sentHashes(emulator)).toEqual([sha256(bytes), ...hashesOf(path)]);
    await picture(world, "one.png", "purple");
    const id = String(parseObject(onlyLine(first.stdout)).id);
    const refused = await world.run(["again", id, "--json"]);
    expect([refused.status, errorOf(refused).code, emulator.count("images")]).toEqual([3, "input_not_found", 2]);
  });

  it(`--vary sends the first picture that came ${proves("again")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const made = parseObject(onlyLine((await world.run(["a fox", "--json", "-o", "fox.png"])).stdout));
    const varied = await world.run(["again", "@last", "--vary", "-n", "2", "--json"]);
    expect(parseObject(onlyLine(varied.stdout))).toMatchObject({ operation: "edit", parents: [made.id] });
    expect(sentHashes(emulator)).toEqual(hashesOf(world.path("fox.png")));
    expect(emulator.count("images")).toBe(3);
  });
});

describe("an edit of nothing usable", () => {
  it(`by @last without history, or with a parent that is gone, sends nothing ${proves("bad-last")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const none = await world.run(["edit", "a hat", "-i", "@last", "--json"]);
    expect([none.status, errorOf(none).code, emulator.calls]).toEqual([10, "artifact_not_found", []]);
    const made = parseObject(onlyLine((await world.run(["a fox", "--json"])).stdout));
    rmSync(join(world.limnHome, "generations", String(made.id), "image-1.png"));
    const gone = await world.run(["edit", "a hat", "-i", "@last", "--json"]);
    expect([gone.status, errorOf(gone).code, emulator.count("images")]).toEqual([10, "artifact_not_found", 1]);
  });
});
