import { describe, expect, test } from "vitest";
import { isoTime, readLimits, retryAfterMs } from "./limits.ts";

const nowMs = Date.parse("2026-11-21T02:00:00.000Z");
const read = (headers: Readonly<Record<string, string>>): unknown =>
  readLimits(new Map(Object.entries(headers)), nowMs);

// Header families: codex-backend contract 3.2 and 10.
describe("the allowance in an answer's headers", () => {
  test("of a live image answer is under x-codex although another limit is in force", () => {
    expect(
      read({
        "x-codex-active-limit": "imagegen_premium",
        "x-codex-primary-used-percent": "12",
        "x-codex-primary-window-minutes": "1440",
        "x-codex-primary-reset-after-seconds": "3600",
        "x-codex-primary-reset-at": "1795226400",
        "x-codex-secondary-used-percent": "0",
        "x-codex-secondary-window-minutes": "0",
        "x-codex-credits-has-credits": "False",
        "x-codex-credits-unlimited": "True",
        "x-codex-credits-balance": "0",
      }),
    ).toEqual({
      activeLimit: "imagegen_premium",
      windows: [
        { limit: "imagegen_premium", usedPercent: 12, windowMinutes: 1440, resetsAt: "2026-11-21T02:00:00.000Z" },
      ],
      credits: { hasCredits: false, unlimited: true, balance: "0" },
    });
  });

  test("is read from the family of the limit in force first", () => {
    expect(
      read({
        "x-codex-active-limit": "image_gen",
        "x-image-gen-primary-used-percent": "100",
        "x-image-gen-primary-window-minutes": "1440",
        "x-codex-primary-used-percent": "1",
        "x-codex-primary-window-minutes": "300",
        "x-codex-secondary-used-percent": "34.5",
        "x-codex-secondary-window-minutes": "10080",
        "x-codex-secondary-reset-after-seconds": "60",
      }),
    ).toEqual({
      activeLimit: "image_gen",
      windows: [
        { limit: "image_gen", usedPercent: 100, windowMinutes: 1440, resetsAt: null },
        { limit: "image_gen", usedPercent: 34.5, windowMinutes: 10_080, resetsAt: "2026-11-21T02:01:00.000Z" },
      ],
    });
  });

  test("without a limit in force is Codex's", () => {
    expect(read({ "x-codex-primary-window-minutes": "300" })).toEqual({
      windows: [{ limit: "codex", usedPercent: 0, windowMinutes: 300, resetsAt: null }],
    });
  });

  test.each([
    ["True", "False", { hasCredits: true, unlimited: false }],
    ["1", "0", { hasCredits: true, unlimited: false }],
    ["true", undefined, { hasCredits: true, unlimited: false }],
    [undefined, "TRUE", { hasCredits: false, unlimited: true }],
  ])("has credits %s, unlimited %s", (hasCredits, unlimited, credits) => {
    expect(
      read({
        ...(hasCredits === undefined ? {} : { "x-codex-credits-has-credits": hasCredits }),
        ...(unlimited === undefined ? {} : { "x-codex-credits-unlimited": unlimited }),
      }),
    ).toEqual({ credits });
  });

  test.each([
    {},
    { "x-codex-credits-balance": "5" },
    { "x-codex-primary-used-percent": "5" },
    { "x-codex-primary-window-minutes": "" },
    { "x-codex-primary-window-minutes": "many" },
    { "x-codex-primary-window-minutes": "-1" },
  ])("is not told by %o", (headers) => {
    expect(read(headers)).toEqual({});
  });

  test("has no time where the header's is beyond every calendar", () => {
    expect(read({ "x-codex-primary-window-minutes": "1440", "x-codex-primary-reset-at": "1e300" })).toEqual({
      windows: [{ limit: "codex", usedPercent: 0, windowMinutes: 1440, resetsAt: null }],
    });
  });
});

test.each([
  ["2", 2000],
  ["0", 0],
  ["0.5", 500],
  ["-3", 0],
  ["Sat, 21 Nov 2026 02:01:00 GMT", 60_000],
  ["Sat, 21 Nov 2026 01:00:00 GMT", 0],
  ["", null],
  ["soon", null],
])("retry-after %o is %o ms", (value, ms) => {
  expect(retryAfterMs(new Map([["retry-after", value]]), nowMs)).toBe(ms);
});

test("without retry-after nothing is known", () => {
  expect(retryAfterMs(new Map(), nowMs)).toBe(null);
});

test("a time is ISO 8601, or null for what is none", () => {
  expect([0, null, Number.NaN, Infinity, 8.64e15 + 1].map(isoTime)).toEqual([
    "1970-01-01T00:00:00.000Z",
    null,
    null,
    null,
    null,
  ]);
});
