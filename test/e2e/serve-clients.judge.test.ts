import { existsSync } from "node:fs";
import { createServer, connect } from "node:net";
import type { Socket } from "node:net";
import { resolve } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { proves } from "./requirements.ts";
import { Gate, startServe } from "./support/serve.ts";
import type { Served } from "./support/serve.ts";
import { World, imageCalls, onlyLine, parseObject, until } from "./support/world.ts";

/** The released clients of test/judges, each in a process of its own. */
const judges = resolve(import.meta.dirname, "../judges");
const absent = existsSync(resolve(judges, "node_modules/openai"))
  ? null
  : "the real clients are not installed (npm ci --prefix test/judges)";

async function run(
  world: World,
  served: Pick<Served, "url" | "key">,
  script: string,
): Promise<Record<string, unknown>> {
  const { stdout, stderr } = await world.startOther(process.execPath, ["--input-type=module", "-e", script], {
    cwd: judges,
    env: { BASE: `${served.url}/v1`, KEY: served.key },
  }).finished;
  if (stdout === "") throw new Error(stderr);
  return parseObject(onlyLine(stdout));
}

/** A red picture and a mask with a transparent half, made without any library. */
const pictures = `
import zlib from "node:zlib";
const chunk = (type, data) => {
  const body = Buffer.concat([Buffer.from(type), data]);
  const head = Buffer.alloc(4); head.writeUInt32BE(data.length);
  const sum = Buffer.alloc(4); sum.writeUInt32BE(zlib.crc32(body));
  return Buffer.concat([head, body, sum]);
};
const png = (alpha) => {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(64, 0); header.writeUInt32BE(64, 4); header[8] = 8; header[9] = 6;
  const rows = Buffer.alloc(64 * 257);
  for (let y = 0; y < 64; y += 1) for (let x = 0; x < 64; x += 1) rows.set([255, 0, 0, alpha(x, y)], y * 257 + 1 + x * 4);
  return Buffer.concat([Buffer.from("89504e470d0a1a0a", "hex"), chunk("IHDR", header), chunk("IDAT", zlib.deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
};
const red = png(() => 255);
const mask = png((x) => (x < 32 ? 0 : 255));
`;

const openaiClient = (name: string): string => `
import OpenAI, { toFile } from "${name}";
${pictures}
const client = new OpenAI({ baseURL: process.env.BASE, apiKey: process.env.KEY });
`;

const failing = `
const failure = (error) => ({ name: error.constructor.name, status: error.status, code: error.code, type: error.type, message: error.message });
`;

describe.skipIf(absent !== null)(`real clients${absent === null ? "" : `: ${absent}`}`, () => {
  for (const name of ["openai", "openai6"]) {
    it(`${name} makes, edits, masks, streams and lists ${proves("serve-clients")}`, async () => {
      const world = new World();
      const emulator = await world.startService({ scenario: "ok" });
      const served = await startServe(world);
      const told = await run(
        world,
        served,
        `${openaiClient(name)}
const made = await client.images.generate({ model: "gpt-image-2", prompt: "a fox", n: 2, size: "96x64", quality: "high", output_format: "webp" });
const one = await client.images.edit({ model: "gpt-image-2", prompt: "night", image: await toFile(red, "a.png") });
const two = await client.images.edit({ model: "gpt-image-2", prompt: "both", image: [await toFile(red, "a.png"), await toFile(red, "b.png")], n: 2, size: "64x64" });
const masked = await client.images.edit({ model: "gpt-image-2", prompt: "a hole", image: await toFile(red, "a.png"), mask: await toFile(mask, "m.png") });
const types = async (stream) => { const found = []; for await (const event of stream) found.push([event.type, event.b64_json.length > 100]); return found; };
const stream = await types(await client.images.generate({ model: "gpt-image-2", prompt: "a fox", stream: true, partial_images: 2 }));
const editStream = await types(await client.images.edit({ model: "gpt-image-2", prompt: "x", image: await toFile(red, "a.png"), stream: true }));
const models = []; for await (const model of client.models.list()) models.push(model.id);
console.log(JSON.stringify({
  made: [made.data.length, made.size, made.output_format, made.usage.total_tokens > 0, Buffer.from(made.data[0].b64_json, "base64").toString("latin1", 8, 12)],
  one: one.data.length, two: [two.data.length, two.size], masked: masked.size, stream, editStream, model: models[0],
}));`,
      );
      expect(told).toEqual({
        made: [2, "96x64", "webp", true, "WEBP"],
        one: 1,
        two: [2, "64x64"],
        masked: "64x64",
        stream: [
          ["image_generation.partial_image", true],
          ["image_generation.partial_image", true],
          ["image_generation.completed", true],
        ],
        editStream: [["image_edit.completed", true]],
        model: "gpt-image-2",
      });
      expect(emulator.calls.filter(({ route }) => route === "images.edits")).toHaveLength(5);
    });

    it(`${name} gets errors as its own classes, and asks nothing twice ${proves("serve-clients", "serve-errors")}`, async () => {
      const world = new World();
      const emulator = await world.startService({ scenario: "usage-limit" });
      const served = await startServe(world);
      const script = `${openaiClient(name)}${failing}
const ask = async (options, using = client) => using.images.generate({ model: "gpt-image-2", prompt: "a fox", ...options }).catch(failure);
const wrong = new OpenAI({ baseURL: process.env.BASE, apiKey: "wrong" });
console.log(JSON.stringify({ limit: await ask({}), again: await ask({ prompt: "another" }), n: await ask({ n: 11 }), size: await ask({ size: "huge" }), model: await ask({ model: "flux" }), key: await ask({}, wrong) }));`;
      const limit = { name: "RateLimitError", status: 429, code: "usage_limit_reached", type: "usage_limit_reached" };
      expect(await run(world, served, script)).toMatchObject({
        limit,
        again: limit,
        n: { name: "BadRequestError", message: "400 n must be a whole number from 1 to 10." },
        size: { name: "BadRequestError", status: 400 },
        model: { name: "NotFoundError", code: "model_not_found" },
        key: { name: "AuthenticationError", status: 401, code: "invalid_api_key" },
      });
      // The second one was answered from memory.
      expect(imageCalls(emulator)).toHaveLength(1);
    });

    it(`${name} is refused and told without a login, and by the content policy ${proves("serve-clients", "serve-errors")}`, async () => {
      const world = new World();
      await world.startService({ scenario: "ok" }, "none");
      const script = `${openaiClient(name)}${failing}
console.log(JSON.stringify(await client.images.generate({ model: "gpt-image-2", prompt: "a fox" }).catch(failure)));`;
      expect(await run(world, await startServe(world), script)).toMatchObject({
        name: "InternalServerError",
        status: 503,
        code: "login_missing",
        message: expect.stringContaining("limn login"),
      });
      const other = new World();
      const emulator = await other.startService({ scenario: "moderation" });
      expect(await run(other, await startServe(other), script)).toMatchObject({
        name: "BadRequestError",
        code: "moderation_blocked",
      });
      expect(imageCalls(emulator)).toHaveLength(1);
    });
  }

  for (const [ai, openai, compatible] of [
    ["ai", "@ai-sdk/openai", "@ai-sdk/openai-compatible"],
    ["ai6", "@ai-sdk/openai3", "@ai-sdk/openai-compatible2"],
  ] as const)
    for (const provider of [openai, compatible]) {
      const create = provider.includes("compatible")
        ? `import { createOpenAICompatible } from "${provider}";
const model = createOpenAICompatible({ name: "limn", baseURL: process.env.BASE, apiKey: process.env.KEY }).imageModel("gpt-image-2");`
        : `import { createOpenAI } from "${provider}";
const model = createOpenAI({ baseURL: process.env.BASE, apiKey: process.env.KEY }).image("gpt-image-2");`;
      it(`${ai} with ${provider} makes, edits and masks, and a failure that may have cost something is asked once ${proves("serve-clients")}`, async () => {
        const world = new World();
        const emulator = await world.startService({ scenario: "ok" });
        const served = await startServe(world);
        const told = await run(
          world,
          served,
          `import { generateImage } from "${ai}";
${create}
${pictures}
const made = await generateImage({ model, prompt: "a fox", n: 2, size: "96x64" });
const edited = await generateImage({ model, prompt: { text: "night", images: [red] } });
const several = await generateImage({ model, prompt: { text: "both", images: [red, red] } });
const masked = await generateImage({ model, prompt: { text: "a hole", images: [red], mask }, size: "1024x1024" });
console.log(JSON.stringify([made, edited, several, masked].map(({ images }) => images.map(({ mediaType }) => mediaType))));`
            .replace("console.log(JSON.stringify([made", "console.log(JSON.stringify({ ...[made")
            .replace("mediaType))));", "mediaType)) }));"),
        );
        expect(told).toEqual({ 0: ["image/png", "image/png"], 1: ["image/png"], 2: ["image/png"], 3: ["image/png"] });
        const before = imageCalls(emulator).length;
        emulator.setScenario("cut-body");
        const failed = await run(
          world,
          served,
          `import { generateImage } from "${ai}";
${create}
console.log(JSON.stringify(await generateImage({ model, prompt: "fails", maxRetries: 1 }).catch((error) => ({ message: error.message }))));`,
        );
        expect(String(failed.message)).toContain("Last error:");
        expect(imageCalls(emulator)).toHaveLength(before + 1);
      });
    }

  for (const [name, script] of [
    [
      "openai",
      `${openaiClient("openai")}console.log(JSON.stringify(await client.images.generate({ model: "gpt-image-2", prompt: "cut" })));`,
    ],
    [
      "openai6",
      `${openaiClient("openai6")}console.log(JSON.stringify(await client.images.generate({ model: "gpt-image-2", prompt: "cut" })));`,
    ],
    [
      "ai with @ai-sdk/openai",
      `import { generateImage } from "ai";
import { createOpenAI } from "@ai-sdk/openai";
const { images } = await generateImage({ model: createOpenAI({ baseURL: process.env.BASE, apiKey: process.env.KEY }).image("gpt-image-2"), prompt: "cut" });
console.log(JSON.stringify({ data: images.map(() => 1) }));`,
    ],
  ] as const)
    it(`${name}, cut in the middle and left to its own retries, costs one picture ${proves("serve-clients", "serve-repeat")}`, async () => {
      const world = new World();
      const emulator = await world.startService();
      const gate = await Gate.before(world);
      const served = await startServe(world);
      const wire = await Wire.to(served);
      const asked = run(world, { url: wire.url, key: served.key }, script);
      await until(() => gate.held === 1);
      wire.cut();
      while (!(await (await served.ask("/metrics")).text()).includes("limn_repeats_total 1"));
      gate.open();
      expect((await asked).data).toHaveLength(1);
      expect(imageCalls(emulator)).toHaveLength(1);
      expect(world.generations()).toHaveLength(1);
    });
});

/** A connection that can be cut. */
class Wire {
  url = "";
  readonly #sockets = new Set<Socket>();

  static async to(served: Served): Promise<Wire> {
    const wire = new Wire();
    const { port } = new URL(served.url);
    const server = createServer((socket) => {
      wire.#sockets.add(socket);
      const onward = connect(Number(port), "127.0.0.1");
      // The server answers under its own name only.
      socket.on("data", (piece: Buffer) => {
        const text = piece.toString("latin1").replace(/^host: .*$/im, `Host: 127.0.0.1:${port}`);
        onward.write(text, "latin1");
      });
      onward.pipe(socket);
      socket.on("error", () => undefined).on("close", () => onward.destroy());
      onward.on("error", () => undefined).on("close", () => socket.destroy());
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    if (typeof address === "object" && address !== null) wire.url = `http://127.0.0.1:${address.port}`;
    onTestFinished(() => {
      wire.cut();
      server.close();
    });
    return wire;
  }

  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }
}
