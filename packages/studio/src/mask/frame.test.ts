import fc from "fast-check";
import { expect, test } from "vitest";
import { frameByKey, startFrame } from "./frame.ts";

const size = { width: 500, height: 300 };
const none = { shiftKey: false, altKey: false };

test("arrow keys move the frame, with Shift they change its size, with Alt by a pixel", () => {
  const frame = startFrame(size);
  expect(frame).toEqual({ left: 166, top: 100, width: 166, height: 100 });
  expect(frameByKey(frame, size, { ...none, key: "ArrowRight" })).toEqual({ ...frame, left: 176 });
  expect(frameByKey(frame, size, { ...none, key: "ArrowUp", altKey: true })).toEqual({ ...frame, top: 99 });
  expect(frameByKey(frame, size, { ...none, key: "ArrowDown", shiftKey: true })).toEqual({ ...frame, height: 110 });
  expect(frameByKey(frame, size, { ...none, key: "Tab" })).toBeNull();
});

test("whatever keys are pressed, the frame stays in the picture and can be seen", () => {
  const key = fc.record({
    key: fc.constantFrom("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"),
    shiftKey: fc.boolean(),
    altKey: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(key, { maxLength: 120 }), (keys) => {
      let frame = startFrame(size);
      for (const press of keys) frame = frameByKey(frame, size, press) ?? frame;
      expect(frame.left >= 0 && frame.top >= 0 && frame.width >= 1 && frame.height >= 1).toBe(true);
      expect(frame.left + frame.width <= size.width && frame.top + frame.height <= size.height).toBe(true);
    }),
    { seed: 3, numRuns: 200 },
  );
});
