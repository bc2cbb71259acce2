import { jsonReply, textReply, type Outgoing } from "../exchange.ts";
import { goodAnswer } from "../images/good-answer.ts";
import { hugeAnswer } from "../images/huge-answer.ts";
import { parseColor } from "../picture/ground.ts";
import type { ImageTurn, Perform } from "./image-turn.ts";
import { numberOf, textOf } from "./parse-scenario.ts";

/** Answers with status 200: good ones, odd ones and broken ones. */
export const answers: Readonly<Record<string, Perform>> = {
  ok: (turn) => goodAnswer(turn),
  slow: (turn) => goodAnswer(turn),
  "plan-free": (turn) => goodAnswer(turn, { plan: "free" }),
  "wrong-size": (turn) => goodAnswer(turn, { otherOrientation: true }),
  "no-alpha": (turn) =>
    goodAnswer(turn, { alpha: false, claimedBackground: textOf(turn.step, "background", "opaque") }),
  checkerboard: (turn) => goodAnswer(turn, { ground: { kind: "checkerboard" }, claimedBackground: "transparent" }),
  "plain-background": (turn) => {
    const color = parseColor(textOf(turn.step, "color", "#ffffff")) ?? [255, 255, 255];
    return goodAnswer(turn, { ground: { kind: "flat", color } });
  },
  "gradient-background": (turn) => goodAnswer(turn, { ground: { kind: "gradient" } }),
  "echo-input": (turn) => goodAnswer(turn, { echo: "same" }),
  "near-echo": (turn) => goodAnswer(turn, { echo: "near" }),
  "references-dropped": (turn) => goodAnswer(turn, { dropReferences: true }),
  "key-order": (turn) => goodAnswer(turn, { dataFirst: true }),
  "truncated-image": (turn) => goodAnswer(turn, { pictureFraction: numberOf(turn.step, "fraction", 0.5) }),
  "huge-image": (turn) => hugeAnswer(turn, numberOf(turn.step, "megabytes", 25) * 1_000_000),
  chunked: async (turn) => ({ ...(await goodAnswer(turn)), chunkBytes: numberOf(turn.step, "chunkBytes", 65_536) }),
  "escaped-slashes": async (turn) => rewrite(await goodAnswer(turn), (text) => text.replaceAll("/", "\\/")),
  "broken-json": async (turn) => rewrite(await goodAnswer(turn), (text) => text.slice(0, -3)),
  "clock-skew": skewed,
  "not-json": () => textReply(200, "text/plain", "hello"),
  "no-data": () => jsonReply(200, { created: 1 }),
  "empty-data": () => jsonReply(200, { created: 1, data: [] }),
  "bad-base64": () => jsonReply(200, { created: 1, data: [{ b64_json: "!!!notbase64" }] }),
  "not-an-image": () => jsonReply(200, { created: 1, data: [{ b64_json: "aGVsbG8gd29ybGQ=" }] }),
};

async function skewed(turn: ImageTurn): Promise<Outgoing> {
  const answer = await goodAnswer(turn);
  const date = new Date(turn.state.options.clock() + numberOf(turn.step, "skewMs", 3_600_000)).toUTCString();
  return { ...answer, headers: { ...answer.headers, date } };
}

function rewrite(answer: Outgoing, change: (text: string) => string): Outgoing {
  if (!(answer.body instanceof Uint8Array))
    throw new Error(`a streamed body of ${answer.body.length} bytes cannot be rewritten`);
  return { ...answer, body: Buffer.from(change(Buffer.from(answer.body).toString("utf8"))) };
}
