/** A scenario as people choose it. */
export interface ScenarioDescription {
  readonly name: string;
  /** What happens. */
  readonly summary: string;
  /** Parameters beside `times`, `delayMs` and `size`, which every step takes. */
  readonly parameters: readonly string[];
  /** Wait before the answer when the step has no `delayMs`; default 0. */
  readonly defaultDelayMs?: number;
}

const NONE: readonly string[] = [];
const CUT: readonly string[] = ["atBytes", "fraction"];

/** Every scenario with what happens and which parameters it takes. */
export const scenarios: readonly ScenarioDescription[] = [
  { name: "ok", summary: "a picture", parameters: NONE },
  { name: "unauthorized", summary: "401 `token_expired`, whatever the token", parameters: NONE },
  {
    name: "refresh-needed",
    summary: "401 `token_expired` on every route until the token is renewed, then normal",
    parameters: NONE,
  },
  {
    name: "usage-limit",
    summary: "429 `usage_limit_reached` with the headers of the limit",
    parameters: ["activeLimit", "resetsInSeconds"],
  },
  { name: "usage-not-included", summary: "429 `usage_not_included`: the plan has no images", parameters: NONE },
  {
    name: "capacity",
    summary: "429 `TooManyRequests` with `retry-after` (default 2)",
    parameters: ["retryAfterSeconds"],
  },
  {
    name: "rate-limit",
    summary: "429 `rate_limit_exceeded` with `retry-after` (default 1)",
    parameters: ["retryAfterSeconds"],
  },
  { name: "moderation", summary: "400 `moderation_blocked`, stage input", parameters: NONE },
  { name: "moderation-output", summary: "400 `moderation_blocked`, stage output", parameters: NONE },
  { name: "cloudflare", summary: "403 HTML challenge with `cf-mitigated` and `cf-ray`", parameters: NONE },
  { name: "insufficient-balance", summary: "403 JSON `INSUFFICIENT_BALANCE`", parameters: NONE },
  { name: "bad-request", summary: '400 `{"detail": …}`', parameters: NONE },
  { name: "too-large", summary: "413", parameters: NONE },
  { name: "empty-404", summary: "404 with an empty body", parameters: NONE },
  { name: "server-error", summary: "500 JSON", parameters: NONE },
  {
    name: "server-error-late",
    summary: "500 JSON after `delayMs` (default 6000)",
    parameters: NONE,
    defaultDelayMs: 6000,
  },
  {
    name: "server-error-with-request-id",
    summary: "500 JSON with `x-codex-imagegen-request-id`: the service had begun",
    parameters: NONE,
  },
  { name: "unavailable", summary: "503 plain text", parameters: NONE },
  { name: "slow", summary: "a picture after `delayMs` (default 30000)", parameters: NONE, defaultDelayMs: 30_000 },
  { name: "never", summary: "the request is read, no answer ever comes", parameters: NONE },
  { name: "reset", summary: "the request is read, then the connection is reset", parameters: NONE },
  { name: "stalled-body", summary: "headers and a part of the body (default half), then silence", parameters: CUT },
  {
    name: "cut-body",
    summary: "headers and a part of the body (default half), then the connection ends",
    parameters: CUT,
  },
  { name: "broken-json", summary: "200 whose JSON stops before its end, in a complete HTTP body", parameters: NONE },
  { name: "not-json", summary: '200 `text/plain` "hello"', parameters: NONE },
  { name: "no-data", summary: '200 `{"created":1}`', parameters: NONE },
  { name: "empty-data", summary: "200 with `data: []`", parameters: NONE },
  { name: "bad-base64", summary: "200 whose `b64_json` is not base64", parameters: NONE },
  { name: "not-an-image", summary: "200 whose `b64_json` is a text", parameters: NONE },
  {
    name: "truncated-image",
    summary: "correct JSON around a PNG that stops at `fraction` (default 0.5)",
    parameters: ["fraction"],
  },
  {
    name: "huge-image",
    summary: "a valid PNG of about `megabytes` (default 25), made while it is sent",
    parameters: ["megabytes"],
  },
  { name: "wrong-size", summary: "a picture of the other orientation than asked", parameters: NONE },
  {
    name: "no-alpha",
    summary: "an RGB picture although transparent was asked; `background` is what the answer claims (default opaque)",
    parameters: ["background"],
  },
  {
    name: "redirect",
    summary: "307 to `location` (default https://elsewhere.example.test/images)",
    parameters: ["location"],
  },
  { name: "escaped-slashes", summary: "a picture, every `/` in the JSON written as `\\/`", parameters: NONE },
  {
    name: "key-order",
    summary: "a picture, `data` first in the JSON and `b64_json` last in its item",
    parameters: NONE,
  },
  {
    name: "chunked",
    summary: "a picture without `content-length`, in pieces of `chunkBytes` (default 65536, down to 1)",
    parameters: ["chunkBytes"],
  },
  { name: "plan-free", summary: "a picture, but headers, usage and account name the plan `free`", parameters: NONE },
  {
    name: "clock-skew",
    summary: "a picture with a `date` header that is off by `skewMs` (default one hour ahead)",
    parameters: ["skewMs"],
  },
];

/** The names of all scenarios. */
export const scenarioNames: readonly string[] = scenarios.map((scenario) => scenario.name);
