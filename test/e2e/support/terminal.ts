import { spawnSync } from "node:child_process";
import { binFile } from "./program.ts";
import type { RunningProgram } from "./program.ts";
import type { World } from "./world.ts";

/** `script` of util-linux gives a program a real pseudo-terminal. Why the tests that need one are skipped, or null. */
export const noTerminal: string | null =
  process.platform === "linux" && spawnSync("script", ["-qec", "exit 7", "/dev/null"]).status === 7
    ? null
    : "needs script of util-linux";

export interface TerminalOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Size of the terminal; a pseudo-terminal of nobody says 0x0. */
  readonly columns?: number;
}

/** Run the program with stdin, stdout and stderr on one terminal. Its status is the program's; what it shows is on stdout. */
export function startOnTerminal(
  world: World,
  parameters: readonly string[],
  options: TerminalOptions = {},
): RunningProgram {
  const words = [process.execPath, binFile, ...parameters].map((word) => `'${word.replaceAll("'", String.raw`'\''`)}'`);
  const size = options.columns === undefined ? "" : `stty cols ${options.columns} rows 24; `;
  return world.startOther("script", ["-qec", `${size}exec ${words.join(" ")}`, "/dev/null"], {
    env: { TERM: "xterm", SHELL: "/bin/sh", ...options.env },
    keepInputOpen: true,
  });
}
