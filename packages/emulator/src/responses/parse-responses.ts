import { zstdDecompressSync } from "node:zlib";
import { errorReply, jsonReply, strictRefusal, type Outgoing } from "../exchange.ts";
import type { Parsed } from "../images/image-request.ts";
import { isRecord, quotable } from "../values.ts";
import { recordsOf, type ResponsesBody } from "./response-body.ts";

const LARGEST_BYTES = 400_000_000;

type Check = (value: unknown) => string | undefined;
const text: Check = (value) => (typeof value === "string" ? undefined : "a string");
const flag: Check = (value) => (typeof value === "boolean" ? undefined : "true or false");
const object: Check = (value) => (value === null || isRecord(value) ? undefined : "an object");
const list: Check = (value) => (Array.isArray(value) ? undefined : "a list");
const anything: Check = () => undefined;

// What the Codex CLI sends (codex-backend contract 5.1) and what clients of the hosted tool do (4.1).
const FIELDS: Readonly<Record<string, Check>> = {
  model: text,
  instructions: text,
  input: anything,
  tools: list,
  tool_choice: anything,
  parallel_tool_calls: flag,
  reasoning: object,
  store: anything,
  stream: anything,
  include: list,
  service_tier: text,
  prompt_cache_key: text,
  text: object,
  client_metadata: object,
};

/** Undoes the compression of the Codex CLI (codex-backend contract 2.2) and reads the JSON. */
export function readResponsesJson(body: Uint8Array, encoding: string | undefined): Parsed<unknown> {
  let bytes = body;
  const named = encoding?.trim().toLowerCase() ?? "";
  if (named !== "" && named !== "identity" && named !== "zstd")
    return {
      refusal: strictRefusal("content-encoding", `Unsupported content encoding '${quotable(named)}': expected zstd.`),
    };
  try {
    if (named === "zstd") bytes = zstdDecompressSync(body, { maxOutputLength: LARGEST_BYTES });
    const value: unknown = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("utf8"));
    return { value };
  } catch {
    return {
      refusal: errorReply(400, {
        message: "We could not parse the JSON body of your request.",
        type: "invalid_request_error",
        code: "invalid_json",
      }),
    };
  }
}

/** Checks the top level of a body. The four texts without an error object are the live service's own (contract 4.1). */
export function parseResponses(json: unknown): Parsed<ResponsesBody> {
  if (!isRecord(json)) return { refusal: strictRefusal("body", "The body must be a JSON object.") };
  if (json["previous_response_id"] !== undefined) return refuse("Unsupported parameter: previous_response_id");
  for (const [name, value] of Object.entries(json)) {
    const check = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
    if (check === undefined)
      return { refusal: strictRefusal(quotable(name), `Unknown parameter: '${quotable(name)}'.`, "unknown_parameter") };
    const expected = check(value);
    if (expected !== undefined)
      return { refusal: strictRefusal(name, `Invalid value for '${name}': expected ${expected}.`) };
  }
  for (const name of ["model", "input"]) {
    if (json[name] === undefined)
      return { refusal: strictRefusal(name, `Missing required parameter: '${name}'.`, "missing_required_parameter") };
  }
  if (!Array.isArray(json["input"])) return refuse("Input must be a list");
  if (json["store"] !== false) return refuse("Store must be set to false");
  if (json["stream"] !== true) return refuse("Stream must be set to true");
  const tools = recordsOf(json["tools"]);
  const hosted = tools.findIndex((tool) => tool["type"] === "image_generation");
  const { reasoning, model } = json;
  const effort = isRecord(reasoning) ? reasoning["effort"] : undefined;
  return {
    value: {
      model: typeof model === "string" ? model : "",
      input: recordsOf(json["input"]),
      tools,
      hostedTool: hosted < 0 ? undefined : hosted,
      toolChoice: json["tool_choice"],
      reasoningEffort: typeof effort === "string" ? effort : undefined,
    },
  };
}

/** A refusal in the shape of the service's gateway. */
function refuse(detail: string, status = 400): { readonly refusal: Outgoing } {
  return { refusal: jsonReply(status, { detail }) };
}

/** The words for a model that the account does not have. */
export function unsupportedModel(slug: string, status = 400): Outgoing {
  return refuse(`The '${quotable(slug)}' model is not supported when using Codex with a ChatGPT account.`, status)
    .refusal;
}
