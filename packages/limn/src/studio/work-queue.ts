/** Asked for and nobody waits for it any more. */
export class Abandoned extends Error {
  override readonly name: string = "Abandoned";
}

interface Job<T> {
  readonly key: string;
  readonly work: () => Promise<T>;
  readonly result: PromiseWithResolvers<T>;
  waiting: number;
  isBegun: boolean;
}

/** Work of which equal pieces are done once for all who wait, only so many at a time; what nobody waits for any more is not begun. */
export class WorkQueue<T> {
  readonly #limit: number;
  readonly #jobs = new Map<string, Job<T>>();
  readonly #queue: Job<T>[] = [];
  #running = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get waiting(): number {
    return this.#queue.length;
  }

  /** @throws Abandoned when the signal comes before the result */
  async run(key: string, work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (signal.aborted) throw new Abandoned();
    const job = this.#jobs.get(key) ?? this.#add(key, work);
    job.waiting += 1;
    const left = Promise.withResolvers<never>();
    const leave = (): void => {
      job.waiting -= 1;
      left.reject(new Abandoned());
      if (job.waiting > 0 || job.isBegun) return;
      this.#queue.splice(this.#queue.indexOf(job), 1);
      this.#jobs.delete(key);
    };
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await Promise.race([job.result.promise, left.promise]);
    } finally {
      signal.removeEventListener("abort", leave);
    }
  }

  #add(key: string, work: () => Promise<T>): Job<T> {
    const job: Job<T> = { key, work, result: Promise.withResolvers<T>(), waiting: 0, isBegun: false };
    // Whoever still waits is told; when nobody does, nobody needs to be.
    job.result.promise.catch(() => undefined);
    this.#jobs.set(key, job);
    this.#queue.push(job);
    queueMicrotask(() => this.#next());
    return job;
  }

  #next(): void {
    if (this.#running >= this.#limit) return;
    const job = this.#queue.shift();
    if (job === undefined) return;
    job.isBegun = true;
    this.#running += 1;
    void job
      .work()
      .then(job.result.resolve, job.result.reject)
      .finally(() => {
        this.#running -= 1;
        this.#jobs.delete(job.key);
        this.#next();
      });
  }
}
