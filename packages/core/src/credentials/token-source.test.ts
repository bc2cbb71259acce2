import { expect, test } from "vitest";
import { chatGptClaims, madeUpToken } from "../../../../test/support/made-up-token.ts";
import { limnErrorOf } from "../../../../test/support/rejection.ts";
import { createTokenSource } from "./token-source.ts";

const nowMs = Date.parse("2026-11-21T02:00:00.000Z");
const make = (token: string): ReturnType<typeof createTokenSource> => createTokenSource(token, () => nowMs);

test("a token that is handed in says what it knows of itself", async () => {
  const token = madeUpToken(chatGptClaims("acc-1", nowMs / 1000 + 61, "pro"));
  const credential = await make(` ${token}\n`).find();
  expect(credential).toMatchObject({
    source: "token",
    accountId: "acc-1",
    plan: "pro",
    email: "someone@example.test",
    expiresAtMs: nowMs + 61_000,
  });
  expect(credential?.revealToken()).toBe(token);
});

test("an opaque token is taken as it is", async () => {
  const credential = await make("ci-token").find();
  expect(credential).toMatchObject({ accountId: null, plan: null, email: null, expiresAtMs: null });
});

test.each([
  ["Bearer abc", "login_unreadable"],
  ["abc\ndef", "login_unreadable"],
  ["töken", "login_unreadable"],
  [" ", "login_unreadable"],
  ["sk-proj-0123456789", "login_refused"],
  [madeUpToken(chatGptClaims("acc-1", nowMs / 1000 + 60)), "login_expired"],
])("%o is %s, and the error does not repeat it", async (token, code) => {
  const error = await limnErrorOf(make(token).find());
  expect(error.code).toBe(code);
  expect(error.hint).not.toBe(null);
  if (token.trim() !== "") expect(JSON.stringify(error)).not.toContain(token);
});

test("a token that was turned away is not tried again", async () => {
  const source = make("ci-token");
  const credential = await source.find();
  expect(credential).not.toBe(null);
  if (credential !== null) expect(await source.recover(credential)).toBe(null);
});
