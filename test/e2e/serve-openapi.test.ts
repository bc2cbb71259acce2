import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { DescribedApi, objectOf } from "../support/described-api.ts";
import type { Answer } from "../support/described-api.ts";
import { proves } from "./requirements.ts";
import { startServe } from "./support/serve.ts";
import type { Asking, Served } from "./support/serve.ts";
import { World } from "./support/world.ts";

const generations = "/v1/images/generations";
const edits = "/v1/images/edits";

const png = await sharp({ create: { width: 64, height: 64, channels: 3, background: "red" } })
  .png()
  .toBuffer();

function form(fields: Readonly<Record<string, string>>): Asking {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) body.append(name, value);
  body.append("image", new Blob([new Uint8Array(png)]), "a.png");
  return { method: "POST", body };
}

async function describedBy(served: Served): Promise<DescribedApi> {
  return DescribedApi.of(await (await served.ask("/openapi.json")).json());
}

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() };
}

describe(`the description of the API ${proves("serve-openapi")}`, () => {
  it("is valid OpenAPI and names every route, what it takes and who may ask", async () => {
    const world = new World();
    await world.startService();
    const api = await describedBy(await startServe(world));
    expect(
      api.operations.map(({ method, address, needsKey, bodies }) => [
        `${method} ${address}${needsKey ? "" : " (open)"}`,
        ...Object.keys(bodies),
      ]),
    ).toEqual([
      ["POST /v1/images/generations", "application/json"],
      ["POST /v1/images/edits", "multipart/form-data", "application/json"],
      ["GET /v1/models"],
      ["GET /v1/models/{model}"],
      ["GET /files/{token} (open)"],
      ["GET /healthz (open)"],
      ["GET /metrics"],
      ["GET /openapi.json"],
    ]);
  });

  it("holds for answers with pictures, events, models, files and counts", async () => {
    const world = new World();
    await world.startService({ scenario: "ok" });
    const served = await startServe(world);
    const api = await describedBy(served);
    const dataAddress = `data:image/png;base64,${png.toString("base64")}`;
    const cases: readonly (readonly [path: string, asking: Asking, type: string])[] = [
      [generations, { json: { prompt: "x", n: 2, user: "me", model: "dall-e-3" } }, "application/json"],
      [generations, { json: { prompt: "y", size: "64x48", response_format: "url" } }, "application/json"],
      [generations, { json: { prompt: "z", stream: true, partial_images: 2 } }, "text/event-stream"],
      [edits, form({ prompt: "x", n: "2", size: "64x64" }), "application/json"],
      [edits, form({ prompt: "y", stream: "true", partial_images: "1" }), "text/event-stream"],
      [edits, { json: { prompt: "z", images: [{ image_url: dataAddress }] } }, "application/json"],
      ["/v1/models", {}, "application/json"],
      ["/models/gpt-image-2", {}, "application/json"],
      ["/healthz", {}, "application/json"],
      ["/metrics", {}, "text/plain"],
      ["/openapi.json", {}, "application/json"],
    ];
    for (const [path, asking, type] of cases) {
      const response = await served.ask(path, asking);
      const answer = await answerOf(response);
      expect({ path, status: answer.status, type: answer.headers["content-type"]?.split(";", 1)[0] }).toEqual({
        path,
        status: 200,
        type,
      });
      expect({
        path,
        faults: api.faults(asking.method ?? (asking.json === undefined ? "GET" : "POST"), path, answer),
      }).toEqual({
        path,
        faults: [],
      });
    }
    const { data } = objectOf(
      await (await served.ask(generations, { json: { prompt: "u", response_format: "url" } })).json(),
    );
    const url = new URL(String(objectOf(Array.isArray(data) ? data[0] : null).url));
    expect(api.faults("GET", url.pathname, await answerOf(await fetch(url)))).toEqual([]);
  });

  it("holds for errors of the request, the key, the place, the service and the login", async () => {
    const asked = async (
      options: Parameters<World["startService"]>,
      path: string,
      asking: Asking,
      expected: number,
    ): Promise<void> => {
      const world = new World();
      await world.startService(...options);
      const served = await startServe(world);
      const api = await describedBy(served);
      const answer = await answerOf(await served.ask(path, asking));
      const method = asking.method ?? (asking.json === undefined ? "GET" : "POST");
      expect({ path, expected, status: answer.status, faults: api.faults(method, path, answer) }).toEqual({
        path,
        expected,
        status: expected,
        faults: [],
      });
    };
    const json = { json: { prompt: "x" } };
    await asked([], generations, { json: { prompt: "x", n: 11 } }, 400);
    await asked([], generations, { ...json, extra: { authorization: "Bearer wrong" } }, 401);
    await asked([], generations, { ...json, extra: { origin: "http://evil.example" } }, 403);
    await asked([], generations, { json: { prompt: "x", model: "flux" } }, 404);
    await asked([], "/v1/models/flux", {}, 404);
    await asked([], `/files/${"x".repeat(32)}`, {}, 404);
    await asked([], "/v1/audio/speech", json, 404);
    await asked([], "/healthz", { method: "DELETE" }, 405);
    await asked([], generations, { json: { prompt: "x".repeat(1_100_000) } }, 413);
    await asked([], edits, { method: "POST", body: "hello" }, 415);
    await asked([{ scenario: "usage-limit" }], generations, json, 429);
    await asked([{ scenario: "moderation" }], generations, json, 400);
    await asked([{ scenario: "not-an-image" }], generations, json, 502);
    await asked([{ scenario: "reset" }], generations, json, 504);
    await asked([{}, "none"], generations, json, 503);
    await asked([{}, "none"], generations, { json: { prompt: "x", stream: true } }, 503);
  });

  it("holds for an error in a stream that has begun", async () => {
    const world = new World();
    await world.startService({ scenario: { name: "cut-stream", on: "responses", at: "partials" } });
    const served = await startServe(world);
    const api = await describedBy(served);
    const answer = await answerOf(
      await served.ask(generations, { json: { prompt: "x", stream: true, partial_images: 3 } }),
    );
    expect(api.faults("POST", generations, answer)).toEqual([]);
  });
});
