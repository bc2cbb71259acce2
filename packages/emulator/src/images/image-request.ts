import { strictRefusal, type Outgoing } from "../exchange.ts";
import { isRecord, quotable } from "../values.ts";
import { parseImageInputs, type ImageInput } from "./image-inputs.ts";

/** An image request that passed all checks. */
export interface ImageRequest {
  readonly operation: "generate" | "edit";
  readonly prompt: string;
  readonly background: "opaque" | "transparent" | "auto";
  readonly n: number;
  readonly size: string;
  readonly quality: string;
  readonly images: readonly ImageInput[];
}

/** Either the request or the answer that refuses it. */
export type Parsed<T> = { readonly value: T; readonly refusal?: undefined } | { readonly refusal: Outgoing };

type Check = (value: unknown) => string | undefined;

const BACKGROUNDS: readonly string[] = ["transparent", "opaque", "auto"];
const text: Check = (value) => (typeof value === "string" ? undefined : "a string");
const integer =
  (low: number, high: number): Check =>
  (value) =>
    Number.isInteger(value) && Number(value) >= low && Number(value) <= high
      ? undefined
      : `an integer from ${low} to ${high}`;

// Field names and types: codex-backend contract 3.1. What is not listed there is refused by name.
const FIELDS: Readonly<Record<string, Check>> = {
  prompt: text,
  model: text,
  background: (value) =>
    typeof value === "string" && BACKGROUNDS.includes(value) ? undefined : `one of ${BACKGROUNDS.join(", ")}`,
  n: integer(1, 10),
  quality: text,
  size: text,
  output_format: text,
  output_compression: integer(0, 100),
  response_format: text,
  frame_count: integer(2, 16),
  frame_duration_ms: integer(20, 2000),
};

/**
 * Checks an image request (codex-backend contract 3.1, 3.5) more strictly than the live service does: an unknown field, a
 * wrong type or a missing field is 400 and named. Peculiarities that are allowed come back as remarks.
 */
export function parseImageRequest(
  operation: "generate" | "edit",
  body: unknown,
  remarks: string[],
  dropImages: boolean,
): Parsed<ImageRequest> {
  if (!isRecord(body)) return { refusal: strictRefusal("body", "The body must be a JSON object.") };
  for (const [name, value] of Object.entries(body)) {
    if (name === "images" && operation === "edit") continue;
    const check = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (check === undefined)
      return { refusal: strictRefusal(quotable(name), `Unknown parameter: '${quotable(name)}'.`, "unknown_parameter") };
    const expected = check(value);
    if (expected !== undefined)
      return { refusal: strictRefusal(name, `Invalid value for '${name}': expected ${expected}.`) };
  }
  const required = operation === "edit" ? ["images", "prompt"] : ["prompt", "model"];
  for (const name of required) {
    if (body[name] === undefined)
      return { refusal: strictRefusal(name, `Missing required parameter: '${name}'.`, "missing_required_parameter") };
  }
  remark(body, remarks);
  const images = operation === "edit" && !dropImages ? parseImageInputs(body["images"], remarks) : { value: [] };
  if (images.refusal !== undefined) return images;
  const asText = (name: string, fallback: string): string => (typeof body[name] === "string" ? body[name] : fallback);
  const background = asText("background", "auto");
  return {
    value: {
      operation,
      prompt: asText("prompt", ""),
      background: background === "transparent" || background === "opaque" ? background : "auto",
      n: typeof body["n"] === "number" ? body["n"] : 1,
      size: asText("size", "auto"),
      quality: asText("quality", "auto"),
      images: images.value,
    },
  };
}

function remark(body: Readonly<Record<string, unknown>>, remarks: string[]): void {
  const { size, quality, background } = body;
  if (background === undefined) remarks.push("background is missing; the Codex CLI always sends it");
  if (typeof size === "string" && !/^(auto|\d+x\d+)$/.test(size))
    remarks.push("size is neither auto nor WxH; the live service ignores it");
  if (typeof quality === "string" && !/^(low|medium|high|auto)$/.test(quality))
    remarks.push("quality is not low, medium, high or auto; the live service ignores it");
}
