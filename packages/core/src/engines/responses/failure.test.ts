import { describe, expect, test } from "vitest";
import { LimnError } from "../../errors/index.ts";
import type { TransportAnswer } from "../../transport/index.ts";
import { ResponsesAnswerReader } from "./answer.ts";
import { reasonWithoutImage } from "./failure.ts";

const nowMs = Date.parse("2026-11-21T02:00:00.000Z");
const prompt = "a private picture of a red fox";

const answer: TransportAnswer = {
  status: 200,
  headers: new Map([
    ["content-type", "text/event-stream; charset=utf-8"],
    ["server", "cloudflare"],
    ["cf-ray", "ray"],
    ["x-oai-request-id", "req-1"],
    ["x-codex-active-limit", "premium"],
  ]),
  credential: {
    source: "test",
    accountId: null,
    plan: null,
    email: null,
    expiresAtMs: null,
    accountHeaders: {},
    revealToken: () => "token",
  },
  firstByteMs: 1,
  receivedAtMs: nowMs,
  read: async () => Promise.resolve(),
};

/** The error of an answer with this text, cut short or not. */
function reason(text: string, cut: LimnError | null = null, { afterDiscard = true } = {}): LimnError {
  const reader = new ResponsesAnswerReader({
    openImage: () => ({
      bytesWritten: 0,
      write: () => undefined,
      finish: async () => Promise.reject(new Error("unused")),
      discard: () => undefined,
    }),
    openPreview: () => null,
    onBytes: () => undefined,
    onPreview: () => undefined,
  });
  reader.push(Buffer.from(text));
  if (cut === null) reader.finish();
  if (afterDiscard) reader.discard(false);
  expect(reader.finished).toEqual([]);
  return reasonWithoutImage(reader, answer, nowMs, [prompt], cut);
}

const events = (...all: readonly object[]): string => all.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");
const created = { type: "response.created" };
const preview = { type: "response.image_generation_call.partial_image", partial_image_b64: "AAAA" };
const completed = { type: "response.completed", response: { output: [] } };
const incomplete = (why?: string): object => ({
  type: "response.incomplete",
  response: why === undefined ? {} : { incomplete_details: { reason: why } },
});
const failed = (error: unknown): object => ({ type: "response.failed", response: { error } });
const cutShort = (): LimnError =>
  new LimnError("stream_truncated", { message: "The answer stopped after 7 bytes.", details: { received: 7 } });

describe("the service's own error", () => {
  const table: readonly (readonly [string, string, number])[] = [
    ["usage_limit_reached", "usage_limit_reached", 5],
    ["usage_not_included", "plan_not_included", 5],
    ["insufficient_quota", "plan_not_included", 5],
    ["credit_balance_exhausted", "plan_not_included", 5],
    ["INSUFFICIENT_BALANCE", "plan_not_included", 5],
    ["rate_limit_exceeded", "rate_limited", 5],
    ["slow_down", "service_overloaded", 5],
    ["server_is_overloaded", "service_overloaded", 5],
    ["moderation_blocked", "content_refused", 6],
    ["content_policy_violation", "content_refused", 6],
    ["token_expired", "login_expired", 4],
    ["server_error", "service_error", 7],
    ["context_length_exceeded", "service_error", 7],
    ["invalid_prompt", "service_error", 7],
    ["constructor", "service_error", 7],
    ["toString", "service_error", 7],
  ];

  const message = "Something about it.";
  test.each(table)("%s is %s, exit status %i, wherever it stands", (code, expected, exit) => {
    const error = { code, message };
    const nested = JSON.stringify({ error });
    const ways: Readonly<Record<string, object>> = {
      "the response": failed(error),
      "its type": failed({ type: code, message }),
      "the event": { type: "response.failed", error },
      "the top": { type: "error", ...error },
      "an error on top": { type: "error", error },
      "a message": failed({ code: "server_error", message: nested }),
      "a message behind words": failed({ message: `http 400 Bad Request: ${nested}` }),
      "a text": failed(nested),
      "a message in a message": failed({ message: JSON.stringify({ error: { message: nested } }) }),
      wrapping: failed({ error: { error } }),
    };
    for (const [where, event] of Object.entries(ways)) {
      const found = reason(events(created, preview, event));
      expect([found.code, found.exitStatus], where).toEqual([expected, exit]);
      if (expected === "service_error") expect(found.details["serviceCode"], where).toBe(code);
    }
  });

  test("that names the limit tells when it resets", () => {
    const error = {
      code: "usage_limit_reached",
      type: "usage_limit_reached",
      plan_type: "plus",
      resets_in_seconds: 7200,
    };
    const found = reason(events(failed(error)));
    expect([found.retryAfterMs, found.details]).toEqual([
      7_200_000,
      expect.objectContaining({
        limit: "premium",
        resetsAt: "2026-11-21T04:00:00.000Z",
        plan: "plus",
        requestId: "req-1",
      }),
    ]);
  });

  test("that refuses the picture tells at which stage and why", () => {
    const moderation_details = { moderation_stage: "output", categories: ["sexual"] };
    const error = { type: "image_generation_user_error", code: "moderation_blocked", moderation_details };
    expect(reason(events(failed(error))).message).toBe(
      "The content policy refused the picture (sexual), request req-1.",
    );
  });

  test("that nobody knows is told in its own words", () => {
    const { message: told, details, retryable } = reason(events(failed({ code: "odd_one", message, status: 502 })));
    expect([told, details, retryable]).toEqual([
      `The service gave up while drawing (odd_one). The service says: ${message}`,
      { serviceCode: "odd_one", status: 502, serviceMessage: message },
      false,
    ]);
  });

  test.each([
    undefined,
    null,
    7,
    [],
    {},
    "",
    { code: 7, message: {} },
    { code: "two words" },
    { code: "x".repeat(65) },
  ])("%j is an error of the service all the same", (error) => {
    const found = reason(events(failed(error)));
    expect([found.code, found.message]).toEqual(["service_error", "The service gave up while drawing."]);
  });

  test("is looked through to a few layers and no further", () => {
    let deep = JSON.stringify({ error: { code: "moderation_blocked" } });
    for (let layer = 0; layer < 12; layer += 1) deep = JSON.stringify({ error: { code: "outer", message: deep } });
    expect(reason(events(failed({ message: deep }))).code).toBe("service_error");
  });

  test("counts more than a cut behind it", () => {
    expect(reason(events(preview, failed({ code: "moderation_blocked" })), cutShort()).code).toBe("content_refused");
  });
});

describe("an answer that simply has no picture", () => {
  const within = `${events(preview)}data: {"type":"response.output_item.done","item":{"type":"image_generation_call","result":"${"A".repeat(80)}`;

  test.each<[string, string, boolean, string, object]>([
    ["is no event stream", "hello", false, "unexpected_response", {}],
    ["is empty", "", false, "unexpected_response", {}],
    ["ends without a last event", events(created), false, "stream_truncated", { previews: 0 }],
    ["ends after a preview", events(preview), false, "image_incomplete", { previews: 1 }],
    ["is cut before anything", events(created), true, "stream_truncated", { previews: 0 }],
    ["is cut after previews", events(preview, preview), true, "image_incomplete", { previews: 2 }],
    ["is cut within the picture", within, true, "stream_truncated", { previews: 1, received: 60 }],
    ["ends within the picture", within, false, "stream_truncated", { previews: 1, received: 60 }],
    ["has previews only", events(preview, completed), false, "image_incomplete", { previews: 1 }],
    [
      "is incomplete",
      events(preview, incomplete("max_output_tokens")),
      false,
      "image_incomplete",
      { previews: 1, reason: "max_output_tokens" },
    ],
    ["is incomplete without a reason or a preview", events(incomplete()), false, "image_incomplete", { previews: 0 }],
    ["is over without a word", events(completed), false, "no_image_returned", { previews: 0 }],
  ])("%s", (_, text, isCut, code, details) => {
    for (const afterDiscard of [true, false]) {
      const found = reason(text, isCut ? cutShort() : null, { afterDiscard });
      expect([found.code, found.details, found.exitStatus, found.retryable]).toEqual([code, details, 7, false]);
      expect(found.hint).toEqual(expect.any(String));
    }
  });

  test("and is cut before its first event has the transport's own error", () => {
    const cut = cutShort();
    expect(reason("event: response.cre", cut)).toBe(cut);
  });

  test("tells what had come, and keeps the cause", () => {
    const cut = cutShort();
    const found = reason(within, cut);
    expect([found.message, found.cause]).toEqual([
      "The answer stopped before the picture was whole; 1 preview and 60 bytes of the picture had come. A preview is never taken for the picture.",
      cut,
    ]);
    expect(reason(events(incomplete("content_filter"))).message).toBe(
      "The service ended without the finished picture (content_filter); no preview had come. A preview is never taken for the picture.",
    );
  });

  test("but words gives the words as the reason", () => {
    const text = "I would rather describe it.";
    const found = reason(events({ type: "response.output_text.done", text }, completed));
    expect([found.code, found.message, found.details]).toEqual([
      "no_image_returned",
      `The chat model answered in words and drew nothing: ${text}`,
      { previews: 0, serviceMessage: text },
    ]);
    expect(found.hint).toContain("--engine images");
  });
});

describe("the user's prompt", () => {
  test.each([
    { type: "response.output_text.done", text: `You asked for ${prompt}.` },
    failed({ code: "server_error", message: `cannot draw "${prompt}"` }),
    failed({ code: "moderation_blocked", message: prompt }),
    failed({ code: prompt, message: "x" }),
    { type: "error", message: JSON.stringify({ error: { code: "invalid_prompt", message: prompt } }) },
    incomplete(prompt),
  ])("stays out of the error of %j", (event) => {
    for (const last of [[], [completed]]) {
      const found = reason(events(created, event, ...last));
      expect(JSON.stringify(found) + String(found.stack)).not.toContain("private");
    }
  });
});
