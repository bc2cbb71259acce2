import { expect, test } from "vitest";
import { createEmulator, type Emulator } from "../index.ts";
import { createActivity } from "./activity.ts";
import { listenOnLoopback } from "./http-server.ts";
import { generationBody, imageRequest } from "../testing/requests.ts";
import { openRequest, type OpenRequest } from "../testing/socket-request.ts";

function open(emulator: Emulator, baseURL: string): OpenRequest {
  const body = JSON.stringify(generationBody());
  return openRequest(imageRequest(emulator, { baseURL, body }), body);
}

/** Resolves when the emulator has this many calls under way and their scenario is chosen. */
async function started(emulator: Emulator, count: number): Promise<void> {
  while (emulator.calls.filter((call) => call.answered.scenario !== null).length < count)
    await new Promise((resolve) => setImmediate(resolve));
}

test("close ends every open answer: unanswered, delayed and stalled ones", async () => {
  const emulator = createEmulator({
    scenario: ["never", "slow", { name: "stalled-body", size: "32x32", atBytes: 40 }],
  });
  const { baseURL } = await emulator.listen();
  const never = open(emulator, baseURL);
  await started(emulator, 1);
  const delayed = open(emulator, baseURL);
  await started(emulator, 2);
  const stalled = open(emulator, baseURL);
  await stalled.received(40);
  await emulator.close();
  expect((await never.answer).end).toBe("ECONNRESET");
  expect((await delayed.answer).end).toBe("ECONNRESET");
  expect(await stalled.answer).toMatchObject({ end: "cut", body: { length: 40 } });
  await emulator.idle();
  expect(emulator.calls.map((call) => [call.answered.status, call.aborted])).toEqual([
    [null, false],
    [null, false],
    [200, false],
  ]);
});

test("a client that leaves before the answer is recorded as aborted", async () => {
  const emulator = createEmulator({ scenario: "never" });
  const { baseURL } = await emulator.listen();
  const request = open(emulator, baseURL);
  await started(emulator, 1);
  request.leave();
  await emulator.idle();
  expect(emulator.calls[0]).toMatchObject({ aborted: true, answered: { status: null, scenario: "never" } });
  await emulator.close();
});

test("a client that leaves in the middle of a delay stops the work: the image window is not raised", async () => {
  const emulator = createEmulator({ scenario: ["slow", { name: "ok", size: "32x32" }] });
  const { baseURL } = await emulator.listen();
  const request = open(emulator, baseURL);
  await started(emulator, 1);
  request.leave();
  await emulator.idle();
  expect((await open(emulator, baseURL).answer).headers["x-codex-primary-used-percent"]).toBe("2");
  expect(emulator.calls.map((call) => call.aborted)).toEqual([true, false]);
  await emulator.close();
});

test("a client that leaves in the middle of its upload is recorded", async () => {
  const emulator = createEmulator();
  const { port } = await emulator.listen();
  const net = process.getBuiltinModule("node:net");
  const socket = net.connect(port, "127.0.0.1");
  socket.write(
    'POST /backend-api/codex/images/generations HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 1000\r\n\r\n{"prompt"',
  );
  while (emulator.calls.length < 1) await new Promise((resolve) => setImmediate(resolve));
  socket.destroy();
  await emulator.idle();
  expect(emulator.calls[0]).toMatchObject({
    aborted: true,
    contentLength: null,
    answered: { status: null, scenario: null },
  });
  await emulator.close();
});

test("a reader who waits makes the sender wait: a body is made no faster than it is taken", async () => {
  const total = 400;
  const piece = new Uint8Array(1_000_000);
  let made = 0;
  const body = {
    length: total * piece.length,
    *open() {
      for (; made < total; made += 1) yield piece;
    },
  };
  const running = await listenOnLoopback(
    () => Promise.resolve({ outgoing: { status: 200, headers: {}, body }, call: undefined }),
    createActivity(),
  );
  const net = process.getBuiltinModule("node:net");
  const socket = net.connect(running.port, "127.0.0.1").pause();
  socket.write("GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nconnection: close\r\n\r\n");
  // Until the buffers between the two are full and nothing moves any more.
  for (let still = 0, seen = 0; still < 500; still = made === seen ? still + 1 : 0, seen = made)
    await new Promise((resolve) => setImmediate(resolve));
  expect(made).toBeLessThan(total / 2);
  let received = 0;
  for await (const part of socket) received += Buffer.isBuffer(part) ? part.length : 0;
  expect(received).toBeGreaterThan(body.length);
  await running.close();
});

test("one port can be closed while another goes on", async () => {
  const emulator = createEmulator({ scenario: { name: "ok", size: "32x32" } });
  const [first, second] = [await emulator.listen(), await emulator.listen()];
  await first.close();
  await first.close();
  expect((await open(emulator, first.baseURL).answer).end).toBe("ECONNREFUSED");
  expect((await open(emulator, second.baseURL).answer).status).toBe(200);
  await emulator.close();
  await expect(emulator.listen()).rejects.toThrow("the emulator was closed");
  await expect(emulator.fetch(imageRequest(emulator))).rejects.toThrow("the emulator was closed");
});

test.each(["0.0.0.0", "::", "192.168.1.10", "example.test", "127.0.0.1:80", ""])(
  'listen refuses the host "%s"',
  async (host) => {
    await expect(createEmulator().listen({ host })).rejects.toThrow(
      `The emulator listens on loopback only, not on "${host}".`,
    );
  },
);

test("a taken port rejects", async () => {
  const emulator = createEmulator();
  const { port } = await emulator.listen();
  await expect(emulator.listen({ port })).rejects.toMatchObject({ code: "EADDRINUSE" });
  await emulator.close();
});
