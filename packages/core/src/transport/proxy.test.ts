import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { connect } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { closedPort, recordingServer } from "../../../../test/support/recording-server.ts";
import type { RecordingServer } from "../../../../test/support/recording-server.ts";
import { limnErrorOf, reasonOf } from "../../../../test/support/rejection.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { hasOpenssl, makeCertificates } from "../../../../test/support/throw-away-authority.ts";
import { bytesBody } from "./http-client.ts";
import { createNodeClient } from "./node-client.ts";
import { createProxyChoice, hasProxySettings } from "./proxy.ts";
import { defaultTimeLimits } from "./time-limits.ts";
import { createTransport } from "./transport.ts";
import type { TransportCall } from "./transport.ts";

const proxyNames = [
  "HTTPS_PROXY",
  "https_proxy",
  "HTTP_PROXY",
  "http_proxy",
  "ALL_PROXY",
  "all_proxy",
  "NO_PROXY",
  "no_proxy",
];

beforeEach(() => {
  for (const name of proxyNames) vi.stubEnv(name, undefined);
});
afterEach(() => void vi.unstubAllEnvs());

interface Tunnel {
  readonly to: string;
  readonly headers: IncomingHttpHeaders;
  readonly closed: Promise<unknown>;
}

interface Proxy {
  readonly address: string;
  readonly tunnels: readonly Tunnel[];
  /** Requests that came for the proxy to forward in the clear. */
  readonly plain: readonly string[];
  asked(): Promise<unknown>;
}

/** A CONNECT proxy on loopback. `answer`: the port to tunnel to whatever was asked, a status to refuse with, or null for silence. */
async function connectProxy(answer: { readonly port: number } | { readonly status: string } | null): Promise<Proxy> {
  const tunnels: Tunnel[] = [];
  const plain: string[] = [];
  const open = new Set<Duplex>();
  const server = createHttpServer((request, response) => {
    plain.push(request.url ?? "");
    response.writeHead(500).end();
  });
  server.on("connect", (request, socket: Duplex) => {
    open.add(socket);
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    tunnels.push({ to: request.url ?? "", headers: request.headers, closed });
    // The server lets clients half-close.
    socket.on("end", () => void socket.end());
    if (answer === null) {
      socket.resume();
      return;
    }
    if ("status" in answer) {
      socket.end(`HTTP/1.1 ${answer.status}\r\nContent-Length: 2\r\n\r\nno`);
      return;
    }
    const target = connect(answer.port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      socket.pipe(target).pipe(socket);
    });
    open.add(target);
    target.on("error", () => socket.destroy());
    // What the client still says is read, so that its end is seen.
    target.on("close", () => socket.resume());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { address: `127.0.0.1:${address.port}`, tunnels, plain, asked: async () => once(server, "connect") };
}

function send(
  baseURL: string,
  change: Partial<TransportCall> = {},
): ReturnType<ReturnType<typeof createTransport>["send"]> {
  const credential = {
    source: "test",
    accountId: "acc-1",
    plan: null,
    email: null,
    expiresAtMs: null,
    accountHeaders: {},
  };
  const transport = createTransport({
    http: createNodeClient(createProxyChoice(process.env)),
    credentials: {
      get: async () => ({ ...credential, revealToken: () => "token-1" }),
      recover: async () => null,
      reports: async () => [],
    },
    baseURL,
    limits: defaultTimeLimits,
    retries: 0,
    userAgent: "limn/0.0.0-test",
    clock: Date.now,
    random: () => 0,
  });
  return transport.send({
    method: "POST",
    base: "codex",
    path: "/images/generations",
    body: bytesBody(Buffer.from("{}")),
    signal: new AbortController().signal,
    costsQuota: true,
    ...change,
  });
}

describe.skipIf(!hasOpenssl())("an https address (needs the openssl program for its certificate)", () => {
  let server: RecordingServer;

  async function secureServer(trusted: boolean): Promise<void> {
    const { authority, key, certificate: cert } = makeCertificates(temporaryFolder());
    server = await recordingServer(
      (response) => void response.end("fine"),
      (listener) => createHttpsServer({ key, cert }, listener),
    );
    if (!trusted) return;
    const usual = getCACertificates("default");
    // What NODE_EXTRA_CA_CERTS does at the start of a process.
    setDefaultCACertificates([...usual, authority]);
    onTestFinished(() => setDefaultCACertificates(usual));
  }

  test("is reached through HTTPS_PROXY, which sees neither token nor body", async () => {
    await secureServer(true);
    const proxy = await connectProxy({ port: server.port });
    vi.stubEnv("HTTPS_PROXY", `http://user:p%40ss@${proxy.address}`);
    const answer = await send("https://backend.example.test/codex");
    let body = "";
    await answer.read((piece) => (body += Buffer.from(piece).toString()));
    expect(body).toBe("fine");
    expect(server.requests).toMatchObject([
      { path: "/codex/images/generations", headers: { authorization: "Bearer token-1", host: "backend.example.test" } },
    ]);
    expect(proxy.plain).toEqual([]);
    expect(proxy.tunnels.map(({ to, headers }) => [to, headers])).toEqual([
      [
        "backend.example.test:443",
        {
          host: "backend.example.test:443",
          "proxy-authorization": `Basic ${Buffer.from("user:p@ss").toString("base64")}`,
          "proxy-connection": "close",
        },
      ],
    ]);
    await proxy.tunnels[0]?.closed;
  });

  test("that NO_PROXY names is reached directly", async () => {
    await secureServer(true);
    const proxy = await connectProxy({ port: server.port });
    vi.stubEnv("HTTPS_PROXY", `http://${proxy.address}`);
    vi.stubEnv("NO_PROXY", "example.org,127.0.0.1");
    const answer = await send(`https://127.0.0.1:${server.port}/codex`);
    await answer.read(() => undefined);
    expect([server.requests.length, proxy.tunnels]).toEqual([1, []]);
  });

  test("that NO_PROXY does not name goes through ALL_PROXY", async () => {
    await secureServer(true);
    const proxy = await connectProxy({ port: server.port });
    vi.stubEnv("ALL_PROXY", `http://${proxy.address}`);
    vi.stubEnv("NO_PROXY", "example.org");
    const answer = await send("https://backend.example.test:8443/codex");
    await answer.read(() => undefined);
    expect(proxy.tunnels.map(({ to }) => to)).toEqual(["backend.example.test:8443"]);
  });

  test("whose certificate nobody vouches for gets nothing, and the next step is named", async () => {
    await secureServer(false);
    const sending: number[] = [];
    const error = await limnErrorOf(
      send(`https://127.0.0.1:${server.port}`, { beforeSend: async (attempt) => void sending.push(attempt) }),
    );
    expect(error.toJSON()).toMatchObject({
      code: "connection_failed",
      message: expect.stringContaining("Nothing was sent."),
      hint: "If your network has its own certificate authority, name its file: NODE_EXTRA_CA_CERTS=/path/ca.pem",
    });
    expect([server.requests, sending]).toEqual([[], []]);
  });
});

describe("a proxy", () => {
  test.each([
    [
      "407 Proxy Authentication Required",
      "The proxy wants a login of its own: HTTPS_PROXY=http://user:password@host:port",
    ],
    ["403 Forbidden", "Check the network and the proxy settings: limn doctor"],
    ["502 Bad Gateway", "Check the network and the proxy settings: limn doctor"],
    ["503 Service Unavailable", "Check the network and the proxy settings: limn doctor"],
  ])("that refuses with %s is a failed connection, and nothing was sent", async (line, hint) => {
    const proxy = await connectProxy({ status: line });
    vi.stubEnv("HTTPS_PROXY", `http://${proxy.address}`);
    const sending: number[] = [];
    const error = await limnErrorOf(
      send("https://backend.example.test/codex", { beforeSend: async (attempt) => void sending.push(attempt) }),
    );
    const status = line.slice(0, 3);
    expect(error.toJSON()).toEqual({
      code: "connection_failed",
      category: "connection",
      message: `backend.example.test could not be reached: the proxy refused the connection with status ${status}. Nothing was sent.`,
      hint,
      retryable: true,
      retryAfterMs: null,
      details: { host: "backend.example.test", reason: `PROXY_${status}` },
    });
    expect([sending, proxy.tunnels.length]).toEqual([[], 1]);
  });

  test("that is not there is a failed connection", async () => {
    vi.stubEnv("HTTPS_PROXY", `http://127.0.0.1:${await closedPort()}`);
    const error = await limnErrorOf(send("https://backend.example.test/codex"));
    expect([error.code, error.details["reason"]]).toEqual(["connection_failed", "ECONNREFUSED"]);
  });

  test("that says nothing is left when the caller cancels", async () => {
    const proxy = await connectProxy(null);
    vi.stubEnv("HTTPS_PROXY", `http://${proxy.address}`);
    const stop = new AbortController();
    const asked = proxy.asked();
    const sent = reasonOf(send("https://backend.example.test/codex", { signal: stop.signal }));
    await asked;
    const mine = { why: "mine" };
    stop.abort(mine);
    expect(await sent).toBe(mine);
    await proxy.tunnels[0]?.closed;
  });

  test("never sees plain http, which goes to this machine only", async () => {
    const server = await recordingServer((response) => void response.end("fine"));
    const proxy = await connectProxy(null);
    for (const name of proxyNames.slice(0, 6)) vi.stubEnv(name, `http://${proxy.address}`);
    const answer = await send(server.origin);
    await answer.read(() => undefined);
    expect([server.requests.length, proxy.plain, proxy.tunnels]).toEqual([1, [], []]);
  });
});

test("a proxy is configured by any of four variables, and not by an empty one", () => {
  const names = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];
  expect(names.map((name) => hasProxySettings({ [name]: "http://127.0.0.1:1" }))).toEqual([true, true, true, true]);
  expect(hasProxySettings({ HTTPS_PROXY: "", NO_PROXY: "*", HTTP_PROXY: "http://127.0.0.1:1" })).toBe(false);
});
