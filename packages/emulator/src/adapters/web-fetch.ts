import { bodyPieces, type Incoming, type Outgoing } from "../exchange.ts";
import type { Handled } from "../handler.ts";
import type { CallDraft } from "../record/recorded-call.ts";
import type { Activity } from "./activity.ts";

type Handle = (incoming: Incoming) => Promise<Handled>;

// Answers up to here are handed over whole, so that a caller who ignores the body leaves nothing open.
const WHOLE_BYTES = 65_536;

/**
 * Answers a web `Request` without a socket. Faults look as they do from `fetch`: no answer rejects with a `TypeError`
 * whose cause has a `code`, a cut body errors its stream, a stall waits until the request's signal or `closing` aborts.
 */
export async function answerWebRequest(
  handle: Handle,
  activity: Activity,
  request: Request,
  closing: AbortSignal,
): Promise<Response> {
  const done = activity.begin();
  const signal = AbortSignal.any([request.signal, closing]);
  let handled: Handled;
  try {
    signal.throwIfAborted();
    handled = await handle(toIncoming(request, signal));
    signal.throwIfAborted();
  } catch (error) {
    done();
    throw signal.aborted ? signal.reason : error;
  }
  const { outgoing, call } = handled;
  const settle = (aborted: boolean): void => {
    if (aborted && !closing.aborted && call !== undefined) call.aborted = true;
    done();
  };
  if (outgoing.fault?.kind === "never") return waitForAbort(signal, settle);
  if (outgoing.fault?.kind === "reset") {
    settle(false);
    throw brokenConnection("fetch failed", "ECONNRESET");
  }
  return toResponse(outgoing, signal, settle, call);
}

function toIncoming(request: Request, signal: AbortSignal): Incoming {
  const url = new URL(request.url);
  const headers: Record<string, string> = {};
  request.headers.forEach((value, name) => {
    headers[name.toLowerCase()] = value;
  });
  headers["host"] ??= url.host;
  return {
    method: request.method,
    target: url.pathname + url.search,
    headers,
    signal,
    readBody: async () => new Uint8Array(await request.arrayBuffer()),
  };
}

async function waitForAbort(signal: AbortSignal, settle: (aborted: boolean) => void): Promise<never> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
  settle(true);
  throw signal.reason;
}

function toResponse(
  outgoing: Outgoing,
  signal: AbortSignal,
  settle: (aborted: boolean) => void,
  call: CallDraft | undefined,
): Response {
  const { status, fault, body } = outgoing;
  const length: Record<string, string> =
    outgoing.chunkBytes === undefined ? { "content-length": String(body.length) } : {};
  const init = { status, headers: { ...outgoing.headers, ...length } };
  const plain =
    fault === undefined &&
    outgoing.chunkBytes === undefined &&
    body instanceof Uint8Array &&
    body.length <= WHOLE_BYTES;
  if (plain || call === undefined) {
    settle(false);
    return new Response(Buffer.concat([...bodyPieces(outgoing)]), init);
  }
  const pieces = bodyPieces(outgoing);
  let onAbort = (): void => undefined;
  const finish = (aborted: boolean): void => {
    signal.removeEventListener("abort", onAbort);
    settle(aborted);
  };
  const stream = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        onAbort = () => {
          finish(true);
          controller.error(signal.reason);
        };
        signal.addEventListener("abort", onAbort, { once: true });
      },
      pull: async (controller) => {
        const next = pieces.next();
        if (next.done !== true) return controller.enqueue(next.value);
        // A stall never resolves this pull; the abort listener errors the stream.
        if (fault?.kind === "stall") return new Promise<void>(() => undefined);
        finish(false);
        if (fault?.kind === "cut") controller.error(brokenConnection("terminated", "UND_ERR_SOCKET"));
        else controller.close();
      },
      cancel: () => finish(true),
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, init);
}

function brokenConnection(message: string, code: string): TypeError {
  return new TypeError(message, { cause: Object.assign(new Error("other side closed"), { code }) });
}
