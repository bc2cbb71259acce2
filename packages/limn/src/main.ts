import { generate } from "./commands/generate.ts";
import { createHostContext } from "./host-context.ts";
import { readPlainLine } from "./plain-line.ts";
import { reportFailure } from "./report-failure.ts";

/** Run the program. Sets the process's exit status; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  const context = createHostContext();
  const line = readPlainLine(argv);
  if (line === null) {
    const { runCommandLine } = await import("./run-command-line.ts");
    await runCommandLine(context, argv);
    return;
  }
  await reportFailure(context.terminal, argv, async () => {
    process.exitCode = await generate(context, line.operation, line.words, line.options, []);
  });
}
