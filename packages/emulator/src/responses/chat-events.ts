import { madeUpSecret } from "../identifiers.ts";
import type { ChatRequest } from "./chat-request.ts";
import { finish, open, words, type Ending, type StreamTurn } from "./response-events.ts";
import type { StreamEvent } from "./stream.ts";

/** How the chat model differs from one that does what it is asked. */
export interface ChatChanges {
  /** Says this instead of calling the tool. */
  readonly declines?: string;
  readonly twice?: boolean;
  readonly ending?: Ending;
}

/** What the chat model of a Codex program answers (codex-backend contract 5.2, 5.3). */
export function chatEvents(turn: StreamTurn, request: ChatRequest, changes: ChatChanges = {}): StreamEvent[] {
  const usage = { input: 2300, output: 40 };
  const calls = request.output === undefined && request.tool !== undefined && changes.declines === undefined;
  if (!calls) return words(turn, answerText(request, changes.declines), { usage, ending: changes.ending });
  const items =
    request.tool === "function"
      ? functionCalls(turn, request.toolArguments, changes.twice === true ? 2 : 1)
      : [codeCall(turn, request.toolArguments, changes.twice === true ? 2 : 1)];
  const done = items.flatMap((item, index): StreamEvent[] => [
    { type: "response.output_item.added", output_index: index, item: { ...item, status: "in_progress" } },
    { type: "response.output_item.done", output_index: index, item },
  ]);
  if (changes.ending !== undefined && changes.ending.kind !== "completed")
    return [...open(turn), ...finish(turn, usage, changes.ending)];
  return [...open(turn), ...done, ...finish(turn, usage)];
}

function answerText({ tool, output }: ChatRequest, declines: string | undefined): string {
  if (output === undefined) return declines ?? (tool === undefined ? "I have no image tool here." : "");
  return output.picture || output.text === "" ? "Here is the picture." : output.text;
}

function functionCalls(turn: StreamTurn, values: Readonly<Record<string, unknown>>, count: number): StreamEvent[] {
  return Array.from({ length: count }, (_, index) => ({
    type: "function_call",
    id: `fc_${identifier(turn, index)}`,
    call_id: `call_${identifier(turn, index)}`,
    namespace: "image_gen",
    name: "imagegen",
    arguments: JSON.stringify(values),
    status: "completed",
  }));
}

function codeCall(turn: StreamTurn, values: Readonly<Record<string, unknown>>, count: number): StreamEvent {
  const lines = Array.from(
    { length: count },
    (_, index) =>
      `const r${index} = await tools.image_gen__imagegen(${JSON.stringify(values)});\ngeneratedImage(r${index});`,
  );
  return {
    type: "custom_tool_call",
    id: `ctc_${identifier(turn, 0)}`,
    call_id: `call_${identifier(turn, 0)}`,
    name: "exec",
    input: lines.join("\n"),
    status: "completed",
  };
}

function identifier({ state, ordinal }: StreamTurn, index: number): string {
  return madeUpSecret(state.options.seed, `call-${index}`, ordinal)
    .replaceAll(/[^A-Za-z0-9]/g, "")
    .slice(0, 24);
}
