import { describe, expect, test } from "vitest";
import { errorFromAnswer, requestIdOf } from "./answer-errors.ts";
import type { FailedAnswer } from "./answer-errors.ts";

const nowMs = Date.parse("2026-11-21T02:00:00.000Z");

function answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): FailedAnswer {
  return {
    status,
    headers: new Map(Object.entries(headers)),
    body: typeof body === "string" ? body : JSON.stringify(body),
    nowMs,
    privateTexts: [],
  };
}

function report(failed: FailedAnswer): unknown {
  return JSON.parse(JSON.stringify(errorFromAnswer(failed)));
}

const unknownLoginHint = "See whose login it is: limn status — or sign in with limn itself: limn login";
const laterHint = "Try again later; nothing on your side is wrong.";
const moderationHint =
  "Say it in other words; false alarms are common. A repeat of the same words may cost quota and be refused again.";

// Bodies and headers: codex-backend contract 3.6 and 2.3, as in the wire fixtures images.error-cases.json.
const rows: readonly (readonly [string, FailedAnswer, unknown])[] = [
  [
    "u429_image_gen",
    answer(
      429,
      {
        error: {
          type: "usage_limit_reached",
          message: "The usage limit has been reached",
          plan_type: "plus",
          resets_at: 1_795_225_923,
          resets_in_seconds: 7200,
        },
      },
      {
        "x-codex-active-limit": "image_gen",
        "x-image-gen-primary-used-percent": "100",
        "x-image-gen-primary-window-minutes": "1440",
        "x-image-gen-primary-reset-at": "1795225923",
      },
    ),
    {
      code: "usage_limit_reached",
      category: "limit",
      message: "The plan's allowance (image_gen) is used up until 2026-11-21 01:52 UTC.",
      hint: "Trying again before then does not help. See what is left: limn status",
      retryable: false,
      retryAfterMs: 0,
      details: {
        status: 429,
        serviceCode: "usage_limit_reached",
        serviceMessage: "The usage limit has been reached",
        limit: "image_gen",
        resetsAt: "2026-11-21T01:52:03.000Z",
        plan: "plus",
      },
    },
  ],
  [
    "u429_premium, told by its delay",
    answer(
      429,
      { error: { type: "usage_limit_reached", message: "", plan_type: "plus", resets_in_seconds: 7200 } },
      { "x-codex-active-limit": "imagegen_premium", "x-codex-imagegen-request-id": "imgreq-77" },
    ),
    {
      code: "usage_limit_reached",
      category: "limit",
      message: "The plan's allowance (imagegen_premium) is used up until 2026-11-21 04:00 UTC.",
      hint: "Trying again before then does not help. See what is left: limn status",
      retryable: false,
      retryAfterMs: 7_200_000,
      details: {
        status: 429,
        serviceCode: "usage_limit_reached",
        requestId: "imgreq-77",
        limit: "imagegen_premium",
        resetsAt: "2026-11-21T04:00:00.000Z",
        plan: "plus",
      },
    },
  ],
  [
    "a usage limit without a time",
    answer(429, { error: { type: "usage_limit_reached", resets_at: "soon" } }),
    {
      code: "usage_limit_reached",
      category: "limit",
      message: "The plan's allowance is used up.",
      hint: "See what is left: limn status",
      retryable: false,
      retryAfterMs: null,
      details: { status: 429, serviceCode: "usage_limit_reached" },
    },
  ],
  [
    "a usage limit with a time beyond every calendar",
    answer(429, { error: { type: "usage_limit_reached", resets_at: 1e300 } }),
    expect.objectContaining({ code: "usage_limit_reached", message: "The plan's allowance is used up." }),
  ],
  [
    "notincl429",
    answer(429, { error: { type: "usage_not_included", message: "not included", plan_type: "free" } }),
    {
      code: "plan_not_included",
      category: "limit",
      message: "This account's plan (free) or credits do not include image generation. The service says: not included",
      hint: "See who is signed in: limn status",
      retryable: false,
      retryAfterMs: null,
      details: { status: 429, serviceCode: "usage_not_included", serviceMessage: "not included", plan: "free" },
    },
  ],
  [
    "f403json",
    answer(403, { error: { code: "INSUFFICIENT_BALANCE", message: "Insufficient balance" } }),
    {
      code: "plan_not_included",
      category: "limit",
      message: "This account's plan or credits do not include image generation. The service says: Insufficient balance",
      hint: "See who is signed in: limn status",
      retryable: false,
      retryAfterMs: null,
      details: { status: 403, serviceCode: "INSUFFICIENT_BALANCE", serviceMessage: "Insufficient balance" },
    },
  ],
  [
    "rl429",
    answer(
      429,
      { error: { type: "rate_limit_exceeded", code: "rate_limit_exceeded", message: "Rate limit reached" } },
      { "retry-after": "1" },
    ),
    {
      code: "rate_limited",
      category: "limit",
      message: "Too many image requests in a short time (429).",
      hint: "Try again in 1 s; the plan was not charged.",
      retryable: true,
      retryAfterMs: 1000,
      details: { status: 429, serviceCode: "rate_limit_exceeded", serviceMessage: "Rate limit reached" },
    },
  ],
  [
    "capacity",
    answer(429, { error: { message: "image generation request was rate limited", code: "TooManyRequests" } }),
    {
      code: "service_overloaded",
      category: "limit",
      message: "The service has no capacity for images at the moment (429).",
      hint: "Try again in a minute; the plan was not charged.",
      retryable: true,
      retryAfterMs: null,
      details: {
        status: 429,
        serviceCode: "TooManyRequests",
        serviceMessage: "image generation request was rate limited",
      },
    },
  ],
  [
    "a 429 that is no JSON",
    answer(429, "slow down", { "retry-after": "Sat, 21 Nov 2026 02:00:30 GMT" }),
    expect.objectContaining({ code: "service_overloaded", retryAfterMs: 30_000, details: { status: 429 } }),
  ],
  [
    "mod400",
    answer(
      400,
      {
        error: {
          message: "Your request was rejected by the safety system.",
          type: "image_generation_user_error",
          param: null,
          code: "moderation_blocked",
        },
      },
      { "x-codex-imagegen-request-id": "imgreq-78" },
    ),
    {
      code: "content_refused",
      category: "refusal",
      message: "The content policy refused the prompt, request imgreq-78.",
      hint: moderationHint,
      retryable: false,
      retryAfterMs: null,
      details: {
        status: 400,
        serviceCode: "moderation_blocked",
        requestId: "imgreq-78",
        moderation: { stage: null, categories: [] },
      },
    },
  ],
  [
    "moderation of the picture",
    answer(400, {
      error: {
        code: "moderation_blocked",
        moderation_details: { moderation_stage: "output", categories: ["sexual", "violence", 7] },
      },
    }),
    {
      code: "content_refused",
      category: "refusal",
      message: "The content policy refused the picture (sexual, violence).",
      hint: moderationHint,
      retryable: false,
      retryAfterMs: null,
      details: {
        status: 400,
        serviceCode: "moderation_blocked",
        moderation: { stage: "output", categories: ["sexual", "violence"] },
      },
    },
  ],
  [
    "bad400",
    answer(400, { detail: "Bad thing" }),
    {
      code: "service_error",
      category: "service",
      message: "The service answered with status 400. The service says: Bad thing",
      hint: "If it persists: limn doctor",
      retryable: false,
      retryAfterMs: null,
      details: { status: 400, serviceMessage: "Bad thing" },
    },
  ],
  [
    "e401",
    answer(401, {
      error: {
        message: "Provided authentication token is expired. Please try signing in again.",
        type: null,
        code: "token_expired",
        param: null,
      },
    }),
    {
      code: "login_expired",
      category: "login",
      message: "The service says that the login has expired.",
      hint: unknownLoginHint,
      retryable: false,
      retryAfterMs: null,
      details: {
        status: 401,
        serviceCode: "token_expired",
        serviceMessage: "Provided authentication token is expired. Please try signing in again.",
        kind: "rejected_by_service",
      },
    },
  ],
  [
    "another 401",
    answer(401, { detail: "Unauthorized" }),
    {
      code: "login_refused",
      category: "login",
      message: "The service did not accept the login (401).",
      hint: unknownLoginHint,
      retryable: false,
      retryAfterMs: null,
      details: { status: 401, serviceMessage: "Unauthorized", kind: "rejected_by_service" },
    },
  ],
  [
    "f403",
    answer(
      403,
      "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>cloudflare Enable JavaScript and cookies to continue</body></html>",
      {
        "content-type": "text/html; charset=UTF-8",
        "cf-mitigated": "challenge",
        server: "cloudflare",
        "cf-ray": "8fake00000000000-FRA",
      },
    ),
    {
      code: "network_blocked",
      category: "connection",
      message:
        "The network edge (Cloudflare) turned the request away with status 403, cf-ray 8fake00000000000-FRA. Your login is not the reason.",
      hint: "Try from another network, or without a VPN or a data-centre address; then: limn doctor",
      retryable: false,
      retryAfterMs: null,
      details: { status: 403, cfRay: "8fake00000000000-FRA" },
    },
  ],
  [
    "a block page without cf-mitigated",
    answer(503, "<title>Attention Required!</title>", { "content-type": "text/html", server: "cloudflare" }),
    expect.objectContaining({ code: "network_blocked", details: { status: 503 } }),
  ],
  [
    "a JSON 403 that came through Cloudflare like every answer",
    answer(
      403,
      { detail: "Forbidden" },
      { "content-type": "application/json", server: "cloudflare", "cf-ray": "1-FRA" },
    ),
    expect.objectContaining({ code: "service_error" }),
  ],
  [
    "n404",
    answer(404, ""),
    {
      code: "service_error",
      category: "service",
      message: "The service answered with status 404.",
      hint: "If it persists: limn doctor",
      retryable: false,
      retryAfterMs: null,
      details: { status: 404 },
    },
  ],
  [
    "413",
    answer(413, { detail: "Request Entity Too Large" }),
    {
      code: "input_too_large",
      category: "input",
      message: "The service says that the request is too large (413).",
      hint: "Use a shorter prompt or smaller input images.",
      retryable: false,
      retryAfterMs: null,
      details: { status: 413, serviceMessage: "Request Entity Too Large" },
    },
  ],
  [
    "s500",
    answer(500, { error: { message: "boom", type: "server_error" } }),
    {
      code: "service_error",
      category: "service",
      message: "The service answered with status 500. The service says: boom",
      hint: laterHint,
      retryable: false,
      retryAfterMs: null,
      details: { status: 500, serviceCode: "server_error", serviceMessage: "boom" },
    },
  ],
  [
    "s503",
    answer(503, "upstream connect error", { "content-type": "text/plain" }),
    {
      code: "service_error",
      category: "service",
      message: "The service answered with status 503.",
      hint: laterHint,
      retryable: false,
      retryAfterMs: null,
      details: { status: 503 },
    },
  ],
  [
    "a redirect",
    answer(307, "", { location: "https://elsewhere.example.test/images" }),
    {
      code: "unexpected_response",
      category: "service",
      message:
        "The service answered with a redirect (307). limn does not follow it, so that your token goes nowhere else.",
      hint: "Check the address: limn config get baseUrl",
      retryable: false,
      retryAfterMs: null,
      details: { status: 307 },
    },
  ],
  [
    "the proxy's own login",
    answer(407, "<html>"),
    {
      code: "connection_failed",
      category: "connection",
      message: "The proxy wants a login of its own (407); nothing was sent.",
      hint: "Put it into HTTPS_PROXY: http://user:password@host:port",
      retryable: false,
      retryAfterMs: null,
      details: { status: 407 },
    },
  ],
];

test.each(rows)("%s", (_, failed, expected) => {
  expect(report(failed)).toEqual(expected);
});

test.each([
  ["token", "LIMN_ACCESS_TOKEN"],
  ["limn", "limn login"],
  ["codex", "codex login"],
  ["pi", "pi auth check"],
  ["opencode", "opencode auth login"],
  ["hermes", "hermes auth refresh"],
])("a refused login of %s is told what helps there", (loginSource, step) => {
  const { hint } = errorFromAnswer({ ...answer(401, {}), loginSource });
  expect(hint).toContain(step);
  expect(hint?.includes("codex login")).toBe(loginSource === "codex");
});

describe("the service's own words", () => {
  const said = (message: string, ...privateTexts: string[]): unknown =>
    errorFromAnswer({ ...answer(400, { error: { message } }), privateTexts }).details["serviceMessage"];

  test("are made one line of at most 300 characters", () => {
    expect(said("a\r\nb\u0000\u2028c\td")).toBe("a b c d");
    expect(said("x".repeat(1000))).toBe("x".repeat(300));
  });

  test("are withheld when they quote the prompt", () => {
    const prompt = "a very private picture of my cat Minka in the bath";
    expect(said(`We cannot draw "${prompt}" today`, prompt)).toBe(undefined);
    expect(said("The words «my cat Minka in the bath» are not allowed", prompt)).toBe(undefined);
    expect(said("Not Minka", "Minka")).toBe(undefined);
    expect(said("Something else is wrong", prompt)).toBe("Something else is wrong");
  });

  test("are withheld when they quote the prompt with other white space", () => {
    expect(said("We cannot draw: my cat Minka", "my\n\ncat\t Minka")).toBe(undefined);
    expect(said("We cannot draw: my  cat\nMinka", "my cat Minka")).toBe(undefined);
  });

  test("lose everything that looks like a credential", () => {
    expect(said("token eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln and Bearer abc.def and sk-proj-0123456789")).toBe(
      "token [secret] and [secret] and [secret]",
    );
  });

  test("are no code when they are a sentence", () => {
    const { details } = errorFromAnswer(
      answer(400, { error: { code: "we do not like this prompt", type: "x".repeat(65) } }),
    );
    expect(details).toEqual({ status: 400 });
  });
});

test("a request's id is Codex's, else OpenAI's, else any", () => {
  const ids = { "x-request-id": "c", "x-oai-request-id": "b", "x-codex-imagegen-request-id": "a" };
  const entries = Object.entries(ids);
  expect([3, 2, 1, 0].map((count) => requestIdOf(new Map(entries.slice(0, count))))).toEqual(["a", "b", "c", null]);
});
