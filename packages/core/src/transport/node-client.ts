import type { Agent, ClientRequest, IncomingMessage, RequestOptions } from "node:http";
import type { Socket } from "node:net";
import { HttpFailure } from "./http-client.ts";
import type { FailurePhase, HttpAnswer, HttpClient, HttpRequest, RequestBody } from "./http-client.ts";
import { ProxyRefusal } from "./proxy.ts";
import type { ProxyChoice } from "./proxy.ts";

/**
 * Node's own http and https: on image answers half the CPU and two thirds of the memory of any fetch (bench/README.md).
 *
 * Every request has a connection of its own. A kept-alive one may be closed by the other side at the moment it is used
 * again, and then nobody can tell whether a paid request was seen (docs/decisions/0003-retries-and-quota.md).
 */
export function createNodeClient(proxyFor: ProxyChoice): HttpClient {
  return {
    send: async (request) => {
      const agent = await proxyFor(request.url, request.signal);
      return new Promise((resolve, reject) => {
        exchange(request, agent, resolve, reject);
      });
    },
  };
}

type OpenRequest = (url: URL, options: RequestOptions) => ClientRequest;

/** An ESM import of node:http loads undici as well (40 ms of CPU); this way loads what is needed. */
function openerFor(url: URL): OpenRequest {
  return url.protocol === "https:"
    ? process.getBuiltinModule("node:https").request
    : process.getBuiltinModule("node:http").request;
}

function exchange(
  request: HttpRequest,
  agent: Agent | null,
  resolve: (answer: HttpAnswer) => void,
  reject: (cause: unknown) => void,
): void {
  const { signal } = request;
  if (signal.aborted) {
    reject(signal.reason);
    return;
  }
  let phase: FailurePhase = "connecting";
  const headers: Record<string, string> = { ...request.headers };
  if (request.body !== null) headers["content-length"] = String(request.body.length);
  const outgoing = openerFor(request.url)(request.url, { method: request.method, headers, agent: agent ?? false });

  const abort = (): void => {
    outgoing.destroy();
    reject(signal.reason);
  };
  const release = (): void => signal.removeEventListener("abort", abort);
  signal.addEventListener("abort", abort, { once: true });
  const fail = (cause: unknown): void => {
    release();
    outgoing.destroy();
    reject(signal.aborted ? signal.reason : new HttpFailure(phase, cause));
  };

  outgoing.on("error", fail);
  // https-proxy-agent replays a refusal of the proxy as if the service had answered; it says so here first.
  outgoing.on("proxyConnect", ({ statusCode }: { readonly statusCode: number }) => {
    if (statusCode !== 200) fail(new ProxyRefusal(statusCode));
  });
  outgoing.on("socket", (socket: Socket) => {
    whenConnected(socket, () => {
      request.onConnected().then(
        () => {
          if (signal.aborted) return;
          phase = "sending";
          sendBody(outgoing, request.body, () => {
            phase = phase === "sending" ? "answering" : phase;
            request.onSent();
          }).catch((error: unknown) => {
            // The body itself could not be read: the caller's own error, too.
            release();
            outgoing.destroy();
            reject(error);
          });
        },
        (error: unknown) => {
          // Not a failure of the connection: the caller's own error goes through unchanged.
          release();
          outgoing.destroy();
          reject(error);
        },
      );
    });
  });
  outgoing.on("response", (incoming: IncomingMessage) => {
    phase = "body";
    outgoing.off("error", fail);
    // Errors after the head of the answer belong to the body, which reports them itself.
    outgoing.on("error", () => undefined);
    release();
    resolve(answerOf(incoming, outgoing, signal));
  });
}

function whenConnected(socket: Socket, then: () => void): void {
  const isTls = "encrypted" in socket && socket.encrypted === true;
  const isReady = !socket.connecting && !("secureConnecting" in socket && socket.secureConnecting === true);
  if (isReady) then();
  else socket.once(isTls ? "secureConnect" : "connect", then);
}

async function sendBody(outgoing: ClientRequest, body: RequestBody | null, sent: () => void): Promise<void> {
  outgoing.once("finish", sent);
  if (body === null) {
    outgoing.end();
    return;
  }
  for (const slice of body.slices()) {
    if (outgoing.destroyed) return;
    if (!outgoing.write(slice)) await drained(outgoing);
  }
  outgoing.end();
}

/** Resolves when more can be written; also when the connection is gone, which is reported by its own event. */
async function drained(outgoing: ClientRequest): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.once("drain", done);
    outgoing.once("close", done);
  });
}

function answerOf(incoming: IncomingMessage, outgoing: ClientRequest, signal: AbortSignal): HttpAnswer {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(incoming.headers)) {
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(", ") : value);
  }
  return {
    status: incoming.statusCode ?? 0,
    headers,
    read: async (onChunk) =>
      new Promise((resolve, reject) => {
        const abort = (): void => {
          reject(signal.reason);
          outgoing.destroy();
        };
        const settle = (finish: () => void): void => {
          signal.removeEventListener("abort", abort);
          finish();
        };
        if (signal.aborted) {
          abort();
          return;
        }
        signal.addEventListener("abort", abort, { once: true });
        incoming.on("error", (cause) => settle(() => reject(new HttpFailure("body", cause))));
        // A body cut before its declared end closes without "end".
        incoming.on("close", () => settle(() => reject(new HttpFailure("body", new Error("connection closed")))));
        incoming.on("end", () => settle(resolve));
        incoming.on("data", (chunk: Uint8Array) => {
          try {
            onChunk(chunk);
          } catch (error) {
            settle(() => reject(error));
            outgoing.destroy();
          }
        });
      }),
    discard: () => outgoing.destroy(),
  };
}
