import type { Emulator, Scenario } from "@limn/emulator";
import { describe, expect, it } from "vitest";
import { Gate, errorOfAnswer, eventsOf, picturesOf, startServe } from "./support/serve.ts";
import type { Asking, Served } from "./support/serve.ts";
import { World, imageCalls, until } from "./support/world.ts";

const path = "/v1/images/generations";
const fox: Asking = { json: { prompt: "a fox" } };
const retry = { ...fox, extra: { "x-stainless-retry-count": "1" } };

async function start(): Promise<{ world: World; emulator: Emulator; gate: Gate; served: Served }> {
  const world = new World();
  const emulator = await world.startService();
  const gate = await Gate.before(world);
  return { world, emulator, gate, served: await startServe(world) };
}

/** Ask, and leave when the service has the request. */
async function askAndLeave(served: Served, gate: Gate, asking: Asking): Promise<void> {
  const leaving = new AbortController();
  const before = gate.held;
  const asked = served.ask(path, { ...asking, signal: leaving.signal }).catch(() => null);
  await until(() => gate.held > before);
  leaving.abort();
  await asked;
}

describe("a repeat", () => {
  it("of a client that left joins the running generation, and the next one is new", async () => {
    const { world, emulator, gate, served } = await start();
    await askAndLeave(served, gate, fox);
    await metric(served, 'route="/images/generations"');
    const again = served.ask(path, fox);
    await metric(served, "limn_repeats_total 1");
    gate.open();
    const response = await again;
    expect(response.headers.get("x-limn-repeat")).toBe("true");
    expect((await picturesOf(response)).data).toHaveLength(1);
    expect(imageCalls(emulator)).toHaveLength(1);
    expect(world.generations()).toHaveLength(1);
    // It was delivered, so whoever asks now means another one.
    const other = await served.ask(path, fox);
    expect(other.headers.get("x-limn-repeat")).toBeNull();
    expect((await picturesOf(other)).data).toHaveLength(1);
    expect(imageCalls(emulator)).toHaveLength(2);
  });

  it("of a client that left gets the picture that was finished meanwhile", async () => {
    const { emulator, gate, served, world } = await start();
    await askAndLeave(served, gate, fox);
    gate.open();
    await until(() => world.manifest(world.generations()[0] ?? "").state === "done");
    expect((await picturesOf(await served.ask(path, fox))).data).toHaveLength(1);
    expect(imageCalls(emulator)).toHaveLength(1);
  });

  it("of a client that left in the middle of a stream joins it, too", async () => {
    const { emulator, gate, served } = await start();
    const stream = { json: { prompt: "a fox", stream: true } };
    await askAndLeave(served, gate, stream);
    await metric(served, 'route="/images/generations"');
    const again = served.ask(path, stream);
    await metric(served, "limn_repeats_total 1");
    gate.open();
    expect(eventsOf(await (await again).text()).map(({ type }) => type)).toEqual(["image_generation.completed"]);
    expect(imageCalls(emulator)).toHaveLength(1);
  });

  it("that says it is one, or has the same Idempotency-Key, costs nothing; another key or body does", async () => {
    const { emulator, gate, served } = await start();
    gate.open();
    const calls = (): number => imageCalls(emulator).length;
    const get = async (asking: Asking): Promise<string | null> => {
      const response = await served.ask(path, asking);
      expect((await picturesOf(response)).data).toHaveLength(1);
      return response.headers.get("x-limn-generation");
    };
    const first = await get(fox);
    expect(await get(retry)).toBe(first);
    expect(calls()).toBe(1);
    const keyed = { ...fox, extra: { "idempotency-key": "one" } };
    const second = await get(keyed);
    expect(await get(keyed)).toBe(second);
    expect(second).not.toBe(first);
    expect(calls()).toBe(2);
    await get({ ...fox, extra: { "idempotency-key": "two" } });
    expect(calls()).toBe(3);
    expect(
      await errorOfAnswer(await served.ask(path, { json: { prompt: "a wolf" }, extra: { "idempotency-key": "one" } })),
    ).toMatchObject({
      status: 422,
      retry: "false",
      error: { code: "idempotency_key_reused" },
    });
    await get({ json: { prompt: "a wolf" }, extra: { "x-stainless-retry-count": "2" } });
    expect(calls()).toBe(4);
  });

  it("that comes while two equal requests run is not one: both are made", async () => {
    const { emulator, gate, served } = await start();
    const both = [served.ask(path, fox), served.ask(path, fox)];
    await until(() => gate.held === 2);
    gate.open();
    const [left, right] = await Promise.all(
      both.map(async (answer) => (await answer).headers.get("x-limn-generation")),
    );
    expect(left).not.toBe(right);
    expect(imageCalls(emulator)).toHaveLength(2);
  });

  it("after the server was killed and started anew gets what is on record, picture or not", async () => {
    const { world, emulator, gate, served } = await start();
    const keyed = { ...fox, extra: { "idempotency-key": "mine" } };
    await askAndLeave(served, gate, { json: { prompt: "lost" } });
    gate.open();
    await picturesOf(await served.ask(path, keyed));
    await until(() => world.generations().every((id) => world.manifest(id).state === "done"));
    served.running.kill("SIGKILL");
    await served.running.finished;
    const next = await startServe(world);
    expect((await picturesOf(await next.ask(path, keyed))).data).toHaveLength(1);
    expect(
      (await picturesOf(await next.ask(path, { json: { prompt: "lost" }, extra: { "x-stainless-retry-count": "1" } })))
        .data,
    ).toHaveLength(1);
    expect(imageCalls(emulator)).toHaveLength(2);
  });

  it("after the server was killed while the request was out is not sent again", async () => {
    const { emulator, gate, served, world } = await start();
    await askAndLeave(served, gate, fox);
    served.running.kill("SIGKILL");
    await served.running.finished;
    gate.open();
    const next = await startServe(world);
    expect(await errorOfAnswer(await next.ask(path, retry))).toMatchObject({
      status: 504,
      retry: "false",
      error: { code: "outcome_unknown" },
    });
    expect(imageCalls(emulator)).toHaveLength(1);
  });

  it("of a failure after sending gets that failure, also from clients that repeat without saying so", async () => {
    for (const [scenario, status, code] of [
      ["reset", 504, "outcome_unknown"],
      ["cut-body", 502, "stream_truncated"],
      ["moderation", 400, "moderation_blocked"],
      ["not-json", 502, "unexpected_response"],
    ] as const) {
      const world = new World();
      const emulator = await world.startService({ scenario: { name: scenario } satisfies Scenario });
      const served = await startServe(world);
      for (const asking of [fox, fox, retry])
        expect(await errorOfAnswer(await served.ask(path, asking))).toMatchObject({
          status,
          retry: "false",
          error: { code },
        });
      expect({ scenario, calls: imageCalls(emulator).length }).toEqual({ scenario, calls: 1 });
    }
  });
});

describe("a client that leaves", () => {
  it("takes a request along that was not sent yet, and frees its place", async () => {
    const { emulator, gate, served, world } = await start();
    const running = Array.from({ length: 16 }, async (_, index) =>
      served.ask(path, { json: { prompt: `picture ${index}` } }),
    );
    await until(() => gate.held === 16);
    const leaving = new AbortController();
    const waiting = served.ask(path, { json: { prompt: "too late" }, signal: leaving.signal }).catch(() => null);
    await metric(served, "limn_generations_waiting 1");
    leaving.abort();
    await waiting;
    await metric(served, "limn_generations_waiting 0");
    gate.open();
    for (const answer of running) expect((await answer).status).toBe(200);
    expect(imageCalls(emulator)).toHaveLength(16);
    expect(world.generations()).toHaveLength(16);
  });
});

/** Resolves when `text` is among the counts. */
async function metric(served: Served, text: string): Promise<void> {
  for (;;) if ((await (await served.ask("/metrics")).text()).includes(text)) return;
}
