import { randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { pipeline } from "node:stream/promises";
import { LimnError } from "@limn/core";
import { Access } from "./access.ts";
import { errorAnswer } from "./error-answer.ts";
import { GenerationDesk, stopping } from "./generation-desk.ts";
import type { DrawingParts } from "./generation-desk.ts";
import { HttpError } from "./http-error.ts";
import type { RequestDefaults } from "./image-request.ts";
import { defaultPatience, serveImages } from "./images-route.ts";
import type { Patience } from "./images-route.ts";
import { Metrics } from "./metrics.ts";
import { modelEntry, modelIds } from "./models.ts";
import { openApi } from "./open-api.ts";
import { PictureLinks } from "./picture-links.ts";
import { ClientLeft } from "./read-body.ts";

export interface ServeOptions {
  readonly limn: DrawingParts;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** As it is now; asked for at every request. */
  readonly key: () => string;
  readonly keepHistory: boolean;
  readonly defaults: RequestDefaults;
  readonly patience?: Patience;
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
    count: (name, labels) => metrics.count(name, labels),
  });
  const handler = new Handler(options, desk, metrics);
  const server = createServer({
    headersTimeout: headersTimeoutMs,
    requestTimeout: requestTimeoutMs,
    connectionsCheckingInterval: 1000,
    keepAliveTimeout: 10_000,
    // A missing Host is refused like a foreign one, in the API's own words.
    requireHostHeader: false,
  });
  server.maxConnections = maxConnections;
  const serve = (request: IncomingMessage, response: ServerResponse): void =>
    void handler.serve(request, response, false);
  server.on("request", serve);
  // Nobody is told to go on with a large body before the key was looked at.
  server.on("checkContinue", (request, response) => void handler.serve(request, response, true));
  server.on("clientError", refuseBroken);
  const port = await listen(server, options);
  handler.access = new Access({ host: options.host, port, key: options.key });
  // Bound to everything is no name to ask under.
  const named = options.host === "0.0.0.0" ? "127.0.0.1" : options.host === "::" ? "::1" : options.host;
  const host = named.includes(":") ? `[${named}]` : named;
  return {
    url: `http://${host}:${port}`,
    busy: () => desk.running,
    close: async () => {
      handler.isStopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      await desk.stop();
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), farewellMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

async function listen(server: Server, { host, port }: ServeOptions): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  }).catch((error: unknown) => {
    throw new LimnError("connection_failed", {
      message: `The port ${port} of ${host} cannot be used.`,
      hint: "Let the system choose one: limn serve --port 0",
      retryable: false,
      cause: error,
    });
  });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : port;
}

/** What is not HTTP, or came too slowly; the socket is all there is. */
function refuseBroken(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const [status, message] =
    error.code === "ERR_HTTP_REQUEST_TIMEOUT"
      ? ["408 Request Timeout", "The request did not come in time."]
      : error.code === "HPE_HEADER_OVERFLOW"
        ? ["431 Request Header Fields Too Large", "The headers are too long."]
        : ["400 Bad Request", "This is not a valid HTTP request."];
  const body = JSON.stringify({ error: { message, type: "invalid_request_error", code: "invalid_http", param: null } });
  socket.end(
    `HTTP/1.1 ${status}\r\nx-request-id: req_${randomUUID()}\r\nx-should-retry: false\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}

interface Route {
  readonly methods: readonly string[];
  readonly name: string;
  /** The address of a file is its own key. */
  readonly isOpen?: boolean;
  serve(request: IncomingMessage, response: ServerResponse): Promise<void> | void;
}

class Handler {
  access: Access | null = null;
  isStopping = false;
  readonly #desk: GenerationDesk;
  readonly #metrics: Metrics;
  readonly #links: PictureLinks = new PictureLinks();
  readonly #options: ServeOptions;

  constructor(options: ServeOptions, desk: GenerationDesk, metrics: Metrics) {
    this.#options = options;
    this.#desk = desk;
    this.#metrics = metrics;
  }

  async serve(request: IncomingMessage, response: ServerResponse, waitsForContinue: boolean): Promise<void> {
    response.setHeader("x-request-id", `req_${randomUUID()}`);
    response.setHeader("x-content-type-options", "nosniff");
    response.setHeader("cache-control", "no-store");
    let name = "none";
    response.once("close", () => {
      this.#metrics.count("limn_http_requests_total", { route: name, status: String(response.statusCode) });
      if (this.isStopping) request.socket.end();
    });
    // A reader who leaves is not an error.
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    try {
      this.access?.checkPlace(request);
      const route = this.#routeOf(request.url ?? "/");
      if (route?.isOpen !== true) this.access?.checkKey(request);
      if (route === null)
        throw new HttpError(404, {
          message: "limn has no such route; it serves /v1/images/generations, /v1/images/edits and /v1/models.",
          code: "not_found",
        });
      ({ name } = route);
      const method = request.method ?? "GET";
      if (!route.methods.includes(method))
        throw new HttpError(
          405,
          { message: `This route takes ${route.methods.join(" and ")}.`, code: "method_not_allowed" },
          { allow: route.methods.join(", ") },
        );
      if (this.isStopping) throw stopping();
      if (waitsForContinue) response.writeContinue();
      await route.serve(request, response);
    } catch (error) {
      this.#refuse(request, response, error);
    }
  }

  #refuse(request: IncomingMessage, response: ServerResponse, error: unknown): void {
    if (error instanceof ClientLeft || response.destroyed || response.headersSent) {
      response.destroy();
      return;
    }
    const { status, headers, body } = errorAnswer(error);
    const { "content-length": length = "0", "transfer-encoding": encoding } = request.headers;
    const isWhole = request.complete || (length === "0" && encoding === undefined);
    response.writeHead(status, {
      ...headers,
      "content-type": "application/json",
      ...(isWhole && this.isStopping ? { connection: "close" } : {}),
    });
    response.end(JSON.stringify(body));
    if (isWhole) return;
    // A connection that is closed with bytes unread takes the answer with it.
    request.resume();
    const timer = setTimeout(() => request.socket.destroy(), lingerMs);
    request.once("close", () => clearTimeout(timer));
  }

  #routeOf(address: string): Route | null {
    const path = address.split("?", 1)[0]?.replace(/\/$/, "") ?? "";
    const bare = path.replace(/^\/v1(?=\/)/, "");
    switch (bare) {
      case "/healthz":
        return {
          name: "healthz",
          methods: ["GET", "HEAD"],
          isOpen: true,
          serve: (_, response) => json(response, { status: "ok" }),
        };
      case "/metrics":
        return { name: "metrics", methods: ["GET"], serve: (_, response) => this.#serveMetrics(response) };
      case "/openapi.json":
        return { name: "openapi", methods: ["GET"], serve: (_, response) => json(response, openApi) };
      case "/models":
        return {
          name: "models",
          methods: ["GET"],
          serve: (_, response) => json(response, { object: "list", data: modelIds.map(modelEntry) }),
        };
      case "/images/generations":
      case "/images/edits": {
        const operation = bare === "/images/edits" ? "edit" : "generate";
        const { defaults, patience = defaultPatience } = this.#options;
        const parts = { desk: this.#desk, links: this.#links, defaults, patience };
        return {
          name: bare,
          methods: ["POST"],
          serve: async (request, response) => serveImages(parts, operation, request, response),
        };
      }
      default:
        return this.#innerRoute(bare);
    }
  }

  #innerRoute(path: string): Route | null {
    const model = /^\/models\/([\w.-]{1,100})$/.exec(path)?.[1];
    if (model !== undefined)
      return {
        name: "model",
        methods: ["GET"],
        serve: (_, response) => {
          if (!modelIds.includes(model))
            throw new HttpError(404, {
              message: "There is no model of this name.",
              code: "model_not_found",
              param: "model",
            });
          json(response, modelEntry(model));
        },
      };
    const token = /^\/files\/([\w-]{32})$/.exec(path)?.[1];
    if (token === undefined) return null;
    return {
      name: "file",
      methods: ["GET"],
      isOpen: true,
      serve: async (_, response) => this.#serveFile(token, response),
    };
  }

  #serveMetrics(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/plain; version=0.0.4; charset=utf-8" });
    response.end(
      this.#metrics.text({
        limn_generations_running: this.#desk.running,
        limn_generations_waiting: this.#desk.waiting,
      }),
    );
  }

  async #serveFile(token: string, response: ServerResponse): Promise<void> {
    const linked = this.#links.find(token);
    if (linked === null)
      throw new HttpError(404, { message: "This address of a picture has run out.", code: "not_found" });
    const file = createReadStream(linked.path);
    await new Promise<void>((resolve, reject) => {
      file.once("open", () => resolve());
      file.once("error", () =>
        reject(new HttpError(404, { message: "The picture is no longer in the history.", code: "not_found" })),
      );
    });
    response.writeHead(200, { "content-type": linked.mediaType });
    await pipeline(file, response).catch(() => response.destroy());
  }
}

function json(response: ServerResponse, value: unknown): void {
  const text = JSON.stringify(value);
  response.writeHead(200, { "content-type": "application/json", "content-length": String(Buffer.byteLength(text)) });
  response.end(text);
}
