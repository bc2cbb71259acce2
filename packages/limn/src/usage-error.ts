import { LimnError, nearest } from "@limn/core";
import type { Fault } from "@limn/core";
import type { Command, CommanderError } from "commander";

/** Every option of `argv` that `command` does not know, each with the nearest known one. */
export function unknownOptionFaults(command: Command, argv: readonly string[]): Fault[] {
  const known = command.options.flatMap(({ long, short }) => [long, short]).filter((name) => typeof name === "string");
  const faults: Fault[] = [];
  for (const flag of command.parseOptions([...argv]).unknown) {
    if (flag === "--") break;
    if (!flag.startsWith("-") || flag === "-") continue;
    const name = flag.split("=")[0] ?? flag;
    if (/\s/.test(name)) {
      // No option's name holds a space: these are the user's own words, which stay out of messages.
      faults.push({ field: "prompt", message: "begins with a hyphen; put -- before it" });
      continue;
    }
    if (known.includes(name) || name === "--help" || name === "-h") continue;
    const meant = nearest(name, known);
    faults.push({
      field: name,
      message: `is not an option of limn ${command.name()}${meant === null ? "" : `; did you mean ${meant}?`}`,
    });
  }
  return faults;
}

/** What the command framework complains about, as an error of ours; null when it only wanted to end (help, version). */
export function usageErrorOf(error: CommanderError, program: Command, argv: readonly string[]): LimnError | null {
  if (error.exitCode === 0) return null;
  const { command, rest } = findCommand(program, argv);
  const path = command === program ? "limn" : `limn ${pathOf(command)}`;
  const hint = `See: ${path} --help`;
  if (error.code !== "commander.help") {
    const message = error.message.replace(/^error: /, "").replaceAll("\n", " ");
    const end = /[.)]$/.test(message) ? "" : ".";
    return new LimnError("invalid_option", { message: capitalised(message) + end, hint });
  }
  const names = command.commands.map((candidate) => candidate.name());
  if (command === program && rest[0] === "help") return unknownCommand(rest[1] ?? "", names);
  return new LimnError("invalid_option", { message: `${path} needs one of its commands: ${names.join(", ")}.`, hint });
}

function unknownCommand(word: string, names: readonly string[]): LimnError {
  const meant = nearest(word, names);
  return new LimnError("invalid_option", {
    message: `There is no command "${word}"${meant === null ? "." : `; did you mean "${meant}"?`}`,
    hint: "All commands: limn --help",
  });
}

/** The command that `argv` begins with, as deep as its words go. */
function findCommand(
  program: Command,
  argv: readonly string[],
): { readonly command: Command; readonly rest: readonly string[] } {
  let command = program;
  let depth = 0;
  for (const word of argv) {
    const next = command.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) break;
    command = next;
    depth += 1;
  }
  return { command, rest: argv.slice(depth) };
}

function pathOf(command: Command): string {
  const above = command.parent === null || command.parent.parent === null ? "" : `${pathOf(command.parent)} `;
  return above + command.name();
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
