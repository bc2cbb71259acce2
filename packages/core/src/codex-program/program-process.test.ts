import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, expect, it } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import {
  ProgramProcess,
  findCodexProgram,
  isAtLeast,
  nativeCodexProgram,
  readProgramVersion,
  wellKnownFolders,
  withNodeOnPath,
} from "./index.ts";

function script(content: string): string {
  const path = join(temporaryFolder(), "codex");
  writeFileSync(path, `#!/bin/sh\n${content}\n`);
  chmodSync(path, 0o755);
  return path;
}

function start(content: string, parameters: readonly string[] = []): { program: ProgramProcess; lines: string[] } {
  const lines: string[] = [];
  const program = new ProgramProcess({
    program: script(content),
    parameters,
    environment: { PATH: "/usr/bin:/bin" },
    onLine: (line) => lines.push(line),
  });
  return { program, lines };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe.skipIf(process.platform === "win32")("a program in a group of its own", () => {
  it("gets its arguments and its input as they are, and tells its lines, its last errors and its status", async () => {
    const { program, lines } = start('cat; echo "$1|$2"; echo broken >&2; exit 3', ["a b", "$(id)"]);
    program.write("one\n");
    program.closeInput("two\n");
    expect(await program.ended).toEqual({ how: "ended with status 3", status: 3 });
    expect(lines).toEqual(["one", "two", "a b|$(id)"]);
    expect(program.lastErrors).toBe("broken\n");
  });

  it("takes what it started along when it ends, also what holds its output open", async () => {
    const { program, lines } = start("sleep 1000 & echo $!; exit 0");
    expect(await program.ended).toMatchObject({ status: 0 });
    while (isAlive(Number(lines[0]))) await new Promise((resolve) => setImmediate(resolve));
  });

  it("is asked politely first", async () => {
    const { program, lines } = start("trap 'echo bye; exit 7' TERM; echo ready; while :; do sleep 0.05; done");
    while (lines.length === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(await program.end()).toMatchObject({ status: 7 });
    expect(lines).toEqual(["ready", "bye"]);
  });

  it("that cannot be started says so", async () => {
    const program = new ProgramProcess({
      program: "/nowhere/codex",
      parameters: [],
      environment: {},
      onLine: () => undefined,
    });
    expect(await program.ended).toMatchObject({ how: "could not be started (not found)" });
    await program.end();
  });

  it("needs nothing on its PATH to be watched", async () => {
    const lines: string[] = [];
    const program = new ProgramProcess({
      program: script("read -r word; echo $word"),
      parameters: [],
      environment: { PATH: "/nowhere" },
      onLine: (line) => lines.push(line),
    });
    // Were the watcher gone, it would have ended the program by now.
    for (let turn = 0; turn < 2000; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    program.closeInput("still here\n");
    expect([await program.ended, lines]).toEqual([{ how: "ended with status 0", status: 0 }, ["still here"]]);
  });

  it("can be killed twice", async () => {
    const { program } = start("sleep 1000");
    program.kill();
    expect(await program.ended).toMatchObject({ how: "was ended by SIGKILL", status: 137 });
    program.kill();
  });
});

describe.skipIf(process.platform === "win32")("the version of a program", () => {
  const signal = new AbortController().signal;
  const read = async (content: string, stop = signal): ReturnType<typeof readProgramVersion> =>
    readProgramVersion({ program: script(content), environment: { PATH: "/usr/bin:/bin" } }, stop);

  it("is read from its first line that has one", async () => {
    expect(await read("echo WARNING: something >&2; echo 'codex-cli 0.169.0-alpha.1'")).toEqual({
      kind: "version",
      version: "0.169.0-alpha.1",
    });
    expect(await read("echo no number >&2; exit 4")).toEqual({
      kind: "unknown",
      how: "ended with status 4",
      lastErrors: "no number\n",
    });
  });

  it("is not waited for when the caller has left", async () => {
    const stop = new AbortController();
    const reason = new Error("left");
    const reading = read("sleep 1000", stop.signal);
    stop.abort(reason);
    await expect(reading).rejects.toBe(reason);
    await expect(read("echo 1.2.3", stop.signal)).rejects.toBe(reason);
  });

  it.each([
    ["0.157.0", true],
    ["0.157.0-alpha.2", true],
    ["0.169.1", true],
    ["1.0.0", true],
    ["0.156.99", false],
    ["0.9.300", false],
  ])("%s is new enough: %s", (version, expected) => expect(isAtLeast(version, "0.157.0")).toBe(expected));
});

describe.skipIf(process.platform === "win32")("finding the program", () => {
  it("looks into well-known folders behind PATH", () => {
    const home = temporaryFolder();
    for (const version of ["v9.0.0", "v22.1.0"]) {
      const bin = join(home, ".nvm", "versions", "node", version, "bin");
      mkdirSync(bin, { recursive: true });
      writeFileSync(join(bin, "codex"), "", { mode: 0o755 });
    }
    const folders = wellKnownFolders({ home, platform: "linux", variables: {} });
    expect(findCodexProgram({ given: null, path: null, platform: "linux", folders })).toBe(
      join(home, ".nvm", "versions", "node", "v22.1.0", "bin", "codex"),
    );
    expect(wellKnownFolders({ home: null, platform: "linux", variables: {} })).toEqual([
      "/opt/homebrew/bin",
      "/usr/local/bin",
    ]);
    expect(wellKnownFolders({ home: null, platform: "win32", variables: { APPDATA: "A" } })).toEqual([
      join("A", "npm"),
    ]);
  });

  it("takes the native program behind npm's launcher, wherever npm put it", () => {
    const modules = join(temporaryFolder(), "node_modules");
    const launcher = join(modules, "@openai", "codex", "bin", "codex.js");
    const vendor = (root: string): string => join(root, "vendor", "x86_64-unknown-linux-musl", "bin", "codex");
    const put = (path: string): string => {
      mkdirSync(join(path, ".."), { recursive: true });
      writeFileSync(path, "", { mode: 0o755 });
      return path;
    };
    put(launcher);
    mkdirSync(join(modules, ".bin"));
    const link = join(modules, ".bin", "codex");
    symlinkSync(launcher, link);
    const native = (program: string): string => nativeCodexProgram(program, "linux", "x64");

    expect(native(link)).toBe(link);
    const inside = put(vendor(join(modules, "@openai", "codex")));
    expect(native(link)).toBe(inside);
    const beside = put(vendor(join(modules, "@openai", "codex-linux-x64")));
    expect(native(link)).toBe(beside);
    const below = put(vendor(join(modules, "@openai", "codex", "node_modules", "@openai", "codex-linux-x64")));
    expect(native(link)).toBe(below);

    expect(native("/usr/bin/env")).toBe("/usr/bin/env");
    expect(native("/nowhere/codex")).toBe("/nowhere/codex");
    expect(nativeCodexProgram(link, "sunos", "x64")).toBe(link);
  });
});

describe("the PATH of a child", () => {
  const own = join("/opt", "node", "bin");
  const given = (path: string | undefined): string | undefined =>
    withNodeOnPath(path === undefined ? {} : { PATH: path }, join(own, "node")).PATH;

  it("ends with the folder of the running Node, once", () => {
    expect(given(["/bin", own, "/usr/bin"].join(delimiter))).toBe(["/bin", own, "/usr/bin"].join(delimiter));
    expect(given("/bin")).toBe(["/bin", own].join(delimiter));
    expect([given(""), given(undefined)]).toEqual([own, own]);
    expect(withNodeOnPath({ Path: "/bin" }, join(own, "node"))).toEqual({ Path: ["/bin", own].join(delimiter) });
  });
});
