import * as fc from "fast-check";
import { expect, test } from "vitest";
import { maxBodyBytes } from "../contracts/request.ts";
import { encodedBodyBytes, fairShare } from "./limits.ts";

const mega = 1_000_000;

test("47 MB of files fit and 48 do not", () => {
  expect(fairShare([23 * mega, 24 * mega])).toBe(Infinity);
  expect(fairShare([24 * mega, 24 * mega])).toBeLessThan(24 * mega);
});

test("large images give way to small ones, and all to those that keep their pixels", () => {
  const share = fairShare([1 * mega, 30 * mega, 30 * mega]);
  expect(share).toBeGreaterThan(23 * mega);
  expect(share).toBeLessThan(24 * mega);
  const beside = fairShare([30 * mega, 30 * mega], [25 * mega]);
  expect(beside).toBeLessThan(12 * mega);
  expect(fairShare([30 * mega], [60 * mega])).toBe(0);
});

test("what is shared out always fits, and nearly fills the body", () => {
  const length = fc.integer({ min: 1, max: 200 * 1024 * 1024 });
  fc.assert(
    fc.property(
      fc.array(length, { minLength: 1, maxLength: 16 }),
      fc.array(fc.integer({ min: 1, max: 25 * mega }), { maxLength: 1 }),
      (lengths, fixed) => {
        const share = fairShare(lengths, fixed);
        const sent = [...lengths.map((bytes) => Math.min(bytes, share)), ...fixed];
        expect(encodedBodyBytes(sent)).toBeLessThanOrEqual(maxBodyBytes);
        if (share !== Infinity) expect(encodedBodyBytes(sent)).toBeGreaterThan(maxBodyBytes - 1000);
      },
    ),
  );
});
