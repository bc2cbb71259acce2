import fc from "fast-check";
import { expect, test } from "vitest";
import { runSideBySide } from "./run-side-by-side.ts";

test("outcomes keep the order, and no more than the limit run at once", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 0, max: 12 }),
      fc.integer({ min: 1, max: 6 }),
      fc.scheduler(),
      async (count, limit, scheduler) => {
        let running = 0;
        let most = 0;
        const started: number[] = [];
        const outcomes = runSideBySide(count, limit, async (index) => {
          started.push(index);
          running += 1;
          most = Math.max(most, running);
          await scheduler.schedule(Promise.resolve());
          running -= 1;
          if (index % 3 === 2) throw new Error(String(index));
          return index;
        });
        await scheduler.waitFor(outcomes);
        expect(await outcomes).toEqual(
          Array.from({ length: count }, (_, index) =>
            index % 3 === 2
              ? { status: "rejected", reason: new Error(String(index)) }
              : { status: "fulfilled", value: index },
          ),
        );
        expect(started).toEqual(Array.from({ length: count }, (_, index) => index));
        expect(most).toBe(Math.min(limit, count));
      },
    ),
  );
});
