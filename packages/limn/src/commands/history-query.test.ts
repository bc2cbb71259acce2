import type { Fault } from "@limn/core";
import { expect, test } from "vitest";
import { readHistoryQuery } from "./history-query.ts";

test.each(["999999y", "999999.9w999", "9999-99-99"])(
  "a time that no calendar knows (%s) is a fault of the option",
  (since) => {
    const faults: Fault[] = [];
    readHistoryQuery([], { since, until: since }, "/", Date.UTC(2026, 10, 21), faults);
    expect(faults.map(({ field }) => field)).toEqual(["--since", "--until"]);
  },
);

test("an age of many years is a time long ago", () => {
  const faults: Fault[] = [];
  const query = readHistoryQuery([], { since: "2000y" }, "/", Date.UTC(2026, 10, 21), faults);
  expect([faults, query.since]).toEqual([[], "0028-03-20T00:00:00.000Z"]);
});
