import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { World, imageCalls, onlyLine, parseObject, smallPicture } from "./support/world.ts";

const idShape = /^gen_[0-9a-z]{20}$/;

async function factsOf(path: string): Promise<Record<string, unknown>> {
  const bytes = readFileSync(path);
  const { format, width, height, hasAlpha } = await sharp(bytes).metadata();
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { mediaType: `image/${format}`, width, height, hasAlpha, bytes: bytes.length, sha256 };
}

describe("limn generate", () => {
  it(`prints a result whose every field is what sharp and SHA-256 say of the bytes ${proves("generate-json", "proof-json")}`, async () => {
    const world = new World();
    const { status, stdout, stderr } = await world.run([
      "generate",
      "a red fox in the snow",
      "--sandbox",
      "--json",
      "-o",
      "out.png",
    ]);
    expect(status).toBe(0);
    const result = parseObject(onlyLine(stdout));
    const facts = await factsOf(world.path("out.png"));
    const { width, height, mediaType, hasAlpha } = facts;
    expect(result).toEqual({
      schemaVersion: 1,
      id: expect.stringMatching(idShape),
      operation: "generate",
      status: "done",
      engine: "images",
      model: "gpt-image-2",
      emulated: true,
      images: [{ path: world.path("out.png"), index: 0, ...facts }],
      asked: {},
      sent: {
        prompt: "a red fox in the snow",
        background: "opaque",
        model: "gpt-image-2",
        quality: "auto",
        size: "auto",
      },
      got: { width, height, mediaType, hasAlpha, c2pa: expect.any(Boolean), quality: "low", background: "opaque" },
      steps: [],
      truth: [],
      inputs: [],
      parents: [],
      warnings: [],
      failures: [],
      account: { plan: "plus", source: "sandbox" },
      usage: {
        inputTokens: expect.any(Number),
        outputTokens: expect.any(Number),
        totalTokens: expect.any(Number),
        inputImageTokens: 0,
      },
      limits: {
        activeLimit: "imagegen_premium",
        windows: [
          { limit: "imagegen_premium", usedPercent: 2, windowMinutes: 1440, resetsAt: expect.stringMatching(/Z$/) },
        ],
        credits: { hasCredits: false, unlimited: false, balance: "0" },
      },
      imagesSpent: 1,
      requestId: expect.any(String),
      timingsMs: { total: expect.any(Number), firstByte: expect.any(Number) },
    });
    expect(stderr).toContain("SANDBOX: nothing was spent");
    expect(world.files()).toEqual(["out.png"]);
  });

  it(`prints exactly one path on stdout, of a PNG named for the prompt ${proves("generate-plain", "proof-try")}`, async () => {
    const world = new World();
    const { status, stdout } = await world.run(["generate", "a red fox in the snow, morning light", "--sandbox"]);
    expect(status).toBe(0);
    const path = onlyLine(stdout);
    expect(path).toBe(world.path("a-red-fox-in-the-snow-morning-light.png"));
    const { format, width, height } = await sharp(path).metadata();
    expect(format).toBe("png");
    expect(width * height).toBeGreaterThan(1_400_000);
  });

  it(`delivers the bytes that the service sent, untouched ${proves("generate-plain")}`, async () => {
    const world = new World();
    await world.startService();
    const { stdout } = await world.run(["generate", "a red fox", "--json"]);
    const { id } = parseObject(stdout);
    const original = readFileSync(`${world.limnHome}/generations/${String(id)}/image-1.png`);
    expect(readFileSync(world.path("a-red-fox.png")).equals(original)).toBe(true);
  });

  it(`prints the events in order, each line JSON ${proves("generate-jsonl")}`, async () => {
    const world = new World();
    await world.startService();
    const { status, stdout } = await world.run(["generate", "a red fox", "--jsonl", "--quality", "high"]);
    expect(status).toBe(0);
    const events = stdout.trimEnd().split("\n").map(parseObject);
    const id = events[0]?.id;
    expect(events[0]).toEqual({
      type: "generation-start",
      schemaVersion: 1,
      id: expect.stringMatching(idShape),
      operation: "generate",
      engine: "images",
      n: 1,
      emulated: false,
    });
    expect(events.every((event) => event.id === id)).toBe(true);
    const stages = events.filter(({ type }) => type === "image-progress").map(({ stage }) => stage);
    expect(stages.filter((stage, place) => stage !== stages[place - 1])).toEqual([
      "connecting",
      "sent",
      "receiving",
      "saving",
    ]);
    const others = events.filter(({ type }) => type !== "image-progress").map(({ type }) => type);
    expect(others).toEqual(["generation-start", "warning", "image-end", "usage", "generation-end"]);
    expect(events.at(-1)?.type).toBe("generation-end");
    expect(parseObject(JSON.stringify(events.at(-1)?.result))).toMatchObject({ id, status: "done" });
  });

  it(`makes four pictures with names in order ${proves("count")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const { status, stdout } = await world.run(["generate", "four moods", "-n", "4"]);
    expect(status).toBe(0);
    expect(stdout.trimEnd().split("\n")).toEqual([1, 2, 3, 4].map((place) => world.path(`four-moods-${place}.png`)));
    expect(world.files()).toEqual(["four-moods-1.png", "four-moods-2.png", "four-moods-3.png", "four-moods-4.png"]);
    expect(imageCalls(emulator)).toHaveLength(4);
  });

  it(`keeps the pictures that came when one call fails, lists the failure with the next step and ends with 11 ${proves("partial")}`, async () => {
    const world = new World();
    await world.startService({ scenario: [smallPicture, "not-an-image", smallPicture] });
    const parameters = ["generate", "three moods", "-n", "3", "--concurrency", "1", "-o", "mood.png"];
    const { status, stdout, stderr } = await world.run(parameters);
    expect(status).toBe(11);
    expect(stdout).toBe(`${world.path("mood-1.png")}\n${world.path("mood-3.png")}\n`);
    expect(world.files()).toEqual(["mood-1.png", "mood-3.png"]);
    expect(stderr).toContain("partial: 2 of 3 images came; the rest failed:");
    expect(stderr).toMatch(/ {2}image 2: .*not an image.* \[image_corrupt\]/);
    expect(stderr).toMatch(/^→ .*repeat the command/m);
  });

  it(`tells a partial result as JSON with the failure at its place ${proves("partial", "generate-json")}`, async () => {
    const world = new World();
    await world.startService({ scenario: ["not-an-image", smallPicture] });
    const { status, stdout } = await world.run(["generate", "two", "-n", "2", "--concurrency", "1", "--json"]);
    expect(status).toBe(11);
    expect(parseObject(onlyLine(stdout))).toMatchObject({
      status: "partial",
      images: [{ index: 1, path: world.path("two-2.png") }],
      failures: [{ index: 0, code: "image_corrupt", category: "service", retryable: false }],
      imagesSpent: 1,
    });
  });

  it(`asks for a shape by words, and says when another one came ${proves("aspect")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: ["ok", "wrong-size"] });
    const wide = await world.run(["generate", "a harbour", "--aspect", "16:9", "--json"]);
    expect(parseObject(wide.stdout)).toMatchObject({
      asked: { aspect: "16:9" },
      got: { width: 1672, height: 941 },
      warnings: [],
    });
    expect(imageCalls(emulator)[0]?.body).toMatchObject({
      prompt: "a harbour\n\nAspect ratio: 16:9, wide landscape (horizontal) canvas.",
    });
    const wrong = await world.run(["generate", "a harbour", "--aspect", "16:9", "-o", "wrong.png"]);
    expect(wrong.status).toBe(0);
    expect(wrong.stderr).toMatch(/note: Asked for 16:9, got \d+x\d+\. \[aspect_not_honoured\]/);
  });

  it(`makes it an error with --strict, and keeps and names the picture ${proves("strict")}`, async () => {
    const world = new World();
    await world.startService();
    const { status, stdout, stderr } = await world.run(["generate", "a fox", "--quality", "high", "--strict"]);
    expect(status).toBe(7);
    expect(stdout).toBe("");
    expect(stderr).toContain(
      `Asked for quality high, the service drew with low. The picture is kept: ${world.path("a-fox.png")}`,
    );
    expect(world.files()).toEqual(["a-fox.png"]);
  });

  it(`sends transparent and says when no alpha came ${proves("aspect")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: ["no-alpha", "ok"] });
    const without = await world.run(["generate", "icon", "--background", "transparent"]);
    expect(without.stderr).toContain("[alpha_missing]");
    const real = await world.run(["generate", "icon", "--background", "transparent", "--json", "-o", "real.png"]);
    expect(parseObject(real.stdout)).toMatchObject({ got: { hasAlpha: true }, warnings: [] });
    expect(imageCalls(emulator).map(({ body }) => body)).toEqual([
      expect.objectContaining({ background: "transparent" }),
      expect.objectContaining({ background: "transparent" }),
    ]);
  });

  it(`prints the exact request with --dry-run and sends nothing ${proves("dry-run")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const human = await world.run(["generate", "a fox", "--aspect", "square", "-n", "2", "--dry-run"]);
    expect(human.status).toBe(0);
    const [head, ...rest] = human.stdout.split("\n\n");
    expect(head?.split("\n")).toEqual([
      `POST ${world.env.LIMN_BASE_URL}/images/generations`,
      "originator: limn",
      expect.stringMatching(/^user-agent: limn\/\d+\.\d+\.\d+$/),
      "accept: */*",
      "content-type: application/json",
      "authorization: Bearer <the login's token>",
    ]);
    const body = {
      prompt: "a fox\n\nAspect ratio: 1:1, square canvas.",
      background: "opaque",
      model: "gpt-image-2",
      quality: "auto",
      size: "auto",
    };
    expect(parseObject(rest.join("\n\n"))).toEqual(body);
    expect(human.stderr).toBe("dry run: nothing was sent; it would be sent 2 times\n");

    const json = await world.run(["generate", "a fox", "--aspect", "square", "-n", "2", "--dry-run", "--json"]);
    expect(parseObject(onlyLine(json.stdout))).toMatchObject({
      schemaVersion: 1,
      dryRun: true,
      engine: "images",
      calls: 2,
      asked: { aspect: "square", n: 2 },
      request: { method: "POST", url: `${world.env.LIMN_BASE_URL}/images/generations`, body },
    });
    expect(emulator.calls).toEqual([]);
    expect(world.files()).toEqual([]);
    expect(world.generations()).toEqual([]);
  });

  it(`needs no login for --dry-run ${proves("dry-run")}`, async () => {
    const world = new World();
    const { status, stdout } = await world.run(["generate", "a fox", "--dry-run"]);
    expect(status).toBe(0);
    expect(stdout).toContain("POST https://chatgpt.com/backend-api/codex/images/generations");
  });

  it(`says with --explain which engine is chosen and why, on stderr ${proves("explain")}`, async () => {
    const world = new World();
    const { status, stdout, stderr } = await world.run(["generate", "a fox", "-n", "2", "--sandbox", "--explain"]);
    expect(status).toBe(0);
    expect(stderr).toMatch(/^engine images: .+\n2 calls, 2 images of the plan's allowance$/m);
    expect(stdout.trimEnd().split("\n")).toHaveLength(2);
  });

  it(`is calm when piped: no control characters, no colours ${proves("progress")}`, async () => {
    const world = new World();
    await world.startService();
    const { stderr } = await world.run(["generate", "a fox"]);
    expect(stderr.startsWith("sent; pictures take 15 to 60 seconds\n")).toBe(true);
    expect(stderr).not.toMatch(/[^\P{Cc}\n]/u);
    const quiet = await world.run(["generate", "a fox", "-q", "-o", "quiet.png"]);
    expect(quiet.stderr).toBe("");
    const loud = await world.run(["generate", "a fox", "-v", "-o", "loud.png"]);
    expect(loud.stderr).toMatch(/^generation gen_\w+, engine images\nconnecting .*\nsent, .*\nreceiving .*\nsaving /);
  });
});

describe("limn PROMPT", () => {
  it(`is limn generate PROMPT, wherever the options stand ${proves("bare-prompt")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    for (const parameters of [["a red fox"], ["-n", "1", "a red fox"], ["a", "red", "fox"], ["--", "a red fox"]])
      expect((await world.run(parameters)).status).toBe(0);
    expect(imageCalls(emulator).map(({ body }) => body)).toEqual(
      Array.from({ length: 4 }, () => expect.objectContaining({ prompt: "a red fox" })),
    );
  });

  it(`works with --sandbox first ${proves("bare-prompt")}`, async () => {
    const world = new World();
    const { status, stdout } = await world.run(["--sandbox", "x"]);
    expect(status).toBe(0);
    expect(onlyLine(stdout)).toBe(world.path("x.png"));
  });

  it(`takes what follows -- as the prompt, hyphens and all ${proves("bare-prompt", "prompt-verbatim")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    await world.run(["generate", "-o", "cold.png", "--", "-5 degrees", "--sandbox"]);
    expect(imageCalls(emulator).map(({ body }) => body)).toEqual([
      expect.objectContaining({ prompt: "-5 degrees --sandbox" }),
    ]);
  });

  it(`says what to do with a prompt that begins with a hyphen, without repeating it ${proves("bare-prompt", "privacy")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const { status, stderr } = await world.run(["generate", "-5 degrees outside"]);
    expect(status).toBe(2);
    expect(stderr).toContain("The prompt begins with a hyphen; put -- before it.");
    expect(stderr).not.toContain("degrees");
    expect(emulator.calls).toEqual([]);
  });

  it(`asks about a word that looks like a mistyped command, and sends nothing ${proves("mistyped-command")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const { status, stdout, stderr } = await world.run(["hsitory"]);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toBe(
      'error: There is no command "hsitory"; did you mean "history"? [invalid_option]\n→ Run: limn history — or, to draw it all the same: limn generate hsitory\n',
    );
    expect((await world.run(["generate", "hsitory"])).status).toBe(0);
    expect(imageCalls(emulator)).toHaveLength(1);
  });

  it(`draws a single word that is like no command ${proves("bare-prompt")}`, async () => {
    const world = new World();
    await world.startService();
    expect(onlyLine((await world.run(["lighthouse"])).stdout)).toBe(world.path("lighthouse.png"));
  });
});
