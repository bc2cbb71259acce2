import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LimnError } from "../errors/index.ts";
import type { ErrorCode } from "../contracts/codes.ts";
import { isCertainRefusal, retryDelayMs } from "./retry.ts";
import type { FailedAttempt } from "./retry.ts";

function failed(change: Partial<FailedAttempt> & { code?: ErrorCode; retryAfterMs?: number } = {}): FailedAttempt {
  const { code = "service_error", retryAfterMs, ...rest } = change;
  return {
    reached: "answered",
    error: new LimnError(code, { message: "x", ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }),
    status: 500,
    emptyBody: false,
    answeredAfterMs: 10,
    hasImageRequestId: false,
    earlierEmpty404s: 0,
    attempt: 0,
    ...rest,
  };
}

const unanswered = { status: null, answeredAfterMs: null } as const;

// design.md, "Retries": everything that may be repeated, and nothing else.
describe("what is repeated", () => {
  test.each<[string, FailedAttempt]>([
    ["no connection", failed({ ...unanswered, reached: "connecting", code: "connection_failed" })],
    ["no connection in time", failed({ ...unanswered, reached: "connecting", code: "timeout" })],
    ["429 capacity", failed({ status: 429, code: "service_overloaded" })],
    ["429 too fast", failed({ status: 429, code: "rate_limited" })],
    ["the first empty 404", failed({ status: 404, emptyBody: true })],
    ["500 at once", failed({ status: 500 })],
    ["502 at once", failed({ status: 502 })],
    ["503 at once", failed({ status: 503 })],
    ["500 just within five seconds", failed({ answeredAfterMs: 4999.9 })],
  ])("%s", (_, attempt) => {
    expect(retryDelayMs(attempt, 0)).toBe(250);
    expect(retryDelayMs(attempt, 1)).toBe(attempt.status === 429 ? 500 : 500);
  });
});

describe("what is never repeated", () => {
  test.each<[string, FailedAttempt]>([
    ["no answer after sending", failed({ ...unanswered, reached: "sent", code: "outcome_unknown" })],
    ["429 plan limit", failed({ status: 429, code: "usage_limit_reached", retryAfterMs: 0 })],
    ["429 plan without images", failed({ status: 429, code: "plan_not_included" })],
    ["a second empty 404", failed({ status: 404, emptyBody: true, earlierEmpty404s: 1 })],
    ["a 404 that says something", failed({ status: 404 })],
    ["500 after five seconds", failed({ answeredAfterMs: 5000 })],
    ["500 with the id of an image request", failed({ hasImageRequestId: true })],
    ["500 without a known time", failed({ answeredAfterMs: null })],
    ["503 with the id of an image request", failed({ status: 503, hasImageRequestId: true })],
    ...[301, 307, 400, 401, 403, 407, 408, 409, 413, 422, 501, 504, 520, 524].map((status): [string, FailedAttempt] => [
      String(status),
      failed({ status }),
    ]),
  ])("%s", (_, attempt) => {
    expect(retryDelayMs(attempt, 0.5)).toBe(null);
  });
});

describe("the delay", () => {
  test("doubles from half a second to thirty, and is lessened by at most a half", () => {
    const delays = (random: number): (number | null)[] =>
      [0, 1, 2, 5, 6, 9].map((attempt) => retryDelayMs(failed({ attempt }), random));
    expect(delays(1)).toEqual([500, 1000, 2000, 16_000, 30_000, 30_000]);
    expect(delays(0)).toEqual([250, 500, 1000, 8000, 15_000, 15_000]);
  });

  test("that the service names is a minimum, plus up to a second", () => {
    fc.assert(
      fc.property(fc.nat(100_000), fc.double({ min: 0, max: 1, noNaN: true }), (named, random) => {
        const delay = retryDelayMs(failed({ status: 429, code: "service_overloaded", retryAfterMs: named }), random);
        expect(delay).toBe(named + random * 1000);
      }),
    );
  });
});

// design.md, "Retries": 500/502/503 within five seconds and without an image request id; everything else is unknown.
test.each([
  [500, 4999, false, true],
  [502, 0, false, true],
  [503, 0, false, true],
  [504, 0, false, false],
  [520, 0, false, false],
  [500, 5000, false, false],
  [500, 0, true, false],
  [500, null, false, false],
])(
  "status %i after %s ms, image request id %s: certainly refused is %s",
  (status, answeredAfterMs, hasImageRequestId, certain) => {
    expect(isCertainRefusal({ status, answeredAfterMs, hasImageRequestId })).toBe(certain);
  },
);
