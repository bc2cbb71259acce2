import { LimnError, nearest } from "@limn/core";
import { CommanderError } from "commander";
import type { Command } from "commander";
import { createHostContext } from "./host-context.ts";
import { createProgram, examples } from "./program.ts";
import { reportError } from "./terminal/report-error.ts";
import type { Terminal } from "./terminal/terminal.ts";
import { usageErrorOf } from "./usage-error.ts";

/** Run the program. Sets the process's exit status; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  const context = createHostContext();
  const { terminal } = context;
  const before = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const json = before.includes("--json") || before.includes("--jsonl");
  const verbose = before.includes("-v") || before.includes("--verbose");
  process.once("beforeExit", () => reportLostOutput(terminal));
  const program = createProgram(
    () => context,
    (status) => {
      process.exitCode = status;
    },
    argv[0],
  );
  let words = argv;
  try {
    prepare(program);
    const wantsHelp = argv.length === 0 && process.stdin.isTTY === true;
    if (wantsHelp || completionWords.has(argv[0] ?? "")) await addCompletion(program);
    if (wantsHelp) {
      program.outputHelp();
      return;
    }
    words = withCommand(program, argv);
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    const known = error instanceof CommanderError ? usageErrorOf(error, program, words) : error;
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

/** Where the completion commands, which bring a library of their own, are run or listed. */
const completionWords: ReadonlySet<string> = new Set(["completion", "complete", "help", "-h", "--help"]);

async function addCompletion(program: Command): Promise<void> {
  const { default: tab } = await import("@bomb.sh/tab/commander");
  tab(program, { completionCommandName: "completion" });
  program.commands
    .find((command) => command.name() === "completion")
    ?.description("print a shell's completion script")
    .addHelpText(
      "before",
      examples(
        "limn completion bash > ~/.local/share/bash-completion/completions/limn",
        "source <(limn completion zsh)",
      ),
    );
}

/**
 * `limn PROMPT` is `limn generate PROMPT`. A single word that looks like a mistyped command is asked about, not drawn: a picture costs.
 * @throws invalid_option
 */
export function withCommand(program: Command, argv: readonly string[]): readonly string[] {
  const [first] = argv;
  const names = [...program.commands.map((command) => command.name()), "help", "completion", "complete"];
  if (first === undefined) return ["generate"];
  if (names.includes(first) || ["-h", "--help", "-V", "--version"].includes(first)) return argv;
  const isWord = /^[a-z]+$/.test(first) && argv.slice(1).every((word) => word.startsWith("-"));
  const meant = isWord ? nearest(first, names) : null;
  if (meant === null) return ["generate", ...argv];
  throw new LimnError("invalid_option", {
    message: `There is no command "${first}"; did you mean "${meant}"?`,
    hint: `Run: limn ${meant} — or, to draw it all the same: limn generate ${first}`,
  });
}
