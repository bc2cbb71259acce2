import { LimnError, nearest } from "@limn/core";
import { CommanderError } from "commander";
import type { Command } from "commander";
import { createHostContext } from "./host-context.ts";
import type { HostContext } from "./host-context.ts";
import { createProgram } from "./program.ts";
import { reportError } from "./terminal/report-error.ts";

/** Run the program. Sets the process's exit status; never throws. */
export async function main(argv: readonly string[]): Promise<void> {
  let context: HostContext | null = null;
  const getContext = (): HostContext => (context ??= createHostContext());
  const before = argv.includes("--") ? argv.slice(0, argv.indexOf("--")) : argv;
  const json = before.includes("--json") || before.includes("--jsonl");
  const verbose = before.includes("-v") || before.includes("--verbose");
  try {
    const program = createProgram(getContext, (status) => {
      process.exitCode = status;
    });
    prepare(program);
    if (argv[0] === "completion" || argv[0] === "complete") await addCompletion(program);
    if (argv.length === 0 && process.stdin.isTTY === true) {
      program.outputHelp();
      return;
    }
    await program.parseAsync(withCommand(program, argv), { from: "user" });
  } catch (error) {
    const known = error instanceof CommanderError ? usageErrorOf(error) : error;
    if (known !== null) process.exitCode = reportError(getContext().terminal, known, { json, verbose });
  }
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

function usageErrorOf(error: CommanderError): LimnError | null {
  if (error.exitCode === 0) return null;
  // `limn config` without a verb: its help is the answer.
  if (error.code === "commander.help")
    return new LimnError("invalid_option", {
      message: "This command needs one of its own commands behind it.",
      hint: "See: limn config --help",
    });
  const message = error.message.replace(/^error: /, "").replaceAll("\n", " ");
  return new LimnError("invalid_option", {
    message: `${message.slice(0, 1).toUpperCase()}${message.slice(1)}${message.endsWith(".") || message.endsWith(")") ? "" : "."}`,
    hint: "See: limn --help",
  });
}

async function addCompletion(program: Command): Promise<void> {
  const { default: tab } = await import("@bomb.sh/tab/commander");
  tab(program, { completionCommandName: "completion" });
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
    hint: `To draw it all the same: limn generate ${first}`,
  });
}
