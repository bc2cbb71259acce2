import { expect, test } from "vitest";
import { createEmulator } from "../index.ts";
import { imageRequest, picturesOf, readObject } from "../testing/requests.ts";

test("the handler without a socket gives the bytes that the socket gives", async () => {
  const options = { clock: () => 1_795_218_411_000 };
  const [direct, served] = [createEmulator(options), createEmulator(options)];
  const { baseURL } = await served.listen();
  const answers = [await direct.fetch(imageRequest(direct)), await fetch(imageRequest(served, { baseURL }))];
  const [inside, outside] = await Promise.all(answers.map((answer) => answer.text()));
  expect(inside === outside).toBe(true);
  await served.close();
});

test("reset rejects as fetch does, with the code in the cause", async () => {
  const emulator = createEmulator({ scenario: "reset" });
  const error: unknown = await emulator.fetch(imageRequest(emulator)).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(TypeError);
  expect(error).toMatchObject({ message: "fetch failed", cause: { code: "ECONNRESET" } });
});

test("cut-body breaks the stream after the bytes that came", async () => {
  const emulator = createEmulator({ scenario: { name: "cut-body", size: "32x32", atBytes: 10 } });
  const response = await emulator.fetch(imageRequest(emulator));
  const reader = response.body?.getReader();
  expect((await reader?.read())?.value?.length).toBe(10);
  await expect(reader?.read()).rejects.toMatchObject({ message: "terminated", cause: { code: "UND_ERR_SOCKET" } });
});

test.each(["never", "slow"])("%s ends with the reason of the signal", async (scenario) => {
  const emulator = createEmulator({ scenario });
  const controller = new AbortController();
  const pending = emulator.fetch(imageRequest(emulator, { signal: controller.signal }));
  const reason = new Error("enough");
  controller.abort(reason);
  await expect(pending).rejects.toBe(reason);
  await emulator.idle();
  expect(emulator.calls[0]).toMatchObject({ aborted: true });
});

test("stalled-body ends when the reader gives up, and when the emulator closes", async () => {
  const emulator = createEmulator({ scenario: { name: "stalled-body", size: "32x32", atBytes: 10 } });
  const first = (await emulator.fetch(imageRequest(emulator))).body?.getReader();
  await first?.read();
  await first?.cancel();
  await emulator.idle();
  const second = (await emulator.fetch(imageRequest(emulator))).body?.getReader();
  await second?.read();
  const waiting = second?.read();
  const [, outcome] = await Promise.allSettled([emulator.close(), waiting]);
  expect(outcome).toMatchObject({ status: "rejected", reason: { name: "EmulatorClosed" } });
  expect(emulator.calls.map((call) => call.aborted)).toEqual([true, false]);
});

test("an answer that nobody reads does not keep the emulator busy when it is short", async () => {
  const emulator = createEmulator({ scenario: "server-error" });
  await emulator.fetch(imageRequest(emulator));
  await emulator.idle();
  expect(emulator.calls[0]?.aborted).toBe(false);
});

test("chunkBytes decides the pieces of the stream", async () => {
  const emulator = createEmulator({ scenario: { name: "chunked", size: "32x32", chunkBytes: 7 } });
  const response = await emulator.fetch(imageRequest(emulator));
  expect(response.headers.get("content-length")).toBeNull();
  const sizes = new Set<number>();
  const copy = response.clone();
  for await (const piece of response.body ?? []) sizes.add(piece.length);
  expect(Math.max(...sizes)).toBe(7);
  expect(picturesOf(await readObject(copy))).toHaveLength(1);
});
