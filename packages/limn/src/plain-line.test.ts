import { Command } from "commander";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addEditOptions, addGenerateOptions, editOptions } from "./generate-options.ts";
import { readPlainLine } from "./plain-line.ts";
import { createProgram } from "./program.ts";
import { unknownOptionFaults } from "./usage-error.ts";

type Reading = { readonly operation: string; readonly words: readonly string[]; readonly options: object };

/** What the command framework makes of a line; null where it has something else to say than words and options. */
function framework(argv: readonly string[]): Reading | null {
  let reading: Reading | null = null;
  const program = createProgram(
    () => {
      throw new Error("no command is run here");
    },
    () => undefined,
    argv[0],
  );
  for (const command of [program, ...program.commands])
    command.exitOverride().configureOutput({ writeErr: () => undefined, writeOut: () => undefined });
  for (const command of program.commands)
    command.action((words: readonly string[], options: object) => {
      const addOptions = command.name() === "edit" ? addEditOptions : addGenerateOptions;
      const faults = unknownOptionFaults(addOptions(new Command(command.name()).exitOverride()), argv.slice(1));
      if (faults.length === 0) reading = { operation: command.name(), words, options: { ...options } };
    });
  try {
    program.parse([...argv], { from: "user" });
  } catch {
    return null;
  }
  return reading;
}

const names = editOptions.flatMap(({ flags }) => flags.split(" ").filter((word) => word.startsWith("-")));
const part = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...names.map((name) => name.replace(",", ""))) },
  { weight: 5, arbitrary: fc.string({ maxLength: 12 }) },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "-",
      "--",
      "",
      "-h",
      "--help",
      "help",
      "-V",
      "--version",
      "-5",
      "-n2",
      "-qv",
      "--size=1K",
      "--history",
      "--no-force",
      "--unknown",
      "generate",
      "history",
      "a fox",
      "-a fox",
    ),
  },
);
const line = fc.tuple(fc.constantFrom("generate", "edit"), fc.array(part, { maxLength: 6 }));

describe("readPlainLine", () => {
  it("finds in a line what the command framework finds in it, or leaves the line to that", () => {
    fc.assert(
      fc.property(line, ([operation, parts]) => {
        const read = readPlainLine([operation, ...parts]);
        if (read !== null) expect(framework([operation, ...parts])).toEqual(read);
      }),
      { seed: 20261121, numRuns: 3000 },
    );
  });

  it("reads every option of the table by each of its names", () => {
    for (const { flags } of editOptions) {
      const given = flags.endsWith(">") ? ["value"] : [];
      for (const name of flags.split(" ").filter((word) => word.startsWith("-"))) {
        const argv = ["edit", "a", name.replace(",", ""), ...given, "fox"];
        const read = readPlainLine(argv);
        expect(read, argv.join(" ")).not.toBeNull();
        expect(framework(argv)).toEqual(read);
      }
    }
  });

  it("gathers references, lets the last of other options count, and takes a hyphen for stdin", () => {
    expect(readPlainLine(["edit", "-i", "a.png", "--image", "-", "-n", "2", "-", "-n", "3", "--no-history"])).toEqual({
      operation: "edit",
      words: ["-"],
      options: { image: ["a.png", "-"], count: "3", history: false },
    });
  });

  it.each([
    ["another command", ["history", "fox"]],
    ["words alone", ["a red fox"]],
    ["nothing", []],
    ["help", ["generate", "--help"]],
    ["a version among the words", ["generate", "fox", "-V"]],
    ["a version where a value belongs", ["generate", "fox", "-o", "-V"]],
    ["an unknown option", ["generate", "fox", "--bogus"]],
    ["an option of another command", ["generate", "fox", "--mask", "m.png"]],
    ["a value that is missing", ["generate", "fox", "-o"]],
    ["a value behind an equals sign", ["generate", "fox", "--size=1K"]],
    ["letters in one word", ["generate", "fox", "-qn2"]],
    ["words behind --", ["generate", "--", "-x"]],
  ])("leaves %s to the command framework", (_, argv) => expect(readPlainLine(argv)).toBeNull());
});
