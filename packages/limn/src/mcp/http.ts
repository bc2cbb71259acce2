import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname } from "node:path";
import { LimnError } from "@limn/core";
import { getRequestListener } from "@hono/node-server";
import {
  WebStandardStreamableHTTPServerTransport,
  createMcpHandler,
  isLegacyRequest,
  readRequestBody,
} from "@modelcontextprotocol/server";
import { createMcpServer } from "./server.ts";
import type { McpServices, McpSession } from "./services.ts";

const maxBodyBytes = 4 * 1024 * 1024;
const path = "/mcp";
/** Connections of the older era that are remembered; the one that was silent for the longest makes room. */
const maxSessions = 200;

export interface McpHttpServer {
  readonly url: string;
  close(): Promise<void>;
}

/** @throws connection_failed */
export async function startHttpServer(
  services: McpServices,
  options: { readonly port: number; readonly key: string },
): Promise<McpHttpServer> {
  let port = options.port;
  const handle = createHandler(services, options.key, () => port);
  const listener = getRequestListener(handle.fetch, { overrideGlobalObjects: false });
  const server = createServer((request, response) => void listener(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  }).catch((error: unknown) => {
    throw new LimnError("connection_failed", {
      message: `The port ${options.port} cannot be used.`,
      hint: "Let the system choose one: limn mcp --http --port 0",
      retryable: false,
      cause: error,
    });
  });
  const address = server.address();
  if (typeof address === "object" && address !== null) ({ port } = address);
  return {
    url: `http://127.0.0.1:${port}${path}`,
    close: async () => {
      await handle.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

/** The key that clients show; made at the first start. @throws artifact_write_failed */
export function httpKey(file: string): string {
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    try {
      const key = process.getBuiltinModule("node:crypto").randomBytes(32).toString("base64url");
      writeFileSync(file, `${key}\n`, { mode: 0o600, flag: "wx" });
      return key;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const key = readFileSync(file, "utf8").trim();
    if (key.length < 32)
      throw new LimnError("config_invalid", {
        message: `The key in ${file} is too short.`,
        hint: `Delete the file; a new key is made: rm ${file}`,
      });
    chmodSync(file, 0o600);
    return key;
  } catch (error) {
    if (error instanceof LimnError) throw error;
    throw new LimnError("artifact_write_failed", {
      message: `The key of the server cannot be kept in ${file}.`,
      hint: "Correct the rights of its folder, or name another: LIMN_HOME=/some/folder limn mcp --http",
      cause: error,
    });
  }
}

interface Handler {
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}

function createHandler(services: McpServices, key: string, port: () => number): Handler {
  const modern = createMcpHandler(({ requestInfo }) => createMcpServer(services, sessionOf(requestInfo)), {
    legacy: "reject",
    maxRequestBodySize: maxBodyBytes,
  });
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  return {
    fetch: async (request) =>
      refuse(request, key, port()) ??
      ((await isLegacyRequest(request, undefined, { maxRequestBodySize: maxBodyBytes }))
        ? serveLegacy(services, sessions, request)
        : modern.fetch(request)),
    close: async () => {
      await Promise.all([...sessions.values()].map(async (transport) => transport.close()));
      await modern.close();
    },
  };
}

/** Everything before the protocol: who asks, from where, for what. */
function refuse(request: Request, key: string, port: number): Response | null {
  const own = [`127.0.0.1:${port}`, `localhost:${port}`, `[::1]:${port}`];
  if (!own.includes(request.headers.get("host") ?? ""))
    return refusal(403, "This server answers on its own loopback address only.");
  const origin = request.headers.get("origin");
  if (origin !== null && !own.some((host) => origin === `http://${host}`))
    return refusal(403, "Pages of other origins get nothing.");
  const [, given = ""] = /^Bearer (.+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  if (!isEqual(given, key)) {
    const response = refusal(
      401,
      "The key of this server is missing or wrong. Its file is named when the server starts.",
    );
    response.headers.set("www-authenticate", "Bearer");
    return response;
  }
  if (new URL(request.url).pathname !== path) return refusal(404, `The address of this server is ${path}.`);
  if (Number(request.headers.get("content-length") ?? 0) > maxBodyBytes)
    return refusal(413, `A request has at most ${maxBodyBytes} bytes; pictures are given as paths.`);
  return null;
}

function refusal(status: number, message: string): Response {
  return Response.json({ jsonrpc: "2.0", error: { code: -32_000, message }, id: null }, { status });
}

/** In the same time for every wrong key. */
function isEqual(given: string, key: string): boolean {
  const { createHash, timingSafeEqual } = process.getBuiltinModule("node:crypto");
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(key));
}

/** The newer era has no sessions; a client that wants one of its own says so with a header. */
function sessionOf(request: Request | undefined): McpSession {
  const given = request?.headers.get("limn-session") ?? "";
  if (given === "") return { key: "mcp-http-shared", isOwn: false, isInFolder: false, since: null };
  const { createHash } = process.getBuiltinModule("node:crypto");
  return {
    key: `mcp-http-${createHash("sha256").update(given).digest("hex").slice(0, 24)}`,
    isOwn: true,
    isInFolder: false,
    since: null,
  };
}

async function serveLegacy(
  services: McpServices,
  sessions: Map<string, WebStandardStreamableHTTPServerTransport>,
  request: Request,
): Promise<Response> {
  const id = request.headers.get("mcp-session-id");
  const known = id === null ? undefined : sessions.get(id);
  if (id !== null && known === undefined) return refusal(404, "This session has ended; initialize again.");
  if (request.method === "POST") {
    const body = await readRequestBody(request.clone(), maxBodyBytes);
    if (body.tooLarge) return refusal(413, `A request has at most ${maxBodyBytes} bytes; pictures are given as paths.`);
  }
  if (known !== undefined && id !== null) {
    // The newest at the end.
    sessions.delete(id);
    sessions.set(id, known);
    return known.handleRequest(request);
  }
  const key = `mcp-${process.getBuiltinModule("node:crypto").randomUUID()}`;
  const transport = new WebStandardStreamableHTTPServerTransport({
    sessionIdGenerator: () => process.getBuiltinModule("node:crypto").randomUUID(),
    onsessioninitialized: (sessionId) => {
      sessions.set(sessionId, transport);
      const [oldest] = sessions.keys();
      if (sessions.size <= maxSessions || oldest === undefined) return;
      void sessions.get(oldest)?.close();
      sessions.delete(oldest);
    },
    onsessionclosed: (sessionId) => void sessions.delete(sessionId),
  });
  const server = createMcpServer(services, { key, isOwn: true, isInFolder: false, since: Date.now() });
  await server.connect(transport);
  const response = await transport.handleRequest(request);
  // Whoever did not initialize has no session, and leaves nothing behind.
  if (![...sessions.values()].includes(transport)) await transport.close();
  return response;
}
