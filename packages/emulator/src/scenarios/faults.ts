import { jsonReply, textReply, type Outgoing } from "../exchange.ts";
import { goodAnswer } from "../images/good-answer.ts";
import type { AccountTurn, Perform } from "./image-turn.ts";
import { numberOf, type ParsedStep } from "./parse-scenario.ts";

const BOOM = { error: { message: "boom", type: "server_error" } };
/** No answer: only with a fault. */
export const NOTHING: Outgoing = { status: 0, headers: {}, body: new Uint8Array(0) };

/** Server errors, and transports that give nothing. */
export const failures: Readonly<Record<string, (turn: AccountTurn) => Outgoing>> = {
  "server-error": () => jsonReply(500, BOOM),
  "server-error-late": () => jsonReply(500, BOOM),
  "server-error-with-request-id": (turn) =>
    jsonReply(500, BOOM, { "x-codex-imagegen-request-id": turn.requestId, "x-oai-request-id": turn.requestId }),
  unavailable: () => textReply(503, "text/plain", "upstream connect error"),
  never: () => ({ ...NOTHING, fault: { kind: "never" } }),
  reset: () => ({ ...NOTHING, fault: { kind: "reset" } }),
};

/** Those, and transports that break in the middle of a picture. */
export const faults: Readonly<Record<string, Perform>> = {
  ...failures,
  "stalled-body": async (turn) => {
    const answer = await goodAnswer(turn);
    return { ...answer, fault: { kind: "stall", afterBytes: breakAt(turn.step, answer) } };
  },
  "cut-body": async (turn) => {
    const answer = await goodAnswer(turn);
    return { ...answer, fault: { kind: "cut", afterBytes: breakAt(turn.step, answer) } };
  },
};

/** After how many bytes of the body the step breaks the answer. */
export function breakAt(step: ParsedStep, answer: Outgoing): number {
  const length = answer.body.length;
  // At least one byte must be missing, or nothing would be broken.
  return Math.min(length - 1, numberOf(step, "atBytes", Math.floor(length * numberOf(step, "fraction", 0.5))));
}
