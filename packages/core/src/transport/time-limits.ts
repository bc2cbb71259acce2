/** Time limits of one request, in milliseconds. */
export interface TimeLimits {
  /** From the start of an attempt until the connection stands. */
  readonly connectMs: number;
  /** Between two pieces of an answer's body. There is no such limit before the first: the image routes are silent for minutes (codex-backend contract 3.4). */
  readonly idleMs: number;
  /** For everything, waits and repeats included. */
  readonly totalMs: number;
}

export const defaultTimeLimits: TimeLimits = { connectMs: 30_000, idleMs: 60_000, totalMs: 330_000 };

/** Why a limit ended the work; the reason of the abort signal. */
export class TimeLimitReached extends Error {
  override readonly name: string = "TimeLimitReached";
  readonly limit: keyof TimeLimits;
  readonly ms: number;

  constructor(limit: keyof TimeLimits, ms: number) {
    super(`time limit ${limit} of ${ms} ms`);
    this.limit = limit;
    this.ms = ms;
  }
}

/**
 * The caller's cancellation and all limits of one call. Each attempt gets a signal of its own, because an attempt that did not
 * connect in time may be followed by another; cancellation and the total limit end every attempt. The first cause wins and stays.
 * Timers keep the process alive, because the work they guard is not done.
 */
export class TimeKeeper {
  readonly #limits: TimeLimits;
  readonly #outer: AbortSignal;
  readonly #forward: () => void;
  readonly #total: NodeJS.Timeout;
  readonly #whole: AbortController = new AbortController();
  #attempt: AbortController = new AbortController();
  #step: NodeJS.Timeout | null = null;

  constructor(limits: TimeLimits, outer: AbortSignal) {
    this.#limits = limits;
    this.#outer = outer;
    this.#forward = (): void => this.#end(outer.reason);
    this.#total = setTimeout(() => this.#end(new TimeLimitReached("totalMs", limits.totalMs)), limits.totalMs);
    if (outer.aborted) this.#forward();
    else outer.addEventListener("abort", this.#forward, { once: true });
  }

  /** For waits between attempts. */
  get overall(): AbortSignal {
    return this.#whole.signal;
  }

  startAttempt(): AbortSignal {
    this.stopStep();
    this.#attempt = new AbortController();
    if (this.#whole.signal.aborted) this.#attempt.abort(this.#whole.signal.reason);
    else this.#step = setTimeout(() => this.#reached("connectMs"), this.#limits.connectMs);
    return this.#attempt.signal;
  }

  /** Start, or start anew, the wait for the next piece of a body. */
  startIdle(): void {
    if (this.#step === null) this.#step = setTimeout(() => this.#reached("idleMs"), this.#limits.idleMs);
    else this.#step.refresh();
  }

  stopStep(): void {
    if (this.#step !== null) clearTimeout(this.#step);
    this.#step = null;
  }

  /** Must be called when the work is over, however it ended. */
  stop(): void {
    this.stopStep();
    clearTimeout(this.#total);
    this.#outer.removeEventListener("abort", this.#forward);
  }

  #reached(limit: keyof TimeLimits): void {
    this.#attempt.abort(new TimeLimitReached(limit, this.#limits[limit]));
  }

  #end(reason: unknown): void {
    this.#whole.abort(reason);
    this.#attempt.abort(reason);
  }
}

/** Resolves after `ms`, or rejects with the signal's reason at once. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal.addEventListener("abort", stop, { once: true });
  });
}
