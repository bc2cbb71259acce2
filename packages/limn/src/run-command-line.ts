import { LimnError, nearest } from "@limn/core";
import type { Command } from "commander";
import { examples } from "./help-text.ts";
import type { HostContext } from "./host-context.ts";
import { createProgram } from "./program.ts";
import { runProgram } from "./run-program.ts";

/** Runs any command line, with the command framework. Sets the process's exit status; never throws. */
export async function runCommandLine(context: HostContext, argv: readonly string[]): Promise<void> {
  const program = createProgram(
    () => context,
    (status) => {
      process.exitCode = status;
    },
    argv[0],
  );
  await runProgram(program, context.terminal, argv, async () => {
    // Without words, what comes by stdin is the prompt; a person who typed nothing else wants to know what there is.
    if (argv.length === 0 && process.stdin.isTTY === true) {
      for (const line of shortHelp) context.terminal.say(line);
      process.exitCode = 2;
      return null;
    }
    if (completionWords.has(argv[0] ?? "")) await addCompletion(program);
    return withCommand(program, argv);
  });
}

const shortHelp: readonly string[] = [
  'limn generate "a red fox" -o fox.png           make a picture with your ChatGPT plan',
  'limn edit "make it night" -i fox.png           change one',
  "limn studio                                    all pictures, in the browser",
  "limn status                                    whose login is used, and what is left",
  "limn --help                                    all commands",
];

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
