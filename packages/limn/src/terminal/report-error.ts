import { redactSecrets, toLimnError } from "@limn/core";
import type { LimnError } from "@limn/core";
import type { Terminal } from "./terminal.ts";

export interface ErrorStyle {
  /** On stdout, as one object. */
  readonly json: boolean;
  readonly verbose: boolean;
}

/** Tell a person, or a program, what went wrong and what to do. Returns the exit status. */
export function reportError(terminal: Terminal, error: unknown, style: ErrorStyle): number {
  const known: LimnError = toLimnError(error);
  if (style.json) terminal.data(JSON.stringify({ schemaVersion: 1, error: known.toJSON() }));
  terminal.say(`${terminal.style("red", "error:")} ${known.message} ${terminal.style("dim", `[${known.code}]`)}`);
  if (known.hint !== null) terminal.say(`${terminal.style("cyan", "→")} ${known.hint}`);
  if (style.verbose) {
    for (let cause = known.cause; cause instanceof Error; cause = cause.cause) {
      const text = known.code === "bug" ? (cause.stack ?? cause.message) : `${cause.name}: ${cause.message}`;
      terminal.say(terminal.style("dim", `  caused by ${redactSecrets(text)}`));
    }
  }
  return known.exitStatus;
}
