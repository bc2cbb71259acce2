import { backgrounds, engineIds, maxImagesPerRequest, maxPromptLength, qualities } from "../contracts/request.ts";
import type { GenerateRequest } from "../contracts/request.ts";
import { LimnError, nearest } from "../errors/index.ts";
import { isObject } from "../json/index.ts";
import { parseAspect } from "./aspect.ts";

/** One thing that is wrong with a request. */
export interface Fault {
  readonly field: string;
  readonly message: string;
}

type Check = (value: unknown) => string | null;

const oneOf =
  (choices: readonly string[]): Check =>
  (value) =>
    typeof value === "string" && choices.includes(value) ? null : `must be one of ${choices.join(", ")}`;

/** Every field of a generate request and what it takes. The JSON Schema is held against this table by a test. */
const fields: Readonly<Record<Exclude<keyof GenerateRequest, never>, Check>> = {
  operation: (value) => (value === "generate" ? null : 'must be "generate"'),
  prompt: checkPrompt,
  n: (value) =>
    typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= maxImagesPerRequest
      ? null
      : `must be a whole number from 1 to ${maxImagesPerRequest}`,
  aspect: (value) => {
    const parsed = typeof value === "string" ? parseAspect(value) : "must be a text such as 16:9";
    return typeof parsed === "string" ? parsed : null;
  },
  background: oneOf(backgrounds),
  quality: oneOf(qualities),
  model: (value) => (typeof value === "string" && value !== "" ? null : "must be a model's name; see limn models"),
  engine: oneOf(["auto", ...engineIds]),
  strict: (value) => (typeof value === "boolean" ? null : "must be true or false"),
};

function checkPrompt(value: unknown): string | null {
  if (typeof value !== "string") return "must be a text";
  if (value.length > maxPromptLength)
    return `has ${value.length.toLocaleString("en")} characters; the limit is ${maxPromptLength.toLocaleString("en")}`;
  return null;
}

/** All faults of a request, unknown fields included, each with the nearest known name. Fields that are `undefined` count as absent. */
export function findFaults(request: Readonly<Record<string, unknown>>): Fault[] {
  const faults: Fault[] = [];
  for (const [field, value] of Object.entries(request)) {
    if (value === undefined) continue;
    const check = isField(field) ? fields[field] : null;
    if (check === null) {
      const meant = nearest(field, Object.keys(fields));
      faults.push({ field, message: `is not known${meant === null ? "" : `; did you mean "${meant}"?`}` });
      continue;
    }
    const message = check(value);
    if (message !== null) faults.push({ field, message });
  }
  if (request.operation === undefined) faults.push({ field: "operation", message: 'must be "generate"' });
  return faults;
}

function isField(name: string): name is keyof typeof fields {
  return Object.hasOwn(fields, name);
}

/**
 * The request, or one error that names everything that is wrong with it.
 * @throws prompt_missing, invalid_option
 */
export function validateRequest(
  request: unknown,
  extraFaults: readonly Fault[] = [],
  nameOf: (field: string) => string = (field) => field,
): GenerateRequest {
  if (!isObject(request)) throw new LimnError("invalid_option", { message: "The request must be an object." });
  const faults = [...extraFaults, ...findFaults(request)];
  const { prompt } = request;
  const isPromptMissing = prompt === undefined || (typeof prompt === "string" && prompt.trim() === "");
  if (faults.length === 0 && !isPromptMissing && isGenerateRequest(request)) return request;
  const listed = faults.map(({ field, message }) => `${nameOf(field)} ${message}`);
  if (isPromptMissing) listed.push("the prompt is missing");
  if (faults.length === 0) {
    throw new LimnError("prompt_missing", {
      message: prompt === undefined ? "There is no prompt." : "The prompt is empty.",
      hint: 'Say what to draw: limn generate "a red fox in the snow"',
    });
  }
  throw new LimnError("invalid_option", {
    message:
      listed.length === 1
        ? sentence(capitalised(listed[0] ?? ""))
        : sentence(`${listed.length} things are wrong: ${listed.join("; ")}`),
    hint: "See: limn generate --help",
    details: { faults: isPromptMissing ? [...faults, { field: "prompt", message: "is missing" }] : faults },
  });
}

function isGenerateRequest(
  request: Readonly<Record<string, unknown>>,
): request is Readonly<Record<string, unknown>> & GenerateRequest {
  return findFaults(request).length === 0;
}

function sentence(text: string): string {
  return text.endsWith("?") ? text : `${text}.`;
}

function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
