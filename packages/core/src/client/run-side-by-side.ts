/** Run `work` for 0..count-1, at most `limit` at a time; the outcomes keep the order. Never rejects. */
export async function runSideBySide<T>(
  count: number,
  limit: number,
  work: (index: number) => Promise<T>,
): Promise<PromiseSettledResult<T>[]> {
  const outcomes: PromiseSettledResult<T>[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      try {
        outcomes[index] = { status: "fulfilled", value: await work(index) };
      } catch (reason) {
        outcomes[index] = { status: "rejected", reason };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, count) }, worker));
  return outcomes;
}
