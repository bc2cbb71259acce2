import type { Emulator } from "../create-emulator.ts";
import { decodePng, type DecodedPng } from "../picture/png-decode.ts";
import { isRecord } from "../values.ts";
import { clientHeaders } from "./requests.ts";

type Fields = Readonly<Record<string, unknown>>;

/** A request for the hosted tool (codex-backend contract 4.1). */
export function hostedBody(
  options: { prompt?: string; images?: readonly string[]; tool?: Fields; change?: Fields } = {},
): Fields {
  const { prompt = "A red fox in a snowy forest", images = [], tool = {}, change = {} } = options;
  const pictures = images.map((image_url) => ({ type: "input_image", image_url }));
  return {
    model: "gpt-6.1-sol",
    instructions: "Call the image_generation tool with the user's prompt.",
    input: [{ type: "message", role: "user", content: [...pictures, { type: "input_text", text: prompt }] }],
    tools: [{ type: "image_generation", output_format: "png", ...tool }],
    store: false,
    stream: true,
    parallel_tool_calls: false,
    ...change,
  };
}

/** A request to `/responses`; to a port when a base URL is given, else for the in-process handler. */
export function responsesRequest(
  emulator: Emulator,
  body: unknown,
  options: { baseURL?: string; headers?: Record<string, string>; bytes?: Uint8Array<ArrayBuffer> } = {},
): Request {
  return new Request(`${options.baseURL ?? "http://127.0.0.1/backend-api/codex"}/responses`, {
    method: "POST",
    headers: { ...clientHeaders(emulator), accept: "text/event-stream", ...options.headers },
    body: options.bytes ?? JSON.stringify(body),
  });
}

/** The events of a stream, read without the package's own code; data that is no JSON object is left out. */
export function readEvents(text: string): Fields[] {
  const events: Fields[] = [];
  for (const block of text.replaceAll("\r\n", "\n").split("\n\n")) {
    const data = block.split("\n").flatMap((line) => (line.startsWith("data:") ? [line.slice(5).trimStart()] : []));
    try {
      const value: unknown = JSON.parse(data.join("\n"));
      if (isRecord(value)) events.push(value);
    } catch {
      // Noise.
    }
  }
  return events;
}

/** What `field` of an object is, as an object. */
export function fieldOf(value: unknown, ...path: readonly (string | number)[]): unknown {
  let found = value;
  for (const name of path) {
    if (Array.isArray(found)) found = found[Number(name)];
    else found = isRecord(found) ? found[name] : undefined;
  }
  return found;
}

/** The finished picture items of a stream. */
export function resultsOf(events: readonly Fields[]): Fields[] {
  return events
    .filter(({ type }) => type === "response.output_item.done")
    .flatMap(({ item }) => (isRecord(item) && item["type"] === "image_generation_call" ? [item] : []));
}

/** A base64 picture, decoded. */
export async function decodeBase64(value: unknown): Promise<DecodedPng> {
  const decoded = typeof value === "string" ? await decodePng(Buffer.from(value, "base64")) : undefined;
  if (decoded === undefined) throw new Error("not a picture");
  return decoded;
}
