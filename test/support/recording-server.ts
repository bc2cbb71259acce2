import { createServer } from "node:http";
import type { IncomingHttpHeaders, IncomingMessage, RequestListener, Server, ServerResponse } from "node:http";
import { once } from "node:events";
import { onTestFinished } from "vitest";

/** A request as a server saw it. */
export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** Resolves when the connection is gone. */
  readonly closed: Promise<unknown>;
}

export interface RecordingServer {
  readonly origin: string;
  readonly port: number;
  readonly requests: readonly RecordedRequest[];
  /** Resolves when so many requests have arrived, with the last of them. */
  arrived(count: number): Promise<RecordedRequest>;
}

export type Answer = (response: ServerResponse, request: RecordedRequest, index: number) => void;

/** A server on a loopback socket that remembers every whole request; gone when the test is over. */
export async function recordingServer(
  answer: Answer,
  make: (listener: RequestListener) => Server = createServer,
): Promise<RecordingServer> {
  const requests: RecordedRequest[] = [];
  const waiting: { readonly count: number; readonly resolve: (request: RecordedRequest) => void }[] = [];
  const receive = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const closed = new Promise((resolve) => incoming.socket.once("close", resolve));
    const pieces: Buffer[] = [];
    for await (const piece of incoming) if (Buffer.isBuffer(piece)) pieces.push(piece);
    const { method = "", url = "", headers } = incoming;
    const request: RecordedRequest = { method, path: url, headers, body: Buffer.concat(pieces), closed };
    requests.push(request);
    for (const { count, resolve } of waiting) if (requests.length >= count) resolve(request);
    answer(response, request, requests.length - 1);
  };
  const server = make((incoming, response) => {
    // A client that leaves in the middle of its request is not recorded.
    receive(incoming, response).catch(() => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const { port } = address;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    requests,
    arrived: async (count) =>
      new Promise((resolve) => {
        const last = requests[count - 1];
        if (last === undefined) waiting.push({ count, resolve });
        else resolve(last);
      }),
  };
}

/** A port of this machine where nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}
