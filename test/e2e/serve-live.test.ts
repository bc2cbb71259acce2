import { createHash } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import { connect } from "node:net";
import type { Emulator, Scenario } from "@limn/emulator";
import { describe, expect, it, onTestFinished } from "vitest";
import { bytesOf, errorOfAnswer, eventsOf, picturesOf, startServe } from "./support/serve.ts";
import type { Asking, Served } from "./support/serve.ts";
import { Sluice } from "./support/sluice.ts";
import type { SluiceOptions } from "./support/sluice.ts";
import { World, imageCalls, parseObject, until } from "./support/world.ts";

const path = "/v1/images/generations";
const fox: Asking = { json: { prompt: "a fox" } };
const foxEvents: Asking = { json: { prompt: "a fox", stream: true } };
const retry = { ...fox, extra: { "x-stainless-retry-count": "1" } };
const large: Scenario = { name: "huge-image", megabytes: 3 };
/** In the middle of its base64. */
const passed = 2_000_000;

interface Started {
  readonly world: World;
  readonly emulator: Emulator;
  readonly sluice: Sluice;
  readonly served: Served;
}

async function start(options: SluiceOptions = { passed }, scenario: Scenario = large): Promise<Started> {
  const world = new World();
  const emulator = await world.startService({ scenario });
  const sluice = await Sluice.before(world, options);
  return { world, emulator, sluice, served: await startServe(world) };
}

/** A client that reads as far as it is told to. */
class Reader {
  readonly response: Response;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #text = "";

  constructor(response: Response) {
    if (response.body === null) throw new Error("no body");
    this.response = response;
    this.#reader = response.body.getReader();
  }

  async until(isEnough: (text: string) => boolean): Promise<string> {
    while (!isEnough(this.#text)) {
      const { value, done } = await this.#reader.read();
      if (done) throw new Error(`the answer ended after ${this.#text.length} characters`);
      this.#text += Buffer.from(value).toString("latin1");
    }
    return this.#text;
  }

  /** @throws when the connection is cut */
  async toEnd(): Promise<string> {
    for (;;) {
      const { value, done } = await this.#reader.read();
      if (done) return this.#text;
      this.#text += Buffer.from(value).toString("latin1");
    }
  }

  async leave(): Promise<void> {
    await this.#reader.cancel();
  }
}

async function read(served: Served, asking: Asking): Promise<Reader> {
  return new Reader(await served.ask(path, asking));
}

const hasMostOf = (text: string): boolean => text.length > passed - 100_000;

function storedPicture(world: World): Buffer {
  const stored = world.keptFiles().filter(({ path: file }) => file.endsWith("image-1.png"));
  expect(stored).toHaveLength(1);
  return stored[0]?.content ?? Buffer.alloc(0);
}

function isDone(world: World): boolean {
  const [id] = world.generations();
  return id !== undefined && world.manifest(id).state === "done";
}

const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

describe("a picture that limn does not change", () => {
  it("reaches the client while the service still sends it, and is the saved one", async () => {
    const { world, emulator, sluice, served } = await start();
    const reader = await read(served, fox);
    await reader.until(hasMostOf);
    expect(reader.response.status).toBe(200);
    expect(Object.fromEntries(reader.response.headers)).toMatchObject({
      "content-type": "application/json",
      "x-limn-generation": world.generations()[0],
      "x-limn-native-size": expect.stringMatching(/^\d+x\d+$/),
    });
    expect(reader.response.headers.get("content-length")).toBeNull();
    expect(isDone(world)).toBe(false);
    sluice.open();
    const answer = parseObject(await reader.toEnd());
    expect(answer).toEqual({
      created: expect.any(Number),
      data: [{ b64_json: expect.any(String) }],
      background: "opaque",
      output_format: "png",
      quality: expect.any(String),
      size: reader.response.headers.get("x-limn-native-size"),
      usage: expect.objectContaining({ input_tokens: expect.any(Number) }),
    });
    const text = /"b64_json":"([^"]*)"/.exec(JSON.stringify(answer))?.[1] ?? "";
    expect(text).toBe(storedPicture(world).toString("base64"));
    expect(imageCalls(emulator)).toHaveLength(1);
  });

  it("reaches the client in its event the same way", async () => {
    const { world, sluice, served } = await start();
    const reader = await read(served, foxEvents);
    await reader.until(hasMostOf);
    expect(reader.response.headers.get("content-type")).toContain("text/event-stream");
    expect(isDone(world)).toBe(false);
    sluice.open();
    const events = eventsOf(await reader.toEnd());
    expect(events).toEqual([
      {
        type: "image_generation.completed",
        b64_json: storedPicture(world).toString("base64"),
        created_at: expect.any(Number),
        background: "opaque",
        output_format: "png",
        quality: expect.any(String),
        size: reader.response.headers.get("x-limn-native-size"),
        usage: expect.objectContaining({ total_tokens: expect.any(Number) }),
      },
    ]);
  });

  it("comes live from the route with previews, too", async () => {
    const { world, sluice, served } = await start({ passed: 3_500_000 }, { ...large, on: "responses" });
    const reader = await read(served, { json: { prompt: "a fox", stream: true, partial_images: 1 } });
    await reader.until((text) => (text.split("image_generation.completed")[2] ?? "").length > 500_000);
    expect(isDone(world)).toBe(false);
    sluice.open();
    const completed = eventsOf(await reader.toEnd()).at(-1);
    expect(completed).toMatchObject({ b64_json: storedPicture(world).toString("base64") });
  });

  it("is plain base64 for the client, however the service writes it", async () => {
    for (const change of [
      (text: string): string => text.replaceAll("/", "\\/"),
      (text: string): string => text.replaceAll("/", "_").replaceAll("+", "-"),
      (text: string): string => text.replace(/=+"/, '"'),
    ]) {
      const { world, sluice, served } = await start({
        passed: 100_000,
        change: (body) => {
          const [before = "", text = "", after = ""] = body.toString("latin1").split(/("b64_json":"[^"]*")/);
          return Buffer.from(before + '"b64_json":' + change(text.slice('"b64_json":'.length)) + after, "latin1");
        },
      });
      sluice.open();
      const { data } = await picturesOf(await served.ask(path, fox));
      expect(data[0]?.b64_json).toBe(storedPicture(world).toString("base64"));
    }
  });

  it("is saved while its client reads nothing, which then gets all of it", async () => {
    const { world, sluice, served } = await start({ passed: 1000 }, { name: "huge-image", megabytes: 24 });
    sluice.open();
    const body = JSON.stringify(fox.json);
    const { port } = new URL(served.url);
    const socket = connect(Number(port), "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.pause();
    socket.write(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\nauthorization: Bearer ${served.key}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
    );
    await until(() => isDone(world));
    const pieces: Buffer[] = [];
    for await (const piece of socket) if (Buffer.isBuffer(piece)) pieces.push(piece);
    const answer = Buffer.concat(pieces).toString("latin1");
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    const { data } = await picturesOf(new Response(withoutChunks(answer)));
    expect(hash(bytesOf(data[0]))).toBe(hash(storedPicture(world)));
  });

  it("is saved although its client leaves in the middle, whose repeat gets it for nothing", async () => {
    const { world, emulator, sluice, served } = await start();
    const reader = await read(served, fox);
    await reader.until(hasMostOf);
    await reader.leave();
    sluice.open();
    await until(() => isDone(world));
    const again = await served.ask(path, fox);
    expect(again.headers.get("x-limn-repeat")).toBe("true");
    expect(bytesOf((await picturesOf(again)).data[0]).equals(storedPicture(world))).toBe(true);
    expect(imageCalls(emulator)).toHaveLength(1);
  });

  it("is followed by what was not honoured, which no header before it could tell", async () => {
    const { served, sluice } = await start({ passed }, large);
    sluice.open();
    const body = JSON.stringify({ prompt: "a fox", quality: "high" });
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${served.url}${path}`, {
        method: "POST",
        headers: { authorization: `Bearer ${served.key}`, "content-type": "application/json" },
      })
        .on("response", resolve)
        .on("error", reject)
        .end(body);
    });
    answer.resume();
    await once(answer, "end");
    expect({ before: answer.headers["x-limn-warning"], behind: answer.trailers["x-limn-warning"] }).toEqual({
      before: undefined,
      behind: expect.stringContaining("quality"),
    });
  });

  it("is given whole to a second client that joins in the middle", async () => {
    const { world, emulator, sluice, served } = await start();
    const first = await read(served, fox);
    await first.until(hasMostOf);
    const second = served.ask(path, retry);
    for (;;) if ((await (await served.ask("/metrics")).text()).includes("limn_repeats_total 1")) break;
    sluice.open();
    const stored = storedPictureOf(await picturesOf(await second));
    expect(storedPictureOf(parseObject(await first.toEnd()))).toBe(stored);
    expect(stored).toBe(storedPicture(world).toString("base64"));
    expect(imageCalls(emulator)).toHaveLength(1);
  });
});

describe("trouble behind the picture's beginning", () => {
  for (const asking of [fox, foxEvents])
    it(`cuts the connection of ${asking === fox ? "an answer" : "an event stream"}, and every repeat gets what happened`, async () => {
      const { emulator, sluice, served } = await start();
      const reader = await read(served, asking);
      await reader.until(hasMostOf);
      sluice.cut();
      await expect(reader.toEnd()).rejects.toThrow();
      for (const again of [asking, { ...asking, extra: { "x-stainless-retry-count": "1" } }])
        expect(await errorOfAnswer(await served.ask(path, again))).toMatchObject({
          status: 502,
          retry: "false",
          error: { code: "stream_truncated" },
        });
      expect(imageCalls(emulator)).toHaveLength(1);
    });

  it("that shows only at the end cuts it, too: a picture that stops, and text that is none", async () => {
    const starless = (body: Buffer): Buffer => {
      const changed = Buffer.from(body);
      changed.write("*", passed + 500_000, "latin1");
      return changed;
    };
    for (const [options, scenario] of [
      [{ passed: 1000 }, { name: "truncated-image", fraction: 0.9 }],
      [{ passed, change: starless }, large],
    ] satisfies [SluiceOptions, Scenario][]) {
      const { world, emulator, sluice, served } = await start(options, scenario);
      const reader = await read(served, fox);
      sluice.open();
      await expect(reader.toEnd()).rejects.toThrow();
      expect(await errorOfAnswer(await served.ask(path, retry))).toMatchObject({
        status: 502,
        error: { code: "image_corrupt" },
      });
      expect(imageCalls(emulator)).toHaveLength(1);
      expect(world.keptFiles().filter(({ path: file }) => /\.(png|part)$/.test(file))).toEqual([]);
    }
  });

  it("before it, and without a picture's header, has a status of its own", async () => {
    const cut = await start({ passed: 80 });
    const asked = cut.served.ask(path, fox);
    await until(() => cut.sluice.held === 1);
    cut.sluice.cut();
    expect(await errorOfAnswer(await asked)).toMatchObject({ status: 502, error: { code: "stream_truncated" } });
    const text = await start({ passed: 80 }, { name: "not-an-image" });
    text.sluice.open();
    expect(await errorOfAnswer(await text.served.ask(path, fox))).toMatchObject({
      status: 502,
      error: { code: "image_corrupt" },
    });
  });
});

describe("a picture that limn changes, or one of several", () => {
  it("is answered when all is done, with its length", async () => {
    const { served, sluice } = await start({ passed: 1000 }, { name: "ok", size: "64x48" });
    sluice.open();
    for (const json of [
      { prompt: "exact", size: "32x32" },
      { prompt: "another type", output_format: "webp" },
      { prompt: "clear", background: "transparent" },
      { prompt: "two", n: 2 },
      { prompt: "an address", response_format: "url" },
    ]) {
      const response = await served.ask(path, { json });
      expect({ json, length: Number(response.headers.get("content-length")) }).toEqual({
        json,
        length: (await response.text()).length,
      });
    }
  });
});

function storedPictureOf({ data }: Record<string, unknown>): unknown {
  const [image]: unknown[] = Array.isArray(data) ? data : [];
  return parseObject(JSON.stringify(image)).b64_json;
}

/** The body of a chunked answer. */
function withoutChunks(answer: string): string {
  let body = "";
  for (let at = answer.indexOf("\r\n\r\n") + 4; ;) {
    const end = answer.indexOf("\r\n", at);
    const length = Number.parseInt(answer.slice(at, end), 16);
    if (length === 0) return body;
    body += answer.slice(end + 2, end + 2 + length);
    at = end + 2 + length + 2;
  }
}
