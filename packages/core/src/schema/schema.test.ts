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
    "codex",
    "app-server",
    "transparent",
    "opaque",
    "best",
    "strict",
    "low",
    "xhigh",
    "max",
    "cover",
    "native",
    "webp",
    "jpg",
    "square",
    "16:9",
    "0:3",
    "101:1",
    "100:1",
    "8:1",
    "9:1",
    "1200x630",
    "1200X630",
    "2k",
    "3K",
    "1200x",
    "@last",
    "",
    "x",
  ),
  fc.integer({ min: -2, max: 12 }),
  fc.constantFrom(100, 101),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.constantFrom<unknown>([], ["a.png"], ["a.png", "@last:2"], ["a.png", ""], [7]),
);
const request = fc.record(
  {
    operation: fc.oneof(fc.constantFrom("generate", "edit"), value),
    prompt: fc.oneof(fc.string(), fc.constant("a fox"), fc.constant("x".repeat(32_001)), value),
    n: value,
    size: value,
    fit: value,
    aspect: value,
    format: value,
    compression: value,
    background: value,
    alpha: value,
    allowExtraImages: value,
    quality: value,
    model: value,
    engine: value,
    codexDriver: value,
    partials: value,
    images: value,
    mask: value,
    shrinkInputs: value,
    strict: value,
    unknown: value,
  },
  { requiredKeys: [] },
);

function isBlank(prompt: unknown): boolean {
  return prompt === undefined || (typeof prompt === "string" && prompt.trim() === "");
}

/** Fields that mean something only beside another one get it. */
const company: Readonly<Record<string, object>> = {
  fit: { size: "640x640" },
  alpha: { background: "transparent" },
  allowExtraImages: { background: "transparent" },
};

/** Whether the check takes every field by itself: a schema cannot say what contradicts what. */
function isFineFieldByField(candidate: Readonly<Record<string, unknown>>): boolean {
  const { operation } = candidate;
  if (operation !== "generate" && operation !== "edit") return false;
  const least = { operation, ...(operation === "edit" ? { images: ["a.png"] } : {}) };
  if (operation === "edit" && candidate["images"] === undefined) return false;
  return Object.entries(candidate).every(
    ([field, given]) => findFaults({ ...least, ...company[field], [field]: given }).length === 0,
  );
}

describe("the request schema", () => {
  it("accepts and refuses the same values for the same fields as the check that the client makes", () => {
    fc.assert(
      fc.property(request, (candidate) => {
        const isAccepted = isFineFieldByField(candidate) && !isBlank(candidate.prompt);
        expect(requestSchema.safeParse(candidate).success, JSON.stringify(candidate)).toBe(isAccepted);
      }),
      { numRuns: 2000 },
    );
  });

  it("takes and refuses every value in every field as the check does", () => {
    const fields = [
      "n",
      "size",
      "fit",
      "aspect",
      "format",
      "compression",
      "background",
      "alpha",
      "allowExtraImages",
    ].concat([
      "quality",
      "model",
      "engine",
      "codexDriver",
      "partials",
      "images",
      "mask",
      "shrinkInputs",
      "strict",
      "unknown",
    ]);
    for (const operation of ["generate", "edit"])
      for (const field of fields)
        fc.assert(
          fc.property(value, (given) => {
            const least = { operation, prompt: "a fox", ...(operation === "edit" ? { images: ["a.png"] } : {}) };
            const candidate = { ...least, ...company[field], [field]: given };
            expect(requestSchema.safeParse(candidate).success, JSON.stringify(candidate)).toBe(
              findFaults(candidate).length === 0,
            );
          }),
          { numRuns: 150 },
        );
  });

  const full = {
    operation: "generate",
    prompt: "a fox",
    n: 10,
    size: "1600x900",
    fit: "pad",
    aspect: "16:9",
    format: "webp",
    compression: 80,
    background: "auto",
    alpha: "best",
    allowExtraImages: 1,
    quality: "high",
    model: "gpt-image-2",
    engine: "images",
    codexDriver: "auto",
    partials: 0,
    images: [
      "a.png",
      "@last",
      "@gen_00000000010000000000:2",
      "https://example.test/a.png",
      "data:image/png;base64,AAAA",
    ],
    shrinkInputs: true,
    strict: true,
  };

  it("accepts a request with every field, of either operation", () => {
    expect(requestSchema.parse(full)).toEqual(full);
    const edit = { ...full, operation: "edit", mask: "mask.png" };
    expect(requestSchema.parse(edit)).toEqual(edit);
  });

  it("has images as texts only: bytes are for programs of this language", () => {
    for (const image of [Buffer.from("x"), { bytes: Buffer.from("x") }])
      expect(requestSchema.safeParse({ ...full, images: [image] }).success).toBe(false);
  });

  it("takes at most sixteen images, one at least to edit, and a mask only then", () => {
    const images = (count: number): string[] => Array.from({ length: count }, () => "a.png");
    const isTaken = (change: object): boolean => requestSchema.safeParse({ ...full, ...change }).success;
    expect([
      isTaken({ images: images(16) }),
      isTaken({ images: images(17) }),
      isTaken({ images: [] }),
      isTaken({ operation: "edit", images: [] }),
      isTaken({ operation: "edit", images: undefined }),
      isTaken({ mask: "mask.png" }),
    ]).toEqual([true, false, true, false, false, false]);
  });

  it("refuses a size that is out of range", () => {
    for (const size of ["1x1", "8193x16", "8192x8192"])
      expect(requestSchema.safeParse({ ...full, aspect: undefined, size }).success, size).toBe(false);
  });

  it("leaves what contradicts what to the check", () => {
    const contradiction = { operation: "generate", prompt: "a fox", size: "1200x630", aspect: "1:1" };
    expect([requestSchema.safeParse(contradiction).success, findFaults(contradiction).length]).toEqual([true, 1]);
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
