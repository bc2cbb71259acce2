import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { reasonOf } from "../../../../test/support/rejection.ts";
import { TimeKeeper, TimeLimitReached, pause } from "./time-limits.ts";

const limits = { connectMs: 30, idleMs: 60, totalMs: 330 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the time of one call", () => {
  test("an attempt that does not connect ends, and the next one has its own time", () => {
    const time = new TimeKeeper(limits, new AbortController().signal);
    const first = time.startAttempt();
    vi.advanceTimersByTime(30);
    const second = time.startAttempt();
    vi.advanceTimersByTime(29);
    expect([first.reason, second.aborted, time.overall.aborted]).toEqual([
      new TimeLimitReached("connectMs", 30),
      false,
      false,
    ]);
    vi.advanceTimersByTime(1);
    expect(second.aborted).toBe(true);
    time.stop();
  });

  test("the idle limit begins anew with every piece", () => {
    const time = new TimeKeeper(limits, new AbortController().signal);
    const attempt = time.startAttempt();
    time.stopStep();
    vi.advanceTimersByTime(100);
    for (let piece = 0; piece < 3; piece += 1) {
      time.startIdle();
      vi.advanceTimersByTime(59);
    }
    expect(attempt.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(attempt.reason).toEqual(new TimeLimitReached("idleMs", 60));
    time.stop();
  });

  test("the total limit ends every attempt, also those to come", () => {
    const time = new TimeKeeper(limits, new AbortController().signal);
    const attempt = time.startAttempt();
    time.stopStep();
    vi.advanceTimersByTime(330);
    const limit = new TimeLimitReached("totalMs", 330);
    expect([attempt.reason, time.overall.reason, time.startAttempt().reason]).toEqual([limit, limit, limit]);
    time.stop();
  });

  test("the first cause stays", () => {
    const outer = new AbortController();
    const time = new TimeKeeper(limits, outer.signal);
    const attempt = time.startAttempt();
    outer.abort("mine");
    vi.advanceTimersByTime(1000);
    expect([attempt.reason, time.overall.reason]).toEqual(["mine", "mine"]);
    time.stop();
  });

  test("a call that was cancelled before it began is over", () => {
    const time = new TimeKeeper(limits, AbortSignal.abort("mine"));
    expect(time.startAttempt().reason).toBe("mine");
    time.stop();
  });

  test("that is over keeps no timer and listens to nobody", () => {
    const outer = new AbortController();
    const time = new TimeKeeper(limits, outer.signal);
    const attempt = time.startAttempt();
    time.stop();
    expect(vi.getTimerCount()).toBe(0);
    outer.abort();
    expect(attempt.aborted).toBe(false);
  });
});

describe("a pause", () => {
  test("ends after its time and forgets the signal", async () => {
    const { signal } = new AbortController();
    const removed = vi.spyOn(signal, "removeEventListener");
    const waiting = pause(50, signal);
    await vi.advanceTimersByTimeAsync(50);
    await waiting;
    expect(removed).toHaveBeenCalledTimes(1);
  });

  test("ends at once with the reason of its signal", async () => {
    const stop = new AbortController();
    const waiting = reasonOf(pause(50, stop.signal));
    stop.abort("mine");
    expect([await waiting, await reasonOf(pause(50, stop.signal)), vi.getTimerCount()]).toEqual(["mine", "mine", 0]);
  });
});
