import { version } from "@limn/core";
import { CLIENT_CAPABILITIES_META_KEY, CLIENT_INFO_META_KEY, Server } from "@modelcontextprotocol/server";
import type { ServerContext } from "@modelcontextprotocol/server";
import type { McpServices, McpSession } from "./services.ts";
import type { CallContext } from "./tool-calls.ts";

const instructions =
  "limn makes and edits pictures with the user's ChatGPT plan; no API key. Pictures are files: answers name absolute paths and show a small preview. A call that takes long answers with an id and status running: collect it with get_generation, do not ask again.";

/**
 * One server for one client, in both eras of the protocol. It answers `initialize` from what is in this file: schemas, settings and the
 * history are loaded when they are asked for.
 */
export function createMcpServer(services: McpServices, session: McpSession): Server {
  const server = new Server(
    { name: "limn", title: "limn: images with the ChatGPT plan", version },
    { capabilities: { tools: {}, resources: {} }, instructions },
  );
  server.setRequestHandler("tools/list", async () => {
    const { listTools } = await import("./tools.ts");
    return { tools: listTools(capabilitiesOf(services)) };
  });
  server.setRequestHandler("tools/call", async ({ params }, ctx) => {
    const [{ callTool }, { isToolName }] = await Promise.all([import("./tool-calls.ts"), import("./arguments.ts")]);
    if (!isToolName(params.name)) return unknownTool(params.name);
    return callTool(services, params.name, params.arguments, callContextOf(server, session, ctx));
  });
  server.setRequestHandler("resources/list", async () => {
    const { listResources } = await import("./resources.ts");
    return { resources: listResources(services, session) };
  });
  server.setRequestHandler("resources/templates/list", async () => {
    const { resourceTemplates } = await import("./resources.ts");
    return { resourceTemplates };
  });
  server.setRequestHandler("resources/read", async ({ params }) => {
    const { readResource } = await import("./resources.ts");
    return readResource(services, params.uri);
  });
  return server;
}

/** A broken setting is told by the first call; the tools are there all the same. */
function capabilitiesOf(services: McpServices): McpServices["limn"]["capabilities"] {
  try {
    return services.limn.capabilities;
  } catch {
    return [];
  }
}

async function unknownTool(name: string): Promise<{ content: { type: "text"; text: string }[]; isError: true }> {
  const [{ nearest }, { schemas }] = await Promise.all([import("@limn/core"), import("./arguments.ts")]);
  const known = Object.keys(schemas);
  const meant = nearest(name, known);
  const text = JSON.stringify({
    error: "invalid_option",
    what_happened: `There is no tool ${name.slice(0, 60)}${meant === null ? "" : `; did you mean ${meant}?`}`,
    quota_spent: "no",
    retry: "no",
    next: `The tools are ${known.join(", ")}.`,
  });
  return { content: [{ type: "text", text }], isError: true };
}

function callContextOf(server: Server, session: McpSession, ctx: ServerContext): CallContext {
  const { mcpReq } = ctx;
  const token = mcpReq._meta?.progressToken;
  // Of the connection in the older era, of the request in the newer one.
  const envelope: Readonly<Record<string, unknown>> = { ...mcpReq.envelope };
  const name = member(envelope[CLIENT_INFO_META_KEY], "name") ?? server.getClientVersion()?.name;
  const hasRoots =
    (member(envelope[CLIENT_CAPABILITIES_META_KEY], "roots") ?? server.getClientCapabilities()?.roots) !== undefined;
  const answered = rootsIn(mcpReq.inputResponses?.["roots"]);
  return {
    session,
    clientName: typeof name === "string" ? name : null,
    signal: mcpReq.signal,
    notify:
      token === undefined
        ? null
        : ({ progress, message }) => {
            // A client that is gone needs no progress.
            mcpReq
              .notify({ method: "notifications/progress", params: { progressToken: token, progress, message } })
              .catch(() => undefined);
          },
    roots: answered ?? (mcpReq.inputResponses === undefined && hasRoots ? "ask" : "none"),
  };
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined;
}

/** What the client answered to our question; null when it was not asked, or said nothing of use. */
function rootsIn(response: unknown): readonly { readonly uri: string }[] | null {
  if (typeof response !== "object" || response === null || !("roots" in response) || !Array.isArray(response.roots))
    return null;
  return response.roots.filter(
    (root: unknown): root is { readonly uri: string } =>
      typeof root === "object" && root !== null && "uri" in root && typeof root.uri === "string",
  );
}
