import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as core from "@limn/core";
import type { LoadImageTools } from "@limn/core";
import { createEmulator } from "@limn/emulator";
import type { Emulator, EmulatorOptions } from "@limn/emulator";
import { onTestFinished } from "vitest";
import { temporaryFolder } from "../../../test/support/temporary-folder.ts";
import { createExtension } from "../src/extension.ts";
import { createHost } from "../src/host.ts";
import type {
  CustomMessage,
  ExtensionApi,
  PiContext,
  PiMode,
  ProviderAuth,
  ToolDefinition,
  ToolResult,
} from "../src/pi-api.ts";

type Handler = (event: unknown, context: PiContext) => unknown;
type Command = Parameters<ExtensionApi["registerCommand"]>[1];

/** Pi's side of the contract, as far as this extension uses it; tools are registered under the rules of P11. */
export class FakePi implements ExtensionApi {
  readonly tools: Map<string, ToolDefinition> = new Map();
  readonly commands: Map<string, Command> = new Map();
  readonly messages: CustomMessage[] = [];
  /** Names that other extensions took. */
  readonly foreignTools: string[] = [];
  readonly #handlers: Map<string, Handler[]> = new Map();

  on(event: string, handler: Handler): void {
    this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), handler]);
  }

  async emit(event: string, context: PiContext): Promise<void> {
    for (const handler of this.#handlers.get(event) ?? []) await handler({ type: event }, context);
  }

  registerTool(tool: ToolDefinition): void {
    if (!this.foreignTools.includes(tool.name)) this.tools.set(tool.name, tool);
  }

  registerCommand(name: string, command: Command): void {
    this.commands.set(name, command);
  }

  getAllTools(): readonly { readonly name: string }[] {
    return [...this.foreignTools, ...this.tools.keys()].map((name) => ({ name }));
  }

  sendMessage(message: CustomMessage): void {
    this.messages.push(message);
  }
}

export interface PlaceOptions {
  readonly emulator?: EmulatorOptions;
  readonly variables?: Readonly<Record<string, string>>;
  readonly mode?: PiMode;
  readonly isTrusted?: boolean;
  /** What Pi's registry says; a throw is a failed refresh. @default Pi's own login, good at the emulator */
  readonly login?: () => ProviderAuth | undefined;
  readonly loadFinish?: () => Promise<LoadImageTools | null>;
  readonly foreignTools?: readonly string[];
}

export interface PiPlace {
  readonly pi: FakePi;
  readonly emulator: Emulator;
  readonly context: PiContext;
  readonly agentFolder: string;
  readonly project: string;
  readonly data: string;
  readonly branch: unknown[];
  readonly notices: string[];
  readonly updates: ToolResult[];
  /** Calls a tool as Pi does, and puts its result into the branch. */
  call(given: Readonly<Record<string, unknown>>, options?: CallOptions): Promise<ToolResult>;
  command(name: string, given: string): Promise<void>;
  /** Calls that cost quota. */
  imageCalls(): number;
  settings(content: string, options?: { readonly name?: string; readonly project?: boolean }): string;
}

export interface CallOptions {
  readonly tool?: string;
  readonly signal?: AbortSignal;
}

const sessionId = "01930000-0000-7000-8000-00000000abcd";
export const sessionFolder = sessionId;

export async function placeWithPi(options: PlaceOptions = {}): Promise<PiPlace> {
  const folder = temporaryFolder();
  const [agentFolder, project, data] = ["agent", "project", "limn"].map((name) => join(folder, name));
  if (agentFolder === undefined || project === undefined || data === undefined) throw new TypeError("three folders");
  for (const path of [agentFolder, project]) mkdirSync(path);
  const emulator = createEmulator({ scenario: { name: "ok", size: "64x48" }, ...options.emulator });
  onTestFinished(async () => emulator.close());
  const { baseURL } = await emulator.listen();
  const variables = { LIMN_HOME: data, PI_CODING_AGENT_DIR: agentFolder, PATH: "", ...options.variables };
  const pi = new FakePi();
  pi.foreignTools.push(...(options.foreignTools ?? []));
  const branch: unknown[] = [];
  const notices: string[] = [];
  const updates: ToolResult[] = [];
  const context: PiContext = {
    ui: {
      notify: (message) => void notices.push(message),
      setStatus: () => undefined,
      custom: async () => Promise.reject(new Error("no terminal")),
    },
    mode: options.mode ?? "rpc",
    hasUI: true,
    cwd: project,
    sessionManager: { getSessionId: () => sessionId, getBranch: () => branch },
    modelRegistry: {
      getProviderAuth: async () =>
        options.login === undefined ? { auth: { apiKey: emulator.accessToken }, source: "OAuth" } : options.login(),
      getProvider: () => ({ baseUrl: baseURL.replace(/\/codex$/, "") }),
    },
    isProjectTrusted: () => options.isTrusted ?? true,
  };
  createExtension(pi, {
    host: createHost({}, {}, variables),
    loadCore: async () => core,
    loadFinish: options.loadFinish ?? (async () => null),
    variables: () => variables,
    fetch: () => globalThis.fetch,
  });
  await pi.emit("session_start", context);
  let calls = 0;
  return {
    pi,
    emulator,
    context,
    agentFolder,
    project,
    data,
    branch,
    notices,
    updates,
    call: async (given, { tool = "limn_image", signal } = {}) => {
      const definition = pi.tools.get(tool);
      if (definition === undefined) throw new Error(`no tool ${tool}`);
      calls += 1;
      const onUpdate = (partial: ToolResult): void => void updates.push(partial);
      const result = await definition.execute(`call-${calls}`, given, signal, onUpdate, context);
      branch.push({ type: "message", message: { role: "toolResult", toolName: tool, isError: false, ...result } });
      return result;
    },
    command: async (name, given) => {
      await pi.commands.get(name)?.handler(given, context);
      for (const message of pi.messages.splice(0)) branch.push({ type: "custom_message", ...message });
    },
    imageCalls: () =>
      emulator.calls.filter(({ route }) => route.startsWith("images.") || route.startsWith("responses")).length,
    settings: (content, { name = "codex-image-gen.json", project: inProject = false } = {}) => {
      const place = inProject ? join(project, ".pi", "extensions") : join(agentFolder, "extensions");
      mkdirSync(place, { recursive: true });
      writeFileSync(join(place, name), content);
      return join(place, name);
    },
  };
}

/** The first text block. */
export function textIn({ content }: ToolResult): string {
  const [first] = content;
  return first?.type === "text" ? first.text : "";
}
