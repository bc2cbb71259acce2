import fc from "fast-check";
import { expect, test } from "vitest";
import { loadedImage } from "../../../../test/support/resolved-request.ts";
import { joinBody } from "./body.ts";

const whole = (body: ReturnType<typeof joinBody>): Buffer => {
  // A slice is only valid until the next one is read.
  const slices: Buffer[] = [];
  for (const slice of body.slices()) slices.push(Buffer.from(slice));
  return Buffer.concat(slices);
};

test("a body is its texts and its images in base64, as long as it says, and the same for every attempt", () => {
  const part = fc.oneof(fc.string({ unit: "binary" }), fc.uint8Array({ maxLength: 200 }));
  fc.assert(
    fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
      const body = joinBody(parts.map((each) => (typeof each === "string" ? each : loadedImage(each))));
      const expected = Buffer.concat(
        parts.map((each) => Buffer.from(typeof each === "string" ? each : Buffer.from(each).toString("base64"))),
      );
      for (let attempt = 1; attempt <= 2; attempt += 1) expect(whole(body).equals(expected)).toBe(true);
      expect(body.length).toBe(expected.length);
    }),
  );
});

test("an image of many slices becomes as many, none of them large, and one that is not read is not asked for", () => {
  const image = loadedImage(Buffer.alloc(1_000_000, 5));
  let reads = 0;
  const counted = {
    ...image,
    *slices() {
      for (const slice of image.slices()) {
        reads += 1;
        yield slice;
      }
    },
  };
  const body = joinBody(["{", counted, "}"]);
  expect([body.length, reads]).toEqual([2 + Math.ceil(1_000_000 / 3) * 4, 0]);
  const lengths: number[] = [];
  for (const slice of body.slices()) lengths.push(slice.length);
  expect([lengths.length, Math.max(...lengths), reads]).toEqual([23, 65_536, 21]);
});

test("an image that is no longer what was checked ends the body with its error", () => {
  const gone = new Error("changed");
  const image = {
    ...loadedImage(Buffer.from("abc")),
    slices(): Iterable<Uint8Array> {
      throw gone;
    },
  };
  expect(() => whole(joinBody(["{", image]))).toThrow(gone);
});
