import { readFileSync, readdirSync } from "node:fs";
import { request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { connect } from "node:net";
import fc from "fast-check";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { startServe } from "./support/serve.ts";
import { ended, openStudio } from "./support/studio.ts";
import type { OpenStudio } from "./support/studio.ts";
import { World, parseObject } from "./support/world.ts";

interface Raw {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** A request with exactly these headers, Host included, as no fetch lets anybody send it. */
async function raw(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  method = "GET",
  body = "",
): Promise<Raw> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const asking = request({ hostname, port, path, method, headers, agent: false }, (answer) => {
      const pieces: Buffer[] = [];
      // An event stream does not end; that it began is enough.
      if (answer.headers["content-type"]?.startsWith("text/event-stream") === true) {
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: "" });
        answer.destroy();
        return;
      }
      answer.on("data", (piece: Buffer) => pieces.push(piece));
      answer.on("end", () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: Buffer.concat(pieces).toString() }),
      );
    });
    asking.on("error", reject);
    asking.end(body);
  });
}

async function start(): Promise<{
  world: World;
  studio: OpenStudio;
  url: string;
  host: string;
  id: string;
  token: string;
}> {
  const world = new World();
  const emulator = await world.startService();
  const studio = await openStudio(world);
  const { id } = await ended(studio, await studio.begin({ operation: "generate", prompt: "a secret prompt" }));
  const { url } = studio.served;
  return { world, studio, url, host: new URL(url).host, id, token: emulator.accessToken };
}

function addresses(id: string): readonly string[] {
  return [
    "/api/generations",
    `/api/generations/${id}`,
    "/api/facets",
    `/api/images/${id}/0`,
    `/api/thumbnails/${id}/0`,
    `/api/previews/${id}/0/0`,
    `/api/inputs/${id}/0`,
    "/api/events",
    "/api/status",
    "/api/engines",
    `/api/downloads/${"a".repeat(22)}`,
    "/api/nothing",
  ];
}

const changes: readonly (readonly [method: string, path: string])[] = [
  ["POST", "/api/generations"],
  ["POST", "/api/trash"],
  ["POST", "/api/delete"],
  ["POST", "/api/restore"],
  ["POST", "/api/plan"],
  ["POST", "/api/downloads"],
  ["POST", "/api/sign-in"],
  ["DELETE", "/api/sign-in"],
  ["POST", "/api/links"],
];

describe("without a session", () => {
  it(`there is one page, which says how to get one, and nothing else ${proves("studio-session")}`, async () => {
    const { studio, url, id } = await start();
    for (const path of ["/", `/g/${id}`, "/trash", "/compose"]) {
      const door = await fetch(`${url}${path}`);
      const text = await door.text();
      expect([path, door.status, door.headers.get("content-type")]).toEqual([path, 401, "text/html; charset=utf-8"]);
      expect(text).toContain("limn studio");
      expect(text).not.toMatch(/<script|secret|gen_/);
      expect(door.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-/);
    }
    for (const path of [...addresses(id), "/assets/index.js", "/index.html"]) {
      const refused = await fetch(`${url}${path}`);
      expect([path, [401, 404].includes(refused.status)]).toEqual([path, true]);
      expect(await refused.text()).not.toMatch(/secret|gen_/);
    }
    for (const [method, path] of changes)
      expect([path, (await fetch(`${url}${path}`, { method })).status]).toEqual([path, 401]);
    expect((await studio.json("/api/generations")).total).toBe(1);
  });

  it(`the key opens the API too, and a wrong one nothing ${proves("studio-session")}`, async () => {
    const { studio, url, id } = await start();
    for (const path of addresses(id).slice(0, 4))
      expect([path, (await studio.served.ask(path)).status]).toEqual([path, 200]);
    const wrong = await fetch(`${url}/api/generations`, { headers: { authorization: `Bearer ${"k".repeat(43)}` } });
    expect(wrong.status).toBe(401);
  });
});

describe("a page of another origin in the same browser", () => {
  it(`gets nothing, whatever kind of request it makes ${proves("studio-guard")}`, async () => {
    const { studio, url, host, id } = await start();
    const { cookie } = studio;
    const kinds: Readonly<Record<string, string>>[] = [
      // A page of another site: the cookie stays away by itself, and would not help.
      { origin: "https://evil.example", "sec-fetch-site": "cross-site", "sec-fetch-mode": "cors" },
      { origin: "null", "sec-fetch-site": "cross-site" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
      // A page of another port of this machine: for the browser the same site, with the cookie.
      { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors", "sec-fetch-dest": "image" },
      { "sec-fetch-site": "same-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
      { origin: "http://127.0.0.1:3000", "sec-fetch-site": "same-site", "sec-fetch-mode": "cors" },
      { origin: "http://localhost:3000" },
    ];
    for (const headers of kinds)
      for (const path of addresses(id)) {
        const answer = await raw(url, path, { host, cookie, ...headers });
        expect([path, headers, [401, 403].includes(answer.status)]).toEqual([path, headers, true]);
        expect(answer.body).not.toMatch(/secret|gen_/);
        expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
      }
  });

  it(`changes nothing, with forms and fetches that browsers let it send ${proves("studio-guard")}`, async () => {
    const { studio, url, host, id } = await start();
    const { cookie } = studio;
    const body = JSON.stringify({ ids: [id] });
    const kinds: Readonly<Record<string, string>>[] = [
      { origin: "https://evil.example", "content-type": "text/plain", "sec-fetch-site": "cross-site" },
      { origin: "http://127.0.0.1:3000", "content-type": "text/plain", "sec-fetch-site": "same-site" },
      { origin: "null", "content-type": "application/x-www-form-urlencoded" },
      // Old browsers send no Sec-Fetch-Site; some programs no Origin.
      { "content-type": "application/json" },
      { "content-type": "application/json", "x-limn": "studio" },
      { "content-type": "application/json", origin: url },
      { "content-type": "application/json", origin: url, "x-limn": "studio", "sec-fetch-site": "same-site" },
    ];
    for (const headers of kinds)
      for (const [method, path] of changes) {
        const answer = await raw(url, path, { host, cookie, ...headers }, method, body);
        expect([method, path, headers, [401, 403].includes(answer.status)]).toEqual([method, path, headers, true]);
      }
    // What a browser asks before it would send more.
    const preflight = await raw(
      url,
      "/api/trash",
      {
        host,
        origin: "http://127.0.0.1:3000",
        "access-control-request-method": "POST",
        "access-control-request-headers": "x-limn",
      },
      "OPTIONS",
    );
    expect(preflight.status).toBe(403);
    expect(Object.keys(preflight.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect((await studio.json("/api/generations")).total).toBe(1);
  });

  it(`that made its name lead here (DNS rebinding) gets nothing, with the cookie and the key ${proves("studio-guard")}`, async () => {
    const { studio, url, id } = await start();
    const authorization = `Bearer ${studio.served.key}`;
    const port = new URL(url).port;
    for (const host of [`evil.example:${port}`, "evil.example", `127.0.0.1.evil.example:${port}`, "127.0.0.1"])
      for (const path of ["/", "/open?code=x", ...addresses(id)]) {
        const answer = await raw(url, path, { host, authorization, cookie: studio.cookie });
        expect([host, path, answer.status]).toEqual([host, path, 403]);
        expect(answer.body).not.toMatch(/secret|gen_/);
      }
  });

  it(`opens no socket of another kind, and frames nothing ${proves("studio-guard")}`, async () => {
    const { studio, url, host } = await start();
    const upgrade = {
      connection: "Upgrade",
      upgrade: "websocket",
      "sec-websocket-version": "13",
      "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
    };
    const socket = await raw(url, "/api/events", {
      host,
      cookie: studio.cookie,
      ...upgrade,
      origin: "http://evil.example",
    });
    expect(socket.status).toBe(403);
    for (const path of ["/", "/api/status"]) {
      const { headers } = await studio.ask(path);
      if (path === "/") {
        expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
        expect(headers.get("x-frame-options")).toBe("DENY");
      }
      expect(headers.get("x-content-type-options")).toBe("nosniff");
    }
  });

  it(`cannot use up a link by looking ahead, nor use one twice ${proves("studio-session")}`, async () => {
    const world = new World();
    await world.startService();
    const served = await startServe(world);
    const link = parseObject(await (await served.ask("/api/links", { method: "POST" })).text());
    const address = String(link.url);
    expect((await fetch(address, { headers: { "sec-purpose": "prefetch;prerender" } })).status).toBe(503);
    expect((await fetch(address, { method: "HEAD" })).status).toBe(503);
    // From a page of another site (a terminal in the browser), the cookie is set, and the way goes on from here.
    const led = await fetch(address, { headers: { "sec-fetch-site": "cross-site" }, redirect: "manual" });
    expect([led.status, await led.text()]).toEqual([200, expect.stringContaining('http-equiv="refresh"')]);
    expect(led.headers.get("set-cookie")).toMatch(/; HttpOnly; SameSite=Strict/);
    expect((await fetch(address)).status).toBe(403);
    expect((await fetch(`${served.url}/open`)).status).toBe(403);
  });

  it(`has no session any more when the key is changed ${proves("studio-session")}`, async () => {
    const { world, studio } = await start();
    await world.run(["serve", "--rotate-key"]);
    expect((await studio.ask("/api/generations")).status).toBe(401);
  });
});

describe("requests that are not what they should be", () => {
  it(`are refused in the API's shape, and leave nothing behind ${proves("studio-bad-input")}`, async () => {
    const { world, studio, token } = await start();
    const { url } = studio.served;
    const post = async (path: string, body: string, extra: Record<string, string>): Promise<Response> =>
      studio.ask(path, { method: "POST", body, extra: { "idempotency-key": "k1", ...extra } });
    const json = { "content-type": "application/json" };
    const limit = { "content-type": "multipart/form-data; boundary=limit" };
    const part = (head: string, content: string): string =>
      `--limit\r\ncontent-disposition: form-data; ${head}\r\n\r\n${content}\r\n`;
    const good = part('name="request"', '{"operation":"generate","prompt":"x"}');
    const cases: readonly (readonly [status: number, answer: Response])[] = [
      [400, await post("/api/generations", "{", json)],
      [400, await post("/api/generations", "[]", json)],
      [400, await post("/api/generations", "{}", { ...json, "idempotency-key": "with blanks" })],
      [413, await post("/api/generations", JSON.stringify({ prompt: "x".repeat(1024 * 1024) }), json)],
      [415, await post("/api/generations", "prompt=x", { "content-type": "application/x-www-form-urlencoded" })],
      [415, await post("/api/generations", "{}", { ...json, "content-encoding": "gzip" })],
      [400, await post("/api/generations", "no form at all", limit)],
      [400, await post("/api/generations", good, limit)],
      [400, await post("/api/generations", "x", { "content-type": "multipart/form-data" })],
      [400, await post("/api/generations", `${part('name="p"; filename="x.png"', "x")}${good}--limit--\r\n`, limit)],
      [400, await post("/api/generations", `${good}${good}--limit--\r\n`, limit)],
      [400, await post("/api/generations", `${part('name="words"', "x")}--limit--\r\n`, limit)],
      [400, await post("/api/generations", `${part('name="request"', "[".repeat(100_000))}--limit--\r\n`, limit)],
      [400, await post("/api/trash", "{}", json)],
      [400, await post("/api/trash", JSON.stringify({ ids: Array.from({ length: 1001 }, String) }), json)],
      [400, await post("/api/downloads", JSON.stringify({ items: [{ id: "x", index: 1.5 }] }), json)],
      [405, await studio.ask("/api/facets", { method: "POST" })],
      [404, await studio.ask("/api/generations/..%2f..%2fetc%2fpasswd")],
      [404, await studio.ask("/api/images/gen_00000000000000000000/../../0")],
    ];
    for (const [place, [status, answer]] of cases.entries()) {
      const text = await answer.text();
      expect([place, answer.status, text.slice(0, 200)]).toEqual([
        place,
        status,
        expect.stringMatching(/^\{"error":\{/),
      ]);
      expect(text).not.toContain(token);
    }
    const seventeen = Object.fromEntries(Array.from({ length: 18 }, (_, index) => [`p${index}`, new Uint8Array([1])]));
    expect((await studio.begin({ operation: "generate", prompt: "x" }, seventeen)).status).toBe(400);
    expect((await studio.begin({ operation: "generate", prompt: "x" }, { p: new Uint8Array() })).status).toBe(400);
    expect(world.generations()).toHaveLength(1);
    expect(readdirSync(world.env.TMPDIR ?? "").filter((name) => name.startsWith("limn-studio-"))).toEqual([]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(studio.served.running.stderrSoFar()).not.toContain("secret");
  });

  it(`of any shape never break the server (seeded) ${proves("studio-bad-input")}`, async () => {
    const { studio, id } = await start();
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 30 }),
      fc.constantFrom(id, "../..", "__proto__", "-1", "1e9", "\0"),
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: "small" },
        text,
        fc.integer(),
        fc.double(),
        fc.boolean(),
        fc.constant(null),
        tie("list"),
        tie("record"),
      ),
      list: fc.array(tie("any"), { maxLength: 4 }),
      record: fc.dictionary(fc.oneof(text, fc.constantFrom("kind", "id", "index", "part", "name")), tie("any"), {
        maxKeys: 4,
      }),
    }));
    const fields = [
      "operation",
      "prompt",
      "n",
      "size",
      "images",
      "mask",
      "kit",
      "tags",
      "ids",
      "items",
      "which",
      "favourite",
      "addTags",
      "altTexts",
      "vary",
    ];
    const bodies = fc.sample(fc.dictionary(fc.constantFrom(...fields), value.any, { maxKeys: 6 }), {
      seed: 5,
      numRuns: 25,
    });
    const writing = changes
      .filter(([, path]) => !["/api/sign-in", "/api/links"].includes(path))
      .map(([, path]) => path);
    for (const path of [...writing, `/api/generations/${id}/again`, `/api/generations/${id}/marks`])
      for (const [place, body] of bodies.entries()) {
        const answer = await studio.ask(path, {
          method: path.endsWith("/marks") ? "PATCH" : "POST",
          json: body,
          extra: { "idempotency-key": `fuzz-${place}` },
        });
        const said = await answer.text();
        expect([path, body, answer.status < 500, said.slice(0, 60)]).toEqual([
          path,
          body,
          true,
          expect.stringMatching(/^\{/),
        ]);
      }
    const queries = fc.sample(
      fc.dictionary(
        fc.oneof(
          text,
          fc.constantFrom("text", "since", "until", "cursor", "limit", "engine", "size", "v", "width", "which"),
        ),
        text,
        { maxKeys: 4 },
      ),
      { seed: 6, numRuns: 40 },
    );
    for (const path of addresses(id).filter((address) => !address.endsWith("/events") && !address.endsWith("/engines")))
      for (const query of queries) {
        const answer = await studio.ask(`${path}?${new URLSearchParams(query).toString()}`);
        const said = (await answer.text()).slice(0, 300);
        expect([path, query, answer.status < 500 || said]).toEqual([path, query, true]);
      }
    expect((await studio.ask("/api/status")).status).toBe(200);
  });

  it("that break off in the middle of a picture leave nothing behind", async () => {
    const { world, studio, host } = await start();
    const { hostname, port } = new URL(studio.served.url);
    const socket = connect(Number(port), hostname);
    const head = [
      "POST /api/generations HTTP/1.1",
      `host: ${host}`,
      `cookie: ${studio.cookie}`,
      "x-limn: studio",
      `origin: http://${host}`,
      "idempotency-key: cut",
      "content-type: multipart/form-data; boundary=limit",
      "content-length: 5000000",
    ].join("\r\n");
    const form = `--limit\r\ncontent-disposition: form-data; name="request"\r\n\r\n{}\r\n--limit\r\ncontent-disposition: form-data; name="p"; filename="x.png"\r\n\r\n${"x".repeat(200_000)}`;
    const folders = (): string[] =>
      readdirSync(world.env.TMPDIR ?? "").filter((name) => name.startsWith("limn-studio-"));
    const { setTimeout: pause } = await import("node:timers/promises");
    socket.write(`${head}\r\n\r\n${form}`);
    while (folders().length === 0) await pause(5);
    socket.destroy();
    while (folders().length > 0) await pause(5);
    expect((await studio.begin({ operation: "generate", prompt: "x" }, {}, "cut")).status).toBe(202);
  });

  it("cannot make a picture into a page that does something", async () => {
    const { world, studio } = await start();
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><script>alert(1)</script><rect width="64" height="64"/></svg>`;
    const images = [{ kind: "upload", part: "p", name: '"><script>.svg' }];
    const made = await ended(
      studio,
      await studio.begin({ operation: "edit", prompt: "x", images }, { p: Buffer.from(svg) }),
    );
    const shown = await studio.ask(`/api/inputs/${made.id}/0`);
    expect(shown.status).toBe(200);
    expect(shown.headers.get("content-security-policy")).toBe(
      "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'",
    );
    expect(world.manifest(made.id)).toMatchObject({ inputs: [{ origin: { kind: "bytes" } }] });
    expect((await studio.ask(`/api/images/${made.id}/0`)).headers.get("content-type")).toBe("image/png");
  });
});

it("tells no token and no path of the store, in any answer or log", async () => {
  const { world, studio, id, token } = await start();
  const png = await sharp({ create: { width: 8, height: 8, channels: 3, background: "red" } })
    .png()
    .toBuffer();
  const answers = [
    await studio.ask("/api/status"),
    await studio.ask("/api/engines"),
    await studio.ask(`/api/generations/${id}`),
    await studio.ask("/api/generations"),
    await studio.ask(`/api/images/${id}/9`),
    await studio.begin(
      { operation: "edit", prompt: "x", images: [{ kind: "upload", part: "q", name: "x" }] },
      { p: png },
    ),
  ];
  const key = readFileSync(studio.served.keyFile, "utf8");
  for (const answer of answers) {
    const text = await answer.text();
    for (const secret of [token, key, `${world.limnHome}/generations`]) expect(text).not.toContain(secret);
  }
  expect(studio.served.running.stderrSoFar()).toBe("");
});
