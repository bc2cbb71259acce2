import type { ResolvedRequest } from "../../contracts/request.ts";
import { agentInstructions, turnText } from "./instructions.ts";
import type { CodexLoginFacts, SandboxMode } from "./parts.ts";

/** One setting of Codex by its dotted name. */
export type Settings = Readonly<Record<string, boolean | string | number>>;

export interface CallSettings {
  readonly facts: Pick<CodexLoginFacts, "mcpServers">;
  readonly plugins: boolean;
  readonly sandbox: SandboxMode;
}

/** What would start programs, reach into the machine or cost tokens, and that no picture needs. `image_generation` is the user's own and never set. */
const off = [
  "goals",
  "hooks",
  "memories",
  "multi_agent",
  "multi_agent_v2",
  "shell_tool",
  "skill_search",
  "sleep_tool",
  "tool_suggest",
  "unified_exec",
  "view_image",
];
const offWithPlugins = ["apps", "plugins", "remote_plugin"];
/** Parts of the conversation that tell the agent about the machine and about skills. */
const leftOut = [
  "skills.include_instructions",
  "include_apps_instructions",
  "include_environment_context",
  "include_permissions_instructions",
];

/** Settings for one picture: all but the image tool off. Codex ignores the names that it does not know. */
export function pictureSettings({ facts, plugins }: CallSettings): Settings {
  return {
    ...Object.fromEntries([...off, ...(plugins ? [] : offWithPlugins)].map((name) => [`features.${name}`, false])),
    ...Object.fromEntries(leftOut.map((name) => [name, false])),
    web_search: "disabled",
    "analytics.enabled": false,
    // A dotted name cannot say names with dots in them; such a server is started.
    ...Object.fromEntries(
      facts.mcpServers.filter((name) => /^[\w-]+$/.test(name)).map((name) => [`mcp_servers.${name}.enabled`, false]),
    ),
  };
}

/** As `-c` parameters; a JSON value is a TOML value. */
function asParameters(settings: Settings): string[] {
  return Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${JSON.stringify(value)}`]);
}

/** Settings that count before there is a thread: Codex looks for plugins when it starts. */
export function serverParameters(call: CallSettings): string[] {
  const settings = Object.entries(pictureSettings(call));
  return asParameters(
    Object.fromEntries(settings.filter(([name]) => /^features\.(?:apps|plugins|remote_plugin)$|^analytics/.test(name))),
  );
}

/** `thread/start` (codex-backend contract 7.3). */
export function threadStart(request: ResolvedRequest, call: CallSettings, folder: string): Record<string, unknown> {
  return {
    ...(request.model === null ? {} : { model: request.model }),
    cwd: folder,
    approvalPolicy: "never",
    sandbox: call.sandbox,
    ephemeral: true,
    experimentalRawEvents: true,
    baseInstructions: agentInstructions(request),
    config: pictureSettings(call),
    // Without references nothing needs to be read, and an agent without an environment has no files at all.
    ...(request.images.length === 0 ? { environments: [] } : {}),
  };
}

/** `turn/start`: what spends. */
export function turnStart(request: ResolvedRequest, threadId: string): Record<string, unknown> {
  return {
    threadId,
    effort: "low",
    input: [
      { type: "text", text: turnText(request) },
      ...request.images.map(({ file }) => ({ type: "localImage", path: file })),
    ],
  };
}

/** `codex exec` with the message by standard input; the images stand last because `-i` takes all that follows (contract 7.2). */
export function execParameters(
  request: ResolvedRequest,
  call: CallSettings,
  folder: string,
  instructionsFile: string,
): string[] {
  return [
    "exec",
    "--json",
    "--ephemeral",
    "--skip-git-repo-check",
    "--sandbox",
    call.sandbox,
    "-C",
    folder,
    ...(request.model === null ? [] : ["--model", request.model]),
    ...asParameters({
      ...pictureSettings(call),
      model_reasoning_effort: "low",
      // In the place of Codex's own long ones; as developer message too, for versions that name the file otherwise.
      model_instructions_file: instructionsFile,
      developer_instructions: agentInstructions(request),
    }),
    "-",
    ...request.images.flatMap(({ file }) => ["-i", file]),
  ];
}
