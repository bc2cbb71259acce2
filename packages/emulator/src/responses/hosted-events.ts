import { drawPreview, drawRequest, type Drawn, type DrawTurn } from "../images/draw-request.ts";
import { rewrittenTool, type HostedRequest } from "./hosted-request.ts";
import { finish, open, responseItemId, words, type Ending, type StreamTurn } from "./response-events.ts";
import type { StreamEvent } from "./stream.ts";

/** One call of the hosted tool on its way to an answer. */
export interface HostedTurn extends StreamTurn, DrawTurn {
  readonly hosted: HostedRequest;
}

/** How the answer differs from a picture in the usual place. */
export interface HostedChanges {
  readonly says?: string;
  readonly ending?: Ending;
  readonly status?: string;
  /** Stands in the place of the picture's base64. */
  readonly result?: string;
  readonly resultIn?: "item" | "completed" | "nowhere";
  /** At least so many previews, whatever was asked. */
  readonly previews?: number;
  readonly smallFirst?: boolean;
  readonly dropReferences?: boolean;
}

/** The events of a call of the hosted tool, and the picture that was drawn for them. */
export interface HostedAnswer {
  readonly events: readonly StreamEvent[];
  readonly picture: Uint8Array | undefined;
}

const PREVIEW_DIVISORS: readonly number[] = [8, 4, 2];
const CHAT = { input: 2300, output: 60 };

/** The sequence of codex-backend contract 4.2. A finished picture counts in the windows of the account. */
export async function hostedEvents(turn: HostedTurn, changes: HostedChanges): Promise<HostedAnswer> {
  const { hosted } = turn;
  const more = { tools: [rewrittenTool(hosted.tool)] };
  const says = changes.says ?? (hosted.noTool ? "I was told to use no tool." : undefined);
  if (says !== undefined)
    return { events: words(turn, says, { usage: CHAT, ending: changes.ending, more }), picture: undefined };
  const drawn = await drawRequest(turn, { dropReferences: changes.dropReferences === true });
  const [picture = new Uint8Array(0)] = drawn.pictures;
  const about = describe(drawn);
  const begun = [
    ...open(turn, more),
    ...begin(responseItemId(turn, "ig"), 0),
    ...(await previews(turn, drawn, changes.previews ?? 0)),
  ];
  const { ending } = changes;
  const unfinished = ending !== undefined && ending.kind !== "completed";
  if (unfinished) return { events: [...begun, ...finish(turn, CHAT, ending)], picture: undefined };
  turn.state.metersOf(turn.account).usage.add(1, "hosted");
  const item = (id: string, result: string): unknown => ({
    id,
    type: "image_generation_call",
    status: changes.status ?? "generating",
    action: changes.dropReferences === true ? "generate" : hosted.image.operation,
    ...about,
    revised_prompt: revise(turn.drawnPrompt),
    result,
  });
  const full = item(responseItemId(turn, "ig"), changes.result ?? base64(picture));
  const tool_usage = { image_gen: drawn.usage };
  if (changes.resultIn === "completed")
    return { events: [...begun, ...finish(turn, CHAT, undefined, { output: [full], tool_usage })], picture };
  if (changes.resultIn === "nowhere")
    return { events: [...begun, ...finish(turn, CHAT, undefined, { tool_usage })], picture };
  const done = changes.smallFirst === true ? await twoItems(turn, drawn, item) : [itemDone(full, 0)];
  const completed: StreamEvent[] =
    changes.status === "completed"
      ? [{ type: "response.image_generation_call.completed", item_id: responseItemId(turn, "ig"), output_index: 0 }]
      : [];
  return { events: [...begun, ...completed, ...done, ...finish(turn, CHAT, undefined, { tool_usage })], picture };
}

function begin(id: string, index: number): StreamEvent[] {
  const place = { item_id: id, output_index: index };
  const item = { id, type: "image_generation_call", status: "in_progress" };
  return [
    { type: "response.output_item.added", output_index: index, item },
    { type: "response.image_generation_call.in_progress", ...place },
    { type: "response.image_generation_call.generating", ...place },
    { type: "keepalive" },
  ];
}

async function previews(turn: HostedTurn, drawn: Drawn, least: number): Promise<StreamEvent[]> {
  const count = Math.max(least, turn.hosted.partialImages);
  const events: StreamEvent[] = [];
  for (const [index, divisor] of PREVIEW_DIVISORS.slice(0, count).entries()) {
    events.push({
      type: "response.image_generation_call.partial_image",
      item_id: responseItemId(turn, "ig"),
      output_index: 0,
      partial_image_index: index,
      partial_image_b64: base64(await drawPreview(turn, drawn.size, divisor)),
      ...describe(drawn),
    });
  }
  return events;
}

async function twoItems(
  turn: HostedTurn,
  drawn: Drawn,
  item: (id: string, result: string) => unknown,
): Promise<StreamEvent[]> {
  const [first, second] = [responseItemId(turn, "ig"), responseItemId(turn, "ig", 1)];
  const small = base64(await drawPreview(turn, drawn.size, 4));
  const [picture = new Uint8Array(0)] = drawn.pictures;
  return [itemDone(item(first, small), 0), ...begin(second, 1), itemDone(item(second, base64(picture)), 1)];
}

function itemDone(item: unknown, index: number): StreamEvent {
  return { type: "response.output_item.done", output_index: index, item };
}

function describe({ size, quality, background }: Drawn): Readonly<Record<string, string>> {
  return { background, output_format: "png", quality, size: `${size.width}x${size.height}` };
}

/** The chat model of the live service writes the prompt anew; this one only adds to it. */
function revise(prompt: string): string {
  return `${prompt.trim() || "A picture"}. Carefully composed, with clear light, a calm background and fine detail throughout.`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
}
