import { spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { Environment } from "@limn/core";
import { isLimnError } from "@limn/core";
import fc from "fast-check";
import { stringify as stringifyToml } from "smol-toml";
import { describe, expect, test } from "vitest";
import { stringify as stringifyYaml } from "yaml";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { clientNamed } from "./clients.ts";
import type { EntryParts } from "./clients.ts";
import { diffOf } from "./diff.ts";
import { jsonFormat } from "./json-format.ts";
import { apply, planEntry, planSkill, planUndoEntry, planUndoSkill } from "./plan.ts";
import { skillText } from "./skill-text.ts";

const parts: EntryParts = { command: "limn", args: ["mcp"], env: {} };
const newer: EntryParts = { command: "/new/node", args: ["/new/limn.js", "mcp"], env: { LIMN_HOME: "/l" } };

function machine(): Environment & { home: string } {
  const home = temporaryFolder();
  return { home, platform: "linux", workingFolder: home, variables: { LIMN_HOME: join(home, "limn") } };
}

/** A client, its file with `content`, and what setup and undo do with it. */
function at(id: string, content: string | null, environment = machine()) {
  const client = clientNamed(id);
  const path = join(environment.home, "client", "settings");
  if (content !== null) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }
  const plan = (with_: EntryParts = parts) => planEntry(environment, client, path, with_);
  return {
    environment,
    client,
    path,
    plan,
    setup: (with_: EntryParts = parts) => apply(environment, plan(with_), "user"),
    undo: () => apply(environment, planUndoEntry(environment, client, path), "user"),
    text: () => readFileSync(path, "utf8"),
    edit: (change: (text: string) => string) => writeFileSync(path, change(readFileSync(path, "utf8"))),
  };
}

function errorOf(work: () => unknown): { code: string; message: string; hint: string | null } {
  try {
    work();
  } catch (error) {
    if (isLimnError(error)) return { code: error.code, message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error("no error");
}

const anyText = (id: string): fc.Arbitrary<string> => {
  const leaf = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean());
  const server = fc.dictionary(fc.constantFrom("command", "b", "url"), leaf, { maxKeys: 2 });
  const names = { codex: "mcp_servers", hermes: "mcp_servers" }[id] ?? "mcpServers";
  const content = fc
    .tuple(
      fc.dictionary(
        fc.string({ maxLength: 4 }).filter((name) => name !== "__proto__"),
        fc.oneof(leaf, fc.array(leaf, { maxLength: 2 })),
        { maxKeys: 3 },
      ),
      fc.option(fc.dictionary(fc.constantFrom("a", "z", "limn2"), server, { maxKeys: 2 })),
    )
    .map(([rest, servers]) => (servers === null ? rest : { ...rest, [names]: servers }));
  const unit = fc.constantFrom(undefined, "  ", "\t");
  const text =
    id === "codex"
      ? content.map((value) => stringifyToml(value))
      : id === "hermes"
        ? content.map((value) => stringifyYaml(value))
        : fc.tuple(content, unit).map(([value, indent]) => JSON.stringify(value, null, indent));
  return fc
    .tuple(text, fc.boolean(), fc.boolean())
    .map(
      ([value, withReturn, withMark]) =>
        `${withMark ? "\uFEFF" : ""}${withReturn ? value.replaceAll("\n", "\r\n") : value}`,
    );
};

describe("undo", () => {
  test.each(["claude-code", "codex", "hermes", "cursor"])(
    "of setup gives back every byte, however often it was set up: %s",
    (id) => {
      const one = at(id, "");
      fc.assert(
        fc.property(
          anyText(id),
          fc.array(fc.constantFrom(parts, newer), { minLength: 1, maxLength: 3 }),
          (text, times) => {
            writeFileSync(one.path, text);
            for (const each of times) {
              one.setup(each);
              expect(one.plan(each).action).toBe("none");
            }
            one.undo();
            expect(readFileSync(one.path).equals(Buffer.from(text))).toBe(true);
          },
        ),
        { numRuns: 40 },
      );
    },
  );

  test("keeps what was changed since, before and behind it", () => {
    const before = '{\n  "a": 1,\n  "mcpServers": {\n    "x": { "command": "x" }\n  }\n}\n';
    const one = at("claude-code", before);
    one.setup();
    const change = (text: string): string =>
      text.replace('"a": 1', '"a": 2').replace(/\}\n {2}\}\n\}\n$/, '},\n    "y": { "command": "y" }\n  }\n}\n');
    one.edit(change);
    one.undo();
    expect(one.text()).toBe(
      '{\n  "a": 2,\n  "mcpServers": {\n    "x": { "command": "x" },\n    "y": { "command": "y" }\n  }\n}\n',
    );
  });

  test("takes the entry out when its own lines were changed too, with what was made for it", () => {
    const one = at("claude-code", '{"a":1}');
    one.setup();
    one.edit((text) => JSON.stringify({ ...JSON.parse(text), b: 2 }, null, 2).replace("600000", "700000"));
    one.undo();
    expect(JSON.parse(one.text())).toEqual({ a: 1, b: 2 });
    const codex = at("codex", 'a = "x"\n');
    codex.setup();
    codex.edit((text) => `${text.replace("= 600", "= 900")}\n[mcp_servers.limn.env]\nX = "1"\n\n[other]\nb = 1\n`);
    codex.undo();
    expect(codex.text()).toBe('a = "x"\n\n[other]\nb = 1\n');
  });

  test("brings back an entry that was there before", () => {
    const before = '{ "mcpServers": { "limn": { "command": "mine", "args": [], "env": { "A": "b" } } } }';
    const one = at("claude-code", before);
    one.setup();
    expect(JSON.parse(one.text())).toEqual({
      mcpServers: { limn: { command: "limn", args: ["mcp"], env: { A: "b" }, type: "stdio", timeout: 600_000 } },
    });
    one.edit((text) => text.replace("{ ", '{ "z": 1, '));
    one.undo();
    expect(JSON.parse(one.text())).toEqual({ z: 1, ...JSON.parse(before) });
  });

  test("removes the file and the folders that setup made, unless something else is in them", () => {
    const one = at("cursor", null);
    one.setup();
    expect(statSync(one.path).mode & 0o777).toBe(0o600);
    one.undo();
    expect(existsSync(dirname(one.path))).toBe(false);
    one.setup();
    writeFileSync(join(dirname(one.path), "other"), "");
    one.undo();
    expect(readdirSync(dirname(one.path))).toEqual(["other"]);
    const used = at("cursor", null);
    used.setup();
    used.edit((text) => text.replace('"mcpServers": {', '"mcpServers": {\n    "a": {},'));
    used.undo();
    expect(JSON.parse(used.text())).toEqual({ mcpServers: { a: {} } });
  });

  test("without its note removes the entry alone, and says so", () => {
    const one = at("claude-code", '{"a":1}');
    one.setup();
    const other = at("claude-code", one.text());
    const planned = planUndoEntry(other.environment, other.client, other.path);
    expect(planned.remark).toContain("no note");
    other.undo();
    expect(other.text()).toBe('{"a":1,"mcpServers":{}}');
  });

  test("of nothing changes nothing", () => {
    const one = at("hermes", "a: 1\n");
    expect(planUndoEntry(one.environment, one.client, one.path).action).toBe("none");
    expect(planUndoEntry(one.environment, one.client, `${one.path}-none`).action).toBe("none");
  });

  test("keeps no copy of the file: others' keys are in it", () => {
    const one = at("claude-code", '{\n  "mcpServers": { "a": { "env": { "API_KEY": "very-secret" } } }\n}\n');
    one.setup();
    const folder = join(one.environment.home, "limn", "setup");
    const [name = ""] = readdirSync(folder);
    expect(readFileSync(join(folder, name), "utf8")).not.toContain("very-secret");
    expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
    one.undo();
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("an entry that is there", () => {
  test("keeps the user's additions and longer limits", () => {
    const one = at(
      "codex",
      '[mcp_servers.limn]\ncommand = "old"\nargs = ["mcp"]\nstartup_timeout_sec = 5\ntool_timeout_sec = 900 # patient\nenabled_tools = ["generate_image"]\n',
    );
    one.setup();
    expect(one.text()).toBe(
      '[mcp_servers.limn]\ncommand = "limn"\nargs = ["mcp"]\nstartup_timeout_sec = 60\ntool_timeout_sec = 900 # patient\nenabled_tools = ["generate_image"]\n',
    );
    expect(one.plan().action).toBe("none");
  });

  test("that is reached by an address is left alone", () => {
    const one = at("cursor", '{"mcpServers":{"limn":{"url":"http://127.0.0.1:4312/mcp"}}}');
    expect(errorOf(() => one.plan())).toMatchObject({
      code: "config_invalid",
      message: expect.stringContaining("left alone"),
    });
  });

  test("of Pi may name a version or be an object", () => {
    for (const source of ['"npm:pi-limn@0.1.0"', '{"source":"npm:pi-limn","extensions":[]}'])
      expect(at("pi", `{"packages":[${source}]}`).plan().action).toBe("none");
    expect(at("pi", '{"packages":["npm:pi-limner"]}').plan().action).toBe("add");
  });
});

describe("a file that cannot be used", () => {
  test.each([
    [
      "claude-code",
      '{\n  "a": 1\n  "b": 2\n}',
      /settings:3:3 is not valid JSON: a comma is missing\. Nothing was written\./,
    ],
    ["claude-code", "// no\n{}", /settings:1:1 is not valid JSON: there is a comment, and this program reads none/],
    ["vscode", '{"servers": [1]}', /cannot be edited: "servers" is not an object/],
    ["codex", "a = 1\na = 2\n", /settings:2:\d+ is not valid TOML/],
    ["codex", 'mcp_servers = { a = { command = "x" } }\n', /cannot be edited: "mcp_servers" is written in a form/],
    ["hermes", "a: [1\n", /settings:\d+:\d+ is not valid YAML/],
    ["pi", '{"packages": "x"}', /"packages" is not a list/],
  ])("%s: %j", (id, content, message) => {
    const one = at(id, content);
    const error = errorOf(() => one.setup());
    expect(error).toMatchObject({ code: "config_invalid", message: expect.stringMatching(message) });
    expect(error.hint).toContain(`limn setup ${id} --print`);
    expect(one.text()).toBe(content);
    expect(existsSync(join(one.environment.home, "limn"))).toBe(false);
  });

  test("is told: a folder, other encodings, a circle of links", () => {
    const { environment, client } = at("cursor", null);
    const reason = (path: string): string => errorOf(() => planEntry(environment, client, path, parts)).message;
    expect(reason(environment.home)).toContain("it is a folder");
    writeFileSync(join(environment.home, "utf16"), Buffer.from("\uFEFF{}", "utf16le"));
    expect(reason(join(environment.home, "utf16"))).toContain("not UTF-8");
    symlinkSync("loop", join(environment.home, "loop"));
    expect(reason(join(environment.home, "loop"))).toContain("circle");
    expect(reason("/dev/zero")).toContain("it is not a file");
  });

  test("write-protected stays, and so does one that was changed while the user was asked", () => {
    const one = at("cursor", "{}");
    const planned = one.plan();
    chmodSync(one.path, 0o444);
    expect(errorOf(() => one.setup())).toMatchObject({
      code: "artifact_write_failed",
      message: expect.stringContaining("write-protected"),
    });
    chmodSync(one.path, 0o640);
    writeFileSync(one.path, '{"new":1}');
    expect(errorOf(() => apply(one.environment, planned, "user")).message).toContain("changed in the meantime");
    expect([
      one.text(),
      readdirSync(dirname(one.path)),
      planUndoEntry(one.environment, one.client, one.path).action,
    ]).toEqual(['{"new":1}', ["settings"], "none"]);
  });
});

describe("the file", () => {
  test("keeps its mode, and a link to it stays a link, also one that led nowhere yet", () => {
    const one = at("claude-code", "{}");
    const dotfiles = join(one.environment.home, "dotfiles");
    mkdirSync(dotfiles);
    for (const name of ["there", "missing"]) {
      const real = join(dotfiles, name);
      const link = join(one.environment.home, name);
      symlinkSync(join("dotfiles", name), link);
      if (name === "there") writeFileSync(real, "{}", { mode: 0o644 });
      const before = name === "there" ? "{}" : null;
      apply(one.environment, planEntry(one.environment, one.client, link, parts), "user");
      expect(lstatSync(link).isSymbolicLink()).toBe(true);
      expect(statSync(real).mode & 0o777).toBe(name === "there" ? 0o644 : 0o600);
      expect(JSON.parse(readFileSync(real, "utf8"))).toHaveProperty("mcpServers.limn");
      apply(one.environment, planUndoEntry(one.environment, one.client, link), "user");
      expect(existsSync(real) ? readFileSync(real, "utf8") : null).toBe(before);
    }
  });
});

test("killed while it is written, the file is the old one or the new one, as a whole", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "settings.json");
  const contents = ["a", "b"].map((letter) => `{"${letter}":"${letter.repeat(200_000)}"}`);
  writeFileSync(path, contents[0] ?? "");
  const code = `
    import { readTextFile, writeTextFile } from ${JSON.stringify(join(import.meta.dirname, "text-file.ts"))};
    import { writeSync } from "node:fs";
    for (let round = 0; ; round += 1) {
      const letter = round % 2 === 0 ? "b" : "a";
      writeTextFile(readTextFile(${JSON.stringify(path)}), '{"' + letter + '":"' + letter.repeat(200000) + '"}');
      writeSync(1, "x");
    }`;
  for (const writes of [1, 2, 5, 9]) {
    const child = spawn(process.execPath, ["--conditions=source", "--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    let seen = 0;
    for await (const chunk of child.stdout) {
      seen += String(chunk).length;
      if (seen >= writes) child.kill("SIGKILL");
    }
    expect(contents).toContain(readFileSync(path, "utf8"));
  }
});

describe("the skill", () => {
  test("is written, renewed, and removed; one that its user wrote on stays", () => {
    const environment = machine();
    const path = join(environment.home, ".claude/skills/limn-images/SKILL.md");
    apply(environment, planSkill(environment, path), "user");
    expect(readFileSync(path, "utf8")).toBe(skillText);
    expect(planSkill(environment, path).action).toBe("none");
    apply(environment, planUndoSkill(environment, path), "user");
    expect(existsSync(join(environment.home, ".claude"))).toBe(false);
    apply(environment, planSkill(environment, path), "user");
    writeFileSync(path, `${skillText}\nmine\n`);
    expect(planUndoSkill(environment, path)).toMatchObject({
      action: "none",
      remark: expect.stringContaining("changed since"),
    });
  });

  test("over one of the user's gives that back", () => {
    const environment = machine();
    const path = join(environment.home, "SKILL.md");
    writeFileSync(path, "mine");
    apply(environment, planSkill(environment, path), "user");
    apply(environment, planUndoSkill(environment, path), "user");
    expect(readFileSync(path, "utf8")).toBe("mine");
  });
});

describe("the shown difference", () => {
  const shown = (before: string, after: string): string[] => diffOf(before, after).map(({ sign, text }) => sign + text);

  test("has the lines around it, without what looks like a secret and without control characters", () => {
    const before = 'a\nb\u001B[2J\n"API_KEY": "abc", x\ntoken = 123\nz\n';
    expect(shown(before, before.replace("z\n", "z\nnew\n"))).toEqual([
      "@line 6",
      ' "API_KEY": …, x',
      " token = …",
      " z",
      "+new",
    ]);
    expect(shown("\u001B[2Ja\n", "\u001B[2Ja\nb\n")).toEqual(["@line 2", " �[2Ja", "+b"]);
  });

  test("of a file in one line shows the change only", () => {
    const before = `{"secret":"${"x".repeat(5000)}","numStartups":1}`;
    const { text } = jsonFormat({ comments: false, trailingCommas: false }).put(
      before,
      { kind: "member", path: ["mcpServers"], name: "limn" },
      1,
    );
    expect(shown(before, text)).toEqual(["@line 1", '+…,"mcpServers":{"limn":1}…']);
  });
});
