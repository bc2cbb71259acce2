import { LimnError } from "@limn/core";
import { CommanderError } from "commander";
import type { Command } from "commander";
import { reportError } from "./terminal/report-error.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { usageErrorOf } from "./usage-error.ts";

/** Run a command line. `words` says what it means, and may throw. Sets the process's exit status; never throws. */
export async function runProgram(
  program: Command,
  terminal: Terminal,
  argv: readonly string[],
  words: () => Promise<readonly string[] | null> = async () => argv,
): Promise<void> {
  const before = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const json = before.includes("--json") || before.includes("--jsonl");
  const verbose = before.includes("-v") || before.includes("--verbose");
  process.once("beforeExit", () => reportLostOutput(terminal));
  let meant: readonly string[] = argv;
  try {
    prepare(program);
    const given = await words();
    if (given === null) return;
    meant = given;
    await program.parseAsync(meant, { from: "user" });
  } catch (error) {
    const known = error instanceof CommanderError ? usageErrorOf(error, program, meant) : error;
    if (known !== null) process.exitCode = reportError(terminal, known, { json, verbose });
  }
}

/** Data that could not be written is a failure, whatever else went well. A reader who left wanted no more. */
function reportLostOutput(terminal: Terminal): void {
  const failure = terminal.outputFailure;
  if (failure === null || failure.code === "EPIPE" || (process.exitCode ?? 0) !== 0) return;
  const error = new LimnError("artifact_write_failed", {
    message: `The output could not be written to stdout (${failure.code ?? failure.name}).`,
    hint: "Check where stdout goes. Pictures are not lost: limn history",
  });
  process.exitCode = reportError(terminal, error, { json: false, verbose: false });
}

/** Errors are ours to print; help and version end quietly. */
function prepare(program: Command): void {
  for (const command of [program, ...program.commands, ...program.commands.flatMap(({ commands }) => commands)]) {
    command
      .exitOverride()
      .configureOutput({ writeErr: () => undefined })
      .showHelpAfterError(false);
  }
}
