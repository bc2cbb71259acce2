import { readFileSync, rmSync, writeFileSync } from "node:fs";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { Gate, bytesOf, eventsOf, modeOf, picturesOf, startServe } from "./support/serve.ts";
import type { Served } from "./support/serve.ts";
import { World, imageCalls, parseObject, until } from "./support/world.ts";

const generations = "/v1/images/generations";
const edits = "/v1/images/edits";

async function png(width = 64, height = 48, background = "red"): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();
}

async function form(fields: Readonly<Record<string, string | Buffer | readonly Buffer[]>>): Promise<FormData> {
  const data = new FormData();
  for (const [name, value] of Object.entries(fields)) {
    if (typeof value === "string") data.append(name, value);
    else
      for (const bytes of Buffer.isBuffer(value) ? [value] : value)
        data.append(name, new Blob([new Uint8Array(bytes)]), "x");
  }
  return data;
}

async function start(): Promise<{ world: World; served: Served; sent(): number }> {
  const world = new World();
  const emulator = await world.startService();
  return { world, served: await startServe(world), sent: () => imageCalls(emulator).length };
}

describe("a generation", () => {
  it(`has the answer of the API, is in the history, and says what was not honoured ${proves("serve-images")}`, async () => {
    const { world, served } = await start();
    const response = await served.ask(generations, {
      json: { model: "gpt-image-1", prompt: "a fox", moderation: "low", user: "me", output_compression: 100 },
    });
    expect(response.status).toBe(200);
    const answer = await picturesOf(response);
    expect(answer).toEqual({
      created: expect.any(Number),
      data: [{ b64_json: expect.any(String) }],
      background: "opaque",
      output_format: "png",
      quality: expect.any(String),
      size: "64x48",
      usage: expect.objectContaining({ input_tokens: expect.any(Number), output_tokens: expect.any(Number) }),
    });
    const [id = ""] = world.generations();
    expect(Object.fromEntries(response.headers)).toMatchObject({
      "x-request-id": expect.stringMatching(/^req_/),
      "x-limn-generation": id,
      "x-limn-native-size": "64x48",
      "x-limn-ignored": "moderation; user",
      "x-limn-warning": expect.stringMatching(/gpt-image-1 is not on the plan.*output_compression/),
    });
    expect(world.manifest(id)).toMatchObject({ state: "done", prompt: "a fox" });
    const stored = world.keptFiles().find(({ path }) => path.endsWith("image-1.png"));
    expect(bytesOf(answer.data[0]).equals(stored?.content ?? Buffer.alloc(0))).toBe(true);
  });

  it(`of n pictures in any size and type is delivered exactly, on routes with and without v1 ${proves("serve-images")}`, async () => {
    const { served, sent } = await start();
    const response = await served.ask("/images/generations", {
      json: { prompt: "a fox", n: 3, size: "120x50", output_format: "webp", output_compression: 40, quality: "hd" },
    });
    const answer = await picturesOf(response);
    expect(answer).toMatchObject({ size: "120x50", output_format: "webp" });
    expect(answer.data).toHaveLength(3);
    for (const image of answer.data)
      expect(await sharp(bytesOf(image)).metadata()).toMatchObject({ width: 120, height: 50, format: "webp" });
    expect(response.headers.get("x-limn-native-size")).toBe("64x48");
    expect(sent()).toBe(3);
  });

  it(`gives an address only when that is asked for, which needs no key and is a secret itself ${proves("serve-files")}`, async () => {
    const { served } = await start();
    const answer = await picturesOf(await served.ask(generations, { json: { prompt: "x", response_format: "url" } }));
    expect(Object.keys(answer.data[0] ?? {})).toEqual(["url"]);
    const url = answer.data[0]?.url ?? "";
    const picture = await fetch(url);
    expect(picture.headers.get("content-type")).toBe("image/png");
    expect(await sharp(Buffer.from(await picture.arrayBuffer())).metadata()).toMatchObject({ width: 64 });
    expect((await fetch(`${url.slice(0, -1)}${url.endsWith("A") ? "B" : "A"}`)).status).toBe(404);
  });

  it(`streams previews and the picture as events ${proves("serve-stream")}`, async () => {
    const world = new World();
    await world.startService({ scenario: "ok" });
    const served = await startServe(world);
    const response = await served.ask(generations, {
      json: { prompt: "a fox", model: "gpt-image-2", stream: true, partial_images: 2, size: "128x128" },
    });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const events = eventsOf(await response.text());
    expect(events.map(({ type }) => type)).toEqual([
      "image_generation.partial_image",
      "image_generation.partial_image",
      "image_generation.completed",
    ]);
    expect(events[0]).toMatchObject({
      partial_image_index: 0,
      created_at: expect.any(Number),
      b64_json: expect.any(String),
    });
    expect(events[2]).toMatchObject({
      size: "128x128",
      output_format: "png",
      background: "opaque",
      quality: expect.any(String),
      usage: { total_tokens: expect.any(Number) },
    });
    const last = await sharp(Buffer.from(String(events[2]?.b64_json), "base64")).metadata();
    expect(last).toMatchObject({ width: 128, height: 128 });
  });

  it(`of the sandbox sends nothing ${proves("serve-images")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const served = await startServe(world, ["--sandbox"]);
    expect((await picturesOf(await served.ask(generations, { json: { prompt: "x" } }))).data).toHaveLength(1);
    expect(emulator.calls).toEqual([]);
  });
});

describe("an edit", () => {
  it(`takes forms with one or several pictures, and JSON with data: addresses ${proves("serve-edits")}`, async () => {
    const { world, served, sent } = await start();
    const one = await form({ prompt: "night", image: await png(), n: "2", stream: "false" });
    expect((await picturesOf(await served.ask(edits, { method: "POST", body: one }))).data).toHaveLength(2);
    const several = await form({ prompt: "both", "image[]": [await png(), await png(32, 32, "blue")] });
    expect((await picturesOf(await served.ask(edits, { method: "POST", body: several }))).data).toHaveLength(1);
    const address = `data:image/png;base64,${(await png()).toString("base64")}`;
    for (const pictures of [
      { images: [{ image_url: address }] },
      { image: address },
      { image: [address, { image_url: { url: address } }] },
    ])
      expect((await picturesOf(await served.ask(edits, { json: { prompt: "JSON", ...pictures } }))).data).toHaveLength(
        1,
      );
    expect(sent()).toBe(6);
    // Nothing of an upload is left behind.
    expect(world.manifest(world.generations().at(-1) ?? "")).toMatchObject({ operation: "edit", inputs: [{}, {}] });
  });

  it(`with a mask changes nothing outside of it, whatever size the client sends along ${proves("serve-edits")}`, async () => {
    const world = new World();
    await world.startService({ scenario: "ok" });
    const served = await startServe(world);
    const picture = await png(256, 256, "red");
    const mask = await sharp({ create: { width: 256, height: 256, channels: 4, background: "white" } })
      .composite([
        {
          input: { create: { width: 64, height: 64, channels: 4, background: "black" } },
          left: 96,
          top: 96,
          blend: "dest-out",
        },
      ])
      .png()
      .toBuffer();
    const response = await served.ask(edits, {
      method: "POST",
      body: await form({ prompt: "a hole", image: picture, mask, size: "1024x1024" }),
    });
    const answer = await picturesOf(response);
    expect(answer.size).toBe("256x256");
    expect(response.headers.get("x-limn-warning")).toContain("size was ignored");
    const { data } = await sharp(bytesOf(answer.data[0])).removeAlpha().raw().toBuffer({ resolveWithObject: true });
    expect([...data.subarray(0, 3)]).toEqual([255, 0, 0]);
  });
});

describe("the server", () => {
  it(`lists models, describes itself, counts, and keeps its key to its file ${proves("serve-models", "serve-openapi", "serve-key")}`, async () => {
    const { world, served } = await start();
    const models = parseObject(await (await served.ask("/v1/models")).text());
    expect(models).toMatchObject({ object: "list", data: [{ id: "gpt-image-2", object: "model" }, {}, {}, {}] });
    expect(parseObject(await (await served.ask("/models/gpt-image-2-high")).text()).id).toBe("gpt-image-2-high");
    expect((await served.ask("/v1/models/gpt-5")).status).toBe(404);
    expect(parseObject(await (await served.ask("/openapi.json")).text()).openapi).toBe("3.1.0");
    expect(await (await served.ask("/metrics")).text()).toContain(
      'limn_http_requests_total{route="models",status="200"} 1',
    );
    expect(await (await fetch(`${served.url}/healthz`)).json()).toEqual({ status: "ok" });
    expect((await served.ask("/v1/responses", { json: {} })).status).toBe(404);
    expect(modeOf(served.keyFile)).toBe(0o600);
    expect(served.key).toMatch(/^[\w-]{43}$/);
    const others = world.keptFiles().filter(({ path }) => path !== served.keyFile);
    expect(others.some(({ content }) => content.includes(served.key))).toBe(false);
    expect(served.running.stdoutSoFar() + served.running.stderrSoFar()).not.toContain(served.key);
  });

  it(`shows its key, follows a new one at once, and answers nobody when it is gone ${proves("serve-key")}`, async () => {
    const { world, served } = await start();
    expect((await world.run(["serve", "--show-key"])).stdout).toBe(`${served.key}\n`);
    const rotated = await world.run(["serve", "--rotate-key", "--show-key"]);
    expect(modeOf(served.keyFile)).toBe(0o600);
    const fresh = rotated.stdout.trim();
    expect(fresh).not.toBe(served.key);
    expect((await served.ask("/v1/models")).status).toBe(401);
    expect((await served.ask("/v1/models", { extra: { authorization: `Bearer ${fresh}` } })).status).toBe(200);
    rmSync(served.keyFile);
    expect((await served.ask("/v1/models", { extra: { authorization: `Bearer ${fresh}` } })).status).toBe(401);
    writeFileSync(served.keyFile, "");
    expect((await served.ask("/v1/models", { extra: { authorization: "Bearer " } })).status).toBe(401);
    expect(readFileSync(served.keyFile, "utf8")).toBe("");
  });

  it(`finishes what was sent when it is interrupted, gives the answer, and ends with 130 ${proves("serve-stop")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const gate = await Gate.before(world);
    const served = await startServe(world);
    const answer = served.ask(generations, { json: { prompt: "x" } });
    await until(() => gate.held === 1);
    served.running.kill("SIGINT");
    await served.running.saysOnStderr("awaited");
    await expect(fetch(`${served.url}/healthz`)).rejects.toThrow();
    gate.open();
    expect((await picturesOf(await answer)).data).toHaveLength(1);
    expect((await served.running.finished).status).toBe(130);
    expect(world.manifest(world.generations()[0] ?? "")).toMatchObject({ state: "done" });
    expect(imageCalls(emulator)).toHaveLength(1);
  });

  it(`lets other machines in only when it is told to, by its own addresses and with the key ${proves("serve-guard")}`, async () => {
    const world = new World();
    await world.startService();
    const { url, key, ask, running } = await startServe(world, ["--host", "0.0.0.0"]);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect((await ask("/v1/models", { extra: { authorization: "" } })).status).toBe(401);
    expect((await ask("/v1/models")).status).toBe(200);
    expect((await fetch(`${url.replace("127.0.0.1", "0.0.0.0")}/healthz`)).status).toBe(403);
    expect(running.stderrSoFar()).not.toContain(key);
  });

  it(`refuses options that make no sense ${proves("serve-errors")}`, async () => {
    const world = new World();
    for (const words of [
      ["--port", "70000"],
      ["--port", "x"],
      ["--host", "a b"],
    ])
      expect((await world.run(["serve", ...words])).status).toBe(2);
  });
});
