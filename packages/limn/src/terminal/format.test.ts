import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration, formatLocalTime, formatTable, formatWindow } from "./format.ts";

describe("formatBytes", () => {
  it.each([
    [0, "0 B"],
    [999, "999 B"],
    [1000, "1.0 kB"],
    [9949, "9.9 kB"],
    [12_345, "12 kB"],
    [2_481_032, "2.5 MB"],
    [85_000_000_000, "85 GB"],
    [4_000_000_000_000, "4000 GB"],
  ])("writes %i as %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe("formatDuration", () => {
  it.each([
    [0, "0.0 s"],
    [9949, "9.9 s"],
    [9999, "10 s"],
    [41_200, "41 s"],
    [59_700, "1 min 0 s"],
    [95_000, "1 min 35 s"],
    [119_700, "2 min 0 s"],
    [3_600_000, "1 h 0 min"],
    [47 * 3_600_000, "47 h 0 min"],
    [72 * 3_600_000, "3 days"],
  ])("writes %i ms as %s", (ms, text) => expect(formatDuration(ms)).toBe(text));
});

describe("formatWindow", () => {
  it.each([
    [60, "60 min"],
    [300, "5 h"],
    [1440, "24 h"],
    [10_080, "7 days"],
  ])("writes %i minutes as %s", (minutes, text) => expect(formatWindow(minutes)).toBe(text));
});

describe("formatLocalTime", () => {
  it("writes date and minute", () =>
    expect(formatLocalTime("2026-11-21T02:50:41.000Z")).toMatch(/^2026-11-2[012] \d\d:\d\d$/));
  it("leaves what is no time as it is", () => expect(formatLocalTime("soon")).toBe("soon"));
});

describe("formatTable", () => {
  it("lines columns up and leaves the last one free", () => {
    expect(
      formatTable([
        ["a", "long cell", "x"],
        ["bcd", "s", ""],
      ]),
    ).toEqual(["a    long cell  x", "bcd  s"]);
  });
});
