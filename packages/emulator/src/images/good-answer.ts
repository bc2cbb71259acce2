import { jsonReply, type Outgoing } from "../exchange.ts";
import { madeUpRay, madeUpUuid } from "../identifiers.ts";
import { drawPicture } from "../picture/draw-picture.ts";
import { decodePng } from "../picture/png-decode.ts";
import { hashText } from "../picture/random.ts";
import { textOf } from "../scenarios/parse-scenario.ts";
import type { ImageTurn } from "../scenarios/image-turn.ts";
import { planInForce } from "../state.ts";
import { WINDOW_MINUTES } from "./image-window.ts";
import { parseSize, shapeFromPrompt, sizeForRatio, unconstrainedSize, type PixelSize } from "./shape.ts";

/** How an answer differs from what was asked. */
export interface AnswerChanges {
  readonly plan?: string;
  readonly otherOrientation?: boolean;
  readonly alpha?: boolean;
  readonly claimedBackground?: string;
  readonly dataFirst?: boolean;
  /** Cut every picture's file at this share of its bytes. */
  readonly pictureFraction?: number;
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
  const { state, request, drawnPrompt } = turn;
  const { seed, clock, capabilities, mark } = state.options;
  const parent = await readParent(turn);
  const size = pictureSize(turn, parent, changes.otherOrientation === true);
  const transparent = request.background === "transparent" && changes.alpha !== false;
  const count = capabilities.honoursCount ? request.n : 1;
  const pictures: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const edited = parent === undefined ? {} : { parent };
    pictures.push(
      await drawPicture({ prompt: drawnPrompt, seed: seed + index * 7919, ...size, transparent, mark, ...edited }),
    );
  }
  const { window, usage } = state.metersOf(turn.account);
  window.add(count);
  usage.add(count);
  const asked = request.quality;
  const honoured = capabilities.honoursQuality && asked !== "auto";
  const quality = honoured ? asked : hashText(request.prompt, seed) % 4 === 0 ? "medium" : "low";
  const document = {
    created: Math.floor(clock() / 1000),
    background: changes.claimedBackground ?? (transparent ? "transparent" : "opaque"),
    output_format: "png",
    quality,
    size: `${size.width}x${size.height}`,
    usage: tokenUsage(turn, count, quality),
  };
  return { pictures, document, headers: answerHeaders(turn, changes.plan ?? planInForce(state, turn.account)) };
}

async function readParent(turn: ImageTurn): Promise<Awaited<ReturnType<typeof decodePng>> | "unreadable"> {
  const [first] = turn.request.images;
  if (first === undefined) return undefined;
  return (await decodePng(first.bytes)) ?? "unreadable";
}

function pictureSize(
  turn: ImageTurn,
  parent: PixelSize | "unreadable" | undefined,
  otherOrientation: boolean,
): PixelSize {
  const { request, state, step } = turn;
  const forced = parseSize(textOf(step, "size", ""));
  if (forced !== undefined) return otherOrientation ? { width: forced.height, height: forced.width } : forced;
  const honoured = state.options.capabilities.honoursSize ? parseSize(request.size) : undefined;
  const asked =
    honoured ??
    shapeFromPrompt(request.prompt) ??
    (typeof parent === "object" ? parentShape(parent) : unconstrainedSize(request.prompt, state.options.seed));
  if (!otherOrientation) return asked;
  return asked.width > asked.height ? { width: 1024, height: 1536 } : { width: 1536, height: 1024 };
}

/** An edit keeps its parent's shape (an assumption: contract 3.3 says nothing about edits). */
function parentShape(parent: PixelSize): PixelSize {
  const { width, height } = parent;
  const megapixels = (width * height) / 1_000_000;
  if (megapixels > 1.4 && megapixels < 1.7) return { width, height };
  return Math.max(width / height, height / width) > 4 ? unconstrainedSize("", 0) : sizeForRatio(width, height);
}

function tokenUsage(turn: ImageTurn, count: number, quality: string): Readonly<Record<string, unknown>> {
  const perPicture = { low: 515, medium: 1372, high: 5488 }[quality] ?? 515;
  const textTokens = 7 + Math.ceil(turn.request.prompt.length / 4);
  const imageTokens = turn.request.images.length * 765;
  const output = perPicture * count;
  return {
    input_tokens: textTokens + imageTokens,
    input_tokens_details: { image_tokens: imageTokens, text_tokens: textTokens },
    output_tokens: output,
    output_tokens_details: { image_tokens: output, text_tokens: 0 },
    total_tokens: textTokens + imageTokens + output,
  };
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
