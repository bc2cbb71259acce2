import { jsonReply, type Outgoing } from "../exchange.ts";
import { madeUpRay, madeUpUuid } from "../identifiers.ts";
import { decodePng } from "../picture/png-decode.ts";
import { encodePng } from "../picture/png-encode.ts";
import type { ImageTurn } from "../scenarios/image-turn.ts";
import { planInForce } from "../state.ts";
import { drawRequest, type DrawChanges } from "./draw-request.ts";
import { WINDOW_MINUTES } from "./image-window.ts";

/** How an answer differs from what was asked. */
export interface AnswerChanges extends DrawChanges {
  readonly plan?: string;
  readonly claimedBackground?: string;
  readonly dataFirst?: boolean;
  /** Cut every picture's file at this share of its bytes. */
  readonly pictureFraction?: number;
  /** Answer an edit with its own first input: the same bytes, or the same picture written anew with a little noise. */
  readonly echo?: "same" | "near";
}

/** Pictures and everything that is said about them. */
export interface DrawnAnswer {
  readonly pictures: readonly Uint8Array[];
  readonly document: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;
}

/** The answer of codex-backend contract 3.2. It counts in the image window. */
export async function goodAnswer(turn: ImageTurn, changes: AnswerChanges = {}): Promise<Outgoing> {
  const { pictures, document, headers } = await drawAnswer(turn, changes);
  const { seed } = turn.state.options;
  const data = pictures.map((picture, index) => {
    const kept =
      changes.pictureFraction === undefined
        ? picture
        : picture.subarray(0, Math.floor(picture.length * changes.pictureFraction));
    const b64_json = Buffer.from(kept.buffer, kept.byteOffset, kept.length).toString("base64");
    const generation_id = madeUpUuid(seed, `generation-${index}`, turn.ordinal);
    return changes.dataFirst === true ? { generation_id, b64_json } : { b64_json, generation_id };
  });
  const { created, background, ...rest } = document;
  const body =
    changes.dataFirst === true ? { data, ...rest, background, created } : { created, background, data, ...rest };
  return jsonReply(200, body, headers);
}

/** Draws the pictures of an answer and writes down the document without `data`. */
export async function drawAnswer(turn: ImageTurn, changes: AnswerChanges): Promise<DrawnAnswer> {
  const { state } = turn;
  const drawn = await drawRequest(turn, changes);
  const echoed = await echo(turn, changes.echo);
  const pictures = echoed === undefined ? drawn.pictures : [echoed.bytes];
  const size = echoed?.size ?? drawn.size;
  const { window, usage } = state.metersOf(turn.account);
  window.add(pictures.length);
  usage.add(pictures.length);
  const document = {
    created: Math.floor(state.options.clock() / 1000),
    background: changes.claimedBackground ?? drawn.background,
    output_format: "png",
    quality: drawn.quality,
    size: `${size.width}x${size.height}`,
    usage: drawn.usage,
  };
  return { pictures, document, headers: answerHeaders(turn, changes.plan ?? planInForce(state, turn.account)) };
}

/** The first input as an answer; undefined where there is none, or where noise was asked and it cannot be read. */
async function echo(
  turn: ImageTurn,
  kind: "same" | "near" | undefined,
): Promise<{ bytes: Uint8Array; size: { width: number; height: number } | undefined } | undefined> {
  const [first] = turn.request.images;
  if (kind === undefined || first === undefined) return undefined;
  const decoded = await decodePng(first.bytes);
  if (kind === "same") return { bytes: first.bytes, size: decoded };
  if (decoded === undefined) return undefined;
  const { pixels } = decoded;
  // One step in one channel of every fifth pixel: no eye sees it.
  for (let offset = 0; offset < pixels.length; offset += 20) {
    const value = pixels[offset] ?? 0;
    pixels[offset] = value === 255 ? 254 : value + 1;
  }
  return { bytes: await encodePng(decoded, decoded.alpha), size: decoded };
}

function answerHeaders(turn: ImageTurn, plan: string): Record<string, string> {
  const window = turn.state.metersOf(turn.account).window.read();
  return {
    server: "cloudflare",
    "cf-ray": madeUpRay(turn.state.options.seed, turn.ordinal),
    "x-codex-active-limit": "imagegen_premium",
    "x-codex-plan-type": plan,
    "x-codex-imagegen-request-id": turn.requestId,
    "x-oai-request-id": turn.requestId,
    "x-codex-primary-used-percent": String(window.usedPercent),
    "x-codex-primary-window-minutes": String(WINDOW_MINUTES),
    "x-codex-primary-reset-after-seconds": String(window.resetAfterSeconds),
    "x-codex-primary-reset-at": String(window.resetAt),
    "x-codex-primary-over-secondary-limit-percent": "0",
    "x-codex-secondary-used-percent": "0",
    "x-codex-secondary-window-minutes": "0",
    "x-codex-secondary-reset-after-seconds": "0",
    "x-codex-credits-has-credits": "False",
    "x-codex-credits-unlimited": "False",
    "x-codex-credits-balance": "0",
  };
}
