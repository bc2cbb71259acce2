import type { PlanUsage } from "@limn/core";
import { expect, it } from "vitest";
import { StatusBoard } from "./status-board.ts";

const startMs = 1_800_000_000_000;

/** A service that answers when it is told to. */
class Asked {
  readonly asked: PromiseWithResolvers<PlanUsage>[] = [];
  nowMs = startMs;
  readonly board = new StatusBoard({
    limn: {
      planUsage: async () => {
        const answer = Promise.withResolvers<PlanUsage>();
        this.asked.push(answer);
        return answer.promise;
      },
      credentialReports: async () => [],
      chooseLogin: () => ({ source: null, reason: "there is none" }),
      knownLimit: async () => null,
    },
    library: {
      page: () => ({ entries: [], nextCursor: null, total: 0 }),
      folderOf: () => "/nowhere",
      isReadOnly: false,
    },
    signIn: { current: null },
    emulated: false,
    clock: () => this.nowMs,
  });

  answer(place: number, usedPercent: number): void {
    const window = { limit: "codex", usedPercent, windowMinutes: 300, resetsAt: null };
    const usage: PlanUsage = Object.assign(Object.create(null), { plan: "plus", windows: [window] });
    this.asked[place]?.resolve(usage);
  }
}

const percent = async (status: ReturnType<StatusBoard["read"]>): Promise<number | null | undefined> =>
  (await status).windows[0]?.usedPercent;

it("asks the service once for all who look within a minute", async () => {
  const service = new Asked();
  const both = [percent(service.board.read()), percent(service.board.read())];
  service.answer(0, 10);
  expect(await Promise.all(both)).toEqual([10, 10]);
  expect([await percent(service.board.read()), service.asked.length]).toEqual([10, 1]);
});

it("tells nobody what was true before a change, also when the service was being asked just then", async () => {
  const service = new Asked();
  const before = percent(service.board.read());
  service.board.forget();
  const after = percent(service.board.read());
  service.answer(1, 20);
  service.answer(0, 10);
  expect([await after, await before]).toEqual([20, 20]);
  expect([await percent(service.board.read()), service.asked.length]).toEqual([20, 2]);
});

it("asks again when the clock was put back", async () => {
  const service = new Asked();
  const first = percent(service.board.read());
  service.answer(0, 10);
  await first;
  service.nowMs -= 24 * 3_600_000;
  const second = percent(service.board.read());
  service.answer(1, 20);
  expect(await second).toBe(20);
});
