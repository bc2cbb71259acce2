import { version } from "@limn/core";
import { modelIds } from "./models.ts";

const image = {
  type: "object",
  properties: { b64_json: { type: "string" }, url: { type: "string" }, revised_prompt: { type: "string" } },
};

const fields = {
  prompt: { type: "string", minLength: 1, maxLength: 32_000 },
  model: {
    type: "string",
    examples: modelIds,
    description: "Retired ids of the family are drawn by gpt-image-2, with x-limn-warning.",
  },
  n: { type: "integer", minimum: 1, maximum: 10, default: 1 },
  size: {
    type: "string",
    default: "auto",
    description: "auto, or any WxH with sides 16..8192: delivered exactly, finished on this machine.",
  },
  quality: { type: "string", enum: ["low", "medium", "high", "xhigh", "max", "auto", "standard", "hd"] },
  background: { type: "string", enum: ["transparent", "opaque", "auto"] },
  output_format: { type: "string", enum: ["png", "jpeg", "jpg", "webp", "avif", "gif"] },
  output_compression: { type: "integer", minimum: 0, maximum: 100 },
  response_format: { type: "string", enum: ["b64_json", "url"], default: "b64_json" },
  stream: { type: "boolean", default: false },
  partial_images: { type: "integer", minimum: 0, maximum: 3 },
};

/** A form has texts only. */
const formFields = {
  ...fields,
  n: { type: "string", pattern: String.raw`^\d+$` },
  output_compression: { type: "string", pattern: String.raw`^\d+$` },
  partial_images: { type: "string", pattern: String.raw`^\d+$` },
  stream: { type: "string", enum: ["true", "false"] },
};

const dataAddress = {
  type: "string",
  pattern: "^data:image/",
  description: "Nothing else is read: no path, no address.",
};
const file = { type: "string", contentMediaType: "application/octet-stream" };
const picture = {
  anyOf: [dataAddress, { type: "object", required: ["image_url"], properties: { image_url: dataAddress } }],
};

const headers = {
  "x-request-id": { schema: { type: "string" } },
  "x-limn-generation": { schema: { type: "string" }, description: "Id in the history: limn show ID" },
  "x-limn-native-size": { schema: { type: "string" }, description: "WxH as the service drew it" },
  "x-limn-warning": { schema: { type: "string" }, description: "What was not honoured" },
  "x-limn-ignored": { schema: { type: "string" }, description: "Fields that mean nothing here" },
};

const problem = (description: string): unknown => ({
  description,
  headers: {
    "x-request-id": { schema: { type: "string" } },
    "x-should-retry": { schema: { type: "string", enum: ["true", "false"] } },
    "retry-after": { schema: { type: "string" }, description: "Seconds" },
  },
  content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } },
});

const problems = {
  400: problem("A field is wrong, or the content policy refused (moderation_blocked)"),
  401: problem("The key of this server is missing or wrong; never about the login"),
  403: problem("A foreign Host or Origin, or a plan without images"),
  413: problem("A body or a picture over the limit"),
  415: problem("Another type of body"),
  422: problem("An Idempotency-Key of another request"),
  429: problem("The plan is used up until resets_at, or too many requests"),
  502: problem("The service answered with an error"),
  503: problem("Nobody is signed in (login_missing), or the server ends"),
  504: problem("The outcome is not known"),
};

const answers = {
  200: {
    description: "Pictures, or events with stream",
    headers,
    content: {
      "application/json": { schema: { $ref: "#/components/schemas/Images" } },
      "text/event-stream": { schema: { type: "string" } },
    },
  },
  ...problems,
};

const repeatHeaders = [
  { name: "Idempotency-Key", in: "header", schema: { type: "string", maxLength: 255 } },
  { name: "x-stainless-retry-count", in: "header", schema: { type: "string" } },
];

function read(operationId: string, summary: string, schema: unknown, type = "application/json"): unknown {
  return {
    get: {
      operationId,
      summary,
      responses: {
        200: { description: "OK", content: { [type]: { schema } } },
        401: problems[401],
        403: problems[403],
      },
    },
  };
}

/** OpenAPI 3.1. Every path is served without `/v1`, too. */
export const openApi: Readonly<Record<string, unknown>> = {
  openapi: "3.1.0",
  info: {
    title: "limn serve",
    version,
    license: { name: "MIT", identifier: "MIT" },
    description: "The images API on the ChatGPT plan of this machine's user.",
  },
  servers: [{ url: "/" }],
  security: [{ key: [] }],
  paths: {
    "/v1/images/generations": {
      post: {
        operationId: "createImage",
        summary: "Make pictures from words",
        parameters: repeatHeaders,
        requestBody: {
          required: true,
          content: { "application/json": { schema: { type: "object", required: ["prompt"], properties: fields } } },
        },
        responses: answers,
      },
    },
    "/v1/images/edits": {
      post: {
        operationId: "createImageEdit",
        summary: "Change pictures",
        parameters: repeatHeaders,
        requestBody: {
          required: true,
          content: {
            "multipart/form-data": {
              schema: {
                type: "object",
                required: ["prompt"],
                properties: {
                  ...formFields,
                  image: file,
                  "image[]": { type: "array", maxItems: 16, items: file },
                  mask: file,
                },
              },
            },
            "application/json": {
              schema: {
                type: "object",
                required: ["prompt", "images"],
                properties: {
                  ...fields,
                  images: { type: "array", minItems: 1, maxItems: 16, items: picture },
                  mask: picture,
                },
              },
            },
          },
        },
        responses: answers,
      },
    },
    "/v1/models": read("listModels", "Models that work", {
      type: "object",
      properties: { object: { const: "list" }, data: { type: "array", items: { $ref: "#/components/schemas/Model" } } },
    }),
    "/healthz": {
      get: {
        operationId: "health",
        summary: "Whether the server runs",
        security: [],
        responses: {
          200: {
            description: "OK",
            content: { "application/json": { schema: { type: "object", properties: { status: { const: "ok" } } } } },
          },
        },
      },
    },
    "/metrics": read("metrics", "Counts for Prometheus", { type: "string" }, "text/plain"),
    "/openapi.json": read("description", "This document", { type: "object" }),
  },
  components: {
    securitySchemes: { key: { type: "http", scheme: "bearer" } },
    schemas: {
      Model: {
        type: "object",
        required: ["id", "object", "created", "owned_by"],
        properties: {
          id: { type: "string" },
          object: { const: "model" },
          created: { type: "integer" },
          owned_by: { type: "string" },
        },
      },
      Images: {
        type: "object",
        required: ["created", "data"],
        properties: {
          created: { type: "integer" },
          data: { type: "array", items: image },
          background: { type: "string" },
          output_format: { type: "string" },
          quality: { type: "string" },
          size: { type: "string" },
          usage: { type: "object" },
        },
      },
      Error: {
        type: "object",
        required: ["error"],
        properties: {
          error: {
            type: "object",
            required: ["message", "type", "code", "param"],
            properties: {
              message: { type: "string" },
              type: { type: "string" },
              code: { type: ["string", "null"] },
              param: { type: ["string", "null"] },
              resets_at: { type: "integer", description: "Seconds since the epoch" },
            },
          },
        },
      },
    },
  },
};
