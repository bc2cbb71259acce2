import { once } from "node:events";
import { connect } from "node:net";
import type { GenerationResult } from "@limn/core";
import { expect, onTestFinished, test, vi } from "vitest";
import { startImageServer } from "./server.ts";

const key = "k".repeat(43);

test("a client that goes takes along every request that it sent ahead, so that nothing is drawn for nobody", async () => {
  const signals: AbortSignal[] = [];
  const generate = async (
    _request: unknown,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<GenerationResult> => {
    if (signal === undefined) throw new TypeError("a generation of the server can be ended");
    signals.push(signal);
    await once(signal, "abort");
    throw signal.reason;
  };
  const server = await startImageServer({
    limn: { images: { generate }, store: { list: () => [], imagePath: () => "" } },
    host: "127.0.0.1",
    port: 0,
    key: () => key,
    keepHistory: true,
    defaults: {},
    patience: { keepAliveMs: 1000, headersAfterMs: 240_000 },
  });
  onTestFinished(async () => server.close());
  const { host, port } = new URL(server.url);
  const socket = connect(Number(port), "127.0.0.1");
  onTestFinished(() => void socket.destroy());
  for (const prompt of ["one", "two", "three"]) {
    const body = JSON.stringify({ prompt });
    socket.write(
      `POST /v1/images/generations HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer ${key}\r\n` +
        `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
  }
  await vi.waitUntil(() => signals.length === 3, { timeout: 20_000 });
  socket.destroy();
  await vi.waitUntil(() => signals.every(({ aborted }) => aborted), { timeout: 20_000 });
  expect(signals.map(({ aborted }) => aborted)).toEqual([true, true, true]);
});
