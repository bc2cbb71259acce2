import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { CustomImageFailure, customImage } from "../support/clients/open-design-custom-image.ts";
import type { CustomImageRequest, CustomImageSettings } from "../support/clients/open-design-custom-image.ts";
import { eventsOf, startServe } from "./support/serve.ts";
import type { Served } from "./support/serve.ts";
import { World, imageCalls, onlyLine, parseObject } from "./support/world.ts";

/**
 * Requests of programs that are not installed here, replayed as openai-images-clients.md (C…), hermes-provider.md (H…) and
 * open-design-provider.md (O…) record them; programs in Python by Python.
 */
const python = "/usr/bin/python3";
const noPython = spawnSync(python, ["--version"]).status === 0 ? null : `${python} is not there`;
const pythonClients = resolve(import.meta.dirname, "../support/clients/python_clients.py");

async function png(background: string): Promise<Buffer> {
  return sharp({ create: { width: 96, height: 64, channels: 3, background } })
    .png()
    .toBuffer();
}
const red = await png("red");
const blue = await png("blue");
/** Transparent on its left half. */
const mask = await sharp({ create: { width: 96, height: 64, channels: 4, background: "white" } })
  .composite([
    {
      input: { create: { width: 48, height: 64, channels: 4, background: "black" } },
      left: 0,
      top: 0,
      blend: "dest-out",
    },
  ])
  .png()
  .toBuffer();

interface UploadedFile {
  readonly name: string;
  readonly bytes: Buffer;
  readonly filename: string;
  readonly type: string;
}

const file = (name: string, bytes: Buffer, filename = "image.png", type = "image/png"): UploadedFile => ({
  name,
  bytes,
  filename,
  type,
});

/** Which of the answer's pictures the program looks at, and how. */
type Reads = "first b64_json" | "every b64_json" | "url first" | "url only";

interface Replay {
  readonly client: string;
  readonly facts: string;
  readonly does: string;
  readonly by: "node" | "python" | "openai-python";
  /** With the query. */
  readonly route: string;
  readonly json?: Readonly<Record<string, unknown>>;
  readonly fields?: Readonly<Record<string, string>>;
  readonly files?: readonly UploadedFile[];
  readonly reads: Reads;
  /** `WxH type` of each picture that it reads. */
  readonly gives: readonly string[];
  /** Of the generation on record: what reached limn. */
  readonly asked?: Readonly<Record<string, unknown>>;
}

const generations = "/v1/images/generations";
const edits = "/v1/images/edits";
const fox = { model: "gpt-image-2", prompt: "a red fox" };
const night = { model: "gpt-image-2", prompt: "make it night" };

const replays: readonly Replay[] = [
  {
    client: "Open WebUI",
    facts: "C19, C20",
    does: "its default size",
    by: "python",
    route: generations,
    json: { ...fox, n: 1, size: "512x512" },
    reads: "url first",
    gives: ["512x512 png"],
  },
  {
    client: "Open WebUI",
    facts: "C19, C20",
    does: "no size, and an api-version",
    by: "python",
    route: `${generations}?api-version=2026-01-01`,
    json: { ...fox, n: 2, size: "auto" },
    reads: "url first",
    gives: ["64x48 png", "64x48 png"],
  },
  {
    client: "Open WebUI",
    facts: "C19, C20",
    does: "an id that its pattern does not know, so it says response_format",
    by: "python",
    route: generations,
    json: { model: "dall-e-3", prompt: "a red fox", n: 1, size: "1024x1024", response_format: "b64_json" },
    reads: "url first",
    gives: ["1024x1024 png"],
  },
  {
    client: "Open WebUI",
    facts: "C21",
    does: "an edit of one picture",
    by: "python",
    route: edits,
    fields: { ...night, n: "1", size: "512x512", background: "opaque" },
    files: [file("image", red)],
    reads: "url first",
    gives: ["512x512 png"],
    asked: { images: 1, background: "opaque" },
  },
  {
    client: "Open WebUI",
    facts: "C21",
    does: "an edit of several",
    by: "python",
    route: edits,
    fields: { ...night, n: "1", response_format: "b64_json" },
    files: [file("image[]", red), file("image[]", blue)],
    reads: "url first",
    gives: ["64x48 png"],
    asked: { images: 2 },
  },
  {
    client: "LibreChat",
    facts: "C22",
    does: "everything that its tool sends, with its default model",
    by: "node",
    route: generations,
    json: {
      model: "gpt-image-1",
      prompt: "a red fox",
      n: 1,
      background: "auto",
      output_format: "png",
      quality: "auto",
      size: "auto",
    },
    reads: "first b64_json",
    gives: ["64x48 png"],
  },
  {
    client: "LibreChat",
    facts: "C22",
    does: "several as webp with its compression, of which it reads the first",
    by: "node",
    route: generations,
    json: {
      ...fox,
      n: 3,
      background: "auto",
      output_format: "webp",
      output_compression: 80,
      quality: "auto",
      size: "1024x1536",
    },
    reads: "first b64_json",
    gives: ["1024x1536 webp"],
    asked: { n: 3, compression: 80 },
  },
  {
    client: "LibreChat",
    facts: "C3, C23",
    does: "an edit by axios: streams without a type",
    by: "node",
    route: edits,
    fields: { ...night, quality: "auto", size: "auto" },
    files: [
      file("image[]", red, "one", "application/octet-stream"),
      file("image[]", blue, "two", "application/octet-stream"),
    ],
    reads: "first b64_json",
    gives: ["64x48 png"],
    asked: { images: 2 },
  },
  {
    client: "openai-python",
    facts: "C1",
    does: "nothing but what its caller gave",
    by: "openai-python",
    route: generations,
    json: fox,
    reads: "every b64_json",
    gives: ["64x48 png"],
  },
  {
    client: "openai-python",
    facts: "C2",
    does: "an edit: text first, numbers as text",
    by: "openai-python",
    route: edits,
    fields: { ...night, n: "2", size: "1024x1024", quality: "high", output_compression: "70", output_format: "webp" },
    files: [file("image", red, "fox.png")],
    reads: "every b64_json",
    gives: ["1024x1024 webp", "1024x1024 webp"],
    asked: { n: 2, quality: "high", compression: 70, images: 1 },
  },
  {
    client: "openai-python",
    facts: "C2, C3",
    does: "an edit of several with a mask, whose names say nothing",
    by: "openai-python",
    route: edits,
    fields: { model: "gpt-image-2", prompt: "a hole" },
    files: [
      file("image[]", red, "upload", "application/octet-stream"),
      file("image[]", blue, "upload", "application/octet-stream"),
      file("mask", mask, "upload", "application/octet-stream"),
    ],
    reads: "every b64_json",
    gives: ["96x64 png"],
    asked: { images: 2, mask: true },
  },
  {
    client: "LiteLLM",
    facts: "C27",
    does: "a generation through the OpenAI library",
    by: "openai-python",
    route: generations,
    json: { ...fox, n: 2, size: "1024x1024", quality: "low" },
    reads: "every b64_json",
    gives: ["1024x1024 png", "1024x1024 png"],
    asked: { n: 2, quality: "low" },
  },
  {
    client: "LiteLLM",
    facts: "C27",
    does: "response_format as its caller gave it",
    by: "openai-python",
    route: generations,
    json: { ...fox, response_format: "url" },
    reads: "url only",
    gives: ["64x48 png"],
  },
  {
    client: "LiteLLM",
    facts: "C27",
    does: "an edit, always as image[] and image.png",
    by: "python",
    route: edits,
    fields: { ...night, n: "2", size: "1024x1024" },
    files: [file("image[]", red)],
    reads: "every b64_json",
    gives: ["1024x1024 png", "1024x1024 png"],
    asked: { n: 2, images: 1 },
  },
  {
    client: "n8n",
    facts: "C25",
    does: "its default model without response_format",
    by: "node",
    route: generations,
    json: { model: "gpt-image-1-mini", prompt: "a red fox", n: 1, size: "1024x1536", quality: "medium" },
    reads: "every b64_json",
    gives: ["1024x1536 png"],
    asked: { quality: "medium" },
  },
  {
    client: "n8n",
    facts: "C25",
    does: "its old node, which wants an address",
    by: "node",
    route: generations,
    json: {
      model: "dall-e-3",
      prompt: "a red fox",
      n: 1,
      size: "1792x1024",
      quality: "hd",
      style: "vivid",
      response_format: "url",
    },
    reads: "url only",
    gives: ["1792x1024 png"],
    asked: { quality: "high" },
  },
  {
    client: "n8n",
    facts: "C25",
    does: "its old node, which wants base64",
    by: "node",
    route: generations,
    json: { model: "dall-e-2", prompt: "a red fox", n: 2, size: "256x256", response_format: "b64_json" },
    reads: "every b64_json",
    gives: ["256x256 png", "256x256 png"],
  },
  {
    client: "n8n",
    facts: "C25",
    does: "an edit with every option it has",
    by: "node",
    route: edits,
    fields: {
      model: "gpt-image-1",
      prompt: "make it night",
      n: "1",
      size: "1024x1024",
      quality: "high",
      background: "auto",
      input_fidelity: "high",
      output_format: "jpeg",
      output_compression: "80",
      user: "me",
    },
    files: [file("image[]", red, "file.png")],
    reads: "every b64_json",
    gives: ["1024x1024 jpeg"],
    asked: { format: "jpeg", compression: 80, quality: "high" },
  },
  {
    client: "n8n",
    facts: "C25",
    does: "an edit with a mask",
    by: "node",
    route: edits,
    fields: { model: "gpt-image-1", prompt: "make it night", n: "1", size: "1024x1024" },
    files: [file("image[]", red), file("mask", mask, "mask.png")],
    reads: "every b64_json",
    gives: ["96x64 png"],
    asked: { mask: true },
  },
  {
    client: "OpenClaw (litellm)",
    facts: "C30",
    does: "its four fields, without v1",
    by: "node",
    route: "/images/generations",
    json: { ...fox, n: 2, size: "1024x1024" },
    reads: "every b64_json",
    gives: ["1024x1024 png", "1024x1024 png"],
  },
  {
    client: "OpenClaw (litellm)",
    facts: "C30",
    does: "an edit of one picture",
    by: "node",
    route: "/images/edits",
    fields: { ...night, n: "1", size: "1024x1024" },
    files: [file("image", red)],
    reads: "every b64_json",
    gives: ["1024x1024 png"],
  },
  {
    client: "OpenClaw (litellm)",
    facts: "C30",
    does: "an edit of five pictures",
    by: "node",
    route: "/images/edits",
    fields: { ...night, n: "1", size: "1024x1024" },
    files: [red, blue, red, blue, red].map((bytes) => file("image[]", bytes)),
    reads: "every b64_json",
    gives: ["1024x1024 png"],
    asked: { images: 5 },
  },
  {
    client: "OpenClaw (openai)",
    facts: "C31",
    does: "16:9 with every field",
    by: "node",
    route: generations,
    json: {
      ...fox,
      n: 1,
      size: "2048x1152",
      quality: "high",
      output_format: "webp",
      background: "opaque",
      moderation: "low",
    },
    reads: "every b64_json",
    gives: ["2048x1152 webp"],
    asked: { quality: "high", background: "opaque" },
  },
  {
    client: "OpenClaw (openai)",
    facts: "C31",
    does: "an edit, always as image[]",
    by: "node",
    route: edits,
    fields: { ...night, n: "1", size: "1024x1024", quality: "low", output_format: "png", moderation: "auto" },
    files: [file("image[]", red)],
    reads: "every b64_json",
    gives: ["1024x1024 png"],
    asked: { quality: "low" },
  },
];

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly tries: number;
}

async function send(
  world: World,
  served: Served,
  replay: Pick<Replay, "by" | "route" | "json" | "fields" | "files">,
): Promise<Answered> {
  const { by, route, json, fields = {}, files = [] } = replay;
  if (by === "node") {
    const body = new FormData();
    for (const [name, value] of Object.entries(fields)) body.append(name, value);
    for (const { name, bytes, filename, type } of files)
      body.append(name, new Blob([new Uint8Array(bytes)], { type }), filename);
    const response = await served.ask(route, json === undefined ? { method: "POST", body } : { json });
    const headers = Object.fromEntries(response.headers);
    return { status: response.status, headers, text: await response.text(), tries: 1 };
  }
  const answer = await inPython(world, {
    client: "replay",
    library: by === "openai-python" ? "openai" : "plain",
    url: `${served.url}${route}`,
    key: served.key,
    ...(json === undefined
      ? {
          fields: Object.entries(fields),
          files: files.map(({ bytes, ...rest }) => ({ ...rest, base64: bytes.toString("base64") })),
        }
      : { json }),
  });
  return {
    status: Number(answer.status),
    headers: textMembers(answer.headers),
    text: String(answer.text),
    tries: Number(answer.tries),
  };
}

async function inPython(world: World, given: Readonly<Record<string, unknown>>): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await world.startOther(python, [pythonClients], { input: JSON.stringify(given) })
    .finished;
  if (status !== 0) throw new Error(stderr);
  return parseObject(onlyLine(stdout));
}

function textMembers(value: unknown): Record<string, string> {
  const members = typeof value === "object" && value !== null ? Object.entries(value) : [];
  return Object.fromEntries(members.map(([name, text]) => [name, String(text)]));
}

/** The pictures that the program would show. */
async function read(text: string, reads: Reads): Promise<string[]> {
  const { data } = parseObject(text);
  const entries = Array.isArray(data) ? data.map(textMembers) : [];
  const looked = reads === "first b64_json" ? entries.slice(0, 1) : entries;
  return Promise.all(
    looked.map(async ({ url, b64_json }) => {
      // Who looks for an address first would take one that was not asked for.
      if (reads === "url only" || (reads === "url first" && url !== undefined)) {
        const answer = await fetch(url ?? "");
        return describePicture(Buffer.from(await answer.arrayBuffer()));
      }
      expect(url).toBeUndefined();
      return describePicture(Buffer.from(b64_json ?? "", "base64"));
    }),
  );
}

async function describePicture(bytes: Buffer): Promise<string> {
  const { width, height, format } = await sharp(bytes).metadata();
  return `${width}x${height} ${format}`;
}

async function start(scenario: "small" | "usage-limit" = "small") {
  const world = new World();
  const emulator = await world.startService(scenario === "small" ? {} : { scenario });
  return { world, emulator, served: await startServe(world) };
}

describe("the recorded requests of", () => {
  for (const client of new Set(replays.map((each) => each.client)))
    it.skipIf(noPython !== null && replays.some((each) => each.client === client && each.by !== "node"))(
      `${client} give what it reads, and cost what was asked for`,
      async () => {
        const { world, emulator, served } = await start();
        for (const replay of replays.filter((each) => each.client === client)) {
          const { does, facts } = replay;
          const before = imageCalls(emulator).length;
          const { status, headers, text } = await send(world, served, replay);
          expect({ does, facts, status }, text.slice(0, 300)).toEqual({ does, facts, status: 200 });
          expect({ does, facts, gives: await read(text, replay.reads) }).toEqual({ does, facts, gives: replay.gives });
          const { asked, state } = world.manifest(headers["x-limn-generation"] ?? "");
          expect({ does, facts, state, asked }).toMatchObject({ state: "done", asked: replay.asked ?? {} });
          const wanted = Number(replay.json?.n ?? replay.fields?.n ?? 1);
          expect({ does, facts, spent: imageCalls(emulator).length - before }).toEqual({ does, facts, spent: wanted });
        }
      },
    );

  it.skipIf(noPython !== null)(
    "openai-python stream where the field says so, whatever the header says (C4, C5)",
    async () => {
      const world = new World();
      await world.startService({ scenario: "ok" });
      const served = await startServe(world);
      const streamed = [
        { route: generations, json: { ...fox, stream: true, partial_images: 1 }, prefix: "image_generation" },
        { route: edits, fields: { ...night, stream: "true" }, files: [file("image", red)], prefix: "image_edit" },
      ];
      for (const { prefix, ...asked } of streamed) {
        const { status, headers, text } = await send(world, served, { by: "openai-python", ...asked });
        expect([status, headers["content-type"]]).toEqual([200, expect.stringMatching(/^text\/event-stream/)]);
        const events = eventsOf(text);
        expect(events.map(({ type }) => type)).toEqual(
          [...(prefix === "image_generation" ? ["partial_image"] : []), "completed"].map((kind) => `${prefix}.${kind}`),
        );
        expect(events.at(-1)).toMatchObject({
          created_at: expect.any(Number),
          size: expect.stringMatching(/^\d+x\d+$/),
          quality: expect.any(String),
          background: "opaque",
          output_format: "png",
        });
        const [width, height] = String(events.at(-1)?.size).split("x");
        expect(await describePicture(Buffer.from(String(events.at(-1)?.b64_json), "base64"))).toBe(
          `${width}x${height} png`,
        );
      }
    },
  );

  it("n8n find a model in the list, by its own filter (C25)", async () => {
    const { served } = await start();
    const { data } = parseObject(await (await served.ask("/v1/models")).text());
    const ids = (Array.isArray(data) ? data : []).map((model) => String(textMembers(model).id));
    expect(ids.filter((id) => id.includes("dall-e") || id.includes("gpt-image"))).toEqual(ids);
    expect(ids[0]).toBe("gpt-image-2");
  });
});

describe("at the plan's limit", () => {
  const names = [...new Map(replays.map((each) => [each.client, each])).values()];

  it.skipIf(noPython !== null)(
    "every client is told when it ends, asks once, and only the first reaches the service (C45)",
    async () => {
      const { world, emulator, served } = await start("usage-limit");
      for (const replay of names) {
        const { status, headers, text, tries } = await send(world, served, replay);
        const { client } = replay;
        expect({ client, status, tries, again: headers["x-should-retry"] }).toEqual({
          client,
          status: 429,
          tries: 1,
          again: "false",
        });
        expect(Number(headers["retry-after"])).toBeGreaterThan(60);
        expect(text).toMatch(/^\{"error":\{"message":"[^"]*used up (?:until|and resets at) \d{4}-\d\d-\d\d[^"]*"/);
        // How OpenClaw words it for its user (C32).
        const { message, type, code } = textMembers(parseObject(text).error);
        expect(`${client} failed (HTTP ${status}): ${message} [type=${type}, code=${code}]`).toContain(
          "[type=usage_limit_reached, code=usage_limit_reached]",
        );
      }
      expect(imageCalls(emulator)).toHaveLength(1);
    },
  );
});

describe.skipIf(noPython !== null)("Hermes' own provider openai (H23 to H26)", () => {
  /** What `limn setup hermes --images` wrote, as Hermes reads it (H23). */
  async function settings(world: World, served: Served): Promise<{ base_url: string; key: string }> {
    await world.run(["setup", "hermes", "--images", "--url", served.url, "--yes"]);
    const yaml = readFileSync(join(world.home, ".hermes/config.yaml"), "utf8");
    const [, base_url = ""] =
      /^image_gen:\n {2}provider: "openai"\n {2}openai:\n {4}base_url: "([^"]+)"$/m.exec(yaml) ?? [];
    const [, name = ""] = /^ {4}key_env: "(\w+)"$/m.exec(yaml) ?? [];
    const variables = readFileSync(join(world.home, ".hermes/.env"), "utf8");
    return { base_url, key: new RegExp(`^${name}=(.+)$`, "m").exec(variables)?.[1] ?? "" };
  }

  it("draws every tier in every shape, with what setup wrote and nothing else", async () => {
    const world = new World();
    const served = await startServe(world, ["--sandbox"]);
    const given = { client: "hermes", ...(await settings(world, served)), hermes_home: join(world.home, ".hermes") };
    for (const [tier, quality, aspect_ratio, size] of [
      ["gpt-image-2-low", "low", "landscape", "1536x1024"],
      ["gpt-image-2-medium", "medium", "square", "1024x1024"],
      ["gpt-image-2-high", "high", "portrait", "1024x1536"],
      [undefined, "medium", "panorama", "1536x1024"],
    ] as const) {
      const told = await inPython(world, { ...given, tier, aspect_ratio, prompt: "a red fox" });
      expect(told).toMatchObject({ success: true, provider: "openai", modality: "text", tries: 1, quality, size });
      expect(basename(String(told.image))).toMatch(/^openai_gpt-image-2-\w+_\d{8}_\d{6}_[0-9a-f]{8}\.png$/);
      expect(await describePicture(readFileSync(String(told.image)))).toBe(`${size} png`);
      const { asked } = world.manifest(textMembers(told.headers)["x-limn-generation"] ?? "");
      expect(asked).toMatchObject({ size, quality });
    }
  });

  it("edits one picture and sixteen", async () => {
    const world = new World();
    const emulator = await world.startService();
    const served = await startServe(world);
    const given = { client: "hermes", ...(await settings(world, served)), hermes_home: join(world.home, ".hermes") };
    for (const count of [1, 2, 16]) {
      const sources = Array.from({ length: count }, (_, place) => ({
        filename: place === 0 ? "fox.png" : `picture-${place}`,
        base64: (place % 2 === 0 ? red : blue).toString("base64"),
      }));
      const told = await inPython(world, { ...given, prompt: "make it night", aspect_ratio: "square", sources });
      expect(told).toMatchObject({ success: true, modality: "image", aspect_ratio: "square", tries: 1 });
      expect(await describePicture(readFileSync(String(told.image)))).toBe("1024x1024 png");
      const { inputs } = world.manifest(textMembers(told.headers)["x-limn-generation"] ?? "");
      expect(inputs).toHaveLength(count);
    }
    expect(emulator.calls.filter(({ answered }) => answered.status === 200)).not.toHaveLength(0);
  });

  it("tells limits, refusals and a wrong key as they are, and asks nothing twice", async () => {
    for (const [scenario, words] of [
      ["usage-limit", "usage_limit_reached"],
      ["moderation", "moderation_blocked"],
    ] as const) {
      const world = new World();
      const emulator = await world.startService({ scenario });
      const served = await startServe(world);
      const given = {
        client: "hermes",
        ...(await settings(world, served)),
        hermes_home: world.home,
        prompt: "a red fox",
      };
      const told = await inPython(world, given);
      expect(told).toMatchObject({ success: false, error_type: "api_error", image: null, tries: 1 });
      expect(told.error).toContain(words);
      expect(imageCalls(emulator)).toHaveLength(1);
      const wrong = await inPython(world, { ...given, key: "sk-not-this-one" });
      expect(wrong).toMatchObject({ error: expect.stringContaining("invalid_api_key"), tries: 1 });
    }
  });
});

describe("Open Design's custom-image (O6 to O22, O59, O60)", () => {
  /** What `limn setup open-design` wrote, as the daemon reads it (O7). */
  async function settings(world: World, served: Served): Promise<CustomImageSettings> {
    world.env.OD_DATA_DIR = join(world.home, "od");
    await world.run(["setup", "open-design", "--images", "--url", served.url, "--yes"]);
    const config: unknown = JSON.parse(readFileSync(join(world.home, "od/media-config.json"), "utf8"));
    const { providers } = parseObject(JSON.stringify(config));
    const {
      baseUrl = "",
      model = "",
      apiKey = "",
    } = textMembers(parseObject(JSON.stringify(providers))["custom-image"]);
    return { baseUrl, model, apiKey };
  }

  it("draws every aspect in the pixels that it asks for, with what setup wrote and nothing else (O12, O15, O17, O18)", async () => {
    const world = new World();
    const served = await startServe(world, ["--sandbox"]);
    const config = await settings(world, served);
    for (const [aspect, size] of [
      ["1:1", "1024x1024"],
      ["16:9", "1792x1024"],
      ["9:16", "1024x1792"],
      ["4:3", "1408x1056"],
      ["3:4", "1056x1408"],
    ] as const) {
      const { bytes, extension, note, tries } = await customImage(config, { prompt: "a red fox", aspect });
      expect([await describePicture(bytes), extension, tries]).toEqual([`${size} png`, "png", 1]);
      expect(note).toBe(`custom-image/gpt-image-2 · ${size} · ${bytes.length} bytes`);
    }
    // O16: no words are its own words.
    expect((await customImage(config, { prompt: " ", aspect: "1:1" })).extension).toBe("png");
  });

  it("edits by JSON, under every form of its address and for ids of others, too (O10, O11, O13)", async () => {
    const { world, emulator, served } = await start();
    const config = await settings(world, served);
    const request: CustomImageRequest = {
      prompt: "make it night",
      aspect: "16:9",
      image: `data:image/png;base64,${red.toString("base64")}`,
    };
    for (const baseUrl of [
      config.baseUrl,
      `${config.baseUrl}/`,
      `${config.baseUrl}/images/generations`,
      `${config.baseUrl}/images/edits`,
    ])
      expect(await describePicture((await customImage({ ...config, baseUrl }, request)).bytes)).toBe("1792x1024 png");
    const retired = await customImage({ ...config, model: "dall-e-3" }, request);
    expect(await describePicture(retired.bytes)).toBe("1792x1024 png");
    expect(emulator.calls.filter(({ route }) => route === "images.edits")).toHaveLength(5);
  });

  it("takes a reference of 16 MB, the most that it reads (O25, O59)", async () => {
    const { world, served } = await start();
    const config = await settings(world, served);
    // Noise cannot be packed; what is behind a picture's end counts as much.
    const large = Buffer.concat([red, Buffer.alloc(16 * 1024 * 1024 - red.length)]);
    const image = `data:image/png;base64,${large.toString("base64")}`;
    const { bytes } = await customImage(config, { prompt: "make it night", aspect: "1:1", image });
    expect(await describePicture(bytes)).toBe("1024x1024 png");
  });

  it("is told a plan's limit in its 240 characters, and does not ask again (O19, O21, O60)", async () => {
    const { world, emulator, served } = await start("usage-limit");
    const failure = await failureOf(customImage(await settings(world, served), { prompt: "a red fox", aspect: "1:1" }));
    expect(failure).toMatchObject({ tries: 1, pausesMs: [] });
    expect(failure.message).toMatch(
      /^custom-image 429: \{"error":\{"message":"[^"]*used up until \d{4}-\d\d-\d\d[^"]*"/,
    );
    expect(imageCalls(emulator)).toHaveLength(1);
  });

  it("is told to sign in, and its one repeat costs nothing (O19, O21)", async () => {
    const world = new World();
    const emulator = await world.startService({}, "none");
    const served = await startServe(world);
    const failure = await failureOf(customImage(await settings(world, served), { prompt: "a red fox", aspect: "1:1" }));
    expect(failure.tries).toBe(2);
    expect(failure.message).toMatch(/^custom-image 503: \{"error":\{"message":"[^"]*limn login/);
    expect(imageCalls(emulator)).toHaveLength(0);
  });

  it("is told a refusal and a wrong key once (O21)", async () => {
    const world = new World();
    await world.startService({ scenario: "moderation" });
    const served = await startServe(world);
    const config = await settings(world, served);
    const refused = await failureOf(customImage(config, { prompt: "a red fox", aspect: "1:1" }));
    expect(refused).toMatchObject({
      tries: 1,
      message: expect.stringMatching(/^custom-image 400: .*moderation_blocked/),
    });
    const { baseUrl, model } = config;
    const keyless = await failureOf(customImage({ baseUrl, model }, { prompt: "a red fox", aspect: "1:1" }));
    expect(keyless).toMatchObject({
      tries: 1,
      message: expect.stringMatching(/^custom-image 401: .*limn serve --show-key/),
    });
  });
});

async function failureOf(work: Promise<unknown>): Promise<CustomImageFailure> {
  const failure: unknown = await work.then(
    () => null,
    (error: unknown) => error,
  );
  if (failure instanceof CustomImageFailure) return failure;
  throw new Error("it did not fail as it should", { cause: failure });
}
