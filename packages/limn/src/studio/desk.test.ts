import { LimnError } from "@limn/core";
import type { FoundGeneration, GenerateOptions, GenerationResult, ImageRequest, Manifest } from "@limn/core";
import { expect, it } from "vitest";
import { StudioDesk } from "./desk.ts";

const startedAtMs = 1_800_000_000_000;
const request: ImageRequest = { operation: "generate", prompt: "x" };

/** Generations that begin, send and end when they are told to. */
class Drawing {
  readonly asked: GenerateOptions[] = [];
  readonly #ends: PromiseWithResolvers<GenerationResult>[] = [];
  ended = 0;
  closed = 0;
  readonly desk: StudioDesk;

  constructor(earlier: readonly FoundGeneration[] = [], keepHistory = true) {
    this.desk = new StudioDesk({
      keepHistory,
      limn: {
        images: {
          generate: async (_request, options = {}) => {
            this.asked.push(options);
            const end = Promise.withResolvers<GenerationResult>();
            this.#ends.push(end);
            options.signal?.addEventListener("abort", () => end.reject(options.signal?.reason));
            return end.promise;
          },
        },
        store: { list: () => earlier },
      },
      clock: () => startedAtMs,
      ended: () => {
        this.ended += 1;
      },
    });
  }

  start(key: string, wish = "a wish"): ReturnType<StudioDesk["start"]> {
    return this.desk.start({ key, wish }, request, () => {
      this.closed += 1;
    });
  }

  begin(place: number): void {
    const { id = "", onEvent } = this.asked[place] ?? {};
    onEvent?.({
      type: "generation-start",
      schemaVersion: 1,
      id,
      operation: "generate",
      engine: "images",
      n: 1,
      emulated: false,
    });
  }

  send(place: number): void {
    const { id = "", onEvent } = this.asked[place] ?? {};
    onEvent?.({ type: "image-progress", id, index: 0, stage: "sent", attempt: 1 });
  }

  fail(place: number, error: Error): void {
    this.#ends[place]?.reject(error);
  }
}

it("answers when the generation is written down, and to the same key with the same one", async () => {
  const drawing = new Drawing();
  const both = [drawing.start("a"), drawing.start("a")];
  drawing.begin(0);
  const [first, second] = await Promise.all(both);
  expect([first?.isRepeat, second?.isRepeat, first?.id === second?.id]).toEqual([false, true, true]);
  expect([drawing.asked.length, drawing.asked[0]?.id, drawing.closed]).toEqual([1, first?.id, 1]);
  drawing.fail(0, new LimnError("content_refused", { message: "no" }));
  await drawing.desk.stop();
  expect((await drawing.start("a")).id).toBe(first?.id);
  expect([drawing.ended, drawing.closed]).toEqual([1, 3]);
});

it("refuses a key that comes with another request, and draws nothing of it", async () => {
  const drawing = new Drawing();
  const begun = drawing.start("a");
  drawing.begin(0);
  const { id } = await begun;
  await expect(drawing.start("a", "another wish")).rejects.toMatchObject({
    status: 409,
    error: { details: { generation: id } },
  });
  expect([drawing.asked.length, drawing.closed]).toEqual([1, 1]);
});

it("knows what an earlier process of it began, a night later too", async () => {
  const first = new Drawing();
  const begun = first.start("a");
  first.begin(0);
  const { id } = await begun;
  const createdAt = new Date(startedAtMs - 9 * 3_600_000).toISOString();
  const manifest: Pick<Manifest, "createdAt" | "session"> = { createdAt, session: first.asked[0]?.session ?? null };
  const record: FoundGeneration = Object.assign(Object.create(null), { id, folder: "/x", status: "unknown", manifest });
  const next = new Drawing([record]);
  expect(await next.start("a")).toEqual({ id, isRepeat: true });
  await expect(next.start("a", "another wish")).rejects.toMatchObject({ status: 409 });
  const other = next.start("b");
  next.begin(0);
  expect((await other).isRepeat).toBe(false);
  expect(next.asked.length).toBe(1);
});

it("that could not begin is told to all who asked, and its key is free", async () => {
  const drawing = new Drawing();
  const both = [drawing.start("a"), drawing.start("a")];
  drawing.fail(0, new LimnError("login_missing", { message: "nobody" }));
  expect((await Promise.allSettled(both)).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  const again = drawing.start("a");
  drawing.begin(1);
  expect((await again).isRepeat).toBe(false);
});

it("runs so many at once and refuses more, with nothing sent", async () => {
  const drawing = new Drawing();
  for (let place = 0; place < 16; place += 1) {
    const begun = drawing.start(`key-${place}`);
    drawing.begin(place);
    await begun;
  }
  await expect(drawing.start("one more")).rejects.toMatchObject({ code: "rate_limited" });
  expect([drawing.asked.length, drawing.desk.running]).toEqual([16, 16]);
});

it("when it is stopped, ends what was not sent and waits for what was", async () => {
  const drawing = new Drawing();
  const begun = [drawing.start("sent"), drawing.start("waiting")];
  drawing.begin(0);
  drawing.begin(1);
  await Promise.all(begun);
  drawing.send(0);
  const stopped = drawing.desk.stop();
  expect(drawing.asked.map(({ signal }) => signal?.aborted)).toEqual([false, true]);
  await expect(drawing.start("late")).rejects.toMatchObject({ status: 503 });
  drawing.fail(0, new Error("the service ended it"));
  await stopped;
  expect(drawing.desk.running).toBe(0);
});

it("where the user keeps no history nothing is drawn, and the setting is named", async () => {
  const drawing = new Drawing([], false);
  await expect(drawing.start("key")).rejects.toMatchObject({
    code: "unsupported_option",
    hint: expect.stringContaining("limn config set history true"),
  });
  expect([drawing.asked.length, drawing.closed]).toEqual([0, 1]);
});
