import { maxInputBytes, maxInputImages, pictureFormats } from "@limn/core";
import { requestFields } from "./request-fields.ts";
import type { Schema } from "./request-fields.ts";

function reference(name: string): Schema {
  return { $ref: `#/components/schemas/${name}` };
}

function object(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", required, properties };
}

const text: Schema = { type: "string" };
const count: Schema = { type: "integer", minimum: 0 };
const seconds: Schema = { type: "integer", description: "Seconds since the epoch" };
const base64: Schema = { type: "string", contentEncoding: "base64", description: "A picture" };

/** A field that is null is one that was left out. */
function orNull(schema: Schema): Schema {
  const { enum: choices } = schema;
  return {
    ...schema,
    type: [schema.type, "null"],
    ...(Array.isArray(choices) ? { enum: [...choices, null] } : {}),
  };
}

const fields = Object.values(requestFields);
const formFields = Object.fromEntries(fields.map(({ name, schema }) => [name, schema]));
const jsonFields = Object.fromEntries(
  fields.map(({ name, schema }) => [name, name === requestFields.prompt.name ? schema : orNull(schema)]),
);

const dataAddress: Schema = {
  type: "string",
  pattern: "^data:[^,]{0,190};base64,.",
  description: "Nothing else is read: no path, no address, no id of a file.",
};
const picture: Schema = {
  anyOf: [
    dataAddress,
    object({ image_url: { anyOf: [dataAddress, object({ url: dataAddress })] } }),
    object({ url: dataAddress }),
  ],
};
const pictures: Schema = { type: "array", minItems: 1, maxItems: maxInputImages, items: reference("Picture") };
const upload: Schema = {
  type: "string",
  contentMediaType: "application/octet-stream",
  description: `At most ${maxInputBytes} bytes; whatever its name and type say, the bytes decide.`,
};
const oneOrMorePictures: readonly Schema[] = [{ required: ["image"] }, { required: ["images"] }];
const oneOrMoreFiles: readonly Schema[] = [{ required: ["image"] }, { required: ["image[]"] }];

const facts = {
  background: { type: "string", enum: ["transparent", "opaque"] },
  output_format: { type: "string", enum: pictureFormats },
  quality: { ...text, description: "As the service states it; auto when it does not." },
  size: { ...text, pattern: String.raw`^\d+x\d+$` },
};

function event(type: string, properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  return object({ type: { const: type }, ...properties }, optional);
}

function completed(operation: string): Schema {
  return event(
    `${operation}.completed`,
    { b64_json: base64, created_at: seconds, ...facts, usage: reference("Usage") },
    ["usage"],
  );
}

function partial(operation: string): Schema {
  return event(`${operation}.partial_image`, {
    partial_image_index: count,
    b64_json: base64,
    created_at: seconds,
    ...facts,
    background: { ...text, description: "As asked; auto when nothing was." },
    size: { ...text, description: "As asked; auto when nothing was." },
  });
}

export const schemas: Readonly<Record<string, Schema>> = {
  GenerationRequest: {
    type: "object",
    required: [requestFields.prompt.name],
    properties: jsonFields,
    description: "Other fields mean nothing here, and are named in x-limn-ignored.",
  },
  EditRequest: {
    type: "object",
    required: [requestFields.prompt.name],
    anyOf: oneOrMorePictures,
    properties: {
      ...jsonFields,
      images: pictures,
      image: { anyOf: [reference("Picture"), pictures] },
      mask: { ...picture, description: "Transparent where the first picture is to change; of its size." },
    },
  },
  EditForm: {
    type: "object",
    required: [requestFields.prompt.name],
    anyOf: oneOrMoreFiles,
    properties: {
      ...formFields,
      image: { anyOf: [upload, { type: "array", minItems: 1, maxItems: maxInputImages, items: upload }] },
      "image[]": { type: "array", minItems: 1, maxItems: maxInputImages, items: upload },
      mask: upload,
    },
  },
  Picture: picture,
  Images: object(
    { created: seconds, data: { type: "array", items: reference("Image") }, ...facts, usage: reference("Usage") },
    ["usage"],
  ),
  Image: {
    ...object({ b64_json: base64, url: { type: "string", format: "uri" }, revised_prompt: text }, [
      "b64_json",
      "url",
      "revised_prompt",
    ]),
    oneOf: [{ required: ["b64_json"] }, { required: ["url"] }],
  },
  Usage: object({
    input_tokens: count,
    output_tokens: count,
    total_tokens: count,
    input_tokens_details: object({ image_tokens: count, text_tokens: count }),
  }),
  GenerationPartialImage: partial("image_generation"),
  GenerationCompleted: completed("image_generation"),
  EditPartialImage: partial("image_edit"),
  EditCompleted: completed("image_edit"),
  ErrorEvent: event("error", { error: reference("Problem") }),
  Model: object({ id: text, object: { const: "model" }, created: seconds, owned_by: text }),
  Models: object({ object: { const: "list" }, data: { type: "array", items: reference("Model") } }),
  Health: object({ status: { const: "ok" } }),
  Error: object({ error: reference("Problem") }),
  Problem: object(
    {
      message: { ...text, description: "For a person." },
      type: text,
      code: { type: ["string", "null"], description: "For a program." },
      param: { type: ["string", "null"], description: "The field that is wrong." },
      resets_at: { ...seconds, description: "When the plan can be used again; seconds since the epoch." },
    },
    ["resets_at"],
  ),
};

/** The data of the events of a stream, one after another. */
export function eventSchema(operation: "generate" | "edit"): Schema {
  const names =
    operation === "edit"
      ? ["EditPartialImage", "EditCompleted", "ErrorEvent"]
      : ["GenerationPartialImage", "GenerationCompleted", "ErrorEvent"];
  return { oneOf: names.map(reference) };
}

export { reference as schemaReference };
