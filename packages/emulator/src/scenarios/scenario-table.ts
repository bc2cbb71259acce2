import { scenarioGroups, type ScenarioGroup } from "./groups.ts";

/** A scenario as people choose it. */
export interface ScenarioDescription {
  readonly name: string;
  /** What happens. */
  readonly summary: string;
  /** What it applies to; the first one unless the step says `on`. */
  readonly groups: readonly ScenarioGroup[];
  /** Parameters beside `times`, `delayMs`, `on`, and `size` (images, responses) or `spent` (token, refresh). */
  readonly parameters: readonly string[];
  /** Wait before the answer when the step has no `delayMs`; default 0. */
  readonly defaultDelayMs?: number;
}

const NONE: readonly string[] = [];
const CUT: readonly string[] = ["atBytes", "fraction"];

const IMAGES: readonly ScenarioGroup[] = ["images"];
const JSON_ANSWERS: readonly ScenarioGroup[] = scenarioGroups.filter((group) => group !== "authorize");
const EXCHANGES: readonly ScenarioGroup[] = ["token", "refresh"];
const LIMITED: readonly ScenarioGroup[] = ["images", "responses", "token", "refresh", "device-code", "device-poll"];
const SIGNED_IN: readonly ScenarioGroup[] = ["images", "responses", "usage", "accounts"];
const BOTH: readonly ScenarioGroup[] = ["images", "responses"];
const RESPONSES: readonly ScenarioGroup[] = ["responses"];

/** Every scenario with what happens and which parameters it takes. */
export const scenarios: readonly ScenarioDescription[] = [
  { name: "ok", groups: scenarioGroups, summary: "a picture, or the usual answer", parameters: NONE },
  { name: "unauthorized", groups: SIGNED_IN, summary: "401 `token_expired`, whatever the token", parameters: NONE },
  {
    name: "refresh-needed",
    groups: IMAGES,
    summary: "401 `token_expired` on every route until the token is renewed, then normal",
    parameters: NONE,
  },
  {
    name: "usage-limit",
    groups: ["images", "responses", "usage"],
    summary: "429 `usage_limit_reached` with the headers of the limit; on usage: the first window is used up",
    parameters: ["activeLimit", "resetsInSeconds"],
  },
  {
    name: "usage-not-included",
    groups: BOTH,
    summary: "429 `usage_not_included`: the plan has no images",
    parameters: NONE,
  },
  {
    name: "capacity",
    groups: BOTH,
    summary: "429 `TooManyRequests` with `retry-after` (default 2)",
    parameters: ["retryAfterSeconds"],
  },
  {
    name: "rate-limit",
    groups: LIMITED,
    summary: "429 `rate_limit_exceeded` (sign-in: `slow_down`) with `retry-after` (default 1)",
    parameters: ["retryAfterSeconds"],
  },
  { name: "moderation", groups: BOTH, summary: "400 `moderation_blocked`, stage input", parameters: NONE },
  { name: "moderation-output", groups: IMAGES, summary: "400 `moderation_blocked`, stage output", parameters: NONE },
  {
    name: "cloudflare",
    groups: scenarioGroups,
    summary: "403 HTML challenge with `cf-mitigated` and `cf-ray`",
    parameters: NONE,
  },
  { name: "insufficient-balance", groups: BOTH, summary: "403 JSON `INSUFFICIENT_BALANCE`", parameters: NONE },
  { name: "bad-request", groups: BOTH, summary: '400 `{"detail": …}`', parameters: NONE },
  { name: "too-large", groups: IMAGES, summary: "413", parameters: NONE },
  { name: "empty-404", groups: BOTH, summary: "404 with an empty body", parameters: NONE },
  { name: "server-error", groups: scenarioGroups, summary: "500 JSON", parameters: NONE },
  {
    name: "server-error-late",
    groups: BOTH,
    summary: "500 JSON after `delayMs` (default 6000)",
    parameters: NONE,
    defaultDelayMs: 6000,
  },
  {
    name: "server-error-with-request-id",
    groups: IMAGES,
    summary: "500 JSON with `x-codex-imagegen-request-id`: the service had begun",
    parameters: NONE,
  },
  { name: "unavailable", groups: scenarioGroups, summary: "503 plain text", parameters: NONE },
  {
    name: "slow",
    groups: scenarioGroups,
    summary: "the usual answer after `delayMs` (default 30000)",
    parameters: NONE,
    defaultDelayMs: 30_000,
  },
  { name: "never", groups: scenarioGroups, summary: "the request is read, no answer ever comes", parameters: NONE },
  {
    name: "reset",
    groups: scenarioGroups,
    summary: "the request is read, then the connection is reset",
    parameters: NONE,
  },
  {
    name: "stalled-body",
    groups: JSON_ANSWERS,
    summary: "headers and a part of the body (default half), then silence",
    parameters: CUT,
  },
  {
    name: "cut-body",
    groups: JSON_ANSWERS,
    summary: "headers and a part of the body (default half), then the connection ends",
    parameters: CUT,
  },
  {
    name: "broken-json",
    groups: JSON_ANSWERS,
    summary: "200 whose JSON stops before its end, in a complete HTTP body",
    parameters: NONE,
  },
  { name: "not-json", groups: JSON_ANSWERS, summary: '200 `text/plain` "hello"', parameters: NONE },
  { name: "no-data", groups: IMAGES, summary: '200 `{"created":1}`', parameters: NONE },
  { name: "empty-data", groups: IMAGES, summary: "200 with `data: []`", parameters: NONE },
  { name: "bad-base64", groups: BOTH, summary: "200 whose `b64_json` (or `result`) is not base64", parameters: NONE },
  { name: "not-an-image", groups: BOTH, summary: "200 whose `b64_json` (or `result`) is a text", parameters: NONE },
  {
    name: "truncated-image",
    groups: IMAGES,
    summary: "correct JSON around a PNG that stops at `fraction` (default 0.5)",
    parameters: ["fraction"],
  },
  {
    name: "huge-image",
    groups: BOTH,
    summary: "a valid PNG of about `megabytes` (default 25), made while it is sent",
    parameters: ["megabytes"],
  },
  { name: "wrong-size", groups: IMAGES, summary: "a picture of the other orientation than asked", parameters: NONE },
  {
    name: "no-alpha",
    groups: IMAGES,
    summary: "an RGB picture although transparent was asked; `background` is what the answer claims (default opaque)",
    parameters: ["background"],
  },
  {
    name: "redirect",
    groups: IMAGES,
    summary: "307 to `location` (default https://elsewhere.example.test/images)",
    parameters: ["location"],
  },
  {
    name: "escaped-slashes",
    groups: IMAGES,
    summary: "a picture, every `/` in the JSON written as `\\/`",
    parameters: NONE,
  },
  {
    name: "key-order",
    groups: IMAGES,
    summary: "a picture, `data` first in the JSON and `b64_json` last in its item",
    parameters: NONE,
  },
  {
    name: "chunked",
    groups: BOTH,
    summary: "a picture without `content-length`, in pieces of `chunkBytes` (default 65536, down to 1)",
    parameters: ["chunkBytes"],
  },
  {
    name: "checkerboard",
    groups: IMAGES,
    summary: "RGB with a painted grey and white checkerboard behind the subject; claims `background: transparent`",
    parameters: NONE,
  },
  {
    name: "plain-background",
    groups: IMAGES,
    summary: "RGB, the subject on a flat background of `color` (default #ffffff)",
    parameters: ["color"],
  },
  {
    name: "gradient-background",
    groups: IMAGES,
    summary: "RGB, the subject on a background of many colours",
    parameters: NONE,
  },
  { name: "echo-input", groups: IMAGES, summary: "an edit answers the bytes of its first input", parameters: NONE },
  {
    name: "near-echo",
    groups: IMAGES,
    summary: "an edit answers its first input, written anew with a noise that nobody sees (PNG inputs)",
    parameters: NONE,
  },
  {
    name: "references-dropped",
    groups: BOTH,
    summary: "a picture that ignores the inputs; usage says 0 image tokens",
    parameters: NONE,
  },
  {
    name: "text-only",
    groups: RESPONSES,
    summary: "the chat model answers with `text` in place of a picture",
    parameters: ["text"],
  },
  {
    name: "declines-tool",
    groups: RESPONSES,
    summary: "the Codex CLI's model answers in words and calls no tool (hosted tool: as text-only)",
    parameters: ["text"],
  },
  {
    name: "calls-twice",
    groups: RESPONSES,
    summary: "the Codex CLI's model calls its image tool twice (hosted tool: the usual answer)",
    parameters: NONE,
  },
  {
    name: "partials-only",
    groups: RESPONSES,
    summary: "previews, then `response.completed` without a result",
    parameters: NONE,
  },
  {
    name: "incomplete",
    groups: RESPONSES,
    summary: "previews, then `response.incomplete`",
    parameters: NONE,
  },
  {
    name: "response-failed",
    groups: RESPONSES,
    summary:
      "previews, then `response.failed` with `code` (default server_error; moderation_blocked and usage_limit_reached come with their details) and `message`",
    parameters: ["code", "message", "resetsInSeconds"],
  },
  {
    name: "error-event",
    groups: RESPONSES,
    summary: 'a top-level `{"type":"error"}` and the end of the stream',
    parameters: ["code", "message"],
  },
  {
    name: "nested-error",
    groups: RESPONSES,
    summary: "`response.failed` whose message is the JSON of the real error (default moderation_blocked)",
    parameters: ["code", "message"],
  },
  {
    name: "result-in-completed",
    groups: RESPONSES,
    summary: "the result only in `response.completed.response.output`",
    parameters: NONE,
  },
  {
    name: "two-results",
    groups: RESPONSES,
    summary: "two finished pictures, the first one small: the second counts",
    parameters: NONE,
  },
  {
    name: "finished-status",
    groups: RESPONSES,
    summary: "a picture whose item has `status` (default completed; usually generating)",
    parameters: ["status"],
  },
  { name: "crlf", groups: RESPONSES, summary: "a stream with CRLF line ends", parameters: NONE },
  {
    name: "comments",
    groups: RESPONSES,
    summary: "a stream with comments, keepalives, unknown events and data that is not JSON",
    parameters: NONE,
  },
  { name: "no-event-lines", groups: RESPONSES, summary: "a stream of `data:` lines alone", parameters: NONE },
  {
    name: "split-data",
    groups: RESPONSES,
    summary: "a stream whose events have several `data:` lines each",
    parameters: NONE,
  },
  {
    name: "cut-stream",
    groups: RESPONSES,
    summary: "the connection ends after the previews, within the `result` or `after-result` (`at`, default result)",
    parameters: ["at"],
  },
  {
    name: "stalled-stream",
    groups: RESPONSES,
    summary: "the same places, but the connection stays open and silent",
    parameters: ["at"],
  },
  {
    name: "model-retired",
    groups: RESPONSES,
    summary:
      "`model` (default the first of the list) is refused with `httpStatus` 400 or 404; with `listed: false` it is off the list then",
    parameters: ["model", "listed", "httpStatus"],
  },
  {
    name: "plan-free",
    groups: BOTH,
    summary: "a picture, but headers, usage and account name the plan `free`",
    parameters: NONE,
  },
  {
    name: "clock-skew",
    groups: scenarioGroups,
    summary: "the usual answer with a `date` header that is off by `skewMs` (default one hour ahead)",
    parameters: ["skewMs"],
  },
  {
    name: "other-account",
    groups: ["refresh"],
    summary: "the new tokens are another account's",
    parameters: NONE,
  },
  {
    name: "only-access-token",
    groups: ["refresh"],
    summary: "an answer with a new access token alone; the refresh token stays good",
    parameters: NONE,
  },
  { name: "empty-answer", groups: EXCHANGES, summary: "200 `{}`", parameters: NONE },
  { name: "refresh-token-expired", groups: ["refresh"], summary: "401 `refresh_token_expired`", parameters: NONE },
  { name: "refresh-token-reused", groups: ["refresh"], summary: "401 `refresh_token_reused`", parameters: NONE },
  {
    name: "refresh-token-invalidated",
    groups: ["refresh"],
    summary: "401 `refresh_token_invalidated`",
    parameters: NONE,
  },
  { name: "invalid-grant", groups: ["token", "refresh"], summary: "400 `invalid_grant`", parameters: NONE },
  {
    name: "authorize-error",
    groups: ["authorize"],
    summary: "redirects with `error` (default server_error) instead of asking",
    parameters: ["error"],
  },
  {
    name: "wrong-state",
    groups: ["authorize"],
    summary: "the redirect carries a state that nobody sent",
    parameters: NONE,
  },
  { name: "missing-code", groups: ["authorize"], summary: "the redirect carries no code", parameters: NONE },
  {
    name: "device-not-enabled",
    groups: ["device-code"],
    summary: "404: device sign-in is switched off for this account",
    parameters: NONE,
  },
  {
    name: "pending-404",
    groups: ["device-poll"],
    summary: "404 in place of the 403 of an undecided device",
    parameters: NONE,
  },
  {
    name: "slow-down",
    groups: ["device-poll"],
    summary: "429 `slow_down` with `retry-after` (default 5)",
    parameters: ["retryAfterSeconds"],
  },
  { name: "device-expired", groups: ["device-poll"], summary: "400 `expired_token`", parameters: NONE },
  { name: "device-denied", groups: ["device-poll"], summary: "400 `access_denied`", parameters: NONE },
  { name: "missing-entry", groups: ["accounts"], summary: "the account is not listed", parameters: NONE },
  {
    name: "regional",
    groups: ["accounts"],
    summary: "another origin (`https://us.chatgpt.com`) and the override `us`",
    parameters: NONE,
  },
  {
    name: "unconstrained-origin",
    groups: ["accounts"],
    summary: "`NO_CONSTRAINT` in place of the origin too",
    parameters: NONE,
  },
  { name: "no-routing", groups: ["accounts"], summary: "an entry without the two routing fields", parameters: NONE },
  {
    name: "map-of-envelopes",
    groups: ["accounts"],
    summary: "the accounts as a map of envelopes, as older clients read them",
    parameters: NONE,
  },
];

/** The names of all scenarios. */
export const scenarioNames: readonly string[] = scenarios.map((scenario) => scenario.name);
