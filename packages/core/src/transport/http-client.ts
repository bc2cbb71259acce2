/** The one way out to the network. Two implementations: Node's own http(s), and a host's `fetch`. */

/** A body whose length is known before it is sent; read anew for every attempt. */
export interface RequestBody {
  readonly length: number;
  /** Slices in order; only valid until the next one is asked for. */
  slices(): Iterable<Uint8Array>;
}

export interface HttpRequest {
  readonly url: URL;
  readonly method: "GET" | "POST";
  readonly headers: Readonly<Record<string, string>>;
  readonly body: RequestBody | null;
  /** Aborting it ends the request wherever it is and destroys the connection; its reason is rethrown unchanged. */
  readonly signal: AbortSignal;
  /** Awaited when the connection stands and nothing of the request has been sent. */
  readonly onConnected: () => Promise<void>;
  /** Called when the last byte of the request was handed to the system. */
  readonly onSent: () => void;
}

export interface HttpAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** Feed the body to `onChunk`. A chunk is not written to again: it may be kept, and costs memory then. Resolves when the body is whole. @throws HttpFailure */
  read(onChunk: (chunk: Uint8Array) => void): Promise<void>;
  /** Let go of the connection without reading on. */
  discard(): void;
}

export interface HttpClient {
  /** @throws HttpFailure, or the signal's reason */
  send(request: HttpRequest): Promise<HttpAnswer>;
}

/** How far a request came before the connection failed. Only before `sending` is it certain that nothing happened. */
export type FailurePhase = "connecting" | "sending" | "answering" | "body";

export class HttpFailure extends Error {
  override readonly name: string = "HttpFailure";
  readonly phase: FailurePhase;

  constructor(phase: FailurePhase, cause: unknown) {
    super(`connection failed while ${phase}`, { cause });
    this.phase = phase;
  }
}

export function bytesBody(bytes: Uint8Array): RequestBody {
  return { length: bytes.length, slices: () => [bytes] };
}
