import { LimnError } from "@limn/core";
import { describe, expect, it } from "vitest";
import { withCommand } from "./run-command-line.ts";
import { createProgram } from "./program.ts";

const program = createProgram(
  () => {
    throw new Error("no command is run here");
  },
  () => undefined,
);

describe("withCommand", () => {
  it.each([
    [["a red fox"], ["generate", "a red fox"]],
    [["lighthouse"], ["generate", "lighthouse"]],
    [
      ["a", "red", "fox"],
      ["generate", "a", "red", "fox"],
    ],
    [
      ["--sandbox", "x"],
      ["generate", "--sandbox", "x"],
    ],
    [
      ["-n", "2", "x"],
      ["generate", "-n", "2", "x"],
    ],
    [
      ["--", "-x"],
      ["generate", "--", "-x"],
    ],
    [["-"], ["generate", "-"]],
    [[], ["generate"]],
    [
      ["generate", "history"],
      ["generate", "history"],
    ],
    [
      ["history", "fox"],
      ["history", "fox"],
    ],
    [["--help"], ["--help"]],
    [
      ["completion", "bash"],
      ["completion", "bash"],
    ],
  ])("%j is %j", (argv, expected) => expect(withCommand(program, argv)).toEqual(expected));

  it.each(["hsitory", "generat", "recipee", "hepl", "modles"])("asks about %s instead of drawing it", (word) => {
    for (const argv of [[word], [word, "--json"]]) expect(() => withCommand(program, argv)).toThrow(LimnError);
  });

  it("draws a near miss that is more than one word or no command's spelling", () => {
    expect(withCommand(program, ["hsitory lesson"])).toEqual(["generate", "hsitory lesson"]);
    expect(withCommand(program, ["Hsitory"])).toEqual(["generate", "Hsitory"]);
  });
});
