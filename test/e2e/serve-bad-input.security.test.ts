import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { DescribedApi } from "../support/described-api.ts";
import type { Answer } from "../support/described-api.ts";
import { requestsOf } from "../support/described-requests.ts";
import { proves } from "./requirements.ts";
import { errorOfAnswer, picturesOf, startServe } from "./support/serve.ts";
import type { Asking, Served } from "./support/serve.ts";
import { World, imageCalls, parseObject, until } from "./support/world.ts";

const generations = "/v1/images/generations";
const edits = "/v1/images/edits";

async function start(): Promise<{ world: World; served: Served; sent(): number; token: string }> {
  const world = new World();
  const emulator = await world.startService();
  return {
    world,
    served: await startServe(world),
    sent: () => imageCalls(emulator).length,
    token: emulator.accessToken,
  };
}

const png = await sharp({ create: { width: 32, height: 32, channels: 3, background: "red" } })
  .png()
  .toBuffer();

function form(parts: readonly (readonly [name: string, value: string | Uint8Array])[]): Asking {
  const body = new FormData();
  for (const [name, value] of parts) {
    if (typeof value === "string") body.append(name, value);
    else body.append(name, new Blob([new Uint8Array(value)]), "x.png");
  }
  return { method: "POST", body };
}

function broken(body: string | Buffer, type = "multipart/form-data; boundary=limit"): Asking {
  return {
    method: "POST",
    body: typeof body === "string" ? body : new Uint8Array(body),
    extra: { "content-type": type },
  };
}

/** With headers and paths that fetch does not let anybody set, and a connection of its own. */
async function rawAnswer(
  url: string,
  method: string,
  path: string,
  options: { readonly headers: Readonly<Record<string, string>>; readonly body?: Buffer | null },
): Promise<Answer> {
  const { hostname: host, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asked = request({ host, port, method, path, agent: false, headers: options.headers }, (answer) => {
      const pieces: Buffer[] = [];
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("error", reject);
      answer.on("end", () =>
        resolve({
          status: answer.statusCode ?? 0,
          headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])),
          text: Buffer.concat(pieces).toString(),
        }),
      );
    });
    asked.on("error", reject);
    asked.end(options.body ?? undefined);
  });
}

async function rawStatus(url: string, headers: Readonly<Record<string, string>>, path = "/v1/models"): Promise<number> {
  return (await rawAnswer(url, "GET", path, { headers })).status;
}

/** What is left in the folder for temporary files. */
function leftovers(world: World): string[] {
  return readdirSync(world.env.TMPDIR ?? "").filter((name) => name.startsWith("limn"));
}

describe("whoever", () => {
  it(`has no key, a wrong one, a foreign Host or Origin gets nothing ${proves("serve-guard")}`, async () => {
    const { served, sent } = await start();
    const { host, port } = new URL(served.url);
    for (const authorization of [
      "",
      "Bearer",
      "Bearer wrong",
      `Bearer ${served.key}x`,
      `Basic ${served.key}`,
      served.key,
    ])
      for (const path of [generations, "/v1/models", "/metrics", "/openapi.json", "/api/anything"]) {
        const answer = await errorOfAnswer(await served.ask(path, { extra: { authorization } }));
        expect({ authorization, path, ...answer }).toMatchObject({
          status: 401,
          retry: "false",
          error: { code: "invalid_api_key" },
        });
      }
    // The page's part of the server says it in its own way.
    for (const path of ["/", "/anything", "/files/x"]) expect((await fetch(`${served.url}${path}`)).status).toBe(401);
    const authorization = `Bearer ${served.key}`;
    for (const foreign of [
      "evil.example",
      `evil.example:${port}`,
      "127.0.0.1",
      `127.0.0.1:1`,
      `127.0.0.1.evil.example:${port}`,
    ]) {
      expect(await rawStatus(served.url, { host: foreign, authorization })).toBe(403);
      expect(await rawStatus(served.url, { host: foreign }, "/healthz")).toBe(403);
    }
    for (const origin of ["http://evil.example", "null", `https://${host}`, `http://${host}.evil.example`, "file://"])
      expect(await rawStatus(served.url, { origin, authorization })).toBe(403);
    expect(
      await rawStatus(served.url, { origin: `http://localhost:${port}`, host: `localhost:${port}`, authorization }),
    ).toBe(200);
    const preflight = await fetch(`${served.url}${generations}`, {
      method: "OPTIONS",
      headers: { origin: "http://evil.example" },
    });
    expect(preflight.status).toBe(403);
    expect(preflight.headers.get("access-control-allow-origin")).toBeNull();
    expect(sent()).toBe(0);
  });
});

describe("a request", () => {
  it(`that is wrong is told in the API's shape, and nothing is sent, read or left behind ${proves("serve-errors", "serve-limits")}`, async () => {
    const { world, served, sent } = await start();
    const secret = join(world.home, "secret.png");
    writeFileSync(secret, png);
    const data = `data:image/png;base64,${png.toString("base64")}`;
    const ok: readonly [string, string] = ["prompt", "x"];
    const image: readonly [string, Uint8Array] = ["image[]", png];
    const file = (content: string): string =>
      `--limit\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n${content}`;
    const cases: readonly (readonly [path: string, asking: Asking, status: number, words: string])[] = [
      [generations, { json: {} }, 400, "prompt is missing"],
      [generations, { json: { prompt: "" } }, 400, "prompt is empty"],
      [generations, { json: { prompt: ["x"] } }, 400, "prompt must be a text"],
      [generations, { json: { prompt: "x".repeat(32_001) } }, 400, "limit is 32000"],
      [generations, { json: { prompt: "x", n: 11 } }, 400, "n must be"],
      [generations, { json: { prompt: "x", n: "two" } }, 400, "n must be"],
      [generations, { json: { prompt: "x", size: "huge" } }, 400, "size must be"],
      [generations, { json: { prompt: "x", size: "9x9" } }, 400, "16 to 8192"],
      [generations, { json: { prompt: "x", size: "99999x99999" } }, 400, "16 to 8192"],
      [generations, { json: { prompt: "x", quality: "best" } }, 400, "quality must be"],
      [generations, { json: { prompt: "x", stream: "maybe" } }, 400, "stream must be"],
      [generations, { json: { prompt: "x", response_format: "path" } }, 400, "response_format"],
      [generations, { json: { prompt: "x", output_format: "jpeg", background: "transparent" } }, 400, "jpeg"],
      [generations, { json: { prompt: "x", model: "flux" } }, 404, "no image model"],
      [generations, { json: [] }, 400, "JSON object"],
      [generations, broken("{", "application/json"), 400, "not valid JSON"],
      [generations, broken("[".repeat(500_000), "application/json"), 400, "nested deeper"],
      [
        generations,
        broken(`{"prompt":${"[".repeat(200_000)}${"]".repeat(200_000)}}`, "application/json"),
        400,
        "nested deeper",
      ],
      [generations, broken(`{"prompt":"${"x".repeat(1_100_000)}"}`, "application/json"), 413, "limit"],
      [generations, broken("prompt=x", "application/x-www-form-urlencoded"), 415, "application/json"],
      [generations, form([ok]), 415, "application/json"],
      [generations, broken('{"prompt":[[["x"]]]}', "application/json"), 400, "prompt must be a text"],
      [edits, broken("[".repeat(20_000_000), "application/json"), 400, "nested deeper"],
      [edits, broken(`{"n":[${"{},".repeat(5_000_000)}0]}`, "application/json"), 400, "holds more"],
      [edits, form([ok]), 400, "picture to change is missing"],
      [edits, form([ok, ["mask", png]]), 400, "no picture that it belongs to"],
      [edits, form([ok, ["image", "text"]]), 400, "must be a file"],
      [edits, form([ok, ["image", png], image]), 400, "image and image[]"],
      [edits, form([ok, ["image", png], ["mask", png], ["mask", png]]), 400, "more than one mask"],
      [edits, form([ok, ...Array.from({ length: 17 }, () => image)]), 400, "More than 16"],
      [edits, form([ok, ["image", Buffer.alloc(0)]]), 400, "no bytes"],
      [edits, form([ok, ["image", Buffer.from("hello")]]), 400, "not"],
      [edits, form([ok, ["image", Buffer.from("<svg/>")]]), 400, ""],
      [edits, form([ok, ["image", Buffer.alloc(25 * 1024 * 1024 + 1)]]), 413, "25 MiB"],
      [
        edits,
        form([ok, ["image", png], ...Array.from({ length: 70 }, (_, place) => [`f${place}`, "x"] as const)]),
        400,
        "more parts",
      ],
      [edits, broken("hello"), 400, "form is broken"],
      [edits, broken(file("")), 400, "form is broken"],
      [edits, broken(`--limit\r\n${"x".repeat(100_000)}`), 400, "form is broken"],
      [edits, broken("x", "multipart/form-data"), 400, "no boundary"],
      [edits, { json: { prompt: "x", images: [{ image_url: secret }] } }, 400, "must be a data: address"],
      [edits, { json: { prompt: "x", images: [`file://${secret}`] } }, 400, "must be a data: address"],
      [edits, { json: { prompt: "x", images: ["@last"] } }, 400, "must be a data: address"],
      [edits, { json: { prompt: "x", images: [{ image_url: served.url }] } }, 400, "must be a data: address"],
      [edits, { json: { prompt: "x", images: [{ file_id: "file-1" }] } }, 400, "must be a data: address"],
      [edits, { json: { prompt: "x", image: data, mask: "/etc/passwd" } }, 400, "must be a data: address"],
      [edits, { json: { prompt: "x", image: "data:image/png,hello" } }, 400, "base64"],
      [edits, { json: { prompt: "x", image: "data:image/png;base64," } }, 400, "no bytes"],
      [edits, { json: { prompt: "x", image: Array.from({ length: 17 }, () => data) } }, 400, "More than 16"],
      [edits, { json: { prompt: "x", image: "data:image/png;base64,aGVsbG8=" } }, 400, ""],
      ["/v1/chat/completions", { json: {} }, 404, "no such route"],
      ["/v1/images/generations", {}, 405, "POST"],
      ["/v1/../etc/passwd", {}, 404, "no such route"],
    ];
    for (const [path, asking, status, words] of cases) {
      const answer = await errorOfAnswer(await served.ask(path, asking));
      const shown = { path, words, ...answer };
      expect(shown).toMatchObject({ status, retry: "false" });
      expect(Object.keys(answer.error)).toEqual(["message", "type", "code", "param"]);
      expect(String(answer.error.message)).toContain(words);
      expect(String(answer.error.message)).not.toContain(world.folder);
    }
    expect(sent()).toBe(0);
    await until(() => leftovers(world).length === 0);
  });

  it(`of four times 30 MB is refused, and costs the server little memory ${proves("serve-limits")}`, async () => {
    const { world, served, sent } = await start();
    const peak = (): number =>
      Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${served.running.pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
    await picturesOf(
      await served.ask(
        edits,
        form([
          ["prompt", "warm"],
          ["image", png],
        ]),
      ),
    );
    const before = process.platform === "linux" ? peak() : 0;
    const large = Buffer.alloc(30_000_000);
    for (const length of [1, 4]) {
      const parts = Array.from({ length }, () => ["image[]", large] as const);
      expect((await errorOfAnswer(await served.ask(edits, form([["prompt", "x"], ...parts])))).status).toBe(413);
    }
    if (process.platform === "linux") expect(peak() - before).toBeLessThan(80);
    expect(sent()).toBe(1);
    await until(() => leftovers(world).length === 0);
  });

  it(`whose client leaves in its middle, or that hides its length, leaves nothing behind ${proves("serve-limits")}`, async () => {
    const { world, served, sent } = await start();
    const { host, port } = new URL(served.url);
    const part = '--limit\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n';
    const head = (length: string): string =>
      `POST /v1/images/edits HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${served.key}\r\nContent-Type: multipart/form-data; boundary=limit\r\n${length}\r\n\r\n`;
    for (const cut of [10, part.length, part.length + 5, part.length + 70_000]) {
      const socket = connect(Number(port), "127.0.0.1");
      socket.write(head("Content-Length: 1000000"));
      socket.write(`${part}${"x".repeat(100_000)}`.slice(0, cut), () => socket.destroy());
      await new Promise((resolve) => socket.once("close", resolve));
    }
    const asked = request(`${served.url}${edits}`, {
      method: "POST",
      headers: { authorization: `Bearer ${served.key}`, "content-type": "multipart/form-data; boundary=limit" },
    });
    const status = new Promise<number>((resolve, reject) => {
      asked.on("response", (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      });
      asked.on("error", reject);
    });
    for (let picture = 0; picture < 4; picture += 1) asked.write(`${part}${"x".repeat(24_000_000)}\r\n`);
    asked.end("--limit--\r\n");
    expect(await status).toBe(413);
    await until(() => leftovers(world).length === 0);
    expect((await served.ask("/v1/models")).status).toBe(200);
    expect(sent()).toBe(0);
  });

  it(`of any kind, made from the server's own description, is answered as described, and tells nothing private ${proves("serve-limits", "serve-openapi")}`, async () => {
    const { world, served, token } = await start();
    const api = await DescribedApi.of(await (await served.ask("/openapi.json")).json());
    const words = "planted and very private words";
    const parts = { api, words, key: served.key, picture: png, mask: png };
    const all = fc.oneof(...api.operations.map((operation) => requestsOf(parts, operation)));
    await fc.assert(
      fc.asyncProperty(all, async ({ method, path, headers, body }) => {
        const answer = await rawAnswer(served.url, method, path, {
          headers: { authorization: `Bearer ${served.key}`, ...headers },
          body,
        });
        expect({ method, path, faults: api.faults(method, path, answer) }).toEqual({ method, path, faults: [] });
        expect({ method, path, isBug: answer.status === 500 }).toEqual({ method, path, isBug: false });
        const told = JSON.stringify(answer.headers) + answer.text;
        for (const secret of [served.key, token, world.folder, ...(answer.status >= 400 ? [words] : [])])
          expect(told).not.toContain(secret);
      }),
      { seed: 7, numRuns: 200, endOnFailure: true },
    );
    await until(() => leftovers(world).length === 0);
    served.running.kill("SIGTERM");
    const { stdout, stderr } = await served.running.finished;
    for (const secret of [served.key, token, words]) expect(stdout + stderr).not.toContain(secret);
  });
});

describe("connections", () => {
  it(`that say nothing, or say it slowly, do not keep others from being served, and are ended ${proves("serve-limits")}`, async () => {
    const { served } = await start();
    const { port } = new URL(served.url);
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    const open = async (): Promise<Socket> =>
      new Promise((resolve, reject) => {
        const socket = connect(Number(port), "127.0.0.1", () => resolve(socket));
        socket.once("error", reject);
        sockets.push(socket);
      });
    for (let batch = 0; batch < 10; batch += 1) await Promise.all(Array.from({ length: 100 }, open));
    const slow = await open();
    slow.write("POST /v1/images/generations HTTP/1.1\r\nHost: ");
    const ended = new Promise<string>((resolve) => {
      let text = "";
      slow.on("data", (piece: Buffer) => (text += piece.toString("latin1")));
      slow.on("close", () => resolve(text));
    });
    expect((await picturesOf(await served.ask(generations, { json: { prompt: "x" } }))).data).toHaveLength(1);
    expect(await ended).toMatch(/^HTTP\/1.1 408 [^]*x-request-id: req_[^]*did not come in time/);
  });

  it(`that speak something else are told so ${proves("serve-errors")}`, async () => {
    const { served } = await start();
    const socket = connect(Number(new URL(served.url).port), "127.0.0.1");
    socket.write("\u0016\u0003\u0001 hello\r\n\r\n");
    const answer = await new Promise<string>((resolve) => {
      let text = "";
      socket.on("data", (piece: Buffer) => (text += piece.toString("latin1")));
      socket.on("close", () => resolve(text));
    });
    expect(answer).toMatch(/^HTTP\/1.1 400 [^]*not a valid HTTP request/);
  });
});

describe("trouble of the service", () => {
  it(`has its status, its code and no repeat, and no token, prompt or path is told to anybody ${proves("serve-errors")}`, async () => {
    for (const [scenario, status, code] of [
      ["unauthorized", 503, "login_missing"],
      ["usage-limit", 429, "usage_limit_reached"],
      ["usage-not-included", 403, "plan_not_included"],
      ["moderation", 400, "moderation_blocked"],
      ["reset", 504, "outcome_unknown"],
      [{ name: "cut-body", atBytes: 80 }, 502, "stream_truncated"],
      ["bad-request", 502, "service_error"],
      ["not-an-image", 502, "image_corrupt"],
      ["empty-data", 502, "no_image_returned"],
    ] as const) {
      const world = new World();
      const emulator = await world.startService({ scenario });
      const served = await startServe(world);
      const response = await served.ask(generations, { json: { prompt: "a very private prompt indeed" } });
      const headers = JSON.stringify([...response.headers]);
      const answer = await errorOfAnswer(response);
      expect({ scenario, ...answer }).toMatchObject({ status, retry: "false", error: { code } });
      if (scenario === "usage-limit") {
        expect(Number(response.headers.get("retry-after"))).toBeGreaterThan(60);
        expect(answer.error.resets_at).toEqual(expect.any(Number));
      }
      served.running.kill("SIGTERM");
      const { stdout, stderr, status: exit } = await served.running.finished;
      expect(exit).toBe(143);
      const told = headers + JSON.stringify(answer) + stdout + stderr;
      for (const secret of [emulator.accessToken, served.key, "very private", world.limnHome + "/generations"])
        expect(told).not.toContain(secret);
    }
  });

  it(`during a stream has a status while nothing was sent, and is an event after that ${proves("serve-errors", "serve-stream")}`, async () => {
    const world = new World();
    await world.startService({ scenario: { name: "cut-stream", on: "responses", at: "partials" } });
    const served = await startServe(world);
    const response = await served.ask(generations, { json: { prompt: "x", stream: true, partial_images: 3 } });
    const text = await response.text();
    if (response.status === 200)
      expect(parseObject(/event: error\ndata: (.*)/.exec(text)?.[1] ?? "")).toMatchObject({
        type: "error",
        error: { message: expect.any(String) },
      });
    else expect(parseObject(text)).toMatchObject({ error: { code: "stream_truncated" } });
    const login = new World();
    await login.startService({}, "none");
    const refused = await (await startServe(login)).ask(generations, { json: { prompt: "x", stream: true } });
    expect(await errorOfAnswer(refused)).toMatchObject({ status: 503, error: { code: "login_missing" } });
  });
});
