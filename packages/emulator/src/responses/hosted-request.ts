import { errorReply, strictRefusal, type Outgoing } from "../exchange.ts";
import { parseImageURL, type ImageInput } from "../images/image-inputs.ts";
import type { ImageRequest, Parsed } from "../images/image-request.ts";
import { asksForTransparency } from "../images/wishes.ts";
import { isRecord, quotable } from "../values.ts";
import { recordsOf, type ResponsesBody } from "./response-body.ts";

/** What a caller of the hosted tool wants. */
export interface HostedRequest {
  readonly image: ImageRequest;
  readonly tool: Readonly<Record<string, unknown>>;
  readonly partialImages: number;
  /** `tool_choice: "none"`. */
  readonly noTool: boolean;
}

const MOST_IMAGES = 16;

type Check = (value: unknown) => string | undefined;
const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.some((each) => each === value) ? undefined : `one of ${values.join(", ")}`;
const text: Check = (value) => (typeof value === "string" ? undefined : "a string");
const integer =
  (low: number, high: number): Check =>
  (value) =>
    Number.isInteger(value) && Number(value) >= low && Number(value) <= high
      ? undefined
      : `an integer from ${low} to ${high}`;

// codex-backend contract 4.1.
const TOOL_FIELDS: Readonly<Record<string, Check>> = {
  type: text,
  model: text,
  size: text,
  quality: text,
  output_format: oneOf("png", "webp", "jpeg"),
  output_compression: integer(0, 100),
  background: oneOf("opaque", "auto", "transparent"),
  action: oneOf("generate", "edit", "auto"),
  partial_images: integer(0, 3),
  moderation: text,
  input_image_mask: (value) => (isRecord(value) ? undefined : "an object"),
};
const PART_FIELDS: Readonly<Record<string, readonly string[]>> = {
  input_text: ["type", "text"],
  output_text: ["type", "text", "annotations"],
  input_image: ["type", "image_url", "file_id", "detail"],
};

/** Checks a request with the hosted tool (codex-backend contract 4.1). */
export function parseHosted(body: ResponsesBody, place: number, remarks: string[]): Parsed<HostedRequest> {
  const tool = body.tools[place] ?? {};
  const refusal =
    checkTool(tool, `tools[${place}]`) ?? checkChoice(body.toolChoice) ?? checkEffort(body.reasoningEffort);
  if (refusal !== undefined) return { refusal };
  if (body.tools.length > 1) remarks.push("tools beside image_generation are ignored");
  const prompts: string[] = [];
  const images: ImageInput[] = [];
  for (const [index, item] of body.input.entries()) {
    const wrong = readItem(item, `input[${index}]`, prompts, images);
    if (wrong !== undefined) return { refusal: wrong };
  }
  if (images.length > MOST_IMAGES)
    return {
      refusal: strictRefusal("input", `Invalid value for 'input': ${images.length} images, at most ${MOST_IMAGES}.`),
    };
  const prompt = prompts.join("\n");
  const background = tool["background"];
  const transparent = background !== "opaque" && asksForTransparency(prompt);
  const { action, output_format: format, partial_images: partials } = tool;
  if (format === "webp" || format === "jpeg") remarks.push(`output_format ${format}: the emulator answers with PNG`);
  const operation = action === "edit" || (action !== "generate" && images.length > 0) ? "edit" : "generate";
  // Size and quality are what the server makes of them, whatever was asked.
  const fixed = { n: 1, size: "auto", quality: "auto" };
  const image = { ...fixed, operation, prompt, background: transparent ? "transparent" : "opaque", images } as const;
  const noTool = body.toolChoice === "none";
  return { value: { image, tool, partialImages: typeof partials === "number" ? partials : 0, noTool } };
}

/** The tool as the service rewrites it (codex-backend contract 4.1). */
export function rewrittenTool(tool: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    type: "image_generation",
    action: tool["action"] ?? "auto",
    background: tool["background"] ?? "auto",
    model: "gpt-image-2-codex",
    moderation: tool["moderation"] ?? "auto",
    n: 1,
    output_compression: tool["output_compression"] ?? 100,
    output_format: tool["output_format"] ?? "png",
    ...(tool["partial_images"] === undefined ? {} : { partial_images: tool["partial_images"] }),
    quality: "auto",
    size: "auto",
  };
}

function checkTool(tool: Readonly<Record<string, unknown>>, place: string): Outgoing | undefined {
  for (const [name, value] of Object.entries(tool)) {
    const param = `${place}.${quotable(name)}`;
    if (name === "input_fidelity")
      return errorReply(400, {
        message: "The model 'gpt-image-2-codex' does not support the 'input_fidelity' parameter.",
        type: "image_generation_user_error",
        code: "invalid_input_fidelity_model",
        param: "input_fidelity",
      });
    const check = Object.hasOwn(TOOL_FIELDS, name) ? TOOL_FIELDS[name] : undefined;
    if (check === undefined) return strictRefusal(param, `Unknown parameter: '${param}'.`, "unknown_parameter");
    const expected = check(value);
    if (expected !== undefined) return strictRefusal(param, `Invalid value for '${param}': expected ${expected}.`);
  }
  if (tool["background"] !== "transparent") return undefined;
  return errorReply(400, {
    message: "Transparent background is not supported for this model.",
    type: "image_generation_user_error",
    code: "invalid_value",
    param: "background",
  });
}

function checkChoice(choice: unknown): Outgoing | undefined {
  if (choice === undefined || choice === "auto" || choice === "none") return undefined;
  return errorReply(400, {
    message: "Tool choice 'image_generation' not found in 'tools' parameter.",
    type: "invalid_request_error",
    code: null,
    param: "tool_choice",
  });
}

function checkEffort(effort: string | undefined): Outgoing | undefined {
  if (effort !== "minimal" && effort !== "none") return undefined;
  return errorReply(400, {
    message: `The following tools cannot be used with reasoning.effort '${effort}': image_generation.`,
    type: "invalid_request_error",
    code: "invalid_value",
    param: "tools",
  });
}

function readItem(
  item: Readonly<Record<string, unknown>>,
  place: string,
  prompts: string[],
  images: ImageInput[],
): Outgoing | undefined {
  const type = item["type"] ?? "message";
  if (type === "image_generation_call") {
    // An earlier picture of the conversation, sent back whole.
    const result = item["result"];
    if (typeof result === "string") images.push({ mediaType: "image/png", bytes: Buffer.from(result, "base64") });
    return undefined;
  }
  if (type !== "message") {
    const written = typeof type === "string" ? quotable(type) : "?";
    return strictRefusal(
      `${place}.type`,
      `Invalid value: '${written}'. Supported here: message, image_generation_call.`,
    );
  }
  const { role, content } = item;
  if (!["user", "developer", "system", "assistant"].some((known) => known === role))
    return strictRefusal(`${place}.role`, `Invalid value for '${place}.role'.`);
  if (typeof content === "string") {
    if (role === "user") prompts.push(content);
    return undefined;
  }
  if (!Array.isArray(content)) return strictRefusal(`${place}.content`, `Invalid value for '${place}.content'.`);
  for (const [index, part] of recordsOf(content).entries()) {
    const wrong = readPart(part, `${place}.content[${index}]`, role === "user", prompts, images);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function readPart(
  part: Readonly<Record<string, unknown>>,
  place: string,
  fromUser: boolean,
  prompts: string[],
  images: ImageInput[],
): Outgoing | undefined {
  const type = typeof part["type"] === "string" ? part["type"] : "";
  const fields = Object.hasOwn(PART_FIELDS, type) ? PART_FIELDS[type] : undefined;
  if (fields === undefined)
    return strictRefusal(`${place}.type`, `Invalid value for '${place}.type': '${quotable(type)}'.`);
  const unknown = Object.keys(part).find((name) => !fields.includes(name));
  if (unknown !== undefined) {
    const param = `${place}.${quotable(unknown)}`;
    return strictRefusal(param, `Unknown parameter: '${param}'.`, "unknown_parameter");
  }
  if (type !== "input_image") {
    if (typeof part["text"] !== "string")
      return strictRefusal(`${place}.text`, `Invalid value for '${place}.text': expected a string.`);
    if (fromUser) prompts.push(part["text"]);
    return undefined;
  }
  const { type: _, detail: __, ...reference } = part;
  const image = parseImageURL(reference, place);
  if (image.refusal !== undefined) return image.refusal;
  images.push(image.value);
  return undefined;
}
