import { describe, expect, it } from "vitest";
import { handoverMs } from "./patience.ts";

const seconds = (clientName: string | null, hasProgressToken = false, given: number | null = null): number =>
  handoverMs({ given, clientName, hasProgressToken }) / 1000;

describe("the time after which a call is handed over", () => {
  it("is long for clients that are known to wait, and short for all others", () => {
    expect(
      ["claude-code", "codex-mcp-client", "gemini-cli-mcp-client", "hermes-agent"].map((name) => seconds(name)),
    ).toEqual([240, 240, 240, 240]);
    expect([null, "", "cursor-vscode", "Visual Studio Code", "my-codex-like"].map((name) => seconds(name))).toEqual([
      50, 50, 50, 50, 50,
    ]);
  });

  it("is long for a client that counts anew with each progress, when it wants progress", () => {
    expect([seconds("opencode", true), seconds("opencode", false)]).toEqual([240, 50]);
  });

  it("is what the user says", () => {
    expect([seconds("claude-code", true, 7), seconds(null, false, 0)]).toEqual([7, 0]);
  });
});
