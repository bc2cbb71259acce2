import { drawPicture } from "../picture/draw-picture.ts";
import type { Ground } from "../picture/ground.ts";
import { decodePng } from "../picture/png-decode.ts";
import { hashText } from "../picture/random.ts";
import { textOf, type ParsedStep } from "../scenarios/parse-scenario.ts";
import type { EmulatorState } from "../state.ts";
import type { ImageRequest } from "./image-request.ts";
import { parseSize, shapeFromPrompt, sizeForRatio, unconstrainedSize, type PixelSize } from "./shape.ts";
import { flatBackground } from "./wishes.ts";

/** What is needed to draw, on either route. */
export interface DrawTurn {
  readonly state: EmulatorState;
  readonly step: ParsedStep;
  readonly request: ImageRequest;
  /** The prompt without anything that looks like a credential: this is what gets drawn. */
  readonly drawnPrompt: string;
}

/** How the pictures differ from what was asked. */
export interface DrawChanges {
  readonly otherOrientation?: boolean;
  readonly alpha?: boolean;
  readonly ground?: Ground;
  readonly dropReferences?: boolean;
}

/** Pictures, and what is true of them. */
export interface Drawn {
  readonly pictures: readonly Uint8Array[];
  readonly size: PixelSize;
  readonly background: "transparent" | "opaque";
  readonly quality: string;
  readonly usage: TokenUsage;
}

/** Token counts as the image routes write them. */
export interface TokenUsage {
  readonly input_tokens: number;
  readonly input_tokens_details: { readonly image_tokens: number; readonly text_tokens: number };
  readonly output_tokens: number;
  readonly output_tokens_details: { readonly image_tokens: number; readonly text_tokens: number };
  readonly total_tokens: number;
}

/** Draws what a request asks for. It counts in no window. */
export async function drawRequest(turn: DrawTurn, changes: DrawChanges = {}): Promise<Drawn> {
  const { state, request, drawnPrompt } = turn;
  const { capabilities } = state;
  const { seed, mark } = state.options;
  const images = changes.dropReferences === true ? [] : request.images;
  const parent = await readParent(images[0]?.bytes);
  const size = pictureSize(turn, parent, changes.otherOrientation === true);
  const transparent = request.background === "transparent" && changes.alpha !== false && changes.ground === undefined;
  const ground = changes.ground ?? (transparent ? undefined : keyGround(request.prompt));
  const count = capabilities.honoursCount ? request.n : 1;
  const pictures: Uint8Array[] = [];
  for (let index = 0; index < count; index += 1) {
    const more = { ...(parent === undefined ? {} : { parent }), ...(ground === undefined ? {} : { ground }) };
    pictures.push(
      await drawPicture({ prompt: drawnPrompt, seed: seed + index * 7919, ...size, transparent, mark, ...more }),
    );
  }
  const asked = request.quality;
  const honoured = capabilities.honoursQuality && asked !== "auto";
  const quality = honoured ? asked : hashText(request.prompt, seed) % 4 === 0 ? "medium" : "low";
  const usage = tokenUsage(request.prompt, images.length, count, quality);
  return { pictures, size, background: transparent ? "transparent" : "opaque", quality, usage };
}

/** A smaller picture of the same, as a preview shows it. */
export async function drawPreview(turn: DrawTurn, size: PixelSize, divisor: number): Promise<Uint8Array> {
  const { state, request, drawnPrompt } = turn;
  const parent = await readParent(request.images[0]?.bytes);
  const side = (pixels: number): number => Math.max(16, Math.round(pixels / divisor));
  return drawPicture({
    prompt: drawnPrompt,
    seed: state.options.seed,
    width: side(size.width),
    height: side(size.height),
    transparent: request.background === "transparent",
    mark: state.options.mark,
    ...(parent === undefined ? {} : { parent }),
  });
}

function keyGround(prompt: string): Ground | undefined {
  const color = flatBackground(prompt);
  return color === undefined ? undefined : { kind: "flat", color };
}

async function readParent(
  bytes: Uint8Array | undefined,
): Promise<Awaited<ReturnType<typeof decodePng>> | "unreadable"> {
  if (bytes === undefined) return undefined;
  return (await decodePng(bytes)) ?? "unreadable";
}

function pictureSize(
  turn: DrawTurn,
  parent: PixelSize | "unreadable" | undefined,
  otherOrientation: boolean,
): PixelSize {
  const { request, state, step } = turn;
  const forced = parseSize(textOf(step, "size", ""));
  if (forced !== undefined) return otherOrientation ? { width: forced.height, height: forced.width } : forced;
  const honoured = state.capabilities.honoursSize ? parseSize(request.size) : undefined;
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

function tokenUsage(prompt: string, images: number, count: number, quality: string): TokenUsage {
  const perPicture = { low: 515, medium: 1372, high: 5488 }[quality] ?? 515;
  const textTokens = 7 + Math.ceil(prompt.length / 4);
  const imageTokens = images * 765;
  const output = perPicture * count;
  return {
    input_tokens: textTokens + imageTokens,
    input_tokens_details: { image_tokens: imageTokens, text_tokens: textTokens },
    output_tokens: output,
    output_tokens_details: { image_tokens: output, text_tokens: 0 },
    total_tokens: textTokens + imageTokens + output,
  };
}
