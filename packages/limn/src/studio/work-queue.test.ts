import { expect, it } from "vitest";
import { Abandoned, WorkQueue } from "./work-queue.ts";

/** Work that ends when it is told to. */
class Bench {
  readonly begun: string[] = [];
  readonly #ends = new Map<string, PromiseWithResolvers<string>>();

  work(name: string): () => Promise<string> {
    return async () => {
      this.begun.push(name);
      const end = Promise.withResolvers<string>();
      this.#ends.set(name, end);
      return end.promise;
    };
  }

  end(name: string, error?: Error): void {
    if (error === undefined) this.#ends.get(name)?.resolve(`${name} made`);
    else this.#ends.get(name)?.reject(error);
  }
}

const stays = new AbortController().signal;
const turn = async (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("does equal work once for all who wait", async () => {
  const bench = new Bench();
  const queue = new WorkQueue<string>(2);
  const both = [queue.run("a", bench.work("a"), stays), queue.run("a", bench.work("a again"), stays)];
  await turn();
  bench.end("a");
  expect(await Promise.all(both)).toEqual(["a made", "a made"]);
  expect(bench.begun).toEqual(["a"]);
});

it("does so much at a time, in the order in which it was asked", async () => {
  const bench = new Bench();
  const queue = new WorkQueue<string>(2);
  const all = ["a", "b", "c", "d"].map(async (name) => queue.run(name, bench.work(name), stays));
  await turn();
  expect([bench.begun, queue.waiting]).toEqual([["a", "b"], 2]);
  bench.end("b");
  await turn();
  expect(bench.begun).toEqual(["a", "b", "c"]);
  bench.end("a");
  bench.end("c");
  await turn();
  bench.end("d");
  expect(await Promise.all(all)).toEqual(["a made", "b made", "c made", "d made"]);
});

it("does not begin what nobody waits for any more, and ends what it has begun", async () => {
  const bench = new Bench();
  const queue = new WorkQueue<string>(1);
  const leaving = new AbortController();
  const first = queue.run("a", bench.work("a"), leaving.signal);
  const alone = queue.run("b", bench.work("b"), leaving.signal);
  const shared = [queue.run("c", bench.work("c"), leaving.signal), queue.run("c", bench.work("c"), stays)];
  await turn();
  leaving.abort();
  const left = await Promise.allSettled([first, alone, shared[0]]);
  expect(left.map((outcome) => outcome.status === "rejected" && outcome.reason instanceof Abandoned)).toEqual([
    true,
    true,
    true,
  ]);
  await expect(queue.run("d", bench.work("d"), leaving.signal)).rejects.toBeInstanceOf(Abandoned);
  bench.end("a");
  await turn();
  bench.end("c");
  expect(await shared[1]).toBe("c made");
  expect(bench.begun).toEqual(["a", "c"]);
});

it("tells a failure to all who wait, and tries anew for the next one", async () => {
  const bench = new Bench();
  const queue = new WorkQueue<string>(1);
  const both = [queue.run("a", bench.work("a"), stays), queue.run("a", bench.work("a"), stays)];
  await turn();
  bench.end("a", new Error("broken"));
  expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const next = queue.run("a", bench.work("a"), stays);
  await turn();
  bench.end("a");
  expect(await next).toBe("a made");
});
