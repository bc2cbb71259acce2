/** Counts what is under way, so that a test can wait until all of it is over. */
export interface Activity {
  /** Call when something starts; call the result once when it ends (further calls do nothing). */
  begin(): () => void;
  /** Resolves when nothing is under way. */
  idle(): Promise<void>;
}

/** Creates the counter. */
export function createActivity(): Activity {
  let running = 0;
  let waiting: (() => void)[] = [];
  return {
    begin: () => {
      let open = true;
      running += 1;
      return () => {
        if (!open) return;
        open = false;
        running -= 1;
        if (running > 0) return;
        const released = waiting;
        waiting = [];
        for (const release of released) release();
      };
    },
    idle: () => (running === 0 ? Promise.resolve() : new Promise((resolve) => waiting.push(resolve))),
  };
}
