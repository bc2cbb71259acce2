import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { binFile } from "./support/program.ts";
import { noTerminal, startOnTerminal } from "./support/terminal.ts";
import { World, errorOf, onlyLine, parseObject } from "./support/world.ts";

const clients = [
  "claude-code",
  "codex",
  "cursor",
  "gemini",
  "opencode",
  "vscode",
  "claude-desktop",
  "pi",
  "hermes",
  "open-design",
];

/** A file of a client's in the home folder. */
function given(path: string, content: string): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function textOf(path: string): string {
  return readFileSync(path, "utf8");
}

/** Every file below a folder, with its content. */
function filesIn(folder: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => [join(entry.parentPath, entry.name), textOf(join(entry.parentPath, entry.name))]),
  );
}

describe("limn setup", () => {
  it(`lists the clients with what was found, and changes nothing ${proves("setup-list")}`, async () => {
    const world = new World();
    given(join(world.codexHome, "config.toml"), 'model = "x"\n');
    given(join(world.home, ".gemini/settings.json"), "{");
    const { status, stdout, stderr } = await world.run(["setup"]);
    expect(status).toBe(0);
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/));
    expect(rows.map(([id]) => id)).toEqual(clients);
    expect(rows).toContainEqual(["codex", "found", "not set up", join(world.codexHome, "config.toml")]);
    expect(rows).toContainEqual(["gemini", "found", "unreadable", join(world.home, ".gemini/settings.json")]);
    expect(rows).toContainEqual(["open-design", "not found", "unknown", "-"]);
    expect(stderr).toBe("→ limn setup codex\n");
    await world.run(["setup", "codex", "--yes"]);
    const json = parseObject(onlyLine((await world.run(["setup", "--json"])).stdout));
    expect(json).toMatchObject({ schemaVersion: 1, scope: "user" });
    expect(json.clients).toContainEqual({
      id: "codex",
      title: "Codex",
      installed: true,
      state: "set up",
      file: join(world.codexHome, "config.toml"),
    });
  });

  it(`shows the change, writes it with --yes, and has nothing to do the second time ${proves("setup-write", "setup-ask")}`, async () => {
    const world = new World();
    const file = given(join(world.codexHome, "config.toml"), '# mine\nmodel = "x"\n');
    const first = await world.run(["setup", "codex", "--yes"]);
    const added = [
      "[mcp_servers.limn]",
      `command = ${JSON.stringify(process.execPath)}`,
      `args = [${JSON.stringify(binFile)}, "mcp"]`,
      `env = { LIMN_HOME = ${JSON.stringify(world.limnHome)}, CODEX_HOME = ${JSON.stringify(world.codexHome)} }`,
      "startup_timeout_sec = 60",
      "tool_timeout_sec = 600",
    ];
    expect(first).toMatchObject({ status: 0, stdout: "" });
    expect(first.stderr.split("\n")).toEqual([
      file,
      "@@ line 3 @@",
      "  # mine",
      '  model = "x"',
      "+",
      ...added.map((line) => `+ ${line}`),
      `wrote limn to ${file}`,
      "→ Start a new Codex session; /mcp shows limn.",
      "",
    ]);
    expect(textOf(file)).toBe(`# mine\nmodel = "x"\n\n${added.join("\n")}\n`);
    expect(await world.run(["setup", "codex", "--yes"])).toMatchObject({
      status: 0,
      stdout: "",
      stderr: `Codex is set up; nothing has to change in ${file}.\n`,
    });
    const undone = await world.run(["setup", "codex", "--undo", "--yes"]);
    expect(undone.stderr).toContain(`removed limn from ${file}`);
    expect(textOf(file)).toBe('# mine\nmodel = "x"\n');
    expect((await world.run(["setup", "codex", "--undo"])).stderr).toBe(
      `Codex has nothing of limn's in ${file}; nothing has to change.\n`,
    );
  });

  it(`writes nothing without a yes: no terminal, and a no ${proves("setup-ask")}`, async () => {
    const world = new World();
    const file = given(join(world.home, ".claude.json"), '{"a":1}');
    const refused = await world.run(["setup", "claude-code"]);
    expect(refused.status).toBe(2);
    expect(refused.stderr).toContain('"mcpServers"');
    expect(refused.stderr).toContain("there is no terminal to ask on");
    expect(refused.stderr).toContain("limn setup claude-code … --yes");
    expect(errorOf(await world.run(["setup", "claude-code", "--json"]))).toMatchObject({ code: "invalid_option" });
    expect([textOf(file), existsSync(world.limnHome)]).toEqual(['{"a":1}', false]);
  });

  it.skipIf(noTerminal !== null)("asks on a terminal, and takes only a yes as one", async () => {
    const world = new World();
    const file = given(join(world.home, ".claude.json"), '{"a":1}');
    for (const [answer, written] of [
      ["n\n", false],
      ["\n", false],
      ["\u0004", false],
      ["y\n", true],
    ] as const) {
      const running = startOnTerminal(world, ["setup", "claude-code"]);
      await running.saysOnStdout("Write it? [y/N]");
      running.child.stdin.write(answer);
      const { status, stdout } = await running.finished;
      expect([answer, status, stdout.includes("nothing was written")]).toEqual([answer, 0, !written]);
      expect(textOf(file) === '{"a":1}').toBe(!written);
    }
  });

  it(`prints what to paste, for every client, and changes nothing ${proves("setup-print")}`, async () => {
    const world = new World();
    world.env.OD_DATA_DIR = join(world.home, "od");
    for (const client of clients) {
      const { status, stdout, stderr } = await world.run(["setup", client, "--print"]);
      expect([client, status]).toEqual([client, 0]);
      expect(stdout).toContain("limn");
      expect(stderr).toMatch(/^For \/.*:\n/);
    }
    const { stderr } = await world.run(["setup", "claude-code", "--print"]);
    expect(stderr).toContain(`claude mcp add --scope user --env LIMN_HOME=${world.limnHome}`);
    expect(parseObject(onlyLine((await world.run(["setup", "pi", "--print", "--json"])).stdout))).toMatchObject({
      client: "pi",
      entry: "npm:pi-limn",
      skill: null,
      ownCommand: "pi install npm:pi-limn",
    });
    const skill = await world.run(["setup", "claude-desktop", "--print", "--skill"]);
    expect(skill).toMatchObject({ status: 0, stderr: "For a skill in Claude Desktop:\n" });
    expect(skill.stdout).toBe(textOf(join(import.meta.dirname, "../../integrations/skill/limn-images/SKILL.md")));
    delete world.env.OD_DATA_DIR;
    expect(await world.run(["setup", "open-design", "--print"])).toMatchObject({
      status: 0,
      stderr: expect.stringMatching(
        /^For Open Design's settings:\nFor media-config\.json:\n<key> is what this prints: /,
      ),
      stdout: expect.stringMatching(/"servers"[^]*"apiKey": "<key>"/),
    });
    expect([filesIn(world.home), existsSync(world.limnHome)]).toEqual([{}, false]);
  });

  it(`sets up every client in an empty home, and undoes it without a trace ${proves("setup-write", "setup-undo")}`, async () => {
    const world = new World();
    world.env.OD_DATA_DIR = join(world.home, "od");
    for (const client of clients) {
      const result = parseObject(onlyLine((await world.run(["setup", client, "--yes", "--json"])).stdout));
      expect(result).toMatchObject({
        schemaVersion: 1,
        client,
        changes: (client === "open-design" ? ["entry", "images"] : ["entry"]).map((kind) => ({
          kind,
          action: "create",
          written: true,
        })),
      });
    }
    expect(Object.keys(filesIn(world.home))).toHaveLength(clients.length);
    for (const client of clients.toReversed())
      expect((await world.run(["setup", client, "--undo", "--yes"])).status).toBe(0);
    expect([readdirSync(world.home), readdirSync(world.codexHome), readdirSync(join(world.limnHome, "setup"))]).toEqual(
      [[], [], []],
    );
  });

  it(`names limn where it is on PATH, and a window program gets absolute paths all the same ${proves("setup-write")}`, async () => {
    const world = new World();
    const bin = join(world.folder, "bin");
    mkdirSync(bin);
    symlinkSync(binFile, join(bin, "limn"));
    const env = { PATH: `${bin}:${world.env.PATH ?? ""}` };
    const entry = async (client: string): Promise<unknown> =>
      parseObject(onlyLine((await world.run(["setup", client, "--print", "--json"], { env })).stdout)).entry;
    expect(await entry("claude-code")).toMatchObject({ command: "limn", args: ["mcp"] });
    expect(await entry("claude-desktop")).toMatchObject({ command: process.execPath, args: [binFile, "mcp"] });
    const other = join(world.folder, "other");
    mkdirSync(other);
    writeFileSync(join(other, "limn"), "#!/bin/sh\n", { mode: 0o755 });
    env.PATH = `${other}:${env.PATH}`;
    expect(await entry("claude-code")).toMatchObject({ command: process.execPath });
  });

  it(`for a project writes the shared file, without this machine's variables ${proves("setup-write")}`, async () => {
    const world = new World();
    const { stderr } = await world.run(["setup", "claude-code", "--project", "--yes"]);
    const file = world.path(".mcp.json");
    expect(JSON.parse(textOf(file))).toEqual({
      mcpServers: { limn: { type: "stdio", command: process.execPath, args: [binFile, "mcp"], timeout: 600_000 } },
    });
    expect(stderr).toContain("runs limn setup claude-code --project too");
    expect((await world.run(["setup", "hermes", "--project"])).stderr).toContain("no settings of a project's own");
  });

  it(`writes an entry that starts the MCP server with nothing but what is in it ${proves("setup-write")}`, async () => {
    const world = new World();
    await world.run(["setup", "claude-desktop", "--yes"]);
    const { mcpServers } = parseObject(textOf(join(world.home, ".config/Claude/claude_desktop_config.json")));
    const { command, args, env } = parseObject(JSON.stringify(parseObject(JSON.stringify(mcpServers)).limn));
    if (typeof command !== "string" || !Array.isArray(args)) throw new TypeError("no command");
    expect(env).toMatchObject({ LIMN_HOME: world.limnHome });
    const initialize = {
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "test", version: "1" } },
    };
    const server = world.startOther(command, args.map(String), {
      input: `${JSON.stringify(initialize)}\n`,
      keepInputOpen: true,
    });
    await server.saysOnStdout('"serverInfo"');
    server.child.stdin.end();
    expect((await server.finished).stdout).toContain('"name":"limn"');
  });

  it(`with --skill installs the skill, and takes it away again ${proves("setup-skill")}`, async () => {
    const world = new World();
    const file = join(world.home, ".claude/skills/limn-images/SKILL.md");
    const { stderr } = await world.run(["setup", "claude-code", "--skill", "--yes"]);
    expect(stderr).toContain(`wrote the skill to ${file}`);
    expect(textOf(file)).toBe(textOf(join(import.meta.dirname, "../../integrations/skill/limn-images/SKILL.md")));
    expect((await world.run(["setup", "claude-code", "--skill", "--yes"])).stderr).toMatch(
      /^Claude Code is set up, with the skill;/,
    );
    await world.run(["setup", "claude-code", "--undo", "--yes"]);
    expect(readdirSync(world.home)).toEqual([]);
    expect((await world.run(["setup", "claude-desktop", "--skill", "--yes"])).stderr).toContain("[unsupported_option]");
    expect(readdirSync(world.home)).toEqual([]);
  });

  it(`refuses what it cannot do with the next step, and writes nothing ${proves("setup-bad-input")}`, async () => {
    const world = new World();
    const broken = given(join(world.home, ".cursor/mcp.json"), '{\n  "mcpServers": {\n');
    const readOnly = given(join(world.home, ".gemini/settings.json"), "{}");
    chmodSync(readOnly, 0o444);
    const before = filesIn(world.home);
    const failures: [parameters: string[], status: number, words: string[]][] = [
      [["cursr"], 2, ['There is no client "cursr". Did you mean "cursor"?', "Known clients: claude-code, codex,"]],
      [
        ["cursor", "--yes"],
        2,
        [`${broken}:3:1 is not valid JSON with comments: a closing } is missing`, "Nothing was written", "--print"],
      ],
      [["gemini", "--yes"], 10, ["write-protected", "It is as it was"]],
      [["open-design", "--yes"], 2, ["is not known", "OD_DATA_DIR"]],
      [["codex", "--undo", "--print"], 2, ["--print and --undo exclude each other"]],
      [["--undo"], 2, ["--undo needs the name of a client"]],
      [["codex", "--file", world.work, "--yes"], 2, ["it is a folder"]],
    ];
    for (const [parameters, status, words] of failures) {
      const finished = await world.run(["setup", ...parameters]);
      expect([parameters, finished.status]).toEqual([parameters, status]);
      for (const word of words) expect(finished.stderr).toContain(word);
    }
    expect(filesIn(world.home)).toEqual(before);
    expect(existsSync(join(world.limnHome, "setup")) ? readdirSync(join(world.limnHome, "setup")) : []).toEqual([]);
  });

  it(`shows no key of another server's ${proves("setup-ask")}`, async () => {
    const world = new World();
    given(
      join(world.home, ".cursor/mcp.json"),
      '{\n  "mcpServers": {\n    "a": {\n      "env": {\n        "SOME_API_KEY": "planted-secret-1"\n      }\n    }\n  }\n}\n',
    );
    given(
      join(world.home, ".claude.json"),
      '{"oauth":{"accessToken":"planted-secret-2"},"mcpServers":{"b":{"env":{"T_TOKEN":"planted-secret-3"}}}}',
    );
    for (const client of ["cursor", "claude-code"]) {
      const { stdout, stderr } = await world.run(["setup", client, "--yes", "--json"]);
      expect(stdout + stderr).not.toContain("planted-secret");
    }
    expect(JSON.stringify(filesIn(world.limnHome))).not.toContain("planted-secret");
  });
});
