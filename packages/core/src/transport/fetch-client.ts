import { HttpFailure } from "./http-client.ts";
import type { HttpAnswer, HttpClient, RequestBody } from "./http-client.ts";

/** Failures after which it is certain that no byte of the request was sent. */
const beforeSending: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "UND_ERR_CONNECT_TIMEOUT",
  "CERT_HAS_EXPIRED",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
  "ERR_TLS_CERT_ALTNAME_INVALID",
]);

/**
 * A host's own `fetch`, so that its proxy and certificate settings count. `fetch` tells neither when it is connected nor when the
 * last byte went out, so the request counts as sent from the moment it is called, unless the failure itself proves otherwise: an
 * error that comes late is then never taken for one that came at once.
 */
export function createFetchClient(hostFetch: typeof globalThis.fetch): HttpClient {
  return {
    send: async ({ url, method, headers, body, signal, onConnected, onSent }) => {
      await untilAborted(onConnected, signal);
      let response: Response;
      // A body that cannot be read is the caller's own error, and nothing was sent.
      const whole = body === null ? null : joined(body);
      try {
        // Redirects are never followed: the token stays with the origin it was meant for.
        const answering = hostFetch(url, {
          method,
          headers,
          body: whole,
          signal,
          redirect: "manual",
        });
        onSent();
        response = await answering;
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        throw new HttpFailure(beforeSending.has(causeCode(error)) ? "connecting" : "answering", error);
      }
      return answerOf(response, signal);
    },
  };
}

/** Rejects with the signal's reason as soon as it is aborted; does not begin when it already is. */
async function untilAborted(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop, { once: true });
  });
  try {
    await Promise.race([work(), aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

function causeCode(error: unknown): string {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    if ("code" in cause && typeof cause.code === "string") return cause.code;
  }
  return "";
}

function joined(body: RequestBody): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(body.length);
  let offset = 0;
  for (const slice of body.slices()) {
    whole.set(slice, offset);
    offset += slice.length;
  }
  return whole;
}

function answerOf(response: Response, signal: AbortSignal): HttpAnswer {
  return {
    status: response.status,
    headers: new Map(response.headers.entries()),
    read: async (onChunk) => {
      const reader = response.body?.getReader();
      if (reader === undefined) return;
      for (;;) {
        let step;
        try {
          step = await reader.read();
        } catch (error) {
          if (signal.aborted) throw signal.reason;
          throw new HttpFailure("body", error);
        }
        if (step.done) return;
        try {
          onChunk(step.value);
        } catch (error) {
          // The caller refuses the rest; a connection that cannot be closed cleanly changes nothing for it.
          reader.cancel().catch(() => undefined);
          throw error;
        }
      }
    },
    discard: () => {
      response.body?.cancel().catch(() => undefined);
    },
  };
}
