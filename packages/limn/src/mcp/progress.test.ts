import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { JobState } from "../worker/job.ts";
import { ProgressReporter } from "./progress.ts";
import type { ProgressNote } from "./progress.ts";

const state = (stage: string, change: Partial<JobState> = {}, n = 1): JobState => ({
  job: {
    version: 1,
    id: "gen_x",
    session: "s",
    fingerprint: "f",
    createdAt: "2026-11-21T00:00:00Z",
    server: { pid: 1, startTime: null },
    request: { operation: "generate", prompt: "x", n },
    delivery: { kind: "store" },
    sandbox: false,
    preview: true,
  },
  stage,
  previews: 0,
  finished: 0,
  outcome: null,
  isAlive: true,
  worker: null,
  ...change,
});

describe("progress", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("comes with every change of stage and at least every ten seconds, and always rises", () => {
    const notes: ProgressNote[] = [];
    const reporter = new ProgressReporter((note) => notes.push(note), Date.now());
    reporter.show(state("connecting"));
    reporter.show(state("sent"));
    reporter.show(state("sent"));
    expect(notes.map(({ message }) => message)).toEqual([
      "connecting, 0 s",
      "sent; pictures take 15 to 60 seconds, 0 s",
    ]);
    const from = notes.length;
    vi.advanceTimersByTime(60_000);
    expect(notes.length - from).toBeGreaterThanOrEqual(6);
    reporter.show(state("receiving", { previews: 2, finished: 1 }, 3));
    expect(notes.at(-1)?.message).toBe("receiving the picture (1 of 3 done, 2 previews), 60 s");
    const told = notes.map(({ progress }) => progress);
    expect(told).toEqual([...new Set(told)].sort((left, right) => left - right));
    reporter.stop();
    vi.advanceTimersByTime(60_000);
    expect(notes.at(-1)?.progress).toBe(told.at(-1));
  });
});
