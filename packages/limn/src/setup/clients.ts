import { existsSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { LimnError, codexHome, nearest, variable } from "@limn/core";
import type { Environment } from "@limn/core";
import type { ConfigTarget, EntryPlace, Json, JsonObject } from "./config-format.ts";
import { isObject } from "./config-format.ts";
import { hermesImages, openDesignImages } from "./image-plug.ts";
import type { ImagePlug } from "./image-plug.ts";
import { jsonFormat } from "./json-format.ts";
import type { LimnCommand } from "./limn-command.ts";
import { findOnPath, shellWord } from "./limn-command.ts";
import { printedSettings } from "./printed-settings.ts";
import { tomlFormat } from "./toml-format.ts";
import { yamlFormat } from "./yaml-format.ts";

/** `user`: for everything its user does. `project`: for the working folder, and for whoever shares it. */
export type Scope = "user" | "project";

/** What the entry says about starting limn. */
export interface EntryParts extends LimnCommand {
  /** Empty in a project, which others share. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * A program that can use limn, as data. The places and names are the program's own documentation's; docs/clients says which were
 * looked up where.
 */
export interface Client extends ConfigTarget<EntryParts> {
  /** It is started from a shell and hands PATH on. */
  readonly seesPath: boolean;
  /** Programs whose presence on PATH means that it is installed. */
  readonly programs: readonly string[];
  /** Absolute; null when it has none for this scope or there is no home folder. */
  configFile(environment: Environment, scope: Scope): string | null;
  /** A folder or file that it makes itself. */
  traces(environment: Environment): readonly (string | null)[];
  /** Its own image tool can ask `limn serve`. */
  readonly images?: ImagePlug;
  /** Its folder for skills; null when it has none. */
  skills(environment: Environment, scope: Scope): string | null;
  /** What is left to do for the user. */
  readonly next: string;
  /** The program's own command for the same, to show; never run. */
  ownCommand?(parts: EntryParts, scope: Scope): string;
}

/** Longest wait for one answer; limn hands over after 240 s (docs/clients). */
const callLimitSeconds = 600;
const startLimitSeconds = 60;

const plainJson = jsonFormat({ comments: false, trailingCommas: false });
const looseJson = jsonFormat({ comments: true, trailingCommas: true });

const mcpServers: EntryPlace = { kind: "member", path: ["mcpServers"], name: "limn" };

/** Members without the empty ones. */
function compact(members: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) =>
      value === undefined || (isObject(value) && Object.keys(value).length === 0) ? [] : [[name, value]],
    ),
  );
}

function home(environment: Environment, ...names: readonly string[]): string | null {
  return environment.home === null ? null : join(environment.home, ...names);
}

function here(environment: Environment, ...names: readonly string[]): string {
  return join(environment.workingFolder, ...names);
}

function below(folder: string | null, ...names: readonly string[]): string | null {
  return folder === null ? null : join(folder, ...names);
}

/** The folder that a variable names, else the usual one. */
function folderOf(environment: Environment, name: string, usual: string | null): string | null {
  const given = variable(environment, name);
  return given === null ? usual : resolve(environment.workingFolder, given);
}

/** Where programs with windows keep their settings. */
function applicationData(environment: Environment): string | null {
  if (environment.platform === "darwin") return home(environment, "Library", "Application Support");
  if (environment.platform === "win32")
    return variable(environment, "APPDATA") ?? home(environment, "AppData", "Roaming");
  return folderOf(environment, "XDG_CONFIG_HOME", home(environment, ".config"));
}

function firstExisting(...paths: readonly (string | null)[]): string | null {
  return paths.find((path) => path !== null && existsSync(path)) ?? null;
}

function namesIn(folder: string | null): readonly string[] {
  if (folder === null) return [];
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

const claudeFolder = (environment: Environment): string | null =>
  folderOf(environment, "CLAUDE_CONFIG_DIR", home(environment, ".claude"));

const claudeCode: Client = {
  id: "claude-code",
  title: "Claude Code",
  format: plainJson,
  seesPath: true,
  programs: ["claude"],
  configFile: (environment, scope) => {
    if (scope === "project") return here(environment, ".mcp.json");
    return below(folderOf(environment, "CLAUDE_CONFIG_DIR", environment.home), ".claude.json");
  },
  traces: (environment) => [claudeFolder(environment)],
  place: () => mcpServers,
  entry: ({ command, args, env }) => compact({ type: "stdio", command, args, env, timeout: callLimitSeconds * 1000 }),
  limits: ["timeout"],
  skills: (environment, scope) =>
    scope === "project" ? here(environment, ".claude", "skills") : below(claudeFolder(environment), "skills"),
  next: "Start a new Claude Code session; /mcp shows limn.",
  ownCommand: ({ command, args, env }, scope) =>
    [
      "claude mcp add",
      `--scope ${scope}`,
      ...Object.entries(env).map(([name, value]) => `--env ${shellWord(`${name}=${value}`)}`),
      "limn --",
      ...[command, ...args].map(shellWord),
    ].join(" "),
};

const codex: Client = {
  id: "codex",
  title: "Codex",
  format: tomlFormat,
  seesPath: true,
  programs: ["codex"],
  configFile: (environment, scope) =>
    scope === "project" ? here(environment, ".codex", "config.toml") : below(codexHome(environment), "config.toml"),
  traces: (environment) => [codexHome(environment)],
  place: () => ({ kind: "member", path: ["mcp_servers"], name: "limn" }),
  entry: ({ command, args, env }) =>
    compact({ command, args, env, startup_timeout_sec: startLimitSeconds, tool_timeout_sec: callLimitSeconds }),
  limits: ["startup_timeout_sec", "tool_timeout_sec"],
  skills: (environment, scope) =>
    scope === "project" ? here(environment, ".agents", "skills") : below(codexHome(environment), "skills"),
  next: "Start a new Codex session; /mcp shows limn.",
};

const cursor: Client = {
  id: "cursor",
  title: "Cursor",
  format: looseJson,
  seesPath: false,
  programs: ["cursor", "cursor-agent"],
  configFile: (environment, scope) =>
    scope === "project" ? here(environment, ".cursor", "mcp.json") : home(environment, ".cursor", "mcp.json"),
  traces: (environment) => [home(environment, ".cursor")],
  place: () => mcpServers,
  entry: ({ command, args, env }) => compact({ type: "stdio", command, args, env }),
  skills: (environment, scope) =>
    scope === "project" ? here(environment, ".cursor", "skills") : home(environment, ".cursor", "skills"),
  next: "Switch limn on under Cursor's settings for MCP tools.",
};

const geminiFolder = (environment: Environment): string | null =>
  below(folderOf(environment, "GEMINI_CLI_HOME", environment.home), ".gemini");

const gemini: Client = {
  id: "gemini",
  title: "Gemini CLI",
  format: looseJson,
  seesPath: true,
  programs: ["gemini"],
  configFile: (environment, scope) =>
    scope === "project"
      ? here(environment, ".gemini", "settings.json")
      : below(geminiFolder(environment), "settings.json"),
  traces: (environment) => [geminiFolder(environment)],
  place: () => mcpServers,
  entry: ({ command, args, env }) => compact({ command, args, env, timeout: callLimitSeconds * 1000 }),
  limits: ["timeout"],
  skills: (environment, scope) =>
    scope === "project" ? here(environment, ".gemini", "skills") : below(geminiFolder(environment), "skills"),
  next: "Start Gemini CLI again; /mcp shows limn.",
};

const opencodeFolder = (environment: Environment): string | null =>
  below(folderOf(environment, "XDG_CONFIG_HOME", home(environment, ".config")), "opencode");

const opencode: Client = {
  id: "opencode",
  title: "opencode",
  format: looseJson,
  seesPath: true,
  programs: ["opencode", "opencode2"],
  configFile: (environment, scope) => {
    const given = scope === "user" ? variable(environment, "OPENCODE_CONFIG") : null;
    if (given !== null) return resolve(environment.workingFolder, given);
    const folder = scope === "project" ? environment.workingFolder : opencodeFolder(environment);
    return (
      firstExisting(below(folder, "opencode.jsonc"), below(folder, "opencode.json")) ?? below(folder, "opencode.json")
    );
  },
  traces: (environment) => [opencodeFolder(environment)],
  // Version 2 keeps servers in mcp.servers, and reads the names directly below mcp of version 1 as well.
  place: (text) => ({ kind: "member", path: hasServersBelowMcp(text) ? ["mcp", "servers"] : ["mcp"], name: "limn" }),
  entry: ({ command, args, env }, { path }) =>
    path.length === 2
      ? compact({
          type: "local",
          command: [command, ...args],
          environment: env,
          timeout: { startup: startLimitSeconds * 1000, request: callLimitSeconds * 1000 },
        })
      : compact({
          type: "local",
          command: [command, ...args],
          enabled: true,
          environment: env,
          timeout: callLimitSeconds * 1000,
        }),
  limits: ["timeout"],
  skills: (environment, scope) =>
    scope === "project" ? here(environment, ".opencode", "skills") : below(opencodeFolder(environment), "skills"),
  next: "Start opencode again.",
};

function hasServersBelowMcp(text: string): boolean {
  const servers = looseJson.read(text, { kind: "member", path: ["mcp"], name: "servers" });
  // In version 1 this would be a server with the name "servers".
  return isObject(servers) && !("type" in servers);
}

const vscodeFolder = (environment: Environment): string | null => {
  const portable = variable(environment, "VSCODE_PORTABLE");
  if (portable !== null) return join(portable, "user-data");
  const base = applicationData(environment);
  return firstExisting(below(base, "Code"), below(base, "Code - Insiders")) ?? below(base, "Code");
};

const vscode: Client = {
  id: "vscode",
  title: "VS Code",
  format: looseJson,
  seesPath: false,
  programs: ["code", "code-insiders"],
  configFile: (environment, scope) =>
    scope === "project"
      ? here(environment, ".vscode", "mcp.json")
      : below(vscodeFolder(environment), "User", "mcp.json"),
  traces: (environment) => [vscodeFolder(environment)],
  place: () => ({ kind: "member", path: ["servers"], name: "limn" }),
  entry: ({ command, args, env }) => compact({ type: "stdio", command, args, env }),
  skills: (environment, scope) =>
    scope === "project" ? here(environment, ".github", "skills") : home(environment, ".copilot", "skills"),
  next: "Run “MCP: List Servers” in VS Code and start limn.",
};

/** The store version for Windows redirects its settings, to one of two places. */
function claudeDesktopFolder(environment: Environment): string | null {
  const usual = below(applicationData(environment), "Claude");
  if (environment.platform !== "win32") return usual;
  const local = variable(environment, "LOCALAPPDATA");
  const data = below(local, "Claude-Data");
  const packages = below(local, "Packages");
  const isClaude = (name: string): boolean => /^claude(?:_|$)/i.test(name);
  return (
    firstExisting(
      ...namesIn(data)
        .filter(isClaude)
        .map((name) => below(data, name)),
      ...namesIn(packages)
        .filter(isClaude)
        .map((name) => below(packages, name, "LocalCache", "Roaming", "Claude")),
    ) ?? usual
  );
}

const claudeDesktop: Client = {
  id: "claude-desktop",
  title: "Claude Desktop",
  format: plainJson,
  seesPath: false,
  programs: [],
  configFile: (environment, scope) =>
    scope === "project" ? null : below(claudeDesktopFolder(environment), "claude_desktop_config.json"),
  traces: (environment) => [claudeDesktopFolder(environment)],
  place: () => mcpServers,
  entry: ({ command, args, env }) => compact({ command, args, env }),
  skills: () => null,
  next: "Quit Claude Desktop and start it again.",
};

const piFolder = (environment: Environment): string | null =>
  folderOf(environment, "PI_CODING_AGENT_DIR", home(environment, ".pi", "agent"));

const piPackage = "npm:pi-limn";

function isPiPackage(value: Json): boolean {
  const source = isObject(value) ? value["source"] : value;
  return typeof source === "string" && (source === piPackage || source.startsWith(`${piPackage}@`));
}

const pi: Client = {
  id: "pi",
  title: "Pi",
  format: plainJson,
  seesPath: true,
  programs: ["pi"],
  configFile: (environment, scope) =>
    scope === "project" ? here(environment, ".pi", "settings.json") : below(piFolder(environment), "settings.json"),
  traces: (environment) => [piFolder(environment)],
  place: () => ({ kind: "element", path: ["packages"], isEntry: isPiPackage }),
  entry: () => piPackage,
  skills: (environment, scope) =>
    scope === "project" ? here(environment, ".pi", "skills") : below(piFolder(environment), "skills"),
  next: "Start Pi again; it installs the package pi-limn, which has limn in it.",
  ownCommand: (_parts, scope) => `pi install ${scope === "project" ? "-l " : ""}${piPackage}`,
};

const hermesFolder = (environment: Environment): string | null =>
  folderOf(environment, "HERMES_HOME", home(environment, ".hermes"));

const hermes: Client = {
  id: "hermes",
  title: "Hermes Agent",
  format: yamlFormat,
  seesPath: true,
  programs: ["hermes"],
  configFile: (environment, scope) => (scope === "project" ? null : below(hermesFolder(environment), "config.yaml")),
  traces: (environment) => [hermesFolder(environment)],
  place: () => ({ kind: "member", path: ["mcp_servers"], name: "limn" }),
  entry: ({ command, args, env }) =>
    compact({ command, args, env, timeout: callLimitSeconds, connect_timeout: startLimitSeconds }),
  limits: ["timeout", "connect_timeout"],
  skills: (environment, scope) => (scope === "project" ? null : below(hermesFolder(environment), "skills")),
  images: hermesImages(hermesFolder),
  next: "Start Hermes again, or type /reload-mcp.",
};

/** A folder that one of its variables names; it expands a leading `~` and `$HOME` itself. */
function openDesignVariable(environment: Environment, name: string): string | null {
  const given = variable(environment, name);
  if (given === null) return null;
  const path =
    environment.home === null ? given : given.replace(/^(?:~|\$HOME)(?=[/\\]|$)/, () => environment.home ?? "");
  return resolve(environment.workingFolder, path);
}

/** Its data folder: the variable's, else `.od` in its own checkout. */
function openDesignFolder(environment: Environment): string | null {
  const given = openDesignVariable(environment, "OD_DATA_DIR");
  if (given !== null) return given;
  for (let folder = environment.workingFolder; ; folder = dirname(folder)) {
    const found = firstExisting(join(folder, ".od"));
    if (found !== null || dirname(folder) === folder) return found;
  }
}

const openDesign: Client = {
  id: "open-design",
  title: "Open Design",
  format: plainJson,
  seesPath: false,
  // Its program is called od, as the one of every Unix that prints octal numbers.
  programs: [],
  configFile: (environment, scope) =>
    scope === "project" ? null : below(openDesignFolder(environment), "mcp-config.json"),
  traces: (environment) => [openDesignFolder(environment)],
  place: () => ({ kind: "element", path: ["servers"], isEntry: (value) => isObject(value) && value["id"] === "limn" }),
  entry: ({ command, args, env }) =>
    compact({ id: "limn", label: "limn", transport: "stdio", enabled: true, command, args, env }),
  skills: (environment, scope) => (scope === "project" ? null : below(openDesignFolder(environment), "user-skills")),
  images: openDesignImages(
    (environment) => openDesignVariable(environment, "OD_MEDIA_CONFIG_DIR") ?? openDesignFolder(environment),
  ),
  next: "Start Open Design's daemon again.",
};

export const clients: readonly Client[] = [
  claudeCode,
  codex,
  cursor,
  gemini,
  opencode,
  vscode,
  claudeDesktop,
  pi,
  hermes,
  openDesign,
];

/** @throws invalid_option for an unknown name, with the nearest known one */
export function clientNamed(name: string): Client {
  const client = clients.find(({ id }) => id === name);
  if (client !== undefined) return client;
  const ids = [...clients, ...printedSettings].map(({ id }) => id);
  const meant = nearest(name, ids);
  throw new LimnError("invalid_option", {
    message: `There is no client "${name}".${meant === null ? "" : ` Did you mean "${meant}"?`}`,
    hint: `Known clients: ${ids.join(", ")}`,
  });
}

/** Its program is on PATH, or it has been run. */
export function isInstalled(client: Client, environment: Environment): boolean {
  return (
    client.programs.some((name) => findOnPath(environment, name) !== null) ||
    firstExisting(client.configFile(environment, "user"), ...client.traces(environment)) !== null
  );
}
