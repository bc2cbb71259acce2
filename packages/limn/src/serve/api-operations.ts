import { maxBodyBytes } from "@limn/core";
import { eventSchema, schemaReference } from "./api-schemas.ts";
import type { Schema } from "./request-fields.ts";

/** What OpenAPI calls an operation, without what follows from the route. */
export interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly [name: string]: unknown;
}

const text: Schema = { type: "string" };

const imageHeaders = {
  "x-request-id": { schema: text },
  "x-limn-generation": { schema: text, description: "Id in the history: limn show ID" },
  "x-limn-repeat": { schema: { const: "true" }, description: "This is what an earlier request made." },
  "x-limn-native-size": { schema: text, description: "WxH as the service drew it" },
  "x-limn-warning": { schema: text, description: "What was not honoured" },
  "x-limn-ignored": { schema: text, description: "Fields that mean nothing here" },
};

const problemHeaders = {
  "x-request-id": { schema: text },
  "x-should-retry": {
    schema: { type: "string", enum: ["true", "false"] },
    description: "Whether the same request may help; what helps was repeated already.",
  },
};

const retryAfter = {
  "retry-after": { schema: { type: "string", pattern: String.raw`^\d+$` }, description: "Seconds" },
};

const authenticate = { "www-authenticate": { schema: text } };
const allow = { allow: { schema: text, description: "The methods that the route takes" } };

function problem(description: string, headers: Readonly<Record<string, unknown>> = {}): unknown {
  return {
    description,
    headers: { ...problemHeaders, ...headers },
    content: { "application/json": { schema: schemaReference("Error") } },
  };
}

export const problems: Readonly<Record<string, unknown>> = {
  400: problem("A field is wrong, or the content policy refused (moderation_blocked)."),
  401: problem("The key of this server is missing or wrong; never about the login.", authenticate),
  403: problem("A foreign Host or Origin, or a plan without images (plan_not_included)."),
  404: problem("There is no such thing."),
  405: problem("The route takes other methods.", allow),
  413: problem("A body or a picture is over the limit."),
  415: problem("The body has another type, or is compressed."),
  422: problem("The Idempotency-Key was used for another request."),
  429: problem("The plan is used up until resets_at, or too many requests wait.", retryAfter),
  500: problem("The picture could not be kept, or limn has a bug."),
  502: problem("The service answered with an error, or broke off."),
  503: problem("Nobody is signed in (login_missing), or the service or this server takes nothing now.", retryAfter),
  504: problem("The outcome is not known, and the request is not sent again by itself."),
  default: problem("Whatever else is wrong.", { ...retryAfter, ...authenticate, ...allow }),
};

function answersOf(success: unknown, statuses: readonly number[]): Readonly<Record<string, unknown>> {
  const listed = statuses.map((status) => [String(status), { $ref: `#/components/responses/${problemName(status)}` }]);
  return {
    200: success,
    ...Object.fromEntries(listed),
    default: { $ref: `#/components/responses/${problemName("default")}` },
  };
}

export function problemName(status: number | string): string {
  return status === "default" ? "Problem" : `Problem${status}`;
}

const repeatHeaders = [
  {
    name: "Idempotency-Key",
    in: "header",
    description: "A request with the key of an earlier one gets what that one made.",
    schema: { type: "string", maxLength: 255 },
  },
  {
    name: "x-stainless-retry-count",
    in: "header",
    description: "From 1 on: this request is the repeat of an equal one.",
    schema: { type: "string", pattern: String.raw`^\d+$` },
  },
];

function images(
  operation: "generate" | "edit",
  names: { readonly operationId: string; readonly summary: string },
  content: Readonly<Record<string, unknown>>,
): Operation {
  return {
    ...names,
    parameters: repeatHeaders,
    requestBody: { required: true, content },
    responses: answersOf(
      {
        description: "Pictures; with stream, events whose data are as described here.",
        headers: imageHeaders,
        content: {
          "application/json": { schema: schemaReference("Images") },
          "text/event-stream": { schema: eventSchema(operation) },
        },
      },
      [400, 401, 403, 404, 413, 415, 422, 429, 500, 502, 503, 504],
    ),
  };
}

function reading(
  names: { readonly operationId: string; readonly summary: string },
  content: Readonly<Record<string, Schema>>,
  statuses: readonly number[],
): Operation {
  const described = Object.entries(content).map(([type, schema]) => [type, { schema }]);
  return {
    ...names,
    responses: answersOf({ description: "OK", content: Object.fromEntries(described) }, statuses),
  };
}

export const operations = {
  createImage: images(
    "generate",
    { operationId: "createImage", summary: "Make pictures from words" },
    { "application/json": { schema: schemaReference("GenerationRequest") } },
  ),
  createImageEdit: images(
    "edit",
    { operationId: "createImageEdit", summary: `Change pictures; a request has at most ${maxBodyBytes} bytes` },
    {
      "multipart/form-data": { schema: schemaReference("EditForm") },
      "application/json": { schema: schemaReference("EditRequest") },
    },
  ),
  listModels: reading(
    { operationId: "listModels", summary: "Models that work" },
    { "application/json": schemaReference("Models") },
    [401, 403],
  ),
  retrieveModel: reading(
    { operationId: "retrieveModel", summary: "One of the models" },
    { "application/json": schemaReference("Model") },
    [401, 403, 404],
  ),
  picture: reading(
    {
      operationId: "picture",
      summary: "A picture by the address that response_format url gave, which is a secret itself and lives for an hour",
    },
    { "image/*": { type: "string", contentMediaType: "application/octet-stream" } },
    [403, 404],
  ),
  health: reading(
    { operationId: "health", summary: "Whether the server runs" },
    { "application/json": schemaReference("Health") },
    [403],
  ),
  metrics: reading({ operationId: "metrics", summary: "Counts for Prometheus" }, { "text/plain": text }, [401, 403]),
  description: reading(
    { operationId: "description", summary: "This document" },
    { "application/json": { type: "object" } },
    [401, 403],
  ),
} satisfies Readonly<Record<string, Operation>>;
