import { once } from "node:events";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { expect, it, onTestFinished } from "vitest";
import { LivePicture } from "./live-picture.ts";

const start = { index: 0, mediaType: "image/png", width: 3, height: 2, hasAlpha: false };
const piece = Buffer.alloc(64 * 1024, "A");

/** A client that reads nothing yet, and the answer that it waits for. */
async function ask(): Promise<{ readonly client: Socket; readonly response: ServerResponse }> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const client = connect(address.port, "127.0.0.1");
  client.pause();
  onTestFinished(() => {
    client.destroy();
    server.close();
    server.closeAllConnections();
  });
  client.write("GET / HTTP/1.1\r\nhost: x\r\n\r\n");
  const [, response]: unknown[] = await once(server, "request");
  if (!isResponse(response)) throw new TypeError("no response");
  response.on("error", () => undefined);
  return { client, response };
}

function isResponse(value: unknown): value is ServerResponse {
  return typeof value === "object" && value !== null && "writableLength" in value;
}

it("holds next to nothing of a picture for a client that does not read", async () => {
  const { response } = await ask();
  const live = new LivePicture(response, () => "before");
  expect(live.hasBegun).toBe(false);
  expect(live.begin(start)).toBe(live);
  let most = 0;
  for (let at = 0; at < 1600; at += 1) {
    live.text(piece);
    most = Math.max(most, response.writableLength);
    // What the system takes, it takes now.
    if (at % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  expect(most).toBeLessThan(512 * 1024);
  expect(live.characters).toBeLessThan(1600 * piece.length);
  expect(live.characters % piece.length).toBe(0);
  expect(live.isVoid).toBe(false);
});

it("gives a client that reads all of it, behind what stands before the picture", async () => {
  const { client, response } = await ask();
  const live = new LivePicture(response, ({ width }) => {
    response.writeHead(200, { "x-width": width });
    return "before";
  });
  live.begin(start);
  client.resume();
  let received = "";
  client.on("data", (bytes: Buffer) => {
    received += bytes.toString("latin1");
  });
  for (let at = 0; at < 20; at += 1) {
    live.text(Buffer.from(`<${at}>`));
    await once(client, "data");
  }
  expect(live.characters).toBe(Array.from({ length: 20 }, (_, at) => `<${at}>`).join("").length);
  expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\nx-width: 3\r\n[^]*before[^]*<0>[^]*<19>/);
});

it("does not begin for a client that left, nor twice, and is void when it is cancelled", async () => {
  const { client, response } = await ask();
  const live = new LivePicture(response, () => "");
  live.begin(start);
  expect(live.begin(start)).toBeNull();
  live.cancel();
  live.text(piece);
  expect({ characters: live.characters, isVoid: live.isVoid }).toEqual({ characters: 0, isVoid: true });
  client.destroy();
  await once(response, "close");
  expect(new LivePicture(response, () => "").begin(start)).toBeNull();
});
