import { asksForTransparency, gifWish } from "../images/wishes.ts";
import { isRecord } from "../values.ts";
import { recordsOf, textsOf, type ResponsesBody } from "./response-body.ts";

type Item = Readonly<Record<string, unknown>>;

/** What a Codex program asks its chat model, as far as this one understands it (codex-backend contract 5). */
export interface ChatRequest {
  /** How the image tool is offered: as a function, or within code mode; undefined: not at all. */
  readonly tool: "function" | "code" | undefined;
  /** What the image tool is to be called with. */
  readonly toolArguments: Readonly<Record<string, unknown>>;
  /** The last user message has a tool's output after it: what it said, and whether it came with a picture. */
  readonly output: { readonly text: string; readonly picture: boolean } | undefined;
}

const MOST_LAST_IMAGES = 5;

/** Reads the conversation. */
export function readChat(body: ResponsesBody): ChatRequest {
  const offered = offeredTool(body);
  const last = body.input.findLastIndex(isFromPerson);
  const outputs = body.input.slice(last + 1).filter(isOutput);
  return {
    tool: offered?.kind,
    toolArguments: argumentsFor(body.input, last, offered?.gif === true),
    output: outputs.length === 0 ? undefined : readOutputs(outputs),
  };
}

function offeredTool(body: ResponsesBody): { readonly kind: "function" | "code"; readonly gif: boolean } | undefined {
  const added = body.input.filter((item) => item["type"] === "additional_tools");
  const tools = [...body.tools, ...added.flatMap((item) => recordsOf(item["tools"]))];
  for (const tool of tools) {
    if (tool["type"] === "namespace" && tool["name"] === "image_gen") {
      const named = recordsOf(tool["tools"]).find(({ name }) => name === "imagegen");
      if (named !== undefined) return { kind: "function", gif: hasProperty(named["parameters"], "gif") };
    }
  }
  const flat = tools.flatMap((tool) => [tool, ...recordsOf(tool["tools"])]);
  const code = flat.find(({ name, description }) => name === "exec" && /image_gen__imagegen/.test(String(description)));
  return code === undefined ? undefined : { kind: "code", gif: /\bgif\?:/.test(String(code["description"])) };
}

function hasProperty(schema: unknown, name: string): boolean {
  const properties = isRecord(schema) ? schema["properties"] : undefined;
  return isRecord(properties) && properties[name] !== undefined;
}

/** A message that a person wrote; the program adds user messages of its own about the surroundings. */
function isFromPerson(item: Item): boolean {
  if (item["type"] !== "message" || item["role"] !== "user") return false;
  const about = item["internal_chat_message_metadata_passthrough"];
  const kinds = isRecord(about) ? about["content_item_kinds"] : undefined;
  if (Array.isArray(kinds) && kinds.length > 0) return kinds.some((kind) => /^user\b/.test(String(kind)));
  return !textsOf(item).some((text) => /^\s*<(?:environment_context|user_instructions)>/.test(text));
}

function isOutput(item: Item): boolean {
  return item["type"] === "function_call_output" || item["type"] === "custom_tool_call_output";
}

function argumentsFor(input: readonly Item[], last: number, gif: boolean): Readonly<Record<string, unknown>> {
  const message = input[last] ?? {};
  const developers = input.filter(({ role }) => role === "developer");
  for (const item of [message, ...developers.toReversed()]) {
    const dictated = dictatedArguments(textsOf(item).join("\n"));
    if (dictated !== undefined) return dictated;
  }
  const texts = textsOf(message);
  const prompt = texts.filter((text) => !/^\s*<\/?image\b[^>]*>\s*$/.test(text)).join("\n");
  const gifArgument = gif ? gifWish(prompt) : undefined;
  return {
    prompt,
    ...(asksForTransparency(prompt) ? { transparent_background: true } : {}),
    ...references(message, texts, prompt, input),
    ...(gifArgument === undefined ? {} : { gif: gifArgument }),
  };
}

/** A line `imagegen arguments: {…}` is obeyed to the letter. */
function dictatedArguments(text: string): Readonly<Record<string, unknown>> | undefined {
  for (const [, json = ""] of text.matchAll(/^\s*imagegen arguments:\s*(\{.*\})\s*$/gim)) {
    try {
      const value: unknown = JSON.parse(json);
      if (isRecord(value)) return value;
    } catch {
      // A text about such lines is none.
    }
  }
  return undefined;
}

function references(
  message: Item,
  texts: readonly string[],
  prompt: string,
  input: readonly Item[],
): Readonly<Record<string, unknown>> {
  const attached = recordsOf(message["content"]).filter(({ type }) => type === "input_image").length;
  const paths = texts.flatMap((text) =>
    [...text.matchAll(/<image\b[^>]*?\bpath="([^"]+)"[^>]*>/g)].map(([, path = ""]) =>
      path.replaceAll("&quot;", '"').replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&"),
    ),
  );
  if (attached > 0 && paths.length === attached) return { referenced_image_paths: paths };
  if (attached > 0) return { num_last_images_to_include: Math.min(attached, MOST_LAST_IMAGES) };
  const seen = input.some((item) => recordsOf(item["output"]).some(({ type }) => type === "input_image"));
  return seen && /\b(?:last|previous) (?:image|picture)\b/i.test(prompt) ? { num_last_images_to_include: 1 } : {};
}

function readOutputs(outputs: readonly Item[]): { readonly text: string; readonly picture: boolean } {
  const parts = outputs.flatMap(({ output }) => (typeof output === "string" ? [{ text: output }] : recordsOf(output)));
  const texts = parts.flatMap((part) => ("text" in part && typeof part.text === "string" ? [part.text] : []));
  return {
    text: texts.join("\n").trim(),
    picture: parts.some((part) => "type" in part && part.type === "input_image"),
  };
}
