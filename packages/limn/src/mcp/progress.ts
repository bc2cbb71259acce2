import type { JobState } from "../worker/job.ts";

/** Clients show nothing, and some give up, after less; the specification's own advice is to stay below 10 s. */
const intervalMs = 8000;

export interface ProgressNote {
  readonly progress: number;
  readonly message: string;
}

/** Tells a waiting client every change of stage, and at least every ten seconds that work goes on. */
export class ProgressReporter {
  readonly #send: (note: ProgressNote) => void;
  readonly #clock: () => number;
  readonly #since: number;
  readonly #timer: NodeJS.Timeout;
  #last = 0;
  #what = "starting";

  constructor(send: (note: ProgressNote) => void, sinceMs: number, clock: () => number = Date.now) {
    this.#send = send;
    this.#clock = clock;
    this.#since = sinceMs;
    this.#timer = setInterval(() => this.#tell(), intervalMs);
  }

  show(state: JobState): void {
    const what = describe(state);
    if (what === this.#what) return;
    this.#what = what;
    this.#tell();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tell(): void {
    const seconds = Math.max(0, this.#clock() - this.#since) / 1000;
    // Strictly increasing, as the protocol wants it, also within one tick of the clock.
    this.#last = Math.max(seconds, this.#last + 0.001);
    this.#send({ progress: Math.round(this.#last * 1000) / 1000, message: `${this.#what}, ${Math.round(seconds)} s` });
  }
}

const stages: Readonly<Record<string, string>> = {
  queued: "waiting for a free place",
  starting: "starting",
  connecting: "connecting",
  sent: "sent; pictures take 15 to 60 seconds",
  receiving: "receiving the picture",
  saving: "saving the picture",
  finishing: "finishing the picture",
  waiting: "turned away; will be sent again after a delay",
};

function describe({ stage, previews, finished, job }: JobState): string {
  const n = job.request.n ?? 1;
  const counts = [
    ...(n > 1 ? [`${finished} of ${n} done`] : []),
    ...(previews > 0 ? [`${previews} preview${previews === 1 ? "" : "s"}`] : []),
  ];
  const words = stages[stage] ?? stage;
  return counts.length === 0 ? words : `${words} (${counts.join(", ")})`;
}
