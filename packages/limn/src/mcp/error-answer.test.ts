import { LimnError, errorCodes } from "@limn/core";
import type { ErrorCode } from "@limn/core";
import { describe, expect, it } from "vitest";
import { errorAnswer } from "./error-answer.ts";

const codes = Object.keys(errorCodes).filter((code): code is ErrorCode => code in errorCodes);

describe("an error for a model", () => {
  it("says for every code what happened, whether it helps to ask once more, and what to do next", () => {
    for (const code of codes) {
      const answer = errorAnswer(
        new LimnError(code, { message: "It happened.", hint: "Run: limn generate --force -o x" }).toJSON(),
        null,
      );
      expect(answer).toMatchObject({
        error: code,
        what_happened: "It happened.",
        quota_spent: expect.stringMatching(/^(?:no|yes|maybe)$/),
      });
      expect(answer.next.length).toBeGreaterThan(10);
      expect(`${answer.next} ${answer.command_for_user ?? ""}`).not.toMatch(/--(?:force|ignore)|limn generate/);
    }
  });

  it("never sends a model into a plan limit", () => {
    for (const code of ["usage_limit_reached", "plan_not_included"] as const) {
      const report = new LimnError(code, {
        message: "Used up.",
        hint: "to ask all the same: --ignore-limit",
        details: { resetsAt: "2026-11-22T00:00:00.000Z" },
      }).toJSON();
      const answer = errorAnswer(report, null);
      expect(answer).toMatchObject({
        retry: "no",
        quota_spent: "no",
        resets_at: "2026-11-22T00:00:00.000Z",
        command_for_user: "limn status",
      });
      expect(answer.next).toMatch(/^Stop asking/);
    }
  });

  it("gives the delay of what passes by itself", () => {
    expect(
      errorAnswer(new LimnError("rate_limited", { message: "Too fast.", retryAfterMs: 1500 }).toJSON(), null),
    ).toMatchObject({ retry: "yes, after 2 s", quota_spent: "no" });
  });

  it("does not promise that a picture which was drawn and withheld was free", () => {
    const spent = (stage: string | null): string =>
      errorAnswer(
        new LimnError("content_refused", {
          message: "Refused.",
          details: { moderation: { stage, categories: [] } },
        }).toJSON(),
        null,
      ).quota_spent;
    expect([spent("input"), spent("output"), spent(null)]).toEqual(["no", "maybe", "maybe"]);
  });

  it("names the command of the login's owner", () => {
    const command = (hint: string): string | undefined =>
      errorAnswer(new LimnError("login_expired", { message: "Over.", hint }).toJSON(), null).command_for_user;
    expect(command("Renew it: limn login --renew codex")).toBe("limn login --renew codex");
    expect(command("Sign in again: codex login")).toBe("codex login");
    expect(command('Renew it with any command, for example: codex exec "hi" — or sign in again: codex login')).toBe(
      "codex login",
    );
    expect(command("Sign in.")).toBe("limn login");
  });
});
