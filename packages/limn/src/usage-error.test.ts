import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { addGenerateOptions } from "./generate-options.ts";
import { unknownOptionFaults } from "./usage-error.ts";

const faultsOf = (...argv: readonly string[]): ReturnType<typeof unknownOptionFaults> =>
  unknownOptionFaults(addGenerateOptions(new Command("generate").exitOverride()), argv);

describe("unknownOptionFaults", () => {
  it("names every unknown option with the nearest known one", () => {
    expect(faultsOf("x", "--qualty", "high", "--bogus=1", "-n", "2", "-z")).toEqual([
      { field: "--qualty", message: "is not an option of limn generate; did you mean --quality?" },
      { field: "--bogus", message: "is not an option of limn generate" },
      expect.objectContaining({ field: "-z" }),
    ]);
  });

  it("lets known options, their values and everything behind -- pass", () => {
    expect(faultsOf("x", "-o", "out.png", "--aspect=16:9", "--no-history", "--", "--not-an-option")).toEqual([]);
    expect(faultsOf("-")).toEqual([]);
  });

  it("takes a hyphen before several words for a prompt, and does not repeat it", () => {
    expect(faultsOf("-5 degrees outside")).toEqual([
      { field: "prompt", message: "begins with a hyphen; put -- before it" },
    ]);
  });

  it("takes a space in a value for a value", () => {
    expect(faultsOf("--otput=my file.png")).toEqual([
      { field: "--otput", message: "is not an option of limn generate; did you mean --output?" },
    ]);
  });
});
