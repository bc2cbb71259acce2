import type { Outgoing } from "../exchange.ts";

/** One event of a stream, before it is numbered. */
export type StreamEvent = { readonly type: string } & Readonly<Record<string, unknown>>;

/** How events are written down. */
export interface StreamStyle {
  readonly crlf?: boolean;
  /** Default true. */
  readonly eventLines?: boolean;
  /** One line of JSON text a `data:` line. */
  readonly splitData?: boolean;
  /** Comments, keepalives, unknown events and broken data between the events. */
  readonly noise?: boolean;
}

// Sent in pieces and without a length, as a stream is.
const PIECE_BYTES = 65_536;

/** Events as the bytes of server-sent events, one part for each. */
export function frameEvents(events: readonly StreamEvent[], style: StreamStyle = {}): Uint8Array[] {
  return events.map((event, index) => {
    const numbered = { ...event, sequence_number: index };
    const data = style.splitData === true ? JSON.stringify(numbered, null, 1).split("\n") : [JSON.stringify(numbered)];
    const name = style.eventLines === false ? [] : [`event: ${event.type}`];
    const before = style.noise === true ? noise(index) : [];
    const lines = [...before, ...name, ...data.map((line) => `data: ${line}`), "", ""];
    return Buffer.from(lines.join(style.crlf === true ? "\r\n" : "\n"));
  });
}

/** A stream that is complete. */
export function streamReply(frames: readonly Uint8Array[], headers: Readonly<Record<string, string>>): Outgoing {
  return { status: 200, headers, body: Buffer.concat(frames), chunkBytes: PIECE_BYTES };
}

/** A stream with a text that is made while it is sent, in the place of the only NUL character of its events. */
export function streamReplyWith(
  frames: readonly Uint8Array[],
  filling: { readonly length: number; open(): Iterable<Uint8Array> },
  headers: Readonly<Record<string, string>>,
): Outgoing {
  const whole = Buffer.concat(frames);
  const mark = "\\u0000";
  const at = whole.indexOf(mark);
  if (at < 0) return streamReply(frames, headers);
  const [before, after] = [whole.subarray(0, at), whole.subarray(at + mark.length)];
  const body = {
    length: before.length + filling.length + after.length,
    *open() {
      yield before;
      yield* filling.open();
      yield after;
    },
  };
  return { status: 200, headers, body, chunkBytes: PIECE_BYTES };
}

function noise(index: number): string[] {
  return [
    ": a comment",
    ":",
    "",
    "event: keepalive",
    'data: {"type":"keepalive"}',
    "",
    `data: {this is not JSON ${index}`,
    "",
    "event: response.something_new",
    'data: {"type":"response.something_new","item":null}',
    "",
    "id: 7",
    "retry: 10",
    "",
    ...(index === 0 ? ["data:", "", 'data: {"no":"type"}', "", "data: []", ""] : []),
  ];
}
