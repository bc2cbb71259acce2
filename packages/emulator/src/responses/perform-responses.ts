import { textReply, type Outgoing } from "../exchange.ts";
import { madeUpRay } from "../identifiers.ts";
import { noisyBase64 } from "../images/huge-answer.ts";
import { breakAt, failures } from "../scenarios/faults.ts";
import { numberOf, textOf } from "../scenarios/parse-scenario.ts";
import { refusals } from "../scenarios/refusals.ts";
import { planInForce } from "../state.ts";
import { chatEvents, type ChatChanges } from "./chat-events.ts";
import type { ChatRequest } from "./chat-request.ts";
import { hostedEvents, type HostedAnswer, type HostedChanges, type HostedTurn } from "./hosted-events.ts";
import type { Ending, StreamTurn } from "./response-events.ts";
import { frameEvents, streamReply, streamReplyWith, type StreamEvent, type StreamStyle } from "./stream.ts";
import { failedError, nestedError, topLevelError } from "./stream-errors.ts";

interface ChatTurn extends StreamTurn {
  readonly role: "chat";
  readonly chat: ChatRequest;
}

/** One call of `/responses`, in either role. */
export type ResponsesTurn = (HostedTurn & { readonly role: "hosted" }) | ChatTurn;

type Changes = HostedChanges & ChatChanges & { readonly plan?: string };
type Perform = (turn: ResponsesTurn) => Outgoing | Promise<Outgoing>;

const DECLINED = "I would rather describe the picture: it would be a fine one.";

const performers: Readonly<Record<string, Perform>> = {
  ok: (turn) => answer(turn),
  slow: (turn) => answer(turn),
  "plan-free": (turn) => answer(turn, { plan: "free" }),
  "text-only": (turn) => declined(turn),
  "declines-tool": (turn) => declined(turn),
  "calls-twice": (turn) => answer(turn, { twice: true }),
  "partials-only": (turn) => answer(turn, { resultIn: "nowhere", previews: 1 }),
  incomplete: (turn) => answer(turn, { ending: { kind: "incomplete" }, previews: 1 }),
  "response-failed": (turn) => ends(turn, { kind: "failed", error: failedError(turn) }),
  "error-event": (turn) => ends(turn, { kind: "error", error: topLevelError(turn) }),
  "nested-error": (turn) => ends(turn, { kind: "failed", error: nestedError(turn) }),
  "result-in-completed": (turn) => answer(turn, { resultIn: "completed" }),
  "two-results": (turn) => answer(turn, { smallFirst: true }),
  "finished-status": (turn) => answer(turn, { status: textOf(turn.step, "status", "completed") }),
  "references-dropped": (turn) => answer(turn, { dropReferences: true }),
  "bad-base64": (turn) => answer(turn, { result: "!!!notbase64" }),
  "not-an-image": (turn) => answer(turn, { result: "aGVsbG8gd29ybGQ=" }),
  crlf: (turn) => answer(turn, {}, { crlf: true }),
  comments: (turn) => answer(turn, {}, { noise: true }),
  "no-event-lines": (turn) => answer(turn, {}, { eventLines: false }),
  "split-data": (turn) => answer(turn, {}, { splitData: true }),
  "huge-image": huge,
  "not-json": () => textReply(200, "text/plain", "hello"),
  "broken-json": async (turn) => {
    const whole = await answer(turn);
    return whole.body instanceof Uint8Array ? { ...whole, body: whole.body.subarray(0, -4) } : whole;
  },
  chunked: async (turn) => ({ ...(await answer(turn)), chunkBytes: numberOf(turn.step, "chunkBytes", 65_536) }),
  "cut-body": (turn) => broken(turn, "cut"),
  "stalled-body": (turn) => broken(turn, "stall"),
  "cut-stream": (turn) => brokenStream(turn, "cut"),
  "stalled-stream": (turn) => brokenStream(turn, "stall"),
  "clock-skew": async (turn) => {
    const whole = await answer(turn);
    const date = new Date(turn.state.options.clock() + numberOf(turn.step, "skewMs", 3_600_000)).toUTCString();
    return { ...whole, headers: { ...whole.headers, date } };
  },
};

/** Does what the step says. */
export async function performResponses(turn: ResponsesTurn): Promise<Outgoing> {
  const { name } = turn.step;
  const perform = performers[name] ?? refusals[name] ?? failures[name];
  if (perform === undefined) throw new Error(`the scenario "${name}" has no performer for responses`);
  return perform(turn);
}

async function answer(turn: ResponsesTurn, changes: Changes = {}, style: StreamStyle = {}): Promise<Outgoing> {
  const { events } = await makeEvents(turn, changes);
  return streamReply(frameEvents(events, style), streamHeaders(turn, changes.plan));
}

async function makeEvents(turn: ResponsesTurn, changes: Changes): Promise<HostedAnswer> {
  if (turn.role === "hosted") return hostedEvents(turn, changes);
  return { events: chatEvents(turn, turn.chat, changes), picture: undefined };
}

function declined(turn: ResponsesTurn): Promise<Outgoing> {
  const text = textOf(turn.step, "text", DECLINED);
  return answer(turn, { says: text, declines: text });
}

function ends(turn: ResponsesTurn, ending: Ending): Promise<Outgoing> {
  return answer(turn, { ending });
}

/** The picture is drawn once; the rest is made while it is sent. */
async function huge(turn: ResponsesTurn): Promise<Outgoing> {
  const { events, picture } = await makeEvents(turn, { result: "\0" });
  const frames = frameEvents(events);
  const headers = streamHeaders(turn);
  if (picture === undefined) return streamReply(frames, headers);
  const bytes = numberOf(turn.step, "megabytes", 25) * 1_000_000;
  return streamReplyWith(frames, noisyBase64(picture, bytes, turn.state.options.seed), headers);
}

async function broken(turn: ResponsesTurn, kind: "cut" | "stall"): Promise<Outgoing> {
  const whole = await answer(turn);
  return { ...whole, fault: { kind, afterBytes: breakAt(turn.step, whole) } };
}

async function brokenStream(turn: ResponsesTurn, kind: "cut" | "stall"): Promise<Outgoing> {
  const { events } = await makeEvents(turn, { previews: 1 });
  const frames = frameEvents(events);
  const afterBytes = placeOf(events, frames, textOf(turn.step, "at", "result"));
  return { ...streamReply(frames, streamHeaders(turn)), fault: { kind, afterBytes } };
}

function placeOf(events: readonly StreamEvent[], frames: readonly Uint8Array[], at: string): number {
  const bytesBefore = (index: number): number => frames.slice(0, index).reduce((sum, frame) => sum + frame.length, 0);
  if (at === "after-result") return bytesBefore(events.length - 1);
  const done = events.findIndex(({ type }) => type === "response.output_item.done");
  const index = done < 0 ? events.length - 1 : done;
  const within = at === "result" ? Math.floor((frames[index]?.length ?? 0) / 2) : 0;
  return bytesBefore(index) + within;
}

/** Headers of codex-backend contract 4 and 10: the week of the general limit. No `openai-model` (contract 5.3). */
function streamHeaders(turn: ResponsesTurn, plan?: string): Record<string, string> {
  const { state, account, requestId } = turn;
  const { secondary } = state.metersOf(account).usage.read();
  return {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache",
    server: "cloudflare",
    "cf-ray": madeUpRay(state.options.seed, turn.ordinal),
    "x-request-id": requestId,
    "x-oai-request-id": requestId,
    "x-codex-active-limit": "premium",
    "x-codex-plan-type": plan ?? planInForce(state, account),
    "x-codex-primary-used-percent": String(secondary.used_percent),
    "x-codex-primary-window-minutes": String(secondary.limit_window_seconds / 60),
    "x-codex-primary-reset-after-seconds": String(secondary.reset_after_seconds),
    "x-codex-primary-reset-at": String(secondary.reset_at),
    "x-codex-secondary-used-percent": "0",
    "x-codex-secondary-window-minutes": "0",
    "x-codex-secondary-reset-after-seconds": "0",
    "x-codex-credits-has-credits": "False",
    "x-codex-credits-unlimited": "False",
    "x-codex-credits-balance": "0",
  };
}
