import { CommanderError } from "commander";
import type { Command } from "commander";
import { reportFailure } from "./report-failure.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { usageErrorOf } from "./usage-error.ts";

/** Run a command line. `words` says what it means, and may throw. Sets the process's exit status; never throws. */
export async function runProgram(
  program: Command,
  terminal: Terminal,
  argv: readonly string[],
  words: () => Promise<readonly string[] | null> = async () => argv,
): Promise<void> {
  await reportFailure(terminal, argv, async () => {
    let meant: readonly string[] = argv;
    try {
      prepare(program);
      const given = await words();
      if (given === null) return;
      meant = given;
      await program.parseAsync(meant, { from: "user" });
    } catch (error) {
      const known = error instanceof CommanderError ? usageErrorOf(error, program, meant) : error;
      if (known !== null) throw known;
    }
  });
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
