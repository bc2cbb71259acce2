import { describe, expect, it } from "vitest";
import { dayBefore, dayEnd, dayOf, dayStart } from "./days.ts";

describe("a day that is filtered by", () => {
  // The second and third are days on which clocks are changed in Europe and America.
  it.each(["2026-01-01", "2026-03-29", "2026-11-01", "2028-02-29", "2026-12-31"])(
    "%s is the whole day of the person, and comes back from the address as it was chosen",
    (day) => {
      const since = dayStart(day);
      const until = dayEnd(day);
      expect(dayOf(since)).toBe(day);
      expect(until === undefined ? null : dayOf(dayBefore(until))).toBe(day);
      const hours = (Date.parse(until ?? "") - Date.parse(since ?? "")) / 3_600_000;
      expect([23, 24, 25]).toContain(hours);
    },
  );

  it("is none where the field is empty or the address holds no date", () => {
    expect([dayStart(""), dayEnd(""), dayStart("soon")]).toEqual([undefined, undefined, undefined]);
    expect([dayOf(undefined), dayOf("soon"), dayBefore("soon")]).toEqual(["", "", "soon"]);
  });
});
