import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { createRequire, registerHooks } from "node:module";
import type { CallToolResult, Client as McpClient, ContentBlock } from "@modelcontextprotocol/client";
import { onTestFinished } from "vitest";
import { binFile } from "./program.ts";
import type { RunningProgram } from "./program.ts";
import { onlyLine, parseObject } from "./world.ts";
import type { World } from "./world.ts";

// Dependencies of the client export their own TypeScript under the condition "source", with which our tests run.
registerHooks({
  resolve: (specifier, context, next) =>
    next(
      specifier,
      /^eventsource(?:-parser)?(?:$|\/)/.test(specifier)
        ? { ...context, conditions: context.conditions.filter((name) => name !== "source") }
        : context,
    ),
});
const require = createRequire(import.meta.url);
const {
  Client,
  StreamableHTTPClientTransport,
}: typeof import("@modelcontextprotocol/client") = require("@modelcontextprotocol/client");
const {
  StdioClientTransport,
}: typeof import("@modelcontextprotocol/client/stdio") = require("@modelcontextprotocol/client/stdio");

export type Era = "legacy" | "auto";

export interface ConnectOptions {
  readonly era?: Era;
  readonly clientName?: string;
  /** Further words of the command line. */
  readonly words?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Folders that the client offers. */
  readonly roots?: readonly string[];
}

/** The official client, and the process behind it. */
export interface Connected {
  readonly client: McpClient;
  readonly pid: number | null;
  close(): Promise<void>;
}

function createClient({ era = "legacy", clientName = "claude-code", roots }: ConnectOptions): McpClient {
  const client = new Client(
    { name: clientName, version: "1.0.0" },
    { capabilities: roots === undefined ? {} : { roots: {} }, versionNegotiation: { mode: era } },
  );
  if (roots !== undefined)
    client.setRequestHandler("roots/list", async () => ({
      roots: roots.map((folder) => ({ uri: `file://${folder}` })),
    }));
  return client;
}

/** `limn mcp` on stdin and stdout. */
export async function connectStdio(world: World, options: ConnectOptions = {}): Promise<Connected> {
  killWorkersAfterwards(world);
  const transport = new StdioClientTransport({
    command: process.execPath,
    args: [binFile, "mcp", ...(options.words ?? [])],
    env: { ...world.env, ...options.env },
    cwd: options.cwd ?? world.work,
    stderr: "inherit",
  });
  const client = createClient(options);
  await client.connect(transport);
  const close = async (): Promise<void> => client.close();
  onTestFinished(close);
  return { client, pid: transport.pid, close };
}

export interface HttpServer {
  readonly url: string;
  readonly keyFile: string;
  readonly key: string;
  readonly running: RunningProgram;
}

export async function startHttp(world: World, words: readonly string[] = []): Promise<HttpServer> {
  killWorkersAfterwards(world);
  const running = world.start(["mcp", "--http", "--port", "0", "--json", ...words]);
  await running.saysOnStdout("\n");
  const { url, keyFile } = parseObject(onlyLine(running.stdoutSoFar()));
  return { url: String(url), keyFile: String(keyFile), key: readFileSync(String(keyFile), "utf8").trim(), running };
}

export async function connectHttp(
  server: Pick<HttpServer, "url" | "key">,
  options: ConnectOptions & { readonly headers?: Readonly<Record<string, string>> } = {},
): Promise<Connected> {
  const transport = new StreamableHTTPClientTransport(new URL(server.url), {
    requestInit: { headers: { authorization: `Bearer ${server.key}`, ...options.headers } },
  });
  const client = createClient(options);
  await client.connect(transport);
  const close = async (): Promise<void> => client.close();
  onTestFinished(close);
  return { client, pid: null, close };
}

export type Answer = Readonly<Record<string, unknown>>;

/** What a tool answered, taken apart. */
export interface Told {
  readonly isError: boolean;
  readonly answer: Answer;
  readonly text: string;
  readonly image: { readonly mimeType: string; readonly bytes: Buffer } | null;
  readonly types: readonly string[];
  readonly blocks: readonly ContentBlock[];
}

type CallOptions = Parameters<McpClient["callTool"]>[1];

export async function call(
  { client }: Pick<Connected, "client">,
  name: string,
  given: Readonly<Record<string, unknown>> = {},
  options?: CallOptions,
): Promise<Told> {
  return told(await client.callTool({ name, arguments: { ...given } }, options));
}

function told({ content, isError }: Pick<CallToolResult, "content" | "isError">): Told {
  const [first] = content;
  const text = first?.type === "text" ? first.text : "";
  const image = content.find((block) => block.type === "image");
  return {
    isError: isError === true,
    answer: parseObject(text),
    text,
    image: image === undefined ? null : { mimeType: image.mimeType, bytes: Buffer.from(image.data, "base64") },
    types: content.map(({ type }) => type),
    blocks: content,
  };
}

export const idOf = ({ answer }: Told): string => String(answer.id);

export function jobFolders(world: World): string[] {
  try {
    return readdirSync(join(world.limnHome, "jobs")).map((name) => join(world.limnHome, "jobs", name));
  } catch {
    return [];
  }
}

/** The processes that make generations, by their job folders. */
export function workerPids(world: World): number[] {
  return jobFolders(world).flatMap((folder) => {
    try {
      return [Number(parseObject(readFileSync(join(folder, "worker.json"), "utf8")).pid)];
    } catch {
      return [];
    }
  });
}

const prepared = new WeakSet<World>();

/** They belong to nobody, and would outlive the test. */
function killWorkersAfterwards(world: World): void {
  if (prepared.has(world)) return;
  prepared.add(world);
  onTestFinished(() => {
    for (const pid of workerPids(world)) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
  });
}
