import fc from "fast-check";
import { expect, it } from "vitest";
import { hasTag, parseRange } from "./ranges.ts";

it("a range is what RFC 9110 says it is", () => {
  expect(parseRange("bytes=0-9", 100)).toEqual({ start: 0, end: 9 });
  expect(parseRange("bytes=90-", 100)).toEqual({ start: 90, end: 99 });
  expect(parseRange("bytes=-10", 100)).toEqual({ start: 90, end: 99 });
  expect(parseRange("bytes=-1000", 100)).toEqual({ start: 0, end: 99 });
  expect(parseRange("bytes=50-1000", 100)).toEqual({ start: 50, end: 99 });
  for (const beyond of ["bytes=100-", "bytes=100-200", "bytes=-0"])
    expect(parseRange(beyond, 100)).toBe("unsatisfiable");
  expect(parseRange("bytes=0-", 0)).toBe("unsatisfiable");
  for (const other of [undefined, "", "items=0-1", "bytes=9-1", "bytes=-", "bytes=0-1,5-6", "bytes=a-b", "bytes=--1"])
    expect(parseRange(other, 100)).toBeNull();
});

it("a range never leaves the file, whatever is asked", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.stringMatching(/^bytes=\d{0,16}-\d{0,16}$/)),
      fc.integer({ min: 0, max: 1000 }),
      (header, size) => {
        const range = parseRange(header, size);
        if (range === null || range === "unsatisfiable") return;
        expect(range.start).toBeGreaterThanOrEqual(0);
        expect(range.start).toBeLessThanOrEqual(range.end);
        expect(range.end).toBeLessThan(size);
      },
    ),
    { seed: 11, numRuns: 500 },
  );
});

it("a tag is found in a list, weak or not", () => {
  expect(hasTag('"a", W/"b"', '"b"')).toBe(true);
  expect(hasTag("*", '"b"')).toBe(true);
  expect(hasTag('"a"', '"b"')).toBe(false);
  expect(hasTag(undefined, '"b"')).toBe(false);
});
