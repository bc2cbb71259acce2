import { isRecord } from "../values.ts";

/** What both roles of `/responses` need of a request's body, after the checks of its top level. */
export interface ResponsesBody {
  readonly model: string;
  readonly input: readonly Readonly<Record<string, unknown>>[];
  readonly tools: readonly Readonly<Record<string, unknown>>[];
  /** Where the hosted tool stands among the tools; undefined: the caller is a Codex program with tools of its own. */
  readonly hostedTool: number | undefined;
  readonly toolChoice: unknown;
  readonly reasoningEffort: string | undefined;
}

/** A list's objects; what is none is an empty object, so that places keep their numbers. */
export function recordsOf(value: unknown): Readonly<Record<string, unknown>>[] {
  return Array.isArray(value) ? value.map((item: unknown) => (isRecord(item) ? item : {})) : [];
}

/** The texts of a message: its parts of a `…_text` type, or the content when that is a text. */
export function textsOf(item: Readonly<Record<string, unknown>>): string[] {
  const { content } = item;
  if (typeof content === "string") return [content];
  return recordsOf(content).flatMap((part) => (typeof part["text"] === "string" ? [part["text"]] : []));
}
