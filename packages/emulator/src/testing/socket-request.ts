import type { IncomingHttpHeaders } from "node:http";

/** What came back over a plain socket, down to how it ended. */
export interface SocketAnswer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** `complete`, `cut` (connection ended before the body did), or the code of the error that came instead of an answer. */
  readonly end: string;
  /** How many data events there were. */
  readonly pieces: number;
}

/** An open request that can be abandoned. */
export interface OpenRequest {
  readonly answer: Promise<SocketAnswer>;
  /** Resolves with the first `bytes` of the body. */
  received(bytes: number): Promise<void>;
  /** Resolves when the headers came. */
  readonly headersCame: Promise<void>;
  leave(): void;
}

/** Sends a request over `node:http`: one that follows no redirect, retries nothing and reports every kind of ending. */
export function openRequest(request: Request, body: string | Uint8Array): OpenRequest {
  const http = process.getBuiltinModule("node:http");
  const parts: Buffer[] = [];
  let count = 0;
  let wake = (): void => undefined;
  let headers = (): void => undefined;
  const headersCame = new Promise<void>((resolve) => (headers = resolve));
  const url = new URL(request.url);
  const outgoing = http.request({
    host: url.hostname,
    port: url.port,
    path: url.pathname + url.search,
    method: request.method,
    headers: Object.fromEntries(request.headers),
    agent: false,
  });
  const answer = new Promise<SocketAnswer>((resolve) => {
    outgoing.on("error", (error: NodeJS.ErrnoException) =>
      resolve({ status: undefined, headers: {}, body: Buffer.alloc(0), end: error.code ?? "error", pieces: 0 }),
    );
    outgoing.on("response", (response) => {
      headers();
      response.on("data", (part: Buffer) => {
        parts.push(part);
        count += part.length;
        wake();
      });
      response.on("error", () => undefined);
      response.on("close", () => {
        const end = response.complete ? "complete" : "cut";
        resolve({
          status: response.statusCode,
          headers: response.headers,
          body: Buffer.concat(parts),
          end,
          pieces: parts.length,
        });
      });
    });
  });
  outgoing.end(body);
  return {
    answer,
    headersCame,
    received: async (bytes) => {
      while (count < bytes) await new Promise<void>((resolve) => (wake = resolve));
    },
    leave: () => outgoing.destroy(),
  };
}
