/** Milliseconds. */
export interface FetchLimits {
  /** From the start of each hop until its connection stands, the name's resolution included. */
  readonly connectMs: number;
  /** Without a whole head of an answer, then between two pieces of its body. */
  readonly idleMs: number;
  /** For everything, redirects included. */
  readonly totalMs: number;
}

const defaultFetchLimits: FetchLimits = { connectMs: 15_000, idleMs: 20_000, totalMs: 60_000 };

/** Why a limit ended the work. */
export class FetchLimitReached extends Error {
  override readonly name: string = "FetchLimitReached";
  readonly limit: keyof FetchLimits;
  readonly ms: number;

  constructor(limit: keyof FetchLimits, ms: number) {
    super(`time limit ${limit} of ${ms} ms`);
    this.limit = limit;
    this.ms = ms;
  }
}

/** The caller's cancellation and the time limits of one download, as one signal. The first cause wins. */
export class FetchClock {
  readonly #limits: FetchLimits;
  readonly #outer: AbortSignal;
  readonly #stop: AbortController = new AbortController();
  readonly #forward: () => void;
  readonly #total: NodeJS.Timeout;
  #step: NodeJS.Timeout | null = null;
  #stepLimit: keyof FetchLimits | null = null;

  constructor(limits: Partial<FetchLimits>, outer: AbortSignal) {
    this.#limits = { ...defaultFetchLimits, ...limits };
    this.#outer = outer;
    this.#forward = (): void => this.#stop.abort(outer.reason);
    this.#total = this.#timer("totalMs");
    if (outer.aborted) this.#forward();
    else outer.addEventListener("abort", this.#forward, { once: true });
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Start the wait for the next thing; it ends the wait before. */
  startStep(limit: "connectMs" | "idleMs"): void {
    if (this.#step !== null && this.#stepLimit === limit) {
      this.#step.refresh();
      return;
    }
    if (this.#step !== null) clearTimeout(this.#step);
    this.#stepLimit = limit;
    this.#step = this.#timer(limit);
  }

  /** What cannot be cancelled is at least not waited for. */
  async race<T>(work: Promise<T> | T): Promise<T> {
    const { signal } = this;
    return new Promise((resolve, reject) => {
      const stop = (): void => reject(signal.reason);
      if (signal.aborted) stop();
      signal.addEventListener("abort", stop, { once: true });
      Promise.resolve(work)
        .then(resolve, reject)
        .finally(() => signal.removeEventListener("abort", stop));
    });
  }

  /** Must be called when the work is over, however it ended. */
  stop(): void {
    if (this.#step !== null) clearTimeout(this.#step);
    clearTimeout(this.#total);
    this.#outer.removeEventListener("abort", this.#forward);
  }

  #timer(limit: keyof FetchLimits): NodeJS.Timeout {
    const ms = this.#limits[limit];
    return setTimeout(() => this.#stop.abort(new FetchLimitReached(limit, ms)), ms);
  }
}
