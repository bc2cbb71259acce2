import { expect, test } from "vitest";
import { formatCountdown, formatDistance, formatLength, formatMoment, formatPercent } from "./format.ts";

const now = Date.parse("2026-11-21T09:00:00Z");

test("a window's length is told in the largest unit that comes out whole", () => {
  expect([300, 10_080, 43_200, 1440, 90].map((minutes) => formatLength(minutes, "en"))).toEqual([
    "5 hours",
    "1 week",
    "30 days",
    "1 day",
    "90 minutes",
  ]);
  expect(formatLength(300, "de")).toBe("5 Stunden");
  expect(formatLength(300, "zh")).toContain("5");
});

test("a time today is the hour, this week the weekday, later the date", () => {
  const at = (iso: string): string | null => formatMoment(iso, now, "de", "UTC");
  expect(at("2026-11-21T18:05:00Z")).toBe("18:05");
  expect(at("2026-11-24T18:05:00Z")).toMatch(/^Di\.?,? .*18:05$/);
  expect(at("2026-12-24T18:05:00Z")).toMatch(/24\. Dez\.?.*18:05/);
  expect(at("soon")).toBeNull();
});

test("how long until then is told in words, both ways", () => {
  expect(formatDistance("2026-11-21T12:00:00Z", now, "en")).toBe("in 3 hours");
  expect(formatDistance("2026-11-21T08:50:00Z", now, "de")).toBe("vor 10 Minuten");
  expect(formatDistance("2026-11-26T09:00:00Z", now, "en")).toBe("in 5 days");
  expect(formatDistance("never", now, "en")).toBeNull();
});

test("a countdown ends at nothing", () => {
  expect([
    formatCountdown(now + 845_000, now),
    formatCountdown(now + 400, now),
    formatCountdown(now - 5000, now),
  ]).toEqual(["14:05", "0:01", "0:00"]);
});

test("shares are written as the language writes them", () => {
  expect([formatPercent(42, "en"), formatPercent(42, "de")]).toEqual(["42%", "42\u00a0%"]);
});
