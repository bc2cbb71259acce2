import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { bodyPieces, EmulatorClosed, type Incoming, type Outgoing } from "../exchange.ts";
import type { Handled } from "../handler.ts";
import { isLoopbackHost } from "../routes/control-routes.ts";
import type { Activity } from "./activity.ts";

/** Where to listen. */
export interface ListenOptions {
  /** Default 0: a free one. */
  readonly port?: number;
  /** A loopback name or address; default `127.0.0.1`. Anything else throws. */
  readonly host?: string;
}

/** An emulator on a port. */
export interface RunningEmulator {
  /** `http://127.0.0.1:PORT` */
  readonly url: string;
  /** `url` and `/backend-api/codex`. */
  readonly baseURL: string;
  /** The issuer for sign-in: the same as `url`. */
  readonly authURL: string;
  readonly port: number;
  /** Stops listening and ends every open answer. */
  close(): Promise<void>;
}

type Handle = (incoming: Incoming) => Promise<Handled>;

/** Puts the handler on a loopback socket. */
export async function listenOnLoopback(
  handle: Handle,
  activity: Activity,
  options: ListenOptions = {},
): Promise<RunningEmulator> {
  const { port = 0, host = "127.0.0.1" } = options;
  if (!isLoopbackHost(host) || /:\d+$/.test(host.replace(/^\[?::1\]?/, ""))) {
    throw new TypeError(`The emulator listens on loopback only, not on "${host}". Use 127.0.0.1, ::1 or localhost.`);
  }
  const http = process.getBuiltinModule("node:http");
  const closing = new AbortController();
  // No limit on how long a request may take: slow uploads are part of what is tested.
  const server = http.createServer({ requestTimeout: 0, headersTimeout: 0 }, (request, response) => {
    const done = activity.begin();
    void serve(handle, request, response, closing.signal).finally(done);
  });
  await startListening(server, port, host.replace(/^\[|\]$/g, ""));
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : port;
  const url = `http://${host.includes(":") && !host.startsWith("[") ? `[${host}]` : host}:${bound}`;
  return { url, baseURL: `${url}/backend-api/codex`, authURL: url, port: bound, close: () => stop(server, closing) };
}

async function startListening(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host }, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

async function stop(server: Server, closing: AbortController): Promise<void> {
  closing.abort(new EmulatorClosed());
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

async function serve(
  handle: Handle,
  request: IncomingMessage,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const left = new AbortController();
  const gone = new Promise<void>((resolve) => {
    response.once("close", () => {
      left.abort(closing.aborted ? closing.reason : new Error("the client left"));
      resolve();
    });
  });
  // A client that goes away is not an error here; `gone` tells.
  request.on("error", () => undefined);
  response.on("error", () => undefined);
  const handled = await handle(toIncoming(request, left.signal)).catch(() => undefined);
  if (handled === undefined) return;
  const { outgoing, call } = handled;
  const ended = await send(outgoing, request, response, gone);
  if (!ended && !closing.aborted && call !== undefined) call.aborted = true;
}

function toIncoming(request: IncomingMessage, signal: AbortSignal): Incoming {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(request.headers)) {
    if (value !== undefined) headers[name] = Array.isArray(value) ? value.join(", ") : value;
  }
  return {
    method: request.method ?? "GET",
    target: request.url ?? "/",
    headers,
    signal,
    readBody: () => readAll(request, signal),
  };
}

async function readAll(request: IncomingMessage, signal: AbortSignal): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  try {
    for await (const part of request) if (Buffer.isBuffer(part)) parts.push(part);
  } catch (error) {
    // The response's close event may come a moment later than the broken read.
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    throw error;
  }
  return Buffer.concat(parts);
}

/** Sends an answer with its faults; true when everything happened that was meant to. */
async function send(
  outgoing: Outgoing,
  request: IncomingMessage,
  response: ServerResponse,
  gone: Promise<void>,
): Promise<boolean> {
  const { fault, body } = outgoing;
  if (fault?.kind === "never") {
    await gone;
    return false;
  }
  if (fault?.kind === "reset") {
    request.socket.resetAndDestroy();
    return true;
  }
  const length: Record<string, string> =
    outgoing.chunkBytes === undefined ? { "content-length": String(body.length) } : {};
  response.sendDate = false;
  response.writeHead(outgoing.status, { ...outgoing.headers, ...length });
  response.flushHeaders();
  for (const piece of bodyPieces(outgoing)) {
    if (response.destroyed) return false;
    if (!response.write(piece)) await Promise.race([gone, new Promise((resolve) => response.once("drain", resolve))]);
  }
  if (fault?.kind === "stall") {
    await gone;
    return false;
  }
  if (fault?.kind === "cut") {
    await new Promise((resolve) => setImmediate(resolve));
    request.socket.destroySoon();
    return true;
  }
  response.end();
  await gone;
  return response.writableFinished;
}
