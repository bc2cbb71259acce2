import { LimnError, nearest } from "@limn/core";
import type { Fault } from "@limn/core";
import type { Command } from "commander";

/** Every option of `argv` that `command` does not know, each with the nearest known one. */
export function unknownOptionFaults(command: Command, argv: readonly string[]): Fault[] {
  const known = command.options.flatMap(({ long, short }) => [long, short]).filter((name) => typeof name === "string");
  const faults: Fault[] = [];
  for (const flag of command.parseOptions([...argv]).unknown) {
    if (flag === "--") break;
    if (!flag.startsWith("-") || flag === "-") continue;
    if (/\s/.test(flag)) {
      // No option holds a space: these are the user's own words, which stay out of messages.
      faults.push({ field: "prompt", message: "begins with a hyphen; put -- before it" });
      continue;
    }
    const name = flag.split("=")[0] ?? flag;
    if (known.includes(name) || name === "--help" || name === "-h") continue;
    const meant = nearest(name, known);
    faults.push({
      field: name,
      message: `is not an option of limn ${command.name()}${meant === null ? "" : `; did you mean ${meant}?`}`,
    });
  }
  return faults;
}

/** One error for a wrong command line. */
export function usageError(message: string, command: string): LimnError {
  return new LimnError("invalid_option", { message, hint: `See: limn ${command} --help` });
}
