import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { World, onlyLine, parseObject } from "./support/world.ts";

describe("--output", () => {
  it(`- writes exactly the picture's bytes into a pipe ${proves("output-stdout")}`, async () => {
    const world = new World();
    await world.startService({ scenario: "ok" });
    const { status, stdoutBytes, stderr } = await world.run(["generate", "a fox", "-o", "-"]);
    expect(status).toBe(0);
    const [id = ""] = world.generations();
    expect(stdoutBytes.equals(readFileSync(`${world.limnHome}/generations/${id}/image-1.png`))).toBe(true);
    expect(stderr).toContain(id);
    expect(world.files()).toEqual([]);
  });

  it(`adds a counter when the name is taken, and says so ${proves("output-exists")}`, async () => {
    const world = new World();
    await world.startService();
    writeFileSync(world.path("fox.png"), "mine");
    const { status, stdout, stderr } = await world.run(["generate", "a fox", "-o", "fox.png"]);
    expect(status).toBe(0);
    expect(onlyLine(stdout)).toBe(world.path("fox-2.png"));
    expect(stderr).toContain(
      `note: The name was taken, so the picture is ${world.path("fox-2.png")}. [output_renamed]`,
    );
    expect(readFileSync(world.path("fox.png"), "utf8")).toBe("mine");
  });

  it(`is overwritten with --force only ${proves("force")}`, async () => {
    const world = new World();
    await world.startService();
    writeFileSync(world.path("fox.png"), "mine");
    const { status, stdout, stderr } = await world.run(["generate", "a fox", "-o", "fox.png", "--force"]);
    expect(status).toBe(0);
    expect(onlyLine(stdout)).toBe(world.path("fox.png"));
    expect(stderr).not.toContain("output_renamed");
    expect((await sharp(world.path("fox.png")).metadata()).format).toBe("png");
    expect(world.files()).toEqual(["fox.png"]);
  });

  it(`takes a folder, by slash or because it is one, and LIMN_OUTPUT as its default ${proves("output-folder")}`, async () => {
    const world = new World();
    await world.startService();
    mkdirSync(world.path("pictures"));
    const paths = [
      await world.run(["a fox", "-o", "pictures/"]),
      await world.run(["a cat", "-o", "pictures"]),
      await world.run(["a dog"], { env: { LIMN_OUTPUT: world.path("pictures") } }),
      await world.run(["a cow", "-o", "cow.png"], { env: { LIMN_OUTPUT: world.path("pictures") } }),
    ].map(({ stdout }) => onlyLine(stdout));
    expect(paths).toEqual([
      world.path("pictures/a-fox.png"),
      world.path("pictures/a-cat.png"),
      world.path("pictures/a-dog.png"),
      world.path("cow.png"),
    ]);
  });

  it(`is of the type that its extension names ${proves("extension")}`, async () => {
    const world = new World();
    await world.startService();
    const { status, stdout, stderr } = await world.run(["a fox", "-o", "fox.webp"]);
    expect(status).toBe(0);
    expect(onlyLine(stdout)).toBe(world.path("fox.webp"));
    expect(stderr).toContain("format webp done here · steps: convert webp");
    expect((await sharp(world.path("fox.webp")).metadata()).format).toBe("webp");
  });

  it(`with an extension that names no type is written and remarked ${proves("extension")}`, async () => {
    const world = new World();
    await world.startService();
    const { status, stdout, stderr } = await world.run(["a fox", "-o", "fox.final"]);
    expect(status).toBe(0);
    expect(onlyLine(stdout)).toBe(world.path("fox.final"));
    expect(stderr).toContain("[output_extension_differs]");
    expect((await sharp(world.path("fox.final")).metadata()).format).toBe("png");
  });

  it(`gets two whole files from two runs that want the same name at the same time ${proves("same-name")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: { name: "ok", size: "640x480" } });
    const runs = await Promise.all([
      world.run(["generate", "first prompt", "-o", "same.png", "--json"]),
      world.run(["generate", "second prompt", "-o", "same.png", "--json"]),
    ]);
    expect(runs.map(({ status }) => status)).toEqual([0, 0]);
    await emulator.idle();
    expect(world.files()).toEqual(["same-2.png", "same.png"]);
    for (const { stdout } of runs) {
      const { id } = parseObject(stdout);
      const { images } = parseObject(stdout);
      const path = Array.isArray(images) ? String(parseObject(JSON.stringify(images[0])).path) : "";
      const original = readFileSync(`${world.limnHome}/generations/${String(id)}/image-1.png`);
      expect(readFileSync(path).equals(original)).toBe(true);
    }
  });
});

describe("a reader who leaves", () => {
  it(`ends nothing: the picture is made, saved and delivered ${proves("broken-pipe")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: { name: "ok", size: "640x480", delayMs: 50 } });
    const running = world.start(["generate", "a fox", "--jsonl"]);
    await running.saysOnStdout("generation-start");
    running.child.stdout.destroy();
    const { status, stderr } = await running.finished;
    expect(status).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|Error/);
    await emulator.idle();
    expect(world.files()).toEqual(["a-fox.png"]);
    expect(world.generations().map((id) => world.manifest(id).state)).toEqual(["done"]);
  });

  it(`is quiet for every command, from the first byte on ${proves("broken-pipe")}`, async () => {
    const world = new World();
    await world.startService();
    await world.run(["a fox"]);
    for (const parameters of [
      ["help"],
      ["generate", "--help"],
      ["history"],
      ["config", "list"],
      ["completion", "bash"],
    ]) {
      const running = world.start(parameters);
      running.child.stdout.destroy();
      const { status, stderr } = await running.finished;
      expect({ parameters, status, stderr }).toEqual({ parameters, status: 0, stderr: "" });
    }
  });

  it(`of stderr is no reason to stop either ${proves("broken-pipe")}`, async () => {
    const world = new World();
    await world.startService();
    const running = world.start(["a fox", "-v"]);
    running.child.stderr.destroy();
    const { status, stdout } = await running.finished;
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${world.path("a-fox.png")}\n` });
  });

  it(`of -o - finds the picture in the history ${proves("broken-pipe", "output-stdout")}`, async () => {
    const world = new World();
    await world.startService({ scenario: "ok" });
    const running = world.start(["generate", "a fox", "-o", "-"]);
    await once(running.child.stdout, "readable").then(() => running.child.stdout.destroy());
    const { status, stderr } = await running.finished;
    expect(status).toBe(0);
    expect(stderr).not.toMatch(/EPIPE|error/);
    expect(world.generations().map((id) => world.manifest(id).state)).toEqual(["done"]);
  });

  it(`of -o - with --no-history is told where the picture is kept ${proves("broken-pipe", "no-history")}`, async () => {
    const world = new World();
    await world.startService({ scenario: "ok" });
    const running = world.start(["generate", "a fox", "-o", "-", "--no-history"]);
    running.child.stdout.destroy();
    const { status, stderr } = await running.finished;
    expect(status).toBe(10);
    const kept = `${world.limnHome}/generations/${world.generations()[0] ?? ""}/image-1.png`;
    expect(stderr).toContain(`It is kept at ${kept}. [artifact_write_failed]`);
    expect((await sharp(kept).metadata()).format).toBe("png");
  });
});

describe("a stdout that takes nothing", () => {
  it.skipIf(process.platform !== "linux")(
    `is an error with the next step; the picture is kept (needs /dev/full) ${proves("output-stdout")}`,
    async () => {
      const world = new World();
      await world.startService();
      const program = JSON.stringify(process.execPath);
      const { binFile } = await import("./support/program.ts");
      const shell = async (line: string): Promise<{ status: number | null; stderr: string }> =>
        world.startOther("/bin/sh", ["-c", `${program} ${JSON.stringify(binFile)} ${line} > /dev/full`]).finished;
      const bytes = await shell("generate 'a fox' -o -");
      expect(bytes.status).toBe(10);
      expect(bytes.stderr).toMatch(/stdout did not take the whole picture \(ENOSPC\)\. It is kept at .*image-1\.png/);
      const lines = await shell("generate 'a fox' -o fox.png");
      expect(lines.status).toBe(10);
      expect(lines.stderr).toContain("The output could not be written to stdout (ENOSPC). [artifact_write_failed]");
      expect(world.files()).toEqual(["fox.png"]);
    },
  );
});

describe("--embed-recipe", () => {
  it(`writes the recipe into the file, where an empty history finds it ${proves("embed-recipe", "recipe")}`, async () => {
    const world = new World();
    await world.startService();
    const made = await world.run(["generate", "a fox with 🦊", "--embed-recipe", "-o", "fox.png", "--json"]);
    expect(made.status).toBe(0);
    const result = parseObject(made.stdout);
    expect(result).toMatchObject({
      steps: ["embed recipe"],
      warnings: [expect.objectContaining({ code: "provenance_invalidated" })],
    });
    expect((await sharp(world.path("fox.png")).stats()).channels).toHaveLength(3);

    const elsewhere = new World();
    renameSync(world.path("fox.png"), elsewhere.path("moved.png"));
    const found = await elsewhere.run(["recipe", "moved.png", "--json"]);
    expect(found.status).toBe(0);
    expect(parseObject(found.stdout)).toMatchObject({
      foundIn: "file",
      id: result.id,
      prompt: "a fox with 🦊",
      sent: result.sent,
    });
  });

  it(`cannot be combined with what it contradicts ${proves("embed-recipe")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const { status, stderr } = await world.run(["a fox", "--embed-recipe", "--no-history", "-o", "-"]);
    expect(status).toBe(2);
    expect(stderr).toContain("--embed-recipe cannot be combined with --output -");
    expect(stderr).toContain("--embed-recipe cannot be combined with --no-history");
    expect(emulator.calls).toEqual([]);
  });
});
