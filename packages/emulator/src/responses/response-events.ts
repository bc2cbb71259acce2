import { madeUpSecret } from "../identifiers.ts";
import type { AccountTurn } from "../scenarios/image-turn.ts";
import type { StreamEvent } from "./stream.ts";

/** One call of `/responses` on its way to an answer. */
export interface StreamTurn extends AccountTurn {
  readonly model: string;
}

/** How a stream ends. */
export type Ending =
  | { readonly kind: "completed" }
  | { readonly kind: "incomplete" }
  | { readonly kind: "failed"; readonly error: Readonly<Record<string, unknown>> }
  | { readonly kind: "error"; readonly error: Readonly<Record<string, unknown>> };

/** Tokens of the chat model. */
export interface ChatUsage {
  readonly input: number;
  readonly output: number;
}

/** The events before anything was made. */
export function open(turn: StreamTurn, more: Readonly<Record<string, unknown>> = {}): StreamEvent[] {
  const response = responseOf(turn, "in_progress", more);
  return [
    { type: "response.created", response },
    { type: "response.in_progress", response },
  ];
}

/** The last event. */
export function finish(
  turn: StreamTurn,
  usage: ChatUsage,
  ending: Ending = { kind: "completed" },
  more: Readonly<Record<string, unknown>> = {},
): StreamEvent[] {
  if (ending.kind === "error") return [{ type: "error", ...ending.error }];
  if (ending.kind === "failed")
    return [{ type: "response.failed", response: responseOf(turn, "failed", { error: ending.error }) }];
  const counted = {
    usage: {
      input_tokens: usage.input,
      input_tokens_details: { cached_tokens: 0 },
      output_tokens: usage.output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: usage.input + usage.output,
    },
    ...more,
  };
  if (ending.kind === "completed")
    return [{ type: "response.completed", response: responseOf(turn, "completed", counted) }];
  const details = { incomplete_details: { reason: "max_output_tokens" }, ...counted };
  return [{ type: "response.incomplete", response: responseOf(turn, "incomplete", details) }];
}

/** A whole answer in words. */
export function words(
  turn: StreamTurn,
  text: string,
  { usage, ending, more = {} }: { usage: ChatUsage; ending?: Ending | undefined; more?: Record<string, unknown> },
): StreamEvent[] {
  const id = responseItemId(turn, "msg");
  const message = (status: string, content: readonly unknown[]): unknown => ({
    type: "message",
    id,
    role: "assistant",
    status,
    content,
  });
  const place = { item_id: id, output_index: 0, content_index: 0 };
  const done = message("completed", [{ type: "output_text", text, annotations: [] }]);
  const begun: StreamEvent[] = [
    ...open(turn, more),
    { type: "response.output_item.added", output_index: 0, item: message("in_progress", []) },
  ];
  if (ending !== undefined && ending.kind !== "completed") return [...begun, ...finish(turn, usage, ending)];
  return [
    ...begun,
    { type: "response.output_text.delta", ...place, delta: text },
    { type: "response.output_text.done", ...place, text },
    { type: "response.output_item.done", output_index: 0, item: done },
    ...finish(turn, usage),
  ];
}

/** An identifier of an item, the same for the same seed and calls. */
export function responseItemId({ state, ordinal }: StreamTurn, prefix: string, index = 0): string {
  return `${prefix}_${madeUpSecret(state.options.seed, `${prefix}-${index}`, ordinal).replaceAll(/[^A-Za-z0-9]/g, "")}`;
}

function responseOf(turn: StreamTurn, status: string, more: Readonly<Record<string, unknown>>): unknown {
  return {
    id: responseItemId(turn, "resp"),
    object: "response",
    created_at: Math.floor(turn.state.options.clock() / 1000),
    status,
    model: turn.model,
    output: [],
    ...more,
  };
}
