import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { bytesOf, picturesOf, startServe } from "./support/serve.ts";
import type { Asking, Served } from "./support/serve.ts";
import { World, imageCalls } from "./support/world.ts";

/** Requests as openai-images-clients.md records them, for programs that are not run here. */
const png = new Uint8Array(
  await sharp({ create: { width: 64, height: 64, channels: 3, background: "red" } })
    .png()
    .toBuffer(),
);

function form(
  fields: Readonly<Record<string, string>>,
  name: "image" | "image[]",
  count: number,
  file = "image.png",
  type = "image/png",
): Asking {
  const body = new FormData();
  for (const [field, value] of Object.entries(fields)) body.append(field, value);
  for (let place = 0; place < count; place += 1) body.append(name, new Blob([png], { type }), file);
  return { method: "POST", body };
}

async function start(): Promise<{ served: Served; sent(): number }> {
  const world = new World();
  const emulator = await world.startService({ scenario: "ok" });
  return { served: await startServe(world), sent: () => imageCalls(emulator).length };
}

async function size(served: Served, path: string, asking: Asking): Promise<string> {
  const { data } = await picturesOf(await served.ask(path, asking));
  expect(Object.keys(data[0] ?? {})).toEqual(["b64_json"]);
  const { width, height } = await sharp(bytesOf(data[0])).metadata();
  return `${data.length} of ${width}x${height}`;
}

describe("the requests of", () => {
  it(`Open WebUI (C19, C21) ${proves("serve-clients")}`, async () => {
    const { served } = await start();
    const words = { model: "gpt-image-2", prompt: "a fox", size: "512x512" };
    expect(await size(served, "/v1/images/generations", { json: { ...words, n: 1 } })).toBe("1 of 512x512");
    const old = { json: { ...words, model: "dall-e-3", n: 1, response_format: "b64_json" } };
    expect(await size(served, "/v1/images/generations?api-version=2026-01-01", old)).toBe("1 of 512x512");
    expect(await size(served, "/v1/images/edits", form({ ...words, n: "1", background: "opaque" }, "image", 1))).toBe(
      "1 of 512x512",
    );
    expect(
      await size(served, "/v1/images/edits", form({ ...words, n: "1", response_format: "b64_json" }, "image[]", 2)),
    ).toBe("1 of 512x512");
  });

  it(`LibreChat (C22, C23) ${proves("serve-clients")}`, async () => {
    const { served } = await start();
    const asked = { model: "gpt-image-1", prompt: "a fox", background: "auto", quality: "auto", size: "auto" };
    const all = { ...asked, n: 1, output_format: "png" };
    expect(await size(served, "/v1/images/generations", { json: all })).toMatch(/^1 of /);
    const edit = form(
      { model: asked.model, prompt: "night", quality: "auto", size: "1024x1024" },
      "image[]",
      2,
      "a",
      "application/octet-stream",
    );
    expect(await size(served, "/v1/images/edits", edit)).toBe("1 of 1024x1024");
  });

  it(`LiteLLM as a client (C27) ${proves("serve-clients")}`, async () => {
    const { served } = await start();
    expect(await size(served, "/images/generations", { json: { model: "gpt-image-2", prompt: "a fox" } })).toMatch(
      /^1 of /,
    );
    expect(
      await size(served, "/images/edits", form({ model: "gpt-image-2", prompt: "night", n: "2" }, "image[]", 1)),
    ).toMatch(/^2 of /);
  });

  it(`n8n (C25) ${proves("serve-clients")}`, async () => {
    const { served } = await start();
    const models: unknown = await (await served.ask("/v1/models")).json();
    expect(JSON.stringify(models)).toContain('"id":"gpt-image-2"');
    const asked = { model: "gpt-image-1-mini", prompt: "a fox", n: 1, size: "1024x1536", quality: "medium" };
    expect(await size(served, "/v1/images/generations", { json: asked })).toBe("1 of 1024x1536");
    const url = { ...asked, model: "dall-e-3", response_format: "url", quality: "hd", style: "vivid" };
    expect((await picturesOf(await served.ask("/v1/images/generations", { json: url }))).data[0]?.url).toContain(
      "/files/",
    );
    const fields = {
      model: "gpt-image-1",
      prompt: "night",
      n: "1",
      size: "1024x1024",
      quality: "high",
      background: "auto",
      input_fidelity: "high",
      output_format: "jpeg",
      output_compression: "80",
      user: "me",
    };
    expect(await size(served, "/v1/images/edits", form(fields, "image[]", 1))).toBe("1 of 1024x1024");
  });

  it(`OpenClaw (C30, C31) ${proves("serve-clients")}`, async () => {
    const { served } = await start();
    expect(
      await size(served, "/images/generations", {
        json: { model: "gpt-image-2", prompt: "a fox", n: 2, size: "1024x1024" },
      }),
    ).toBe("2 of 1024x1024");
    expect(
      await size(
        served,
        "/images/edits",
        form({ model: "gpt-image-2", prompt: "night", n: "1", size: "1024x1024" }, "image", 1),
      ),
    ).toBe("1 of 1024x1024");
    const all = {
      model: "gpt-image-2",
      prompt: "a fox",
      n: 1,
      size: "2048x1152",
      quality: "high",
      output_format: "webp",
      background: "opaque",
      moderation: "low",
    };
    expect(await size(served, "/v1/images/generations", { json: all })).toBe("1 of 2048x1152");
    expect(
      await size(
        served,
        "/v1/images/edits",
        form({ model: "gpt-image-2", prompt: "night", n: "1", size: "1024x1024" }, "image[]", 5),
      ),
    ).toBe("1 of 1024x1024");
  });

  it(`Hermes and Open Design (C28, C29) ${proves("serve-clients")}`, async () => {
    const { served } = await start();
    for (const shape of ["1536x1024", "1024x1024", "1024x1536"])
      expect(
        await size(served, "/v1/images/generations", {
          json: { model: "gpt-image-2", prompt: "a fox", size: shape, quality: "low", n: 1 },
        }),
      ).toBe(`1 of ${shape}`);
    const image_url = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
    const edit = { model: "gpt-image-2", prompt: "night", n: 1, size: "1792x1024", images: [{ image_url }] };
    expect(await size(served, "/v1/images/edits", { json: edit })).toBe("1 of 1792x1024");
  });
});
