import { Command } from "commander";
import { history } from "./commands/history.ts";
import { addHistoryCommand } from "./history-command.ts";
import { createReaderContext } from "./reader-context.ts";
import { runProgram } from "./run-program.ts";

/** `limn history` by itself: a list is there in half the time when nothing that makes pictures is loaded. Sets the exit status. */
export async function main(argv: readonly string[]): Promise<void> {
  const context = createReaderContext();
  const program = new Command("limn").helpCommand("help [command]", "help for a command");
  addHistoryCommand(program, async (words, options) => {
    process.exitCode = await history(context, words, options);
  });
  await runProgram(program, context.terminal, argv);
}
