import { accessSync, constants, realpathSync } from "node:fs";
import { delimiter, isAbsolute, join, sep } from "node:path";
import { variable } from "@limn/core";
import type { Environment } from "@limn/core";

/** This limn: the Node that runs it and the file that it runs. */
export interface RunningLimn {
  readonly node: string;
  readonly script: string;
}

export interface LimnCommand {
  readonly command: string;
  readonly args: readonly string[];
}

/**
 * How another program starts this limn. `limn` where that is on PATH and the program sees PATH; else Node and the script by their
 * absolute paths. Programs with windows are not started from a shell, and Windows cannot start `limn.cmd` without one.
 */
export function limnCommand(
  environment: Environment,
  running: RunningLimn,
  seesPath: boolean,
  ...args: readonly string[]
): LimnCommand {
  const script = realPath(running.script) ?? running.script;
  if (isFromNpx(script))
    return { command: (seesPath ? null : findOnPath(environment, "npx")) ?? "npx", args: ["-y", "limn", ...args] };
  const onPath = findOnPath(environment, "limn");
  if (seesPath && environment.platform !== "win32" && onPath !== null && realPath(onPath) === script)
    return { command: "limn", args };
  return { command: running.node, args: [script, ...args] };
}

/** As one types it. */
export function shellCommand({ command, args }: LimnCommand): string {
  return [command, ...args].map(shellWord).join(" ");
}

export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}

/** npx keeps what it runs in a folder that it clears. */
export function isFromNpx(script: string): boolean {
  return script.split(sep).includes("_npx");
}

/** A program that a shell would find, without the folders that npm and npx put in front for one run. */
export function findOnPath(environment: Environment, name: string): string | null {
  const names = environment.platform === "win32" ? [`${name}.exe`, `${name}.cmd`, name] : [name];
  for (const folder of (variable(environment, "PATH") ?? variable(environment, "Path") ?? "").split(delimiter)) {
    if (!isAbsolute(folder) || isFromNpx(folder) || folder.endsWith(join("node_modules", ".bin"))) continue;
    for (const candidate of names) {
      const path = join(folder, candidate);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // The next folder.
      }
    }
  }
  return null;
}

function realPath(path: string): string | null {
  try {
    return realpathSync(path);
  } catch {
    return null;
  }
}

/** Variables that limn needs and that most programs do not hand on to MCP servers. Never one that could hold a secret. */
const handedOn = [
  "LIMN_HOME",
  "LIMN_PROFILE",
  "CODEX_HOME",
  "HTTPS_PROXY",
  "https_proxy",
  "NO_PROXY",
  "no_proxy",
  "NODE_EXTRA_CA_CERTS",
];

export function handedOnVariables(environment: Environment): Readonly<Record<string, string>> {
  return Object.fromEntries(
    handedOn.flatMap((name) => {
      const value = variable(environment, name);
      return value === null || hasPassword(name, value) ? [] : [[name, value]];
    }),
  );
}

/** A proxy's address may hold a user's name and password. */
function hasPassword(name: string, value: string): boolean {
  return /^https_proxy$/i.test(name) && value.includes("@");
}

/** Whether a variable that limn needs was held back. */
export function holdsBackProxy(environment: Environment): boolean {
  return handedOn.some((name) => hasPassword(name, variable(environment, name) ?? ""));
}
