import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { errorCodes } from "../contracts/codes.ts";
import { LimnError, isLimnError, toLimnError } from "./limn-error.ts";
import { nearest } from "./nearest.ts";
import { redactSecrets, shorten } from "./redact.ts";
import { Secret } from "./secret.ts";

// docs/decisions/0005-error-codes-are-public.md: a released code keeps its category and exit status.
test("the codes of the first version keep their category", () => {
  const first: Readonly<Record<string, readonly string[]>> = {
    request: ["prompt_missing", "invalid_option", "unsupported_option", "config_invalid"],
    input: ["input_not_found", "input_not_an_image", "input_too_large", "input_url_refused", "too_many_inputs"],
    login: ["login_missing", "login_expired", "login_refused", "login_account_changed", "login_unreadable"],
    limit: ["usage_limit_reached", "plan_not_included", "rate_limited", "service_overloaded"],
    refusal: ["content_refused"],
    service: [
      "service_error",
      "unexpected_response",
      "stream_truncated",
      "no_image_returned",
      "image_corrupt",
      "image_incomplete",
      "references_dropped",
      "alpha_missing",
      "not_honoured",
    ],
    connection: ["connection_failed", "timeout", "network_blocked", "outcome_unknown"],
    engine: ["engine_unavailable", "engine_disabled", "engine_exited"],
    storage: ["artifact_write_failed", "artifact_exists", "artifact_not_found"],
    internal: ["bug"],
  };
  const exits = {
    internal: 1,
    request: 2,
    input: 3,
    login: 4,
    limit: 5,
    refusal: 6,
    service: 7,
    connection: 8,
    engine: 9,
    storage: 10,
  };
  const seen = Object.fromEntries(
    Object.keys(errorCodes).map((name): [string, unknown] => {
      const entry = Object.entries(errorCodes).find(([code]) => code === name)?.[1];
      return [name, entry?.category];
    }),
  );
  expect(seen).toMatchObject(
    Object.fromEntries(Object.entries(first).flatMap(([category, codes]) => codes.map((code) => [code, category]))),
  );
  expect(new LimnError("bug", { message: "x" }).exitStatus).toBe(exits.internal);
  expect(new LimnError("not_honoured", { message: "x" }).exitStatus).toBe(exits.service);
});

describe("an error", () => {
  test("is known by its brand, also in another copy of the package", () => {
    expect(isLimnError(new LimnError("bug", { message: "x" }))).toBe(true);
    expect(isLimnError({ [Symbol.for("limn.error")]: true })).toBe(true);
    expect([new Error("x"), null, undefined, "bug", { code: "bug" }].map(isLimnError)).toEqual([
      false,
      false,
      false,
      false,
      false,
    ]);
  });

  test("has a public form without its cause", () => {
    const error = new LimnError("rate_limited", {
      message: "m",
      hint: "h",
      retryAfterMs: 5,
      details: { a: 1 },
      cause: "secret",
    });
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      code: "rate_limited",
      category: "limit",
      message: "m",
      hint: "h",
      retryable: true,
      retryAfterMs: 5,
      details: { a: 1 },
    });
  });

  test("with more details is otherwise the same", () => {
    const error = new LimnError("rate_limited", {
      message: "m",
      hint: "h",
      retryAfterMs: 0,
      retryable: false,
      details: { a: 1 },
      cause: 7,
    });
    const more = error.withDetails({ b: 2 });
    expect(more.toJSON()).toEqual({ ...error.toJSON(), details: { a: 1, b: 2 } });
    expect(more.cause).toBe(7);
  });

  test("that nobody expected is a bug and does not repeat what it says", () => {
    const error = toLimnError(new TypeError("a private text"));
    expect([error.code, JSON.stringify(error).includes("private")]).toEqual(["bug", false]);
    const own = new LimnError("timeout", { message: "x" });
    expect(toLimnError(own)).toBe(own);
  });
});

test("a secret is printed by nothing", () => {
  const secret = new Secret("hunter2-hunter2");
  const printed = [
    String(secret),
    `secret: ${secret.toString()}`,
    JSON.stringify({ secret }),
    inspect(secret, { showHidden: true, depth: 9 }),
    inspect({ deep: { secret } }, { depth: 9, getters: true, customInspect: false }),
    Object.keys(secret).join(","),
  ];
  expect(printed.filter((text) => text.includes("hunter2"))).toEqual([]);
  expect([secret.reveal(), secret.equals(new Secret("hunter2-hunter2")), secret.equals(new Secret("x"))]).toEqual([
    "hunter2-hunter2",
    true,
    false,
  ]);
});

test.each([
  ["Authorization: Bearer abc.def-ghi", "Authorization: [secret]"],
  ["token=eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln;", "token=[secret];"],
  ["rt_fake_refresh_0001 sk-proj-0123456789 at-0123456789", "[secret] [secret] [secret]"],
  ["nothing to see here", "nothing to see here"],
])("%o is shown as %o", (text, shown) => {
  expect(redactSecrets(text)).toBe(shown);
});

test("an account is shown by its last four characters, a short one not at all", () => {
  expect([shorten("acc-1234567890"), shorten("1234"), shorten("")]).toEqual(["…7890", "…", "…"]);
});

test.each([
  ["apsect", "aspect"],
  ["ASPECT", "aspect"],
  ["promt", "prompt"],
  ["backgruond", "background"],
  ["m", "n"],
  ["backg", "background"],
  ["back", null],
  ["size", null],
  ["completely-else", null],
])("%o most likely means %o", (word, meant) => {
  expect(nearest(word, ["n", "prompt", "aspect", "background", "quality"])).toBe(meant);
});
