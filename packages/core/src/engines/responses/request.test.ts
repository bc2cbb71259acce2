import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadedImage, resolvedRequest } from "../../../../../test/support/resolved-request.ts";
import type { ResolvedRequest } from "../../contracts/request.ts";
import { aspectSentence } from "../shape-words.ts";
import { responsesBody, responsesFields } from "./request.ts";

const request = (change: Partial<ResolvedRequest> = {}): ResolvedRequest =>
  resolvedRequest({ engine: "responses", ...change });
const classic = { slug: "gpt-5.5", isLite: false };
const lite = { slug: "gpt-6.1-sol", isLite: true };

function whole(body: ReturnType<typeof responsesBody>): Buffer {
  // A slice is only valid until the next one is read.
  const slices: Buffer[] = [];
  for (const slice of body.slices()) slices.push(Buffer.from(slice));
  return Buffer.concat(slices);
}

const parsed = (change: Partial<ResolvedRequest> = {}, host = classic): Record<string, unknown> =>
  JSON.parse(whole(responsesBody(request(change), host)).toString());

const dataUrl = (bytes: Uint8Array, mediaType = "image/png"): string =>
  `data:${mediaType};base64,${Buffer.from(bytes).toString("base64")}`;

describe("the body", () => {
  test("has the fields of codex-backend contract 4.1 and no others", () => {
    const body = parsed({ prompt: "make the sky green", images: [loadedImage(Buffer.from("a"))] });
    expect(body).toEqual({
      model: "gpt-5.5",
      instructions: expect.stringContaining("Call the image_generation tool"),
      input: [
        {
          type: "message",
          role: "user",
          content: [
            { type: "input_image", image_url: "data:image/png;base64,YQ==" },
            { type: "input_text", text: "make the sky green" },
          ],
        },
      ],
      tools: [{ type: "image_generation", action: "edit", output_format: "png", background: "auto" }],
      store: false,
      stream: true,
      parallel_tool_calls: false,
    });
    // A forced choice of the tool is refused for some accounts; reasoning and ids of earlier answers are not sent.
    for (const field of ["tool_choice", "reasoning", "previous_response_id", "n"])
      expect(body).not.toHaveProperty(field);
  });

  test("says to a lite model as a developer what to do, before anything else", () => {
    const { input, instructions } = parsed({}, lite);
    expect(input).toEqual([
      { type: "message", role: "developer", content: [{ type: "input_text", text: instructions }] },
      { type: "message", role: "user", content: [{ type: "input_text", text: request().prompt }] },
    ]);
  });

  test("has the images first, in the order given, each with its type", () => {
    const images = ["b", "a", "c"].map((text) => Buffer.from(text));
    const types = ["image/webp", "image/jpeg", "image/png"] as const;
    const { input } = parsed({
      images: images.map((bytes, place) => loadedImage(bytes, { mediaType: types[place] ?? "image/png" })),
    });
    expect(input).toMatchObject([
      {
        content: [
          ...images.map((bytes, place) => ({ type: "input_image", image_url: dataUrl(bytes, types[place]) })),
          { type: "input_text" },
        ],
      },
    ]);
  });

  test("is JSON, as long as it says, and the same for every attempt, whatever the prompt and the images", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "binary" }),
        fc.array(fc.uint8Array({ maxLength: 100 }), { maxLength: 16 }),
        fc.boolean(),
        (prompt, images, isLite) => {
          const body = responsesBody(
            request({ prompt, images: images.map((bytes) => loadedImage(bytes)) }),
            isLite ? lite : classic,
          );
          const bytes = whole(body);
          expect(bytes.length).toBe(body.length);
          expect(whole(body).equals(bytes)).toBe(true);
          const { input } = JSON.parse(bytes.toString());
          expect(input.at(-1)).toEqual({
            type: "message",
            role: "user",
            content: [
              ...images.map((image) => ({ type: "input_image", image_url: dataUrl(image) })),
              { type: "input_text", text: prompt },
            ],
          });
        },
      ),
    );
  });

  test.each([49_151, 49_152, 49_153, 150_000])(
    "with an image of %i bytes is made of slices of at most 64 KiB",
    (size) => {
      const bytes = Buffer.alloc(size, Buffer.from(Array.from({ length: 253 }, (_, index) => index)));
      const body = responsesBody(request({ images: [loadedImage(bytes)] }), lite);
      const lengths: number[] = [];
      for (const slice of body.slices()) lengths.push(slice.length);
      expect(Math.max(...lengths)).toBeLessThanOrEqual(65_536);
      expect(lengths.reduce((sum, length) => sum + length, 0)).toBe(body.length);
      expect(whole(body).includes(bytes.toString("base64"))).toBe(true);
    },
  );
});

describe("the tool", () => {
  const tool = (change: Partial<ResolvedRequest>): unknown => parsed(change)["tools"];
  const usual = { type: "image_generation", action: "generate", output_format: "png", background: "auto" };

  test.each<[string, Partial<ResolvedRequest>, object]>([
    ["for nothing but a prompt", {}, usual],
    ["for an opaque background", { background: "opaque" }, { ...usual, background: "opaque" }],
    ["for no particular background", { background: "auto" }, usual],
    // `transparent` is refused on many accounts; it is asked in words.
    ["for a transparent background", { background: "transparent" }, usual],
    ["with previews", { partials: 3 }, { ...usual, partial_images: 3 }],
    ["with references", { images: [loadedImage(Buffer.from("a"))] }, { ...usual, action: "edit" }],
    [
      "for wishes that are not honoured",
      { quality: "high", n: 4, model: "gpt-5.5", aspect: { width: 1, height: 1 } },
      usual,
    ],
    [
      "for what the table says is honoured",
      { native: { aspect: null, size: { width: 1536, height: 1024 }, quality: "high" } },
      { ...usual, quality: "high", size: "1536x1024" },
    ],
  ])("%s", (_, change, expected) => {
    expect(tool(change)).toEqual([expected]);
  });
});

describe("the words", () => {
  const words = (change: Partial<ResolvedRequest>): unknown => responsesFields(request(change), "x")["prompt"];

  test("are the prompt verbatim", () => {
    expect(words({ prompt: " a fox \u0000\n" })).toBe(" a fox \u0000\n");
  });

  test("ask for a shape and for transparency only when they were asked for, each in a sentence of its own", () => {
    const native = { aspect: { width: 16, height: 9 }, size: null, quality: null };
    const shape = aspectSentence(native.aspect);
    const transparent = words({ prompt: "a fox", background: "transparent" });
    expect(transparent).toMatch(/^a fox\n\n\S[^\n]*transparent[^\n]*\.$/);
    expect([
      words({ prompt: "a fox", native }),
      words({ prompt: "a fox", native, background: "transparent" }),
      words({ prompt: "a fox", background: "opaque" }),
    ]).toEqual([`a fox\n\n${shape}`, String(transparent).replace("a fox", `a fox\n\n${shape}`), "a fox"]);
  });
});

test("what would be sent is told without the images and with the model that is meant", () => {
  const told = responsesFields(request({ images: [loadedImage(Buffer.from("secret picture"))] }), "(a model)");
  expect(Object.keys(told)).toEqual([
    "model",
    "instructions",
    "prompt",
    "tools",
    "store",
    "stream",
    "parallel_tool_calls",
  ]);
  expect(told["model"]).toBe("(a model)");
  expect(JSON.stringify(told)).not.toContain("base64");
});
