import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { ValidateFunction } from "ajv";
import addFormats from "ajv-formats";

type Json = Readonly<Record<string, unknown>>;

/** One operation of a description. */
export interface DescribedOperation {
  readonly method: string;
  /** With names in braces. */
  readonly address: string;
  /** Schemas of the bodies that it takes, by media type. */
  readonly bodies: Readonly<Record<string, Json>>;
  readonly parameters: readonly Json[];
  readonly responses: Readonly<Record<string, Json>>;
  readonly needsKey: boolean;
}

export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
}

/** Headers that any server may send, and those that every answer of limn has. */
const commonHeaders = new Set(
  "connection content-length content-type date keep-alive transfer-encoding cache-control x-content-type-options x-request-id".split(
    " ",
  ),
);

/** An OpenAPI document as judge: what an answer has that the document does not promise is a fault, too. */
export class DescribedApi {
  readonly operations: readonly DescribedOperation[];
  readonly #document: Json;
  readonly #ajv: Ajv2020;
  readonly #compiled = new Map<string, ValidateFunction>();

  private constructor(document: Json) {
    this.#document = document;
    this.#ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false });
    this.#ajv.addVocabulary(["components"]);
    addFormats.default(this.#ajv);
    this.operations = operationsOf(document);
  }

  /** @throws Error for a document that is not valid OpenAPI 3.1 */
  static async of(document: unknown): Promise<DescribedApi> {
    const given = objectOf(document);
    const validator = new Validator();
    const { valid, errors } = await validator.validate({ ...given });
    if (!valid || validator.version !== "3.1") throw new Error(`not valid: ${JSON.stringify(errors)}`);
    return new DescribedApi(given);
  }

  operation(method: string, path: string): DescribedOperation | null {
    const bare = (address: string): string => address.replace(/\/?(?:\?.*)?$/s, "").replace(/^\/v1(?=\/)/, "");
    return (
      this.operations.find(
        ({ method: own, address }) =>
          own === method && new RegExp(`^${bare(address).replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(bare(path)),
      ) ?? null
    );
  }

  /** What the schema says against a value; empty when it fits. */
  misfits(schema: Json, value: unknown): readonly string[] {
    const validate = this.#compile(schema);
    if (validate(value)) return [];
    return (validate.errors ?? []).map(({ instancePath, message, params }) =>
      `${instancePath} ${message ?? ""} ${JSON.stringify(params)}`.slice(0, 300),
    );
  }

  /** What is wrong with an answer to a request; empty when it is as described. */
  faults(method: string, path: string, answer: Answer): readonly string[] {
    const operation = this.operation(method, path);
    const described = operation?.responses[String(answer.status)] ?? operation?.responses.default;
    if (operation !== null && described === undefined) return [`the status ${answer.status} is not described`];
    if (described === undefined) {
      if (method === "HEAD") return [];
      return answer.status < 400 ? ["a route that is not described answers"] : this.#error(answer);
    }
    const resolved = this.#resolve(described);
    const type = answer.headers["content-type"]?.split(";", 1)[0] ?? "";
    const content = objectOf(resolved.content ?? {});
    const found = content[type] ?? content[`${type.split("/", 1)[0] ?? ""}/*`];
    const faults = this.#headerFaults(resolved, answer);
    if (found === undefined) return [...faults, `the type ${type} is not described for ${answer.status}`];
    const schema = objectOf(objectOf(found).schema);
    if (method === "HEAD" || type.startsWith("image/")) return faults;
    if (type === "text/event-stream") return [...faults, ...this.#eventFaults(schema, answer.text)];
    return [...faults, ...this.misfits(schema, type === "application/json" ? parse(answer.text) : answer.text)];
  }

  /** Every `$ref` of a schema, once. */
  schema(schema: Json): Json {
    return this.#resolve(schema);
  }

  #error(answer: Answer): readonly string[] {
    return this.misfits({ $ref: "#/components/schemas/Error" }, parse(answer.text));
  }

  #headerFaults(described: Json, { headers }: Answer): readonly string[] {
    const named = objectOf(described.headers ?? {});
    return Object.entries(headers).flatMap(([name, value]) => {
      const header = named[name];
      if (header !== undefined) return this.misfits(objectOf(objectOf(header).schema), value);
      return commonHeaders.has(name) ? [] : [`the header ${name} is not described`];
    });
  }

  #eventFaults(schema: Json, text: string): readonly string[] {
    return text
      .split("\n\n")
      .filter((block) => block !== "" && !block.startsWith(":"))
      .flatMap((block) => {
        const [, type, data] = /^event: (.+)\ndata: (.+)$/.exec(block) ?? [];
        if (type === undefined || data === undefined) return [`not an event: ${block.slice(0, 100)}`];
        const value = objectOf(parse(data));
        return value.type === type ? this.misfits(schema, value) : [`the event ${type} has another type inside`];
      });
  }

  #compile(schema: Json): ValidateFunction {
    const key = JSON.stringify(schema);
    const known = this.#compiled.get(key);
    if (known !== undefined) return known;
    const { schemas } = objectOf(this.#document.components);
    const compiled = this.#ajv.compile({
      ...objectOf(closed(schema)),
      components: { schemas: closed(schemas) },
    });
    this.#compiled.set(key, compiled);
    return compiled;
  }

  #resolve(value: Json): Json {
    const { $ref: reference } = value;
    if (typeof reference !== "string") return value;
    let found: unknown = this.#document;
    for (const name of reference.slice("#/".length).split("/")) found = objectOf(found)[name];
    return objectOf(found);
  }
}

/** The same schema where every object has the properties that are named and no others. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const inner = Object.fromEntries(Object.entries(schema).map(([name, value]) => [name, closed(value)]));
  return inner.type === "object" && typeof inner.properties === "object"
    ? { ...inner, additionalProperties: false }
    : inner;
}

function operationsOf(document: Json): readonly DescribedOperation[] {
  return Object.entries(objectOf(document.paths)).flatMap(([address, item]) =>
    Object.entries(objectOf(item)).map(([method, given]) => {
      const operation = objectOf(given);
      const { content = {} } = objectOf(operation.requestBody ?? {});
      return {
        method: method.toUpperCase(),
        address,
        bodies: Object.fromEntries(
          Object.entries(objectOf(content)).map(([type, body]) => [type, objectOf(objectOf(body).schema)]),
        ),
        parameters: Array.isArray(operation.parameters) ? operation.parameters.map(objectOf) : [],
        responses: Object.fromEntries(
          Object.entries(objectOf(operation.responses)).map(([status, response]) => [status, objectOf(response)]),
        ),
        needsKey: operation.security === undefined,
      };
    }),
  );
}

export function objectOf(value: unknown): Json {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw new TypeError(`not an object: ${JSON.stringify(value)?.slice(0, 200)}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return `not JSON: ${text.slice(0, 200)}`;
  }
}
