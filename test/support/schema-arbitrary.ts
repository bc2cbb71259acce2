import fc from "fast-check";
import type { Arbitrary } from "fast-check";
import { objectOf } from "./described-api.ts";

type Schema = Readonly<Record<string, unknown>>;

export interface ArbitraryParts {
  /** Follows a `$ref`. */
  readonly resolve: (schema: Schema) => Schema;
  /** For properties of these names, whatever their schema says: where a value that fits would be costly. */
  readonly named?: Readonly<Record<string, Arbitrary<unknown>>>;
  /** For files of a form. */
  readonly files?: Arbitrary<unknown>;
}

/** Values that fit a JSON Schema, as far as descriptions of APIs use it. */
export function arbitraryOf(schema: Schema, parts: ArbitraryParts): Arbitrary<unknown> {
  const { $ref: reference, anyOf, oneOf, enum: choices, type } = schema;
  if (typeof reference === "string") return arbitraryOf(parts.resolve(schema), parts);
  if ("const" in schema) return fc.constant(schema.const);
  if (Array.isArray(choices)) return fc.constantFrom<unknown>(...choices);
  if (type === "object") return objectArbitrary(schema, parts);
  const alternatives = anyOf ?? oneOf;
  if (Array.isArray(alternatives))
    return fc.oneof(...alternatives.map((alternative) => arbitraryOf(objectOf(alternative), parts)));
  if (Array.isArray(type))
    return fc.oneof(
      ...type.map((one) => (one === "null" ? fc.constant(null) : arbitraryOf({ ...schema, type: one }, parts))),
    );
  switch (type) {
    case "string":
      return textArbitrary(schema, parts);
    case "integer":
      return fc.integer({ min: numberOf(schema.minimum, -1e9), max: numberOf(schema.maximum, 1e9) });
    case "boolean":
      return fc.boolean();
    case "array":
      return fc.array(arbitraryOf(objectOf(schema.items), parts), {
        minLength: numberOf(schema.minItems, 0),
        maxLength: Math.min(numberOf(schema.maxItems, 3), 3),
      });
    default:
      throw new Error(`no values are known for ${JSON.stringify(schema).slice(0, 200)}`);
  }
}

function textArbitrary(schema: Schema, { files }: ArbitraryParts): Arbitrary<unknown> {
  if (schema.contentMediaType !== undefined && files !== undefined) return files;
  const longest = Math.min(numberOf(schema.maxLength, 60), 60);
  if (typeof schema.pattern === "string")
    return fc
      .stringMatching(new RegExp(schema.pattern, "u"))
      .filter((text) => text.length <= numberOf(schema.maxLength, 10_000));
  return fc.string({ minLength: numberOf(schema.minLength, 0), maxLength: longest, unit: "grapheme" });
}

/** Required properties always, others sometimes; of alternatives that require more, one. */
function objectArbitrary(schema: Schema, parts: ArbitraryParts): Arbitrary<unknown> {
  const properties = Object.entries(objectOf(schema.properties ?? {}));
  const record = Object.fromEntries(
    properties.map(([name, property]) => [name, parts.named?.[name] ?? arbitraryOf(objectOf(property), parts)]),
  );
  const required = namesOf(schema.required);
  const alternatives = schema.anyOf ?? schema.oneOf;
  const sets = Array.isArray(alternatives) ? alternatives.map((one) => namesOf(objectOf(one).required)) : [[]];
  return fc.oneof(...sets.map((more) => fc.record(record, { requiredKeys: [...required, ...more] })));
}

function namesOf(given: unknown): string[] {
  return Array.isArray(given) ? given.map(String) : [];
}

function numberOf(given: unknown, fallback: number): number {
  return typeof given === "number" ? given : fallback;
}
