import { expect, test } from "vitest";
import { placeWithEmulator } from "../support/limn-at-emulator.ts";
import { limnErrorOf } from "../support/rejection.ts";

test("what is left of the plan is read without spending an image", async () => {
  const now = Date.parse("2026-11-21T02:00:00.000Z");
  const place = await placeWithEmulator({ emulator: { clock: () => now } });
  const usage = await place.limn().planUsage(new AbortController().signal);
  expect(usage).toMatchObject({
    plan: "plus",
    windows: [
      {
        limit: "codex",
        usedPercent: expect.any(Number),
        windowMinutes: 300,
        resetsAt: expect.stringMatching(/^2026-11-2/),
      },
      {
        limit: "codex",
        usedPercent: expect.any(Number),
        windowMinutes: 10_080,
        resetsAt: expect.stringMatching(/^2026-11-2/),
      },
    ],
    credits: { hasCredits: false, unlimited: false, balance: "0" },
  });
  expect([place.emulator.calls.map(({ route }) => route), place.imageCalls()]).toEqual([["wham.usage"], []]);
});

test("a login that is turned away is told as such", async () => {
  const place = await placeWithEmulator({ variables: { LIMN_ACCESS_TOKEN: "not-the-one" } });
  const error = await limnErrorOf(place.limn().planUsage(new AbortController().signal));
  expect(error.category).toBe("login");
});
