/** A request as the handler sees it, whatever carried it. */
export interface Incoming {
  readonly method: string;
  /** Path and query, as sent. */
  readonly target: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Aborts when the client leaves or the emulator closes. */
  readonly signal: AbortSignal;
  readBody(): Promise<Uint8Array>;
}

/** What the transport does wrong on purpose. Byte counts are of the body. */
export type Fault =
  | { readonly kind: "never" }
  | { readonly kind: "reset" }
  | { readonly kind: "cut"; readonly afterBytes: number }
  | { readonly kind: "stall"; readonly afterBytes: number };

/** A body that is made while it is sent. */
export interface StreamedBody {
  readonly length: number;
  open(): Iterable<Uint8Array>;
}

/** An answer as the handler gives it; an adapter puts it on a socket or into a web `Response`. */
export interface Outgoing {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array | StreamedBody;
  readonly fault?: Fault;
  /** Send in pieces of this many bytes and without `content-length`. */
  readonly chunkBytes?: number;
}

/** The parts of an error body in the service's shape (codex-backend contract 3.6). */
export interface ErrorFields {
  readonly message: string;
  readonly type?: string | null;
  readonly code?: string | null;
  readonly param?: string | null;
}

/** A JSON answer. */
export function jsonReply(status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): Outgoing {
  return {
    status,
    headers: { "content-type": "application/json", ...headers },
    body: Buffer.from(JSON.stringify(value)),
  };
}

/** An answer of any other text; an empty content type leaves the header out. */
export function textReply(
  status: number,
  contentType: string,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): Outgoing {
  const typed: Record<string, string> = contentType === "" ? {} : { "content-type": contentType };
  return { status, headers: { ...typed, ...headers }, body: Buffer.from(text) };
}

/** An error in the service's shape: all four fields, null where nothing is said. */
export function errorReply(
  status: number,
  error: ErrorFields,
  headers: Readonly<Record<string, string>> = {},
): Outgoing {
  const { message, type = null, code = null, param = null } = error;
  return jsonReply(status, { error: { message, type, code, param } }, headers);
}

/** A refusal that the live service would not give: this emulator is stricter, and says which field is wrong. */
export function strictRefusal(param: string, message: string, code = "invalid_value"): Outgoing {
  return errorReply(400, { message, type: "invalid_request_error", code, param });
}

const DEFAULT_PIECE_BYTES = 65_536;

/** The bytes to send, in pieces, up to where a cut or a stall begins. */
export function* bodyPieces(outgoing: Outgoing): Generator<Uint8Array, void, undefined> {
  const { body, fault } = outgoing;
  let room = fault?.kind === "cut" || fault?.kind === "stall" ? fault.afterBytes : Infinity;
  const pieceBytes = outgoing.chunkBytes ?? DEFAULT_PIECE_BYTES;
  for (const part of body instanceof Uint8Array ? [body] : body.open()) {
    for (let offset = 0; offset < part.length; offset += pieceBytes) {
      if (room <= 0) return;
      const piece = part.subarray(offset, Math.min(part.length, offset + pieceBytes, offset + room));
      room -= piece.length;
      yield piece;
    }
  }
}

/** Why an open answer ended: the emulator, not the client, went away. */
export class EmulatorClosed extends Error {
  override readonly name = "EmulatorClosed";

  constructor() {
    super("the emulator was closed");
  }
}

/** Waits; rejects with the signal's reason when it aborts first. */
export async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (milliseconds <= 0) return;
  await new Promise<void>((resolve, reject) => {
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", onAbort);
      resolve();
    }, milliseconds);
    signal.addEventListener("abort", onAbort, { once: true });
  });
}
