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

test("nonsense that is sent ahead never gets into an answer that is on its way", async () => {
  const begun = Promise.withResolvers<void>();
  const end = Promise.withResolvers<void>();
  const server = await startImageServer({
    limn: {
      images: { generate: async () => Promise.reject(new TypeError("nothing is drawn here")) },
      store: { list: () => [], imagePath: () => "" },
    },
    host: "127.0.0.1",
    port: 0,
    key: () => key,
    keepHistory: true,
    defaults: {},
    site: () => ({
      find: (path) => ({
        name: "slow",
        methods: ["GET"],
        access: "open",
        serve: async (_, response) => {
          if (path !== "/slow") return;
          response.writeHead(200, { "content-length": "10" });
          response.write("12345");
          begun.resolve();
          await end.promise;
          response.end("67890");
        },
      }),
      hasSession: () => true,
      close: async () => undefined,
    }),
  });
  onTestFinished(async () => server.close());
  const { host, port } = new URL(server.url);
  const socket = connect(Number(port), "127.0.0.1");
  let got = "";
  socket.on("data", (bytes) => (got += bytes.toString("latin1")));
  const closed = once(socket, "close");
  // The second is read while the first is answered, and what follows is no HTTP.
  socket.write(`GET /slow HTTP/1.1\r\nHost: ${host}\r\n\r\nGET /later HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  await begun.promise;
  socket.write("nonsense\r\n\r\n");
  await closed;
  end.resolve();
  expect(got).toContain("12345");
  expect(got).not.toContain("invalid_http");
});
