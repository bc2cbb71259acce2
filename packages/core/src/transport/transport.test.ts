import { once } from "node:events";
import { createServer } from "node:net";
import type { Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { closedPort, recordingServer } from "../../../../test/support/recording-server.ts";
import type { RecordingServer } from "../../../../test/support/recording-server.ts";
import { limnErrorOf, reasonOf } from "../../../../test/support/rejection.ts";
import type { Credential } from "../contracts/credential.ts";
import { LimnError } from "../errors/index.ts";
import { createFetchClient } from "./fetch-client.ts";
import { bytesBody } from "./http-client.ts";
import type { HttpClient } from "./http-client.ts";
import { createNodeClient } from "./node-client.ts";
import { defaultTimeLimits } from "./time-limits.ts";
import { createTransport } from "./transport.ts";
import type { Transport, TransportCall, TransportOptions } from "./transport.ts";

const nodeClient = createNodeClient(async () => null);
const clients: readonly (readonly [string, HttpClient])[] = [
  ["Node's http", nodeClient],
  ["a host's fetch", createFetchClient(globalThis.fetch)],
];

function credential(token: string, accountId: string | null = "acc-1"): Credential {
  return {
    source: "test",
    accountId,
    plan: null,
    email: null,
    expiresAtMs: null,
    accountHeaders: {},
    revealToken: () => token,
  };
}

function transportTo(baseURL: string, change: Partial<TransportOptions> = {}): Transport {
  return createTransport({
    http: nodeClient,
    credentials: { get: async () => credential("token-1"), recover: async () => null, reports: async () => [] },
    baseURL,
    limits: defaultTimeLimits,
    retries: 2,
    userAgent: "limn/0.0.0-test",
    clock: () => Date.parse("2026-11-21T02:00:00.000Z"),
    // Below the lowest real value, so that every pause is 0 ms; the delays themselves are tested in retry.test.ts.
    random: () => -1,
    ...change,
  });
}

const prompt = '{"prompt":"a red fox"}';

function imageCall(change: Partial<TransportCall> = {}): TransportCall {
  return {
    method: "POST",
    base: "codex",
    path: "/images/generations",
    headers: { "content-type": "application/json" },
    body: bytesBody(Buffer.from(prompt)),
    signal: new AbortController().signal,
    costsQuota: true,
    ...change,
  };
}

async function bodyOf(sent: ReturnType<Transport["send"]>): Promise<string> {
  const answer = await sent;
  const pieces: Buffer[] = [];
  await answer.read((chunk) => pieces.push(Buffer.from(chunk)));
  return Buffer.concat(pieces).toString("utf8");
}

/** Answers with the given statuses in turn, then with 200. */
async function statusServer(
  ...answers: readonly [number, string, Record<string, string>?][]
): Promise<RecordingServer> {
  return recordingServer((response, _, index) => {
    const [status, body, headers] = answers[index] ?? [200, "fine"];
    response.writeHead(status, headers).end(body);
  });
}

const boom = JSON.stringify({ error: { message: "boom", type: "server_error" } });

describe.each(clients)("through %s", (_, http) => {
  test("a request arrives with its body, its login and limn's own name, and the answer comes back", async () => {
    const server = await statusServer();
    const stages: unknown[] = [];
    const sending: number[] = [];
    const body = await bodyOf(
      transportTo(`${server.origin}/codex`, { http }).send(
        imageCall({
          onStage: (stage, facts) => stages.push([stage, facts]),
          beforeSend: async (attempt) => {
            sending.push(attempt);
            expect(server.requests).toEqual([]);
          },
        }),
      ),
    );
    expect(body).toBe("fine");
    expect(server.requests).toHaveLength(1);
    expect(server.requests[0]).toMatchObject({
      method: "POST",
      path: "/codex/images/generations",
      body: Buffer.from(prompt),
      headers: {
        authorization: "Bearer token-1",
        "chatgpt-account-id": "acc-1",
        originator: "limn",
        "user-agent": "limn/0.0.0-test",
        accept: "*/*",
        "content-type": "application/json",
        "content-length": String(prompt.length),
      },
    });
    expect(sending).toEqual([1]);
    expect(stages).toEqual([
      ["connecting", { attempt: 1 }],
      ["sent", { attempt: 1 }],
    ]);
  });

  test("a login without an account sends no account header", async () => {
    const server = await statusServer();
    const credentials = {
      get: async () => credential("token-1", null),
      recover: async () => null,
      reports: async () => [],
    };
    await bodyOf(transportTo(server.origin, { http, credentials }).send(imageCall()));
    expect(server.requests[0]?.headers).not.toHaveProperty("chatgpt-account-id");
  });

  test("a route beside the backend is reached without its last part", async () => {
    const server = await statusServer();
    const transport = transportTo(`${server.origin}/backend-api/codex`, { http });
    const { signal } = new AbortController();
    await bodyOf(transport.send({ method: "GET", base: "backend", path: "/wham/usage", signal, costsQuota: false }));
    expect(server.requests).toMatchObject([{ method: "GET", path: "/backend-api/wham/usage", body: Buffer.alloc(0) }]);
  });

  test("a refused connection is tried again, and then it is certain that nothing was sent", async () => {
    const port = await closedPort();
    const stages: string[] = [];
    const error = await limnErrorOf(
      transportTo(`http://127.0.0.1:${port}`, { http }).send(imageCall({ onStage: (stage) => stages.push(stage) })),
    );
    expect(error.toJSON()).toEqual({
      code: "connection_failed",
      category: "connection",
      message: `127.0.0.1:${port} could not be reached: nothing listens there (ECONNREFUSED). Nothing was sent.`,
      hint: "Check the network and the proxy settings: limn doctor",
      retryable: true,
      retryAfterMs: null,
      details: { host: `127.0.0.1:${port}`, reason: "ECONNREFUSED", attempts: 3 },
    });
    expect(stages.filter((stage) => stage !== "sent")).toEqual([
      "connecting",
      "waiting",
      "connecting",
      "waiting",
      "connecting",
    ]);
  });

  test.each([
    ["503, then an image", [[503, "upstream connect error"]], 2],
    [
      "500 and 502, then an image",
      [
        [500, boom],
        [502, ""],
      ],
      3,
    ],
    ["an empty 404, then an image", [[404, ""]], 2],
    ["429 for lack of capacity, then an image", [[429, "{}", { "retry-after": "1" }]], 2],
  ] satisfies [string, [number, string, Record<string, string>?][], number][])(
    "%s",
    async (_name, answers, requests) => {
      const server = await statusServer(...answers);
      const sending: number[] = [];
      const call = imageCall({ beforeSend: async (attempt) => void sending.push(attempt) });
      expect(await bodyOf(transportTo(server.origin, { http }).send(call))).toBe("fine");
      expect(server.requests).toHaveLength(requests);
      expect(sending).toEqual(Array.from({ length: requests }, (_unused, index) => index + 1));
    },
  );

  test("every repeat has the same whole body", async () => {
    const server = await statusServer([503, ""], [503, ""]);
    await bodyOf(transportTo(server.origin, { http }).send(imageCall()));
    expect(server.requests.map(({ body }) => body.toString())).toEqual([prompt, prompt, prompt]);
  });

  test.each([
    [
      "two empty 404s",
      [
        [404, ""],
        [404, ""],
      ],
      2,
      "service_error",
    ],
    ["a 404 that says something", [[404, "{}"]], 1, "service_error"],
    [
      "503 more often than retries",
      [
        [503, ""],
        [503, ""],
        [503, ""],
      ],
      3,
      "service_error",
    ],
    [
      "429 more often than retries",
      [
        [429, "{}"],
        [429, "{}"],
        [429, "{}"],
      ],
      3,
      "service_overloaded",
    ],
    ["a plan limit", [[429, '{"error":{"type":"usage_limit_reached"}}']], 1, "usage_limit_reached"],
    ["a plan without images", [[429, '{"error":{"type":"usage_not_included"}}']], 1, "plan_not_included"],
    ["moderation", [[400, '{"error":{"code":"moderation_blocked"}}']], 1, "content_refused"],
    ["a bad request", [[400, '{"detail":"no"}']], 1, "service_error"],
    [
      "a block page",
      [[403, "<html>", { "content-type": "text/html", "cf-mitigated": "challenge" }]],
      1,
      "network_blocked",
    ],
    ["a login that was turned away", [[401, '{"error":{"code":"token_expired"}}']], 1, "login_expired"],
    [
      "500 with the id of an image request",
      [[500, boom, { "x-codex-imagegen-request-id": "i" }]],
      1,
      "outcome_unknown",
    ],
    ["504, however fast", [[504, ""]], 1, "outcome_unknown"],
    ["a delay beyond the total limit", [[429, "{}", { "retry-after": "999" }]], 1, "service_overloaded"],
  ] satisfies [string, [number, string, Record<string, string>?][], number, string][])(
    "%s ends the call",
    async (_name, answers, requests, code) => {
      const server = await statusServer(...answers);
      const error = await limnErrorOf(transportTo(server.origin, { http }).send(imageCall()));
      expect([error.code, server.requests.length]).toEqual([code, requests]);
      expect(error.details["attempts"]).toBe(requests === 1 ? undefined : requests);
    },
  );

  test("500 that comes late may have cost an image and is not repeated", async () => {
    const start = performance.now();
    let later = 0;
    const now = vi.spyOn(performance, "now").mockImplementation(() => start + later);
    onTestFinished(() => now.mockRestore());
    const server = await recordingServer((response) => {
      later = 6000;
      response.writeHead(500).end(boom);
    });
    const error = await limnErrorOf(transportTo(server.origin, { http }).send(imageCall()));
    expect(error.toJSON()).toEqual({
      code: "outcome_unknown",
      category: "connection",
      message: "The service answered with status 500 after it had begun: a picture may have been made and paid for.",
      hint: "limn does not send it again by itself. See what is left of the plan: limn status",
      retryable: false,
      retryAfterMs: null,
      details: { status: 500, serviceCode: "server_error", serviceMessage: "boom", firstCode: "service_error" },
    });
    expect(server.requests).toHaveLength(1);
  });

  test("a connection that is reset after the request leaves the outcome unknown", async () => {
    const server = await recordingServer((response) => void response.socket?.resetAndDestroy());
    const error = await limnErrorOf(transportTo(server.origin, { http }).send(imageCall()));
    expect([error.code, server.requests.length]).toEqual(["outcome_unknown", 1]);
  });

  test("a connection that is reset without any image at stake is a failed connection", async () => {
    const server = await recordingServer((response) => void response.socket?.resetAndDestroy());
    const call = imageCall({ costsQuota: false });
    const error = await limnErrorOf(transportTo(server.origin, { http, retries: 0 }).send(call));
    expect([error.code, error.message.includes("Nothing was sent")]).toEqual(["connection_failed", false]);
  });

  test.each([301, 302, 303, 307, 308])(
    "redirect %i is not followed, and the token does not go there",
    async (status) => {
      const elsewhere = await statusServer();
      const server = await statusServer([status, "", { location: `${elsewhere.origin}/images` }]);
      const error = await limnErrorOf(transportTo(server.origin, { http }).send(imageCall()));
      expect([error.code, server.requests.length, elsewhere.requests]).toEqual(["unexpected_response", 1, []]);
    },
  );

  test("a body that is cut is no whole answer", async () => {
    const server = await recordingServer((response) => {
      response.writeHead(200, { "content-length": "1000" }).write("x".repeat(100));
      response.socket?.end();
    });
    const error = await limnErrorOf(bodyOf(transportTo(server.origin, { http }).send(imageCall())));
    expect([error.code, error.details["received"], server.requests.length]).toEqual(["stream_truncated", 100, 1]);
  });

  test("an error page that never ends still gives its status", async () => {
    const server = await recordingServer((response) => {
      response.writeHead(400, { "content-length": "99000000" });
      const more = (): void => {
        while (!response.destroyed && response.write("x".repeat(65_536)));
      };
      response.on("drain", more);
      more();
    });
    const error = await limnErrorOf(transportTo(server.origin, { http }).send(imageCall()));
    expect(error.toJSON()).toMatchObject({ code: "service_error", details: { status: 400 } });
    await server.requests[0]?.closed;
  });

  test("a cut error page still gives its status", async () => {
    const server = await recordingServer((response) => {
      response.writeHead(400, { "content-length": "1000" }).write('{"detail"');
      response.socket?.end();
    });
    const error = await limnErrorOf(transportTo(server.origin, { http }).send(imageCall()));
    expect(error.toJSON()).toMatchObject({ code: "service_error", details: { status: 400 } });
  });

  test("an exception of the reader comes back unchanged and closes the connection", async () => {
    const server = await recordingServer((response) => {
      response.writeHead(200).write("x");
    });
    const answer = await transportTo(server.origin, { http }).send(imageCall());
    const mine = new LimnError("artifact_write_failed", { message: "full" });
    const reading = answer.read(() => {
      throw mine;
    });
    expect(await reasonOf(reading)).toBe(mine);
    await server.requests[0]?.closed;
  });

  test("an exception before sending comes back unchanged, and nothing is sent", async () => {
    const server = await statusServer();
    const mine = new LimnError("artifact_write_failed", { message: "full" });
    const beforeSend = async (): Promise<void> => Promise.reject(mine);
    expect(await reasonOf(transportTo(server.origin, { http }).send(imageCall({ beforeSend })))).toBe(mine);
    expect(server.requests).toEqual([]);
  });
});

describe.each(clients)("a 401 through %s", (_, http) => {
  const expired = '{"error":{"code":"token_expired"}}';

  test("is answered with a login that is newer, once", async () => {
    const server = await statusServer([401, expired]);
    const refused: string[] = [];
    const credentials = {
      get: async () => credential("token-1"),
      recover: async (old: Credential) => {
        refused.push(old.revealToken());
        return credential("token-2", "acc-1");
      },
      reports: async () => [],
    };
    const transport = transportTo(server.origin, { http, credentials, retries: 0 });
    expect(await bodyOf(transport.send(imageCall()))).toBe("fine");
    expect(refused).toEqual(["token-1"]);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  test("of the newer login too ends the call", async () => {
    const server = await statusServer([401, expired], [401, expired]);
    const credentials = {
      get: async () => credential("token-1"),
      recover: async () => credential("token-2"),
      reports: async () => [],
    };
    const error = await limnErrorOf(transportTo(server.origin, { http, credentials }).send(imageCall()));
    expect([error.code, server.requests.length]).toEqual(["login_expired", 2]);
  });

  test("passes on what the login's owner says", async () => {
    const server = await statusServer([401, expired]);
    const changed = new LimnError("login_account_changed", { message: "another account" });
    const credentials = {
      get: async () => credential("token-1"),
      recover: async () => Promise.reject(changed),
      reports: async () => [],
    };
    expect(await reasonOf(transportTo(server.origin, { http, credentials }).send(imageCall()))).toBe(changed);
    expect(server.requests).toHaveLength(1);
  });
});

describe.each(clients)("time limits through %s", (name, http) => {
  // The fetch of Node 22 keeps timers of its own.
  const ownTimers = (): number => (name === "Node's http" ? vi.getTimerCount() : 0);

  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  test("no answer within the total limit leaves the outcome unknown after one request", async () => {
    const server = await recordingServer(() => undefined);
    const error = limnErrorOf(transportTo(server.origin, { http }).send(imageCall()));
    const request = await server.arrived(1);
    await vi.advanceTimersByTimeAsync(defaultTimeLimits.totalMs);
    expect((await error).toJSON()).toEqual({
      code: "outcome_unknown",
      category: "connection",
      message: "The request was sent, then no answer came within 330 s: a picture may have been made and paid for.",
      hint: "limn does not send it again by itself. See what is left of the plan: limn status",
      retryable: false,
      retryAfterMs: null,
      details: { reason: "timeout", limitMs: 330_000 },
    });
    await request.closed;
    expect(server.requests).toHaveLength(1);
    expect(ownTimers()).toBe(0);
  });

  test("an image answer may be silent for minutes before its first byte", async () => {
    let answer = (): void => undefined;
    const server = await recordingServer((response) => {
      answer = (): void => void response.end("fine");
    });
    const body = bodyOf(transportTo(server.origin, { http }).send(imageCall()));
    await server.arrived(1);
    await vi.advanceTimersByTimeAsync(329_999);
    answer();
    expect(await body).toBe("fine");
    expect(ownTimers()).toBe(0);
  });

  test("a body that stands still for the idle limit is cut, and the connection closed", async () => {
    const server = await recordingServer((response) => {
      response.writeHead(200, { "content-length": "1000" }).write("x".repeat(10));
    });
    const answer = await transportTo(server.origin, { http }).send(imageCall());
    let begun = (): void => undefined;
    const firstPiece = new Promise<void>((resolve) => (begun = resolve));
    let ended = false;
    const error = limnErrorOf(answer.read(() => begun())).finally(() => (ended = true));
    await firstPiece;
    await vi.advanceTimersByTimeAsync(59_999);
    expect(ended).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    expect((await error).toJSON()).toEqual({
      code: "stream_truncated",
      category: "service",
      message:
        "The answer stopped after 10 bytes, before it was whole: nothing more came for 60 s. The plan was probably charged.",
      hint: "limn does not send it again by itself. To ask once more, and pay once more, repeat the command.",
      retryable: false,
      retryAfterMs: null,
      details: { received: 10, reason: "idleMs" },
    });
    await server.requests[0]?.closed;
    expect(ownTimers()).toBe(0);
  });

  test("a body that trickles within the idle limit ends at the total limit", async () => {
    let send = (): void => undefined;
    const server = await recordingServer((response) => {
      response.writeHead(200);
      send = (): void => void response.write("x");
      send();
    });
    const answer = await transportTo(server.origin, { http }).send(imageCall());
    let pieces = 0;
    let arrived = (): void => undefined;
    let next = new Promise<void>((resolve) => (arrived = resolve));
    const error = limnErrorOf(
      answer.read(() => {
        pieces += 1;
        arrived();
      }),
    );
    for (let step = 0; step < 5; step += 1) {
      await next;
      next = new Promise<void>((resolve) => (arrived = resolve));
      await vi.advanceTimersByTimeAsync(59_999);
      send();
    }
    await next;
    await vi.advanceTimersByTimeAsync(59_999);
    expect((await error).details).toEqual({ received: 6, reason: "totalMs" });
    expect(pieces).toBe(6);
  });

  test("when the total limit runs out in a pause, the first cause is told", async () => {
    let refuse = (): void => undefined;
    const server = await recordingServer((response) => {
      refuse = (): void => void response.writeHead(429, { "retry-after": "300" }).end("{}");
    });
    let pausing = (): void => undefined;
    const inPause = new Promise<void>((resolve) => (pausing = resolve));
    const call = imageCall({ onStage: (stage) => void (stage === "waiting" && pausing()) });
    const error = limnErrorOf(transportTo(server.origin, { http, random: () => 0 }).send(call));
    await server.arrived(1);
    // The limit's timer has moved on and the monotonic clock has not, as after a machine's sleep.
    await vi.advanceTimersByTimeAsync(100_000);
    refuse();
    await inPause;
    await vi.advanceTimersByTimeAsync(230_000);
    expect([(await error).code, server.requests.length, ownTimers()]).toEqual(["service_overloaded", 1, 0]);
  });
});

test("a delay that the service names is waited for", async () => {
  const server = await statusServer([429, "{}", { "retry-after": "0.05" }]);
  const waits: unknown[] = [];
  const call = imageCall({ onStage: (stage, facts) => void (stage === "waiting" && waits.push(facts)) });
  const started = performance.now();
  expect(await bodyOf(transportTo(server.origin, { random: () => 0 }).send(call))).toBe("fine");
  expect(performance.now() - started).toBeGreaterThanOrEqual(49);
  expect(waits).toEqual([{ attempt: 1, delayMs: 50 }]);
});

/** Accepts connections and never says a word. */
async function silentServer(): Promise<{ port: number; connected: Promise<Socket> }> {
  const server = createServer();
  const connected = once(server, "connection").then(([socket]: Socket[]) => {
    if (socket === undefined) throw new Error("no socket");
    // Read on, so that its end is seen.
    socket.resume();
    socket.on("error", () => undefined);
    return socket;
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, connected };
}

describe("a connection that does not come up", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
  afterEach(() => void vi.useRealTimers());

  test("within the connect limit is given up, and nothing was sent", async () => {
    const { port, connected } = await silentServer();
    const before: number[] = [];
    const error = limnErrorOf(
      transportTo(`https://127.0.0.1:${port}`, { retries: 0 }).send(
        imageCall({ beforeSend: async (attempt) => void before.push(attempt) }),
      ),
    );
    const socket = await connected;
    await vi.advanceTimersByTimeAsync(30_000);
    expect((await error).toJSON()).toEqual({
      code: "timeout",
      category: "connection",
      message: `No connection to 127.0.0.1:${port} within 30 s. Nothing was sent.`,
      hint: "Check the network and the proxy settings: limn doctor",
      retryable: true,
      retryAfterMs: null,
      details: { host: `127.0.0.1:${port}`, limitMs: 30_000 },
    });
    await once(socket, "close");
    expect(before).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe.each(clients)("cancelling through %s (abort)", (_, http) => {
  const mine = { why: "the user's own reason" };

  test("before the start sends and announces nothing", async () => {
    const server = await statusServer();
    const before: number[] = [];
    const call = imageCall({
      signal: AbortSignal.abort(mine),
      beforeSend: async (attempt) => void before.push(attempt),
    });
    expect(await reasonOf(transportTo(server.origin, { http }).send(call))).toBe(mine);
    expect([server.requests, before]).toEqual([[], []]);
  });

  test("while connecting ends the call at once", async () => {
    const { port, connected } = await silentServer();
    const stop = new AbortController();
    const sent = reasonOf(transportTo(`https://127.0.0.1:${port}`, { http }).send(imageCall({ signal: stop.signal })));
    const socket = await connected;
    stop.abort(mine);
    expect(await sent).toBe(mine);
    // Node's fetch lets a connection that is coming up be until its own limit of 10 s; that is the host's affair.
    if (http === nodeClient) await once(socket, "close");
    socket.destroy();
  });

  test("just before sending sends nothing", async () => {
    const server = await statusServer();
    const stop = new AbortController();
    const beforeSend = async (): Promise<void> => {
      stop.abort(mine);
      await new Promise(() => undefined);
    };
    const call = imageCall({ signal: stop.signal, beforeSend });
    expect(await reasonOf(transportTo(server.origin, { http }).send(call))).toBe(mine);
    expect(server.requests).toEqual([]);
  });

  test("while waiting for the answer closes the connection", async () => {
    const server = await recordingServer(() => undefined);
    const stop = new AbortController();
    const sent = reasonOf(transportTo(server.origin, { http }).send(imageCall({ signal: stop.signal })));
    const request = await server.arrived(1);
    stop.abort(mine);
    expect(await sent).toBe(mine);
    await request.closed;
  });

  test("within the body closes the connection", async () => {
    const server = await recordingServer((response) => {
      response.writeHead(200).write("x");
    });
    const stop = new AbortController();
    const answer = await transportTo(server.origin, { http }).send(imageCall({ signal: stop.signal }));
    expect(await reasonOf(answer.read(() => stop.abort(mine)))).toBe(mine);
    await server.requests[0]?.closed;
  });

  test("between the answer's head and its body closes the connection", async () => {
    const server = await recordingServer((response) => {
      response.writeHead(200).write("x");
    });
    const stop = new AbortController();
    const answer = await transportTo(server.origin, { http }).send(imageCall({ signal: stop.signal }));
    stop.abort(mine);
    const pieces: unknown[] = [];
    expect(await reasonOf(answer.read((piece) => pieces.push(piece)))).toBe(mine);
    expect(pieces).toEqual([]);
    await server.requests[0]?.closed;
  });

  test("within an error page closes the connection", async () => {
    const stop = new AbortController();
    const server = await recordingServer((response) => {
      response.writeHead(400).write("x");
      setImmediate(() => stop.abort(mine));
    });
    const sent = reasonOf(transportTo(server.origin, { http }).send(imageCall({ signal: stop.signal })));
    const request = await server.arrived(1);
    expect(await sent).toBe(mine);
    await request.closed;
  });

  test("within a pause sends nothing more", async () => {
    const server = await statusServer([429, "{}", { "retry-after": "200" }]);
    const stop = new AbortController();
    const call = imageCall({
      signal: stop.signal,
      onStage: (stage) => void (stage === "waiting" && setImmediate(() => stop.abort(mine))),
    });
    expect(await reasonOf(transportTo(server.origin, { http }).send(call))).toBe(mine);
    expect(server.requests).toHaveLength(1);
  });

  test("leaves no listener on the caller's signal when all is over", async () => {
    const server = await statusServer([503, ""]);
    const { signal } = new AbortController();
    const added = vi.spyOn(signal, "addEventListener");
    const removed = vi.spyOn(signal, "removeEventListener");
    await bodyOf(transportTo(server.origin, { http }).send(imageCall({ signal })));
    const removedOnes = new Set(removed.mock.calls.map(([, listener]) => listener));
    expect(added).toHaveBeenCalled();
    expect(added.mock.calls.filter(([, listener]) => !removedOnes.has(listener))).toEqual([]);
  });
});
