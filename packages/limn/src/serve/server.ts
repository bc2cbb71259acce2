import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { Access, HttpError, errorAnswer, listen, urlOf } from "../loopback/index.ts";
import type { Route, Site } from "../loopback/index.ts";
import { GenerationDesk, rememberMs, stopping } from "./generation-desk.ts";
import type { DrawingParts } from "./generation-desk.ts";
import type { RequestDefaults } from "./image-request.ts";
import { defaultPatience } from "./images-route.ts";
import type { Patience } from "./images-route.ts";
import { Metrics } from "./metrics.ts";
import { OwedAnswers } from "./owed-answers.ts";
import { PictureLinks } from "./picture-links.ts";
import { ClientLeft } from "./read-body.ts";
import { apiRoutes } from "./routes.ts";

export interface ServeOptions {
  readonly limn: DrawingParts;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** As it is now; asked for at every request. */
  readonly key: () => string;
  readonly keepHistory: boolean;
  /** Pictures are the sandbox's. @default false */
  readonly emulated?: boolean;
  /** Of this server's own notes between two starts. @default none are kept */
  readonly stateFolder?: string;
  readonly defaults: RequestDefaults;
  readonly patience?: Patience;
  /** Routes beside the API, which wins; made when the address is known. */
  readonly site?: (address: { readonly url: string }) => Site;
}

export interface ImageServer {
  /** As it is asked from this machine; without a path. */
  readonly url: string;
  /** Generations that were sent and are not finished. */
  busy(): number;
  /** Takes no more, waits for what was sent, and ends every connection. */
  close(): Promise<void>;
}

const headersTimeoutMs = 15_000;
/** For a whole request with its pictures. */
const requestTimeoutMs = 300_000;
const maxConnections = 4096;
/** After an error some clients still send their body; they read the answer only when that is taken from them. */
const lingerMs = 10_000;
/** For readers of the last answers. */
const farewellMs = 5000;

/** @throws connection_failed */
export async function startImageServer(options: ServeOptions): Promise<ImageServer> {
  const metrics = new Metrics();
  const desk = new GenerationDesk({
    limn: options.limn,
    keepHistory: options.keepHistory,
    emulated: options.emulated ?? false,
    owed: owedAnswers(options),
    count: (name, labels) => metrics.count(name, labels),
  });
  const { host, key, defaults, patience = defaultPatience } = options;
  const access = new Access({ host, key, keyHint: "To see it: limn serve --show-key" });
  const routes = apiRoutes({ desk, metrics, links: new PictureLinks(), defaults, patience });
  const handler = new Handler(access, routes, metrics);
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: 10_000,
    // A missing Host is refused like a foreign one, in the API's own words.
    requireHostHeader: false,
  });
  server.maxConnections = maxConnections;
  server.on("request", (request, response) => void handler.serve(request, response, false));
  // Nobody is told to go on with a large body before the key was looked at.
  server.on("checkContinue", (request, response) => void handler.serve(request, response, true));
  server.on("checkExpectation", (request, response) => void handler.serve(request, response, false));
  server.on("connect", (_, socket) => refuseRaw(socket, "405 Method Not Allowed", "This server is no proxy."));
  server.on("clientError", (error, socket) => {
    // What comes behind the last request of a connection has had its answer: that one.
    if ("code" in error && error.code === "HPE_CLOSED_CONNECTION") socket.end();
    else if (handler.isAnswering(socket)) socket.destroy();
    else refuseBroken(error, socket);
  });
  const port = await listen(server, { host, port: options.port, command: "limn serve" });
  const url = urlOf(host, port);
  handler.site = options.site?.({ url }) ?? null;
  access.openAt(port);
  return {
    url,
    busy: () => desk.running,
    close: async () => {
      handler.isStopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await Promise.all([desk.stop(), handler.site?.close()]);
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), farewellMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** What is not in the history cannot be given to a later repeat. */
function owedAnswers({ stateFolder, keepHistory }: ServeOptions): OwedAnswers | null {
  return stateFolder === undefined || !keepHistory ? null : new OwedAnswers(join(stateFolder, "owed"), rememberMs);
}

/** What is not HTTP, or came too slowly. */
function refuseBroken({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT")
    refuseRaw(socket, "408 Request Timeout", "The request did not come in time.");
  else if (code === "HPE_HEADER_OVERFLOW")
    refuseRaw(socket, "431 Request Header Fields Too Large", "The headers are too long.");
  else refuseRaw(socket, "400 Bad Request", "This is not a valid HTTP request.");
}

/** Where there is no request to answer; the socket is all there is. */
function refuseRaw(socket: Duplex, status: string, message: string): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  // A reader who leaves is not an error.
  socket.on("error", () => undefined);
  const body = JSON.stringify({ error: { message, type: "invalid_request_error", code: "invalid_http", param: null } });
  socket.end(
    `HTTP/1.1 ${status}\r\nx-request-id: req_${randomUUID()}\r\nx-should-retry: false\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

/** Every request goes through here: who asks, from where, for what; and every refusal comes from here. */
class Handler {
  site: Site | null = null;
  isStopping = false;
  readonly #access: Access;
  readonly #apiRoute: (path: string) => Route | null;
  readonly #metrics: Metrics;
  /** Of a client that sends ahead there are several. */
  readonly #open = new WeakMap<Duplex, Set<ServerResponse>>();

  constructor(access: Access, apiRoute: (path: string) => Route | null, metrics: Metrics) {
    this.#access = access;
    this.#apiRoute = apiRoute;
    this.#metrics = metrics;
  }

  /** Part of an answer is out: whatever is written beside it would be taken for more of it. */
  isAnswering(socket: Duplex): boolean {
    return [...(this.#open.get(socket) ?? [])].some((response) => response.headersSent && !response.writableFinished);
  }

  #openOf(socket: Duplex): Set<ServerResponse> {
    const known = this.#open.get(socket);
    if (known !== undefined) return known;
    const open = new Set<ServerResponse>();
    this.#open.set(socket, open);
    // Node 22 tells only the first of several answers that their client is gone.
    socket.once("close", () => {
      for (const response of open) {
        response.destroy();
        response.emit("close");
      }
    });
    return open;
  }

  async serve(request: IncomingMessage, response: ServerResponse, waitsForContinue: boolean): Promise<void> {
    const open = this.#openOf(request.socket).add(response);
    setCommonHeaders(response, `req_${randomUUID()}`);
    let name = "none";
    response.once("close", () => {
      open.delete(response);
      this.#metrics.count("limn_http_requests_total", { route: name, status: String(response.statusCode) });
      if (this.isStopping) request.socket.end();
    });
    // A reader who leaves is not an error.
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    try {
      this.#access.checkPlace(request.headers);
      const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
      const route = this.#apiRoute(path) ?? this.site?.find(path) ?? null;
      this.#checkAccess(request, route?.access ?? "session");
      if (route === null)
        throw new HttpError(404, {
          message: "limn has no such route; it serves /v1/images/generations, /v1/images/edits and /v1/models.",
          code: "not_found",
        });
      ({ name } = route);
      checkMethod(request, route);
      if (this.isStopping) throw stopping();
      if (waitsForContinue) response.writeContinue();
      await route.serve(request, response);
    } catch (error) {
      this.#refuse(request, response, error);
    }
  }

  #checkAccess(request: IncomingMessage, access: Route["access"]): void {
    if (access === "open") return;
    if (access === "session" && this.site?.hasSession(request) === true) return;
    this.#access.checkKey(request.headers);
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (error instanceof ClientLeft || response.destroyed || response.headersSent) {
      response.destroy();
      return;
    }
    const { status, headers, body } = errorAnswer(error);
    const { "content-length": length = "0", "transfer-encoding": encoding } = request.headers;
    const isWhole = request.complete || (length === "0" && encoding === undefined);
    // What the route said about an answer that does not come.
    const id = response.getHeader("x-request-id");
    for (const header of response.getHeaderNames()) response.removeHeader(header);
    setCommonHeaders(response, String(id));
    const text = JSON.stringify(body);
    response.writeHead(status, {
      ...headers,
      "content-type": "application/json",
      "content-length": String(Buffer.byteLength(text)),
      ...(isWhole && this.isStopping ? { connection: "close" } : {}),
    });
    response.end(text);
    if (isWhole) return;
    // A connection that is closed with bytes unread takes the answer with it.
    request.resume();
    const timer = setTimeout(() => request.socket.destroy(), lingerMs);
    request.once("close", () => clearTimeout(timer));
  }
}

function setCommonHeaders(response: ServerResponse, requestId: string): void {
  response.setHeader("x-request-id", requestId);
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("cache-control", "no-store");
}

/** HEAD is GET without its body, which node:http leaves out. @throws HttpError 405 */
function checkMethod({ method = "GET" }: IncomingMessage, { methods }: Route): void {
  const allowed = methods.includes("GET") && !methods.includes("HEAD") ? [...methods, "HEAD"] : methods;
  if (allowed.includes(method)) return;
  throw new HttpError(
    405,
    { message: `This route takes ${allowed.join(" and ")}.`, code: "method_not_allowed" },
    { allow: allowed.join(", ") },
  );
}
