import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DescribedApi, objectOf } from "../../../../test/support/described-api.ts";
import { arbitraryOf } from "../../../../test/support/schema-arbitrary.ts";
import { HttpError } from "../loopback/index.ts";
import { schemas } from "./api-schemas.ts";
import { readRequest } from "./image-request.ts";
import { requestFields } from "./request-fields.ts";

/** What a field is read as, or that it is refused. */
function read(name: string, value: unknown): unknown {
  const field = Object.values(requestFields).find((one) => one.name === name);
  try {
    return field?.of(new Map([[name, value]]));
  } catch (error) {
    if (error instanceof HttpError) return "refused";
    throw error;
  }
}

const api = await DescribedApi.of({
  openapi: "3.1.0",
  info: { title: "fields", version: "1" },
  paths: {},
  components: { schemas },
});

describe("the fields of a request", () => {
  for (const { name, schema } of Object.values(requestFields)) {
    it(`${name}: every value that fits its description is taken, as JSON and as the text of a form`, () => {
      fc.assert(
        fc.property(arbitraryOf(schema, { resolve: (same) => same }), (value) => {
          expect(read(name, value)).not.toBe("refused");
          expect(read(name, String(value))).toEqual(read(name, value));
        }),
        { seed: 7 },
      );
    });

    it(`${name}: what does not fit is refused, but for other ways to write what fits`, () => {
      const nearly = fc.oneof(
        arbitraryOf(schema, { resolve: (same) => same }).chain((value) =>
          fc.constantFrom(`${String(value)}x`, ` ${String(value)}`, [value], { value }, `-${String(value)}`),
        ),
        fc.anything({ maxDepth: 1 }),
        fc.integer({ min: -5, max: 200 }),
        fc.string(),
      );
      const sameAs = (value: unknown): readonly unknown[] =>
        typeof value === "string"
          ? [
              value.trim().toLowerCase(),
              ...(/^\d{1,6}$/.test(value) ? [Number(value)] : []),
              ...(/^(?:true|false)$/.test(value) ? [value === "true"] : []),
            ]
          : [value];
      fc.assert(
        fc.property(nearly, (value) => {
          if (read(name, value) === "refused" || value === undefined || value === "") return;
          const fitting = sameAs(value).filter((same) => api.misfits(schema, same).length === 0);
          expect({ value, fitting }).not.toEqual({ value, fitting: [] });
        }),
        { seed: 7, numRuns: 500 },
      );
    });
  }

  it("that are described are those that are read, in every form of a request", () => {
    const names = Object.values(requestFields).map(({ name }) => name);
    for (const [schema, pictures] of [
      ["GenerationRequest", []],
      ["EditRequest", ["images", "image", "mask"]],
      ["EditForm", ["image", "image[]", "mask"]],
    ] as const)
      expect(Object.keys(objectOf(schemas[schema]?.properties))).toEqual([...names, ...pictures]);
    const fields = new Map<string, unknown>([
      ...names.map((name) => [name, ""] as const),
      ["prompt", "x"],
      ["user", ""],
    ]);
    expect(readRequest("generate", { fields, images: [], mask: null }, {}).ignored).toEqual(["user"]);
  });
});
