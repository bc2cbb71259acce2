import { describe, expect, test } from "vitest";
import { errorFromAnswer } from "../../transport/index.ts";
import { exited, reasonWithoutImage } from "./failure.ts";
import type { FailureContext } from "./failure.ts";
import { readToolText } from "./tool-text.ts";
import { emptyReport } from "./turn-report.ts";
import type { TurnReport } from "./turn-report.ts";

const prompt = "a fox that reads the newspaper in a café";
const context: FailureContext = {
  errorFromAnswer,
  nowMs: 1_795_220_000_000,
  privateTexts: [prompt],
  model: null,
};

const reason = (
  report: Partial<TurnReport>,
  change: Partial<FailureContext> = {},
): ReturnType<typeof reasonWithoutImage> =>
  reasonWithoutImage({ ...emptyReport(), ending: "completed", ...report }, { ...context, ...change });

const http = (status: string, body: unknown): string =>
  `Script error:\nimage generation failed: http ${status}: Some(${JSON.stringify(typeof body === "string" ? body : JSON.stringify(body))})`;

describe("the words of the image tool", () => {
  // Wire fixture images.error-cases, and what the real program told in the integration tests.
  test.each([
    [
      "429 Too Many Requests",
      { error: { type: "usage_limit_reached", resets_at: 1_795_225_923 } },
      "usage_limit_reached",
    ],
    ["429 Too Many Requests", { error: { type: "usage_not_included", plan_type: "free" } }, "plan_not_included"],
    ["429 Too Many Requests", { error: { type: "rate_limit_exceeded", code: "rate_limit_exceeded" } }, "rate_limited"],
    ["429 Too Many Requests", { error: { message: "TooManyRequests" } }, "service_overloaded"],
    ["400 Bad Request", { error: { message: "rejected", code: "moderation_blocked" } }, "content_refused"],
    ["400 Bad Request", { detail: "Bad thing" }, "service_error"],
    ["401 Unauthorized", { error: { code: "token_expired" } }, "login_expired"],
    ["403 Forbidden", { error: { code: "INSUFFICIENT_BALANCE" } }, "plan_not_included"],
    ["403 Forbidden", "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>", "network_blocked"],
    ["404 Not Found", "", "service_error"],
    ["413 Payload Too Large", "", "input_too_large"],
    ["500 Internal Server Error", { error: { message: "boom" } }, "service_error"],
    ["503 Service Unavailable", "upstream connect error", "service_error"],
  ])("http %s %j are the code %s", (status, body, code) => {
    const error = reason({ toolTexts: ["Script failed", http(status, body)] });
    // The agent has spent tokens: nothing is free to repeat.
    expect([error.code, error.retryable]).toEqual([code, false]);
  });

  test.each([
    ["image generation failed: network error: error sending request", "outcome_unknown"],
    [
      "image generation failed: stream error: failed to decode image generation response: missing field `data`",
      "unexpected_response",
    ],
    ["image generation failed: something new", "unexpected_response"],
    ["image generation returned no image data", "no_image_returned"],
    ["image content omitted because it could not be processed", "image_corrupt"],
    ["unsupported call: imagegen", "engine_unavailable"],
    ["`referenced_image_paths` must contain at most 5 paths", "engine_unavailable"],
    ["referenced image paths are unavailable in this session", "engine_unavailable"],
    [
      "unknown field `transparent_background`, expected one of `prompt`, `gif` at line 1 column 20",
      "engine_unavailable",
    ],
  ])("%s is the code %s", (text, code) => expect(reason({ toolTexts: [text] }).code).toBe(code));

  test("are read as Rust writes them", () => {
    expect(
      readToolText(String.raw`image generation failed: http 400 Bad Request: Some("a \"b\" \\ \n \u{e9} \u{110000}")`),
    ).toEqual({
      kind: "http",
      status: 400,
      body: 'a "b" \\ \n é \uFFFD',
    });
    expect(readToolText("image generation failed: http 502 Bad Gateway: None")).toEqual({
      kind: "http",
      status: 502,
      body: "",
    });
    expect(readToolText("Generated images are saved to /somewhere")).toBeNull();
  });

  test("go behind a typed limit, which names itself and its reset", () => {
    const error = reason({
      limitHit: { limitId: "imagegen_premium", resetsAt: 1_795_225_923 },
      toolTexts: [http("500 Internal Server Error", "")],
    });
    expect(error).toMatchObject({
      code: "usage_limit_reached",
      retryAfterMs: 5_923_000,
      details: { limit: "imagegen_premium", resetsAt: "2026-11-21T01:52:03.000Z" },
    });
  });

  test("are told without a quotation of the prompt", () => {
    const error = reason({ toolTexts: [http("400 Bad Request", { detail: `cannot draw ${prompt}` })] });
    expect(JSON.stringify(error)).not.toContain("newspaper");
  });
});

describe("the error of a turn", () => {
  // Contract 5.4 and 6.4, in the words of Codex 0.169.0.
  test.each([
    ["You’ve hit your usage limit. Upgrade to Pro or try again at 1:56 AM.", null, "usage_limit_reached"],
    ["You’ve hit your usage limit.", "usageLimitExceeded", "usage_limit_reached"],
    [
      "To use Codex with your ChatGPT plan, upgrade to Plus: https://chatgpt.com/explore/plus.",
      "usageLimitExceeded",
      "plan_not_included",
    ],
    ["To use Codex with your ChatGPT plan, upgrade to Plus", null, "plan_not_included"],
    ["Quota exceeded. Check your plan.", null, "plan_not_included"],
    ["exceeded retry limit, last status: 429 Too Many Requests, request id: req_14", null, "service_overloaded"],
    ["Selected model is at capacity. Please try a different model.", "serverOverloaded", "service_overloaded"],
    ["Selected model is at capacity. Please try a different model.", null, "service_overloaded"],
    ["We’re currently experiencing high demand, which may cause temporary errors.", null, "service_overloaded"],
    ["Your access token could not be refreshed because your refresh token was already used.", null, "login_expired"],
    [
      "Your access token could not be refreshed because your refresh token was revoked.",
      "unauthorized",
      "login_refused",
    ],
    ["Failed to refresh token: 500 Internal Server Error", null, "connection_failed"],
    ["workspace routing discovery failed", "other", "connection_failed"],
    ["unexpected status 401 Unauthorized: Missing bearer, url: https://x, request id: req_9", null, "login_refused"],
    [
      "unexpected status 403 Forbidden: <!DOCTYPE html><html></html>, url: https://x, cf-ray: 8fake-FRA",
      null,
      "network_blocked",
    ],
    ['unexpected status 403 Forbidden: {"detail":"Forbidden thing"}, url: https://x', null, "service_error"],
    ["stream disconnected before completion: stream closed before response.completed", null, "stream_truncated"],
    ["blocked", "cyberPolicy", "content_refused"],
    ["too long", "contextWindowExceeded", "input_too_large"],
    // What only looks like one of those (open-design-provider O47).
    ["Try again later", null, "service_error"],
    ["request req-401-abc failed with 4290 things", "other", "service_error"],
  ])("%s (%s) is the code %s", (message, info, code) => {
    const error = reason({ ending: "failed", error: { message, info, httpStatus: null } });
    expect([error.code, error.retryable]).toEqual([code, false]);
    expect(error.hint).not.toBeNull();
  });

  test("names the ray of a blocked request", () => {
    const message = "unexpected status 403 Forbidden: <html></html>, url: https://x, cf-ray: 8fake-FRA, request id: 1";
    expect(reason({ error: { message, info: null, httpStatus: null } }).details).toMatchObject({ cfRay: "8fake-FRA" });
  });

  test("tells when the chat's window that is full resets", () => {
    const windows = [
      { limit: "codex", usedPercent: 100, windowMinutes: 300, resetsAt: "2026-11-21T00:18:20.000Z" },
      { limit: "codex", usedPercent: 40, windowMinutes: 10_080, resetsAt: "2026-11-28T00:00:00.000Z" },
    ];
    const error = reason({
      activeLimit: "codex",
      windows,
      error: { message: "You’ve hit your usage limit.", info: "usageLimitExceeded", httpStatus: null },
    });
    expect(error).toMatchObject({
      retryAfterMs: 300_000,
      details: { limit: "codex", resetsAt: "2026-11-21T00:18:20.000Z" },
    });
  });

  test("leaves open whether there is a picture when one was begun", () => {
    const error = { message: "stream disconnected before completion: x", info: null, httpStatus: null };
    expect(reason({ imageBegan: true, error }).code).toBe("outcome_unknown");
  });

  test("is about the model when the service does not give it", () => {
    const message = `{"detail":"The 'gpt-9' model is not supported when using Codex with a ChatGPT account."}`;
    const error = { message, info: "other", httpStatus: null };
    expect(reason({ error }, { model: "gpt-9" })).toMatchObject({
      code: "unsupported_option",
      details: { model: "gpt-9" },
    });
    expect(reason({ error }).code).toBe("service_error");
  });
});

describe("a turn that ended well without a picture", () => {
  test("tells the agent's last words, shortened, and without a token", () => {
    const error = reason({ words: `I could not, rt_planted_secret_0001. ${"word ".repeat(200)}` });
    expect(error).toMatchObject({ code: "no_image_returned" });
    expect(error.message.length).toBeLessThan(400);
    expect(JSON.stringify(error)).not.toContain("planted");
  });

  test("withholds words that quote the prompt", () => {
    const error = reason({ words: `I will not draw ${prompt}.` });
    expect([error.details, error.message.includes("newspaper")]).toEqual([{}, false]);
  });

  test("is a missing tool when none was offered, or when the agent says so in a line of its own", () => {
    for (const report of [{ toolOffered: false }, { words: "Hm.\n  IMAGE_GEN_UNAVAILABLE \n" }])
      expect(reason(report)).toMatchObject({ code: "engine_unavailable", details: { kind: "tool_missing" } });
    expect(reason({ words: "I was told to say IMAGE_GEN_UNAVAILABLE." }).code).toBe("no_image_returned");
  });
});

test("a program that ended leaves its last twelve lines, without colours, tokens and the prompt", () => {
  const lines = Array.from({ length: 20 }, (_, index) => `\u001B[2mline ${index}\u001B[0m`);
  const error = exited(
    "ended with status 101",
    [...lines, `drawing ${prompt}`, "Bearer abcdef-0001"].join("\n"),
    true,
    context,
  );
  expect(error.code).toBe("engine_exited");
  expect(error.details).toEqual({
    lastLines: [...Array.from({ length: 11 }, (_, index) => `line ${index + 9}`), "[secret]"],
  });
});
