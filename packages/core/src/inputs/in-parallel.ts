/**
 * Runs tasks, at most `limit` at once. The first failure ends the others, is waited for and thrown; a cancellation by the caller likewise.
 */
export async function inParallel(
  tasks: readonly ((signal: AbortSignal) => Promise<void>)[],
  limit: number,
  outer: AbortSignal,
): Promise<void> {
  const stop = new AbortController();
  const signal = AbortSignal.any([outer, stop.signal]);
  const failures: unknown[] = [];
  const waiting = tasks.values();
  const work = async (): Promise<void> => {
    for (const task of waiting) {
      if (signal.aborted) return;
      try {
        await task(signal);
      } catch (error) {
        failures.push(error);
        stop.abort(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, tasks.length) }, work));
  outer.throwIfAborted();
  if (failures.length > 0) throw failures[0];
}
