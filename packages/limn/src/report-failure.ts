import { LimnError } from "@limn/core";
import { reportError } from "./terminal/report-error.ts";
import type { Terminal } from "./terminal/terminal.ts";

/** Does the work of the line `argv`. What it throws is printed in the way that the line asks for, and sets the exit status; never throws. */
export async function reportFailure(
  terminal: Terminal,
  argv: readonly string[],
  work: () => Promise<void>,
): Promise<void> {
  const before = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const json = before.includes("--json") || before.includes("--jsonl");
  const verbose = before.includes("-v") || before.includes("--verbose");
  process.once("beforeExit", () => reportLostOutput(terminal));
  try {
    await work();
  } catch (error) {
    process.exitCode = reportError(terminal, error, { json, verbose });
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
