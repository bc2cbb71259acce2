import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Environment } from "@limn/core";
import { describe, expect, test } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { clientNamed, clients, isInstalled } from "./clients.ts";
import type { EntryParts, Scope } from "./clients.ts";
import { isObject } from "./config-format.ts";
import { apply, planEntry, planUndoEntry } from "./plan.ts";
import { snippet } from "./snippet.ts";

const parts: EntryParts = { command: "/opt/node", args: ["/opt/limn.js", "mcp"], env: { LIMN_HOME: "/l" } };

function machine(
  platform: NodeJS.Platform = "linux",
  variables: Readonly<Record<string, string>> = {},
): Environment & { home: string } {
  const home = temporaryFolder();
  const workingFolder = join(home, "work");
  mkdirSync(workingFolder);
  return { home, platform, workingFolder, variables: { LIMN_HOME: join(home, "limn"), ...variables } };
}

function lines(...all: readonly string[]): string {
  return all.map((line) => `${line}\n`).join("");
}

interface Golden {
  readonly id: string;
  /** Below the home folder. */
  readonly file: string;
  readonly before: string | null;
  readonly after: string;
  readonly variables?: Readonly<Record<string, string>>;
}

const goldens: readonly Golden[] = [
  {
    id: "claude-code",
    file: ".claude.json",
    before: lines("{", '  "numStartups": 3,', '  "projects": {', '    "/x": { "mcpServers": {} }', "  }", "}"),
    after: lines(
      "{",
      '  "numStartups": 3,',
      '  "projects": {',
      '    "/x": { "mcpServers": {} }',
      "  },",
      '  "mcpServers": {',
      '    "limn": {',
      '      "type": "stdio",',
      '      "command": "/opt/node",',
      '      "args": ["/opt/limn.js", "mcp"],',
      '      "env": {',
      '        "LIMN_HOME": "/l"',
      "      },",
      '      "timeout": 600000',
      "    }",
      "  }",
      "}",
    ),
  },
  {
    id: "codex",
    file: ".codex/config.toml",
    before: lines("# Codex", 'model = "gpt"', "", "[mcp_servers.docs]", 'url = "https://docs.example"'),
    after: lines(
      "# Codex",
      'model = "gpt"',
      "",
      "[mcp_servers.docs]",
      'url = "https://docs.example"',
      "",
      "[mcp_servers.limn]",
      'command = "/opt/node"',
      'args = ["/opt/limn.js", "mcp"]',
      'env = { LIMN_HOME = "/l" }',
      "startup_timeout_sec = 60",
      "tool_timeout_sec = 600",
    ),
  },
  {
    id: "cursor",
    file: ".cursor/mcp.json",
    before: '{\r\n\t"mcpServers": {}\r\n}',
    after:
      '{\r\n\t"mcpServers": {\r\n\t\t"limn": {\r\n\t\t\t"type": "stdio",\r\n\t\t\t"command": "/opt/node",\r\n\t\t\t"args": ["/opt/limn.js", "mcp"],\r\n\t\t\t"env": {\r\n\t\t\t\t"LIMN_HOME": "/l"\r\n\t\t\t}\r\n\t\t}\r\n\t}\r\n}',
  },
  {
    id: "gemini",
    file: ".gemini/settings.json",
    before: lines("{", "    // mine", '    "theme": "Dark", // at night', "}"),
    after: lines(
      "{",
      "    // mine",
      '    "theme": "Dark", // at night',
      '    "mcpServers": {',
      '        "limn": {',
      '            "command": "/opt/node",',
      '            "args": ["/opt/limn.js", "mcp"],',
      '            "env": {',
      '                "LIMN_HOME": "/l"',
      "            },",
      '            "timeout": 600000',
      "        }",
      "    },",
      "}",
    ),
  },
  {
    id: "opencode",
    file: ".config/opencode/opencode.jsonc",
    before: lines("{", '  "$schema": "https://opencode.ai/config.json", // schema', "}"),
    after: lines(
      "{",
      '  "$schema": "https://opencode.ai/config.json", // schema',
      '  "mcp": {',
      '    "limn": {',
      '      "type": "local",',
      '      "command": ["/opt/node", "/opt/limn.js", "mcp"],',
      '      "enabled": true,',
      '      "environment": {',
      '        "LIMN_HOME": "/l"',
      "      },",
      '      "timeout": 600000',
      "    }",
      "  },",
      "}",
    ),
  },
  {
    // Version 2 has the servers one step deeper.
    id: "opencode",
    file: ".config/opencode/opencode.json",
    before: '{ "mcp": { "servers": { "a": { "type": "local", "command": ["a"] } } } }',
    after:
      '{ "mcp": { "servers": { "a": { "type": "local", "command": ["a"] }, "limn": { "type": "local", "command": ["/opt/node", "/opt/limn.js", "mcp"], "environment": { "LIMN_HOME": "/l" }, "timeout": { "startup": 60000, "request": 600000 } } } } }',
  },
  {
    id: "vscode",
    file: ".config/Code/User/mcp.json",
    before: null,
    after: lines(
      "{",
      '  "servers": {',
      '    "limn": {',
      '      "type": "stdio",',
      '      "command": "/opt/node",',
      '      "args": ["/opt/limn.js", "mcp"],',
      '      "env": {',
      '        "LIMN_HOME": "/l"',
      "      }",
      "    }",
      "  }",
      "}",
    ),
  },
  {
    id: "claude-desktop",
    file: ".config/Claude/claude_desktop_config.json",
    before: "",
    after: lines(
      "{",
      '  "mcpServers": {',
      '    "limn": {',
      '      "command": "/opt/node",',
      '      "args": ["/opt/limn.js", "mcp"],',
      '      "env": {',
      '        "LIMN_HOME": "/l"',
      "      }",
      "    }",
      "  }",
      "}",
    ),
  },
  {
    id: "pi",
    file: ".pi/agent/settings.json",
    before: lines("{", '  "packages": [', '    "npm:pi-web"', "  ],", '  "theme": "x"', "}"),
    after: lines("{", '  "packages": [', '    "npm:pi-web",', '    "npm:pi-limn"', "  ],", '  "theme": "x"', "}"),
  },
  {
    id: "hermes",
    file: ".hermes/config.yaml",
    before: lines(
      "# Hermes",
      "model: x",
      "mcp_servers:",
      "  time:",
      '    command: "uvx"',
      "    args: [mcp-server-time]",
      "",
      "# the terminal",
      "terminal:",
      "  cwd: .",
    ),
    after: lines(
      "# Hermes",
      "model: x",
      "mcp_servers:",
      "  time:",
      '    command: "uvx"',
      "    args: [mcp-server-time]",
      "  limn:",
      '    command: "/opt/node"',
      '    args: ["/opt/limn.js", "mcp"]',
      "    env:",
      '      LIMN_HOME: "/l"',
      "    timeout: 600",
      "    connect_timeout: 60",
      "",
      "# the terminal",
      "terminal:",
      "  cwd: .",
    ),
  },
  {
    id: "open-design",
    file: "work/.od/mcp-config.json",
    before: '{"servers":[]}',
    after:
      '{"servers":[{"id":"limn","label":"limn","transport":"stdio","enabled":true,"command":"/opt/node","args":["/opt/limn.js","mcp"],"env":{"LIMN_HOME":"/l"}}]}',
  },
];

describe("each client's file", () => {
  test.each(goldens)("$id: $file", ({ id, file, before, after }) => {
    const environment = machine();
    const client = clientNamed(id);
    const path = join(environment.home, file);
    if (before !== null) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, before);
    }
    expect(client.configFile(environment, "user")).toBe(path);
    const first = planEntry(environment, client, path, parts);
    expect(first.after).toBe(after);
    apply(environment, first, "user");
    expect(readFileSync(path, "utf8")).toBe(after);
    expect(planEntry(environment, client, path, parts).action).toBe("none");
    expect(isInstalled(client, environment)).toBe(true);
    apply(environment, planUndoEntry(environment, client, path), "user");
    if (before === null) expect(existsSync(path)).toBe(false);
    else expect(readFileSync(path, "utf8")).toBe(before);
    expect(planUndoEntry(environment, client, path).action).toBe("none");
  });

  test("has a case for every client", () => {
    expect(new Set(goldens.map(({ id }) => id))).toEqual(new Set(clients.map(({ id }) => id)));
  });
});

describe("places", () => {
  const placesOf = (environment: Environment, scope: Scope): Record<string, string | null> =>
    Object.fromEntries(clients.map((client) => [client.id, client.configFile(environment, scope)]));

  test("of a project are below the working folder", () => {
    const environment = machine();
    const work = environment.workingFolder;
    expect(placesOf(environment, "project")).toEqual({
      "claude-code": join(work, ".mcp.json"),
      codex: join(work, ".codex/config.toml"),
      cursor: join(work, ".cursor/mcp.json"),
      gemini: join(work, ".gemini/settings.json"),
      opencode: join(work, "opencode.json"),
      vscode: join(work, ".vscode/mcp.json"),
      "claude-desktop": null,
      pi: join(work, ".pi/settings.json"),
      hermes: null,
      "open-design": null,
    });
  });

  test("follow each program's variables", () => {
    const variables = {
      CLAUDE_CONFIG_DIR: "/v/claude",
      CODEX_HOME: "/v/codex",
      GEMINI_CLI_HOME: "/v/gemini",
      OPENCODE_CONFIG: "/v/oc.json",
      VSCODE_PORTABLE: "/v/code",
      XDG_CONFIG_HOME: "/v/xdg",
      PI_CODING_AGENT_DIR: "/v/pi",
      HERMES_HOME: "/v/hermes",
      OD_DATA_DIR: "~/od",
    };
    const environment = machine("linux", variables);
    expect(placesOf(environment, "user")).toEqual({
      "claude-code": "/v/claude/.claude.json",
      codex: "/v/codex/config.toml",
      cursor: join(environment.home, ".cursor/mcp.json"),
      gemini: "/v/gemini/.gemini/settings.json",
      opencode: "/v/oc.json",
      vscode: "/v/code/user-data/User/mcp.json",
      "claude-desktop": "/v/xdg/Claude/claude_desktop_config.json",
      pi: "/v/pi/settings.json",
      hermes: "/v/hermes/config.yaml",
      "open-design": join(environment.home, "od/mcp-config.json"),
    });
  });

  test("on macOS and Windows are where programs with windows keep theirs", () => {
    const mac = machine("darwin");
    const support = join(mac.home, "Library/Application Support");
    expect(placesOf(mac, "user")).toMatchObject({
      vscode: join(support, "Code/User/mcp.json"),
      "claude-desktop": join(support, "Claude/claude_desktop_config.json"),
    });
    const windows = machine("win32", { APPDATA: "/r", LOCALAPPDATA: "/nowhere" });
    expect(placesOf(windows, "user")).toMatchObject({
      vscode: join("/r", "Code/User/mcp.json"),
      "claude-desktop": join("/r", "Claude/claude_desktop_config.json"),
    });
    const store = machine("win32");
    const local = join(store.home, "local");
    mkdirSync(join(local, "Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude"), { recursive: true });
    const found = { ...store, variables: { ...store.variables, APPDATA: "/r", LOCALAPPDATA: local } };
    expect(clientNamed("claude-desktop").configFile(found, "user")).toBe(
      join(local, "Packages/Claude_pzs8sxrjxfjjc/LocalCache/Roaming/Claude/claude_desktop_config.json"),
    );
  });

  test("without a home folder are unknown, not wrong", () => {
    const environment: Environment = { home: null, platform: "linux", workingFolder: "/", variables: {} };
    expect(Object.values(placesOf(environment, "user")).filter((place) => place !== null)).toEqual([]);
    expect(clients.map((client) => client.skills(environment, "user")).filter((place) => place !== null)).toEqual([]);
  });
});

test("an unknown client is told with the nearest name", () => {
  expect(() => clientNamed("claudecode")).toThrow('There is no client "claudecode". Did you mean "claude-code"?');
  expect(() => clientNamed("emacs")).toThrow('There is no client "emacs".');
});

test("what is printed is what would be written to an empty file", () => {
  for (const client of clients) {
    const environment = machine();
    const path = join(environment.home, "new");
    const written = planEntry(environment, client, path, parts).after;
    const place = client.place("");
    expect(`${snippet(client, place, client.entry(parts, place))}\n`, client.id).toBe(written);
  }
});

test("each client waits longer than limn holds a call, where that can be said", () => {
  const limits = Object.fromEntries(
    clients.map((client) => {
      const entry = client.entry(parts, client.place(""));
      return [client.id, isObject(entry) ? { ...entry } : entry];
    }),
  );
  expect(limits).toMatchObject({
    "claude-code": { timeout: 600_000 },
    codex: { tool_timeout_sec: 600, startup_timeout_sec: 60 },
    gemini: { timeout: 600_000 },
    opencode: { timeout: 600_000 },
    hermes: { timeout: 600, connect_timeout: 60 },
  });
});
