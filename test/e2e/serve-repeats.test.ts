import type { Emulator, Scenario } from "@limn/emulator";
import { describe, expect, it } from "vitest";
import { proves } from "./requirements.ts";
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
  it(`of a client that left joins the running generation, and the next one is new ${proves("serve-repeat")}`, async () => {
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

  it(`of a client that left gets the picture that was finished meanwhile ${proves("serve-repeat")}`, async () => {
    const { emulator, gate, served, world } = await start();
    await askAndLeave(served, gate, fox);
    gate.open();
    await until(() => world.manifest(world.generations()[0] ?? "").state === "done");
    expect((await picturesOf(await served.ask(path, fox))).data).toHaveLength(1);
    expect(imageCalls(emulator)).toHaveLength(1);
  });

  it(`of a client that left in the middle of a stream joins it, too ${proves("serve-repeat", "serve-stream")}`, async () => {
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

  it(`that says it is one, or has the same Idempotency-Key, costs nothing; another key or body does ${proves("serve-repeat")}`, async () => {
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

  it(`that comes while two equal requests run is not one: both are made ${proves("serve-repeat")}`, async () => {
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

  it(`after the server was killed and started anew gets what is on record, picture or not ${proves("serve-repeat")}`, async () => {
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

  it(`after the server was killed while the request was out is not sent again ${proves("serve-repeat")}`, async () => {
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

  it(`of a client that lost its server with its answer needs no header to be known after the restart ${proves("serve-repeat")}`, async () => {
    const { world, emulator, gate, served } = await start();
    await askAndLeave(served, gate, fox);
    gate.open();
    const delivered = { json: { prompt: "a delivered fox" } };
    await picturesOf(await served.ask(path, delivered));
    await until(() => world.generations().every((id) => world.manifest(id).state === "done"));
    await metric(served, 'route="/images/generations",status="200"} 2');
    const next = await restarted(world, served);
    const again = await next.ask(path, fox);
    expect(again.headers.get("x-limn-repeat")).toBe("true");
    expect((await picturesOf(again)).data).toHaveLength(1);
    expect(imageCalls(emulator)).toHaveLength(2);
    // Who has the picture and asks anew wants another one.
    for (const asking of [fox, delivered]) {
      const response = await next.ask(path, asking);
      expect(response.headers.get("x-limn-repeat")).toBeNull();
      await picturesOf(response);
    }
    expect(imageCalls(emulator)).toHaveLength(4);
    await metric(next, 'route="/images/generations",status="200"} 3');
    const third = await restarted(world, next);
    for (const asking of [fox, delivered]) {
      const response = await third.ask(path, asking);
      expect(response.headers.get("x-limn-repeat")).toBeNull();
      await picturesOf(response);
    }
  });

  it(`of a client whose server was killed while its request was out is told once what is known, and is then a new one ${proves("serve-repeat")}`, async () => {
    const { emulator, gate, served, world } = await start();
    await askAndLeave(served, gate, fox);
    const next = await restarted(world, served);
    gate.open();
    expect(await errorOfAnswer(await next.ask(path, fox))).toMatchObject({
      status: 504,
      retry: "false",
      error: { code: "outcome_unknown" },
    });
    expect(imageCalls(emulator)).toHaveLength(1);
    await metric(next, 'status="504"} 1');
    const last = await restarted(world, next);
    await picturesOf(await last.ask(path, fox));
    expect(imageCalls(emulator)).toHaveLength(2);
  });

  it(`is never given a picture of the sandbox for a real one ${proves("serve-repeat")}`, async () => {
    const world = new World();
    const emulator = await world.startService();
    const sandbox = await startServe(world, ["--sandbox"]);
    const keyed = { ...fox, extra: { "idempotency-key": "one" } };
    await picturesOf(await sandbox.ask(path, keyed));
    const real = await restarted(world, sandbox);
    expect((await real.ask(path, keyed)).headers.get("x-limn-repeat")).toBeNull();
    expect(imageCalls(emulator)).toHaveLength(1);
  });

  it(`of a failure after sending gets that failure, also from clients that repeat without saying so ${proves("serve-repeat")}`, async () => {
    for (const [scenario, status, code] of [
      ["reset", 504, "outcome_unknown"],
      ["cut-body", 502, "stream_truncated"],
      ["moderation", 400, "moderation_blocked"],
      ["not-json", 502, "unexpected_response"],
    ] as const) {
      const world = new World();
      // Once a part of the picture is out, a cut has no status any more (serve-live.test.ts).
      const early = scenario === "cut-body" ? { atBytes: 80 } : {};
      const emulator = await world.startService({ scenario: { name: scenario, ...early } satisfies Scenario });
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
  it(`takes a request along that was not sent yet, and frees its place ${proves("serve-repeat")}`, async () => {
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

/** Killed, and another one in its place. */
async function restarted(world: World, served: Served): Promise<Served> {
  served.running.kill("SIGKILL");
  await served.running.finished;
  return startServe(world);
}

/** Resolves when `text` is among the counts. */
async function metric(served: Served, text: string): Promise<void> {
  for (;;) if ((await (await served.ask("/metrics")).text()).includes(text)) return;
}
