import { createServer } from "node:http";
import { getRequestListener } from "@hono/node-server";
import {
  WebStandardStreamableHTTPServerTransport,
  createMcpHandler,
  isLegacyRequest,
  readRequestBody,
} from "@modelcontextprotocol/server";
import { Access, HttpError, listen, urlOf } from "../loopback/index.ts";
import { createMcpServer } from "./server.ts";
import type { McpServices, McpSession } from "./services.ts";

const maxBodyBytes = 4 * 1024 * 1024;
const host = "127.0.0.1";
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
  options: {
    readonly port: number;
    /** As it is now; asked for at every request. */
    readonly key: () => string;
  },
): Promise<McpHttpServer> {
  const access = new Access({ host, key: options.key, keyHint: "Its file is named when the server starts." });
  const handle = createHandler(services, access);
  const listener = getRequestListener(handle.fetch, { overrideGlobalObjects: false });
  const server = createServer((request, response) => void listener(request, response));
  const port = await listen(server, { host, port: options.port, command: "limn mcp --http" });
  access.openAt(port);
  return {
    url: `${urlOf(host, port)}${path}`,
    close: async () => {
      await handle.close();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
    },
  };
}

interface Handler {
  fetch(request: Request): Promise<Response>;
  close(): Promise<void>;
}

function createHandler(services: McpServices, access: Access): Handler {
  const modern = createMcpHandler(({ requestInfo }) => createMcpServer(services, sessionOf(requestInfo)), {
    legacy: "reject",
    maxRequestBodySize: maxBodyBytes,
  });
  const sessions = new Map<string, WebStandardStreamableHTTPServerTransport>();
  return {
    fetch: async (request) =>
      refuse(request, access) ??
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
function refuse(request: Request, access: Access): Response | null {
  try {
    const header = (name: string): string | undefined => request.headers.get(name) ?? undefined;
    const headers = { host: header("host"), origin: header("origin"), authorization: header("authorization") };
    access.checkPlace(headers);
    access.checkKey(headers);
  } catch (error) {
    if (error instanceof HttpError) return refusal(error.status, error.message, error.headers);
    throw error;
  }
  if (new URL(request.url).pathname !== path) return refusal(404, `The address of this server is ${path}.`);
  if (Number(request.headers.get("content-length") ?? 0) > maxBodyBytes)
    return refusal(413, `A request has at most ${maxBodyBytes} bytes; pictures are given as paths.`);
  return null;
}

function refusal(status: number, message: string, headers: Readonly<Record<string, string>> = {}): Response {
  return Response.json({ jsonrpc: "2.0", error: { code: -32_000, message }, id: null }, { status, headers });
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
