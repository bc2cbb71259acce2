import { mkdirSync, mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
import { request as ask } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { createLimn } from "@limn/core";
import { createEmulator } from "@limn/emulator";
import fc from "fast-check";
import type { Arbitrary } from "fast-check";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { loadImageTools } from "../../packages/limn/src/image-tools.ts";
import { startImageServer } from "../../packages/limn/src/serve/index.ts";
import { DescribedApi } from "../support/described-api.ts";
import type { Answer } from "../support/described-api.ts";
import { dataAddress, multipart, requestsOf } from "../support/described-requests.ts";
import type { GeneratedRequest } from "../support/described-requests.ts";

const key = "planted-key-of-the-server-0123456789-abcdefgh";
const token = "planted.token.0123456789";
const secretPrompt = "planted and very private words";
const runs = { seed: 20_261_121, endOnFailure: true } as const;

const folder = realpathSync(mkdtempSync(join(tmpdir(), "limn-fuzz-")));
const uploads = join(folder, "tmp");
const formerTemporary = process.env.TMPDIR;
const emulator = createEmulator({ scenario: { name: "ok", size: "64x48" }, accessToken: token });
let api: DescribedApi;
let server: Awaited<ReturnType<typeof startImageServer>>;
const said: string[] = [];

beforeAll(async () => {
  mkdirSync(uploads);
  process.env.TMPDIR = uploads;
  for (const stream of [process.stdout, process.stderr])
    vi.spyOn(stream, "write").mockImplementation((text) => {
      said.push(String(text));
      return true;
    });
  const { baseURL } = await emulator.listen();
  const limn = createLimn({
    environment: {
      variables: { LIMN_HOME: join(folder, "home"), LIMN_BASE_URL: baseURL, LIMN_ACCESS_TOKEN: token },
      platform: process.platform,
      home: folder,
      workingFolder: folder,
    },
    imageTools: loadImageTools,
  });
  server = await startImageServer({
    limn,
    host: "127.0.0.1",
    port: 0,
    key: () => key,
    keepHistory: true,
    defaults: {},
  });
  const document = await send({ method: "GET", path: "/openapi.json", headers: {}, body: null });
  api = await DescribedApi.of(JSON.parse(document.text));
});

afterEach(() => {
  const told = said.join("");
  for (const secret of [key, token, secretPrompt, folder]) expect(told).not.toContain(secret);
});

afterAll(async () => {
  await server.close();
  await emulator.close();
  if (formerTemporary === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = formerTemporary;
  rmSync(folder, { recursive: true, force: true });
});

/** With a connection of its own, so that a socket left open is noticed. */
async function send({ method, path, headers, body }: GeneratedRequest): Promise<Answer> {
  const { hostname: host, port } = new URL(server.url);
  return new Promise((resolve, reject) => {
    const asked = ask(
      { host, port, method, path, agent: false, headers: { authorization: `Bearer ${key}`, ...headers } },
      (answer) => {
        const pieces: Buffer[] = [];
        answer.on("data", (piece: Buffer) => pieces.push(piece));
        answer.on("error", reject);
        answer.on("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])),
            text: Buffer.concat(pieces).toString("latin1"),
          }),
        );
      },
    );
    asked.on("error", reject);
    asked.end(body ?? undefined);
  });
}

/** Everything that holds for every answer, whatever was asked. */
function judge(method: string, path: string, answer: Answer): void {
  const { status, headers, text } = answer;
  const shown = { method, path, status, text: text.slice(0, 300) };
  expect({
    ...shown,
    faults: api.faults(method, path, { ...answer, text: Buffer.from(text, "latin1").toString() }),
  }).toEqual({
    ...shown,
    faults: [],
  });
  expect({ ...shown, isBug: status === 500 }).toEqual({ ...shown, isBug: false });
  expect(headers["x-request-id"]).toMatch(/^req_/);
  if (status >= 400) expect(headers["x-should-retry"]).toMatch(/^(?:true|false)$/);
  const told = JSON.stringify(headers) + text;
  for (const secret of [key, token, folder, ...(status >= 400 ? [secretPrompt] : [])])
    expect(told).not.toContain(secret);
}

/** When every answer is out: nothing of an upload, no socket, no file. */
async function expectNothingLeft(openBefore: number): Promise<void> {
  while (readdirSync(uploads).length > 0 || openFiles() > openBefore + 2) await pause(5);
}

function openFiles(): number {
  return process.platform === "linux" ? readdirSync("/proc/self/fd").length : 0;
}

const picture = await sharp({ create: { width: 32, height: 24, channels: 3, background: "red" } })
  .png()
  .toBuffer();
const mask = await sharp({ create: { width: 32, height: 24, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
  .composite([{ input: { create: { width: 8, height: 24, channels: 4, background: "white" } }, left: 0, top: 0 }])
  .png()
  .toBuffer();
describe("limn serve, asked by a generator made from its own description,", { timeout: 300_000 }, () => {
  it("answers every route as described, tells nothing private, and leaves nothing behind", async () => {
    const before = openFiles();
    const seen = new Set<string>();
    for (const operation of api.operations)
      await fc.assert(
        fc.asyncProperty(requestsOf({ api, words: secretPrompt, key, picture, mask }, operation), async (asked) => {
          const answer = await send(asked);
          judge(asked.method, asked.path, answer);
          seen.add(`${operation.address} ${answer.status}`);
        }),
        { ...runs, numRuns: operation.method === "POST" ? 250 : 40 },
      );
    // The generator gets through to pictures, events among them, and is refused as well.
    for (const status of [200, 400, 401, 403])
      for (const route of ["generations", "edits"]) expect([...seen]).toContain(`/v1/images/${route} ${status}`);
    expect([...seen]).toEqual(expect.arrayContaining(["/v1/models/{model} 200", "/v1/models/{model} 404"]));
    await expectNothingLeft(before);
  });

  it("answers broken bodies and forms the same way", async () => {
    const before = openFiles();
    const valid = multipart({ prompt: secretPrompt, image: picture, n: "1" });
    const json = Buffer.from(JSON.stringify({ prompt: secretPrompt, images: [{ image_url: dataAddress(picture) }] }));
    const damaged = (whole: Buffer): Arbitrary<Buffer> =>
      fc.oneof(
        fc.nat(whole.length - 1).map((end) => whole.subarray(0, end)),
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 8 }).map((changes) => {
          const copy = Buffer.from(whole);
          for (const [place, value] of changes) copy[place] = value;
          return copy;
        }),
        fc
          .tuple(fc.nat(whole.length), fc.constantFrom("\r\n", "--limit", "--limit--\r\n", '"', "\u0000", "{", ";"))
          .map(([place, text]) => Buffer.concat([whole.subarray(0, place), Buffer.from(text), whole.subarray(place)])),
      );
    const bombs = fc.constantFrom(
      ...["[", '{"a":', '{"prompt":[', '{"images":[{"image_url":'].map((text) => text.repeat(20_000)),
      `{${Array.from({ length: 20_000 }, (_, place) => `"f${place}":${place}`).join(",")},"prompt":"x","n":0}`,
      `{"prompt":"x","n":1${"0".repeat(10_000)}}`,
      `{"prompt":"${String.raw`\u0000`.repeat(20_000)}","n":0}`,
      `{"prompt":"x","size":"${"9".repeat(50_000)}x1"}`,
      '{"prompt":"\\ud800","n":0}',
      "\uFEFF{}",
      "",
      "null",
      "NaN",
      '"prompt"',
    );
    const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    const header = (text: string): Buffer => Buffer.from(`--limit\r\n${text}\r\n\r\nx\r\n--limit--\r\n`);
    const strangeForms = fc.constantFrom(
      header("Content-Disposition: form-data"),
      header("Content-Disposition: attachment; name=image"),
      header('Content-Disposition: form-data; name="image"; filename="../../../etc/passwd"'),
      header('Content-Disposition: form-data; name="image\u0000"; filename=""'),
      header(`Content-Disposition: form-data; name="${"n".repeat(5000)}"`),
      header('Content-Disposition: form-data; name="prompt"\r\nContent-Type: multipart/mixed; boundary=limit'),
      header('Content-Disposition: form-data; name="prompt"\r\nContent-Transfer-Encoding: base64'),
      header('Content-Disposition: form-data; name="prompt"\r\nContent-Type: text/plain; charset=nothing'),
      header(Array.from({ length: 200 }, (_, place) => `X-${place}: x`).join("\r\n")),
      Buffer.from("--limit--\r\n"),
      Buffer.from("--limit\r\n--limit\r\n--limit--"),
      Buffer.from("--limit\r\n".repeat(2000)),
    );
    const types = fc.constantFrom(
      "application/json",
      "multipart/form-data; boundary=limit",
      "multipart/form-data",
      "text/plain",
      "",
      "application/json; charset=utf-16",
      "multipart/form-data; boundary=",
      "APPLICATION/JSON",
      ";;;",
      "image/png",
      `multipart/form-data; boundary="${"b".repeat(300)}"`,
      "application/x-www-form-urlencoded",
    );
    const bodies = fc.oneof(
      damaged(valid),
      damaged(json),
      strangeForms,
      noise,
      bombs.map((text) => Buffer.from(text)),
    );
    const matching = fc.oneof(
      fc
        .oneof(damaged(valid), strangeForms, noise)
        .map((body) => ["multipart/form-data; boundary=limit", body] as const),
      fc
        .oneof(
          damaged(json),
          bombs.map((text) => Buffer.from(text)),
          noise,
        )
        .map((body) => ["application/json", body] as const),
      fc.tuple(types, bodies),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("/v1/images/generations", "/images/edits"),
        matching,
        fc.constantFrom("identity", "identity", "identity", "gzip", "br, gzip", "nothing"),
        async (path, [type, body], encoding) => {
          const answer = await send({
            method: "POST",
            path,
            headers: { "content-type": type, "content-encoding": encoding, "content-length": String(body.length) },
            body,
          });
          judge("POST", path, answer);
        },
      ),
      { ...runs, numRuns: 1000 },
    );
    await expectNothingLeft(before);
  });

  it("ends every connection that speaks something else, with an error of the API where it can", async () => {
    const before = openFiles();
    const { host, port } = new URL(server.url);
    const own = `Host: ${host}\r\nAuthorization: Bearer ${key}\r\n`;
    const json = '{"prompt":"planted and very private words","n":0}';
    const post = (headers: string, body: string, version = "1.1"): string =>
      `POST /v1/images/generations HTTP/${version}\r\n${own}Content-Type: application/json\r\n${headers}\r\n${body}`;
    const starts = [
      post(`Content-Length: ${json.length}\r\n`, json),
      post("Transfer-Encoding: chunked\r\n", `${json.length.toString(16)}\r\n${json}\r\n0\r\n\r\n`),
      post("Transfer-Encoding: chunked\r\n", `zz\r\n${json}`),
      post("Transfer-Encoding: chunked\r\n", "ffffffffffffffff1\r\n"),
      post(`Transfer-Encoding: chunked\r\nContent-Length: 3\r\n`, json),
      post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"),
      post("Content-Length: -1\r\n", ""),
      post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"),
      post("Content-Length: 99999999999999999999\r\n", ""),
      post("Content-Length: 64000001\r\n", "x"),
      post(`Content-Length: ${json.length}\r\n`, json, "1.0"),
      post(`Content-Length: ${json.length}\r\nContent-Type: text/plain\r\n`, json),
      post(`Content-Length: ${json.length}\r\nExpect: 200-ok\r\n`, json),
      post(`Content-Length: ${json.length}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`, json),
      post(`X-Long: ${"x".repeat(20_000)}\r\n`, ""),
      post(Array.from({ length: 3000 }, (_, place) => `X-${place}: x\r\n`).join(""), ""),
      post("X-Bad Name: x\r\n", ""),
      post("X-Bad: \u0001\r\n", ""),
      `GET http://${host}/v1/models HTTP/1.1\r\n${own}\r\n`,
      `GET //evil.example/v1/models HTTP/1.1\r\n${own}\r\n`,
      `GET /v1/models HTTP/1.1\r\nAuthorization: Bearer ${key}\r\n\r\n`,
      `GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nHost: ${host}\r\n\r\n`,
      `GET /v1/models HTTP/9.9\r\n${own}\r\n`,
      `GET /v1/models\r\n\r\n`,
      `OPTIONS * HTTP/1.1\r\n${own}\r\n`,
      `CONNECT example.test:443 HTTP/1.1\r\n${own}\r\n`,
      `BREW /v1/models HTTP/1.1\r\n${own}\r\n`,
      `TRACE /v1/models HTTP/1.1\r\n${own}\r\n`,
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "\u0016\u0003\u0001\u0002\u0000",
      "\r\n\r\n\r\n",
      "",
    ];
    const silent: string[] = [];
    const talk = async (bytes: Buffer): Promise<void> => {
      const text = await new Promise<string>((resolve) => {
        const socket = connect(Number(port), "127.0.0.1");
        let got = "";
        socket.on("data", (piece: Buffer) => (got += piece.toString("latin1")));
        socket.on("error", () => undefined);
        socket.on("close", () => resolve(got));
        socket.end(bytes);
      });
      if (text === "") silent.push(bytes.toString("latin1", 0, 60));
      for (const one of text.split(/(?=HTTP\/1\.1 \d{3})/).filter((part) => part !== "")) {
        const status = Number(/^HTTP\/1\.1 (\d{3})/.exec(one)?.[1]);
        expect({ one, isBug: status >= 500 || Number.isNaN(status) }).toEqual({ one, isBug: false });
        if (status < 400) continue;
        const body = one.slice(one.indexOf("\r\n\r\n") + 4);
        const isHead = body === "";
        if (!isHead) expect(JSON.parse(body)).toMatchObject({ error: { message: expect.any(String) } });
        expect(one).toMatch(/\r\nx-request-id: req_/);
        for (const secret of [key, token, secretPrompt, folder]) expect(one).not.toContain(secret);
      }
    };
    for (const start of starts) await talk(Buffer.from(start, "latin1"));
    // Only who said nothing gets nothing.
    expect(silent.filter((text) => text.trim() !== "")).toEqual([]);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...starts.filter((start) => start !== "")),
        fc.array(fc.tuple(fc.nat(400), fc.nat(255)), { maxLength: 3 }),
        fc.nat(2000),
        async (start, changes, end) => {
          const bytes = Buffer.from(start, "latin1").subarray(0, end);
          for (const [place, value] of changes) if (place < bytes.length) bytes[place] = value;
          await talk(bytes);
        },
      ),
      { ...runs, numRuns: 600 },
    );
    await expectNothingLeft(before);
  });
});
