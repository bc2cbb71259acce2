import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
import { World } from "./support/world.ts";

const examplesFirst = /^Examples:\n(?: {2}\$ .*\blimn\b.*\n)+\nUsage: limn/;

/** Names in the list of commands of a help text. */
function commandsIn(help: string): string[] {
  const list = help.slice(help.indexOf("\nCommands:\n"));
  return [...list.matchAll(/^ {2}([a-z]+)\b/gm)].map(([, name]) => name ?? "").filter((name) => name !== "help");
}

function hasShell(name: string): boolean {
  return spawnSync(name, ["-c", "exit 0"]).status === 0;
}

describe("help", () => {
  it(`of every command begins with examples ${proves("help")}`, async () => {
    const world = new World();
    const top = await world.run(["help"]);
    expect(top.status).toBe(0);
    expect(top.stdout).toMatch(examplesFirst);
    const names = commandsIn(top.stdout);
    expect(names).toEqual(expect.arrayContaining(["generate", "history", "config", "completion", "emulator"]));
    const config = commandsIn((await world.run(["config", "--help"])).stdout);
    expect(config).toEqual(["path", "get", "set", "unset", "list"]);
    const paths = [...names.map((name) => [name]), ...config.map((name) => ["config", name])];
    for (const path of paths) {
      const { status, stdout, stderr } = await world.run([...path, "--help"]);
      expect({ path, status, stderr }).toEqual({ path, status: 0, stderr: "" });
      expect(stdout, path.join(" ")).toMatch(examplesFirst);
    }
    expect(world.generations()).toEqual([]);
  });

  it(`is the same as help COMMAND, and works beside a broken settings file ${proves("help")}`, async () => {
    const world = new World();
    const { writeFileSync } = await import("node:fs");
    writeFileSync(world.path("limn.config.json"), "{");
    const { stdout } = await world.run(["help", "generate"]);
    expect(stdout).toMatch(examplesFirst);
    expect((await world.run(["generate", "--help"])).stdout).toBe(stdout);
    expect((await world.run(["help", "generat"])).stderr).toBe(
      'error: There is no command "generat"; did you mean "generate"? [invalid_option]\n→ All commands: limn --help\n',
    );
  });

  it(`names the help of the command that was used wrongly ${proves("help", "bad-option")}`, async () => {
    const world = new World();
    const hints = [];
    for (const parameters of [
      ["show"],
      ["history", "--sise"],
      ["generate", "x", "-o"],
      ["config", "get"],
      ["completion", "tcsh"],
    ])
      hints.push((await world.run(parameters)).stderr.split("\n")[1]);
    expect(hints).toEqual([
      "→ See: limn show --help",
      "→ See: limn history --help",
      "→ See: limn generate --help",
      "→ See: limn config get --help",
      "→ See: limn completion --help",
    ]);
  });

  it(`is not needed for the version, which is that of the package ${proves("help")}`, async () => {
    const world = new World();
    const file = resolve(import.meta.dirname, "../../packages/limn/package.json");
    const { version }: { version?: unknown } = JSON.parse(readFileSync(file, "utf8"));
    for (const option of ["--version", "-V"])
      expect(await world.run([option])).toMatchObject({ status: 0, stdout: `${String(version)}\n`, stderr: "" });
  });
});

describe("completion", () => {
  it.skipIf(!hasShell("bash"))(`for bash is a script that bash takes ${proves("completion")}`, async () => {
    const world = new World();
    const { status, stdout } = await world.run(["completion", "bash"]);
    expect(status).toBe(0);
    expect(execFileSync("bash", ["-n"], { input: stdout, encoding: "utf8" })).toBe("");
  });

  it.skipIf(!hasShell("zsh"))(`for zsh is a script that zsh takes (needs zsh) ${proves("completion")}`, async () => {
    const { stdout } = await new World().run(["completion", "zsh"]);
    expect(execFileSync("zsh", ["-n"], { input: stdout, encoding: "utf8" })).toBe("");
  });

  it.skipIf(!hasShell("fish"))(
    `for fish is a script that fish takes (needs fish) ${proves("completion")}`,
    async () => {
      const { stdout } = await new World().run(["completion", "fish"]);
      expect(execFileSync("fish", ["--no-execute"], { input: stdout, encoding: "utf8" })).toBe("");
    },
  );

  it(`prints a script for every shell that it names ${proves("completion")}`, async () => {
    const world = new World();
    for (const shell of ["bash", "zsh", "fish", "powershell"]) {
      const { status, stdout } = await world.run(["completion", shell]);
      const asks = stdout.includes(shell === "powershell" ? "-CommandName 'limn'" : "limn complete --");
      expect({ shell, status, asks }).toEqual({ shell, status: 0, asks: true });
    }
  });

  it(`answers with commands, their commands and options, and reads no settings ${proves("completion")}`, async () => {
    const world = new World();
    const { writeFileSync } = await import("node:fs");
    writeFileSync(join(world.work, "limn.config.json"), "{");
    const answers = async (...words: readonly string[]): Promise<string[]> =>
      (await world.run(["complete", "--", ...words])).stdout
        .split("\n")
        .map((line) => line.split("\t")[0] ?? "")
        .filter((word) => word !== "" && !word.startsWith(":"));
    expect(await answers("ge")).toEqual(["generate"]);
    expect(await answers("generate", "--as")).toEqual(["--aspect"]);
    expect(await answers("config", "un")).toEqual(["unset"]);
    expect(await answers("")).toEqual(expect.arrayContaining(["generate", "history", "completion"]));
    expect(await answers("")).not.toContain("complete");
  });
});
