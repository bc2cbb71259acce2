import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findFaults } from "../client/validate-request.ts";
import { errorCodes } from "../contracts/codes.ts";
import { LimnError } from "../errors/index.ts";
import { errorSchema, requestSchema } from "./index.ts";

/** Values that are right, nearly right and wrong, for every field. */
const value = fc.oneof(
  fc.constantFrom<unknown>(
    "generate",
    "edit",
    "auto",
    "images",
    "transparent",
    "opaque",
    "low",
    "xhigh",
    "max",
    "square",
    "16:9",
    "0:3",
    "101:1",
    "100:1",
    "8:1",
    "9:1",
    "",
    "x",
  ),
  fc.integer({ min: -2, max: 12 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constant([]),
);
const request = fc.record(
  {
    operation: fc.oneof(fc.constant("generate"), value),
    prompt: fc.oneof(fc.string(), fc.constant("a fox"), fc.constant("x".repeat(32_001)), value),
    n: value,
    aspect: value,
    background: value,
    quality: value,
    model: value,
    engine: value,
    strict: value,
    unknown: value,
  },
  { requiredKeys: [] },
);

function isBlank(prompt: unknown): boolean {
  return prompt === undefined || (typeof prompt === "string" && prompt.trim() === "");
}

describe("the request schema", () => {
  it("accepts and refuses the same requests as the check that the client makes", () => {
    fc.assert(
      fc.property(request, (candidate) => {
        const isAccepted = findFaults(candidate).length === 0 && !isBlank(candidate.prompt);
        expect(requestSchema.safeParse(candidate).success, JSON.stringify(candidate)).toBe(isAccepted);
      }),
      { numRuns: 2000 },
    );
  });

  it("accepts a request with every field", () => {
    const full = {
      operation: "generate",
      prompt: "a fox",
      n: 10,
      aspect: "16:9",
      background: "auto",
      quality: "high",
      model: "gpt-image-2",
      engine: "images",
      strict: true,
    };
    expect(requestSchema.parse(full)).toEqual(full);
  });
});

describe("the error schema", () => {
  it.each(Object.keys(errorCodes))("accepts an error with the code %s", (code) => {
    const known = Object.keys(errorCodes).find((name): name is keyof typeof errorCodes => name === code);
    if (known === undefined) throw new Error(`no code ${code}`);
    const printed: unknown = JSON.parse(
      JSON.stringify({ schemaVersion: 1, error: new LimnError(known, { message: "something" }).toJSON() }),
    );
    expect(errorSchema.parse(printed)).toEqual(printed);
  });
});
