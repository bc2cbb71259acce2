import { readFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import type { Scenario } from "@limn/emulator";
import sharp from "sharp";
import { describe, expect, it, onTestFinished } from "vitest";
import { proves } from "./requirements.ts";
import { Gate, bytesOf, errorOfAnswer, picturesOf, startServe } from "./support/serve.ts";
import type { Served } from "./support/serve.ts";
import { codexClientId, signedIn, worldWithSignIn } from "./support/sign-in.ts";
import { World, imageCalls, until } from "./support/world.ts";

const generations = "/v1/images/generations";
const edits = "/v1/images/edits";
const fox = { json: { prompt: "a fox" } };

/** In MB; 0 where nobody tells. */
function peakMegabytes({ running }: Served): number {
  if (process.platform !== "linux") return 0;
  const status = readFileSync(`/proc/${running.pid}/status`, "utf8");
  return Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
}

describe("trouble of the service", () => {
  const table: readonly {
    readonly scenario: Scenario;
    readonly status: number;
    readonly code: string;
    readonly hasDelay?: boolean;
    readonly calls?: number;
  }[] = [
    { scenario: "server-error", status: 502, code: "service_error", calls: 3 },
    // The service had begun, so it may have drawn.
    { scenario: "server-error-with-request-id", status: 504, code: "outcome_unknown" },
    { scenario: "unavailable", status: 502, code: "service_error", calls: 3 },
    { scenario: { name: "capacity", retryAfterSeconds: 0 }, status: 503, code: "service_overloaded", calls: 3 },
    { scenario: { name: "capacity", retryAfterSeconds: 900 }, status: 503, code: "service_overloaded", hasDelay: true },
    { scenario: { name: "rate-limit", retryAfterSeconds: 900 }, status: 429, code: "rate_limited", hasDelay: true },
    { scenario: "moderation-output", status: 400, code: "moderation_blocked" },
    { scenario: "cloudflare", status: 502, code: "network_blocked" },
    { scenario: "insufficient-balance", status: 403, code: "plan_not_included" },
    { scenario: "too-large", status: 413, code: "input_too_large" },
    { scenario: "no-data", status: 502, code: "unexpected_response" },
    { scenario: "bad-base64", status: 502, code: "image_corrupt" },
  ];
  for (const { scenario, status, code, hasDelay = false, calls = 1 } of table)
    it(`${JSON.stringify(scenario)} is ${status} ${code}, with the retry headers that are true ${proves("serve-errors")}`, async () => {
      const world = new World();
      const emulator = await world.startService({ scenario });
      const served = await startServe(world);
      const response = await served.ask(generations, fox);
      const delay = response.headers.get("retry-after");
      expect({ ...(await errorOfAnswer(response)), hasDelay: delay !== null && Number(delay) > 60 }).toMatchObject({
        status,
        retry: "false",
        hasDelay,
        error: { code },
      });
      expect(imageCalls(emulator)).toHaveLength(calls);
    });
});

describe("a login that expires while the request is out", () => {
  it(`is renewed when it is limn's own, and the picture comes ${proves("serve-errors")}`, async () => {
    let now = Date.now();
    const { world, emulator } = await worldWithSignIn({ clock: () => now });
    signedIn(world, emulator, { accessTokenLifeMs: 3_600_000 });
    const served = await startServe(world);
    now += 7_200_000;
    expect((await picturesOf(await served.ask(generations, fox))).data).toHaveLength(1);
    expect(imageCalls(emulator)).toHaveLength(2);
  });

  it(`is read again when it is Codex's, which renewed it meanwhile ${proves("serve-errors")}`, async () => {
    let now = Date.now();
    const world = new World();
    const emulator = await world.startService({ clock: () => now }, "none");
    world.signIn(emulator);
    const gate = await Gate.before(world);
    const served = await startServe(world);
    now += 11 * 86_400_000;
    const answer = served.ask(generations, fox);
    await until(() => gate.held === 1);
    world.signIn(emulator, { login: emulator.signIn({ clientId: codexClientId }) });
    gate.open();
    expect((await picturesOf(await answer)).data).toHaveLength(1);
  });

  it(`and is not renewed by anybody is 503, for a new login and not for a repeat ${proves("serve-errors")}`, async () => {
    let now = Date.now();
    const world = new World();
    const emulator = await world.startService({ clock: () => now }, "none");
    const file = world.signIn(emulator);
    const before = readFileSync(file);
    const served = await startServe(world);
    now += 11 * 86_400_000;
    // The service says so, not limn's clock.
    expect(await errorOfAnswer(await served.ask(generations, fox))).toMatchObject({
      status: 503,
      retry: "false",
      error: { code: "login_missing", message: expect.stringContaining("codex login") },
    });
    expect(readFileSync(file).equals(before)).toBe(true);
    world.signIn(emulator, { login: emulator.signIn({ clientId: codexClientId }) });
    expect((await picturesOf(await served.ask(generations, fox))).data).toHaveLength(1);
  });
});

describe("a server that is killed in the middle of an answer", () => {
  it(`cuts the connection, and the next one gives the whole picture to the same request, for nothing ${proves("serve-repeat", "serve-errors")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: { name: "huge-image", megabytes: 24 } });
    const served = await startServe(world);
    const socket = connect(Number(new URL(served.url).port), "127.0.0.1");
    const body = JSON.stringify(fox.json);
    let got = 0;
    // The rest waits in the server.
    socket.once("data", () => socket.pause());
    socket.on("data", (piece: Buffer) => (got += piece.length));
    socket.on("error", () => undefined);
    const ended = new Promise((resolve) => socket.once("close", resolve));
    socket.write(
      `POST ${generations} HTTP/1.1\r\nHost: ${new URL(served.url).host}\r\nAuthorization: Bearer ${served.key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await until(() => got > 0 && world.generations().some((id) => world.manifest(id).state === "done"));
    served.running.kill("SIGKILL");
    await served.running.finished;
    socket.resume();
    await ended;
    expect(got).toBeLessThan(24_000_000);
    const next = await startServe(world);
    const response = await next.ask(generations, fox);
    expect(response.headers.get("x-limn-repeat")).toBe("true");
    const [image] = (await picturesOf(response)).data;
    const stored = world.keptFiles().find(({ path }) => path.endsWith("image-1.png"));
    expect(bytesOf(image).equals(stored?.content ?? Buffer.alloc(0))).toBe(true);
    expect(imageCalls(emulator)).toHaveLength(1);
  });
});

describe("the memory of the server", () => {
  it(`grows little with a thousand silent connections and forty bodies that never end ${proves("serve-limits")}`, async () => {
    const world = new World();
    await world.startService();
    const served = await startServe(world);
    await picturesOf(await served.ask(generations, fox));
    const before = peakMegabytes(served);
    const { host, port } = new URL(served.url);
    const sockets: Socket[] = [];
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    const open = async (text: string): Promise<void> =>
      new Promise((resolve, reject) => {
        const socket = connect(Number(port), "127.0.0.1", () => socket.write(text, () => resolve()));
        socket.once("error", reject);
        sockets.push(socket);
      });
    for (let batch = 0; batch < 10; batch += 1) await Promise.all(Array.from({ length: 100 }, async () => open("P")));
    const begun = `POST ${edits} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${served.key}\r\nContent-Length: 20000000\r\n`;
    const part = '--x\r\nContent-Disposition: form-data; name="image"; filename="x"\r\n\r\n';
    for (let form = 0; form < 20; form += 1)
      await open(`${begun}Content-Type: multipart/form-data; boundary=x\r\n\r\n${part}${"x".repeat(3_000_000)}`);
    for (let json = 0; json < 20; json += 1)
      await open(`${begun}Content-Type: application/json\r\n\r\n{"prompt":"${"x".repeat(3_000_000)}`);
    expect((await picturesOf(await served.ask(generations, { json: { prompt: "another" } }))).data).toHaveLength(1);
    if (process.platform === "linux") expect(peakMegabytes(served) - before).toBeLessThan(160);
  });

  it(`hardly grows with JSON that would be a hundred times larger once it is parsed ${proves("serve-limits")}`, async () => {
    const world = new World();
    await world.startService();
    const served = await startServe(world);
    await picturesOf(await served.ask(generations, fox));
    const before = peakMegabytes(served);
    for (const bomb of ["[".repeat(900_000), `{"prompt":${'{"a":'.repeat(150_000)}`, `{"n":1${"0".repeat(900_000)}}`])
      for (let repeat = 0; repeat < 10; repeat += 1) {
        const response = await served.ask(generations, {
          method: "POST",
          body: bomb,
          extra: { "content-type": "application/json" },
        });
        expect((await errorOfAnswer(response)).status).toBe(400);
      }
    if (process.platform === "linux") expect(peakMegabytes(served) - before).toBeLessThan(60);
  });
});

describe("a request", () => {
  it(`that announces more than the limit is refused before it is sent ${proves("serve-limits")}`, async () => {
    const world = new World();
    await world.startService();
    const served = await startServe(world);
    const status = await new Promise<number>((resolve, reject) => {
      const asked = request(
        `${served.url}${edits}`,
        {
          method: "POST",
          headers: {
            authorization: `Bearer ${served.key}`,
            "content-type": "multipart/form-data; boundary=x",
            "content-length": "64000001",
          },
        },
        (answer) => {
          answer.resume();
          resolve(answer.statusCode ?? 0);
          asked.destroy();
        },
      );
      asked.on("error", reject);
      asked.flushHeaders();
    });
    // The length is looked at before any of the body.
    expect(status).toBe(413);
  });

  it(`for pictures that are edited while they are masked, several and large is whole or refused, never half ${proves("serve-edits")}`, async () => {
    const world = new World();
    const emulator = await world.startService({ scenario: "ok" });
    const served = await startServe(world);
    const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: "red" } })
      .png()
      .toBuffer();
    const small = await sharp({ create: { width: 32, height: 32, channels: 4, background: "#0000" } })
      .png()
      .toBuffer();
    const body = new FormData();
    body.append("prompt", "x");
    body.append("image[]", new Blob([new Uint8Array(picture)]), "a.png");
    body.append("image[]", new Blob([new Uint8Array(picture)]), "b.png");
    body.append("mask", new Blob([new Uint8Array(small)]), "m.png");
    // A mask of another size than the first picture.
    expect(await errorOfAnswer(await served.ask(edits, { method: "POST", body }))).toMatchObject({
      status: 400,
      retry: "false",
    });
    expect(imageCalls(emulator)).toHaveLength(0);
  });
});
