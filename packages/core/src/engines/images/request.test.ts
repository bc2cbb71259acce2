import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { LoadedImage, ResolvedRequest } from "../../contracts/request.ts";
import { aspectSentence, promptWithAspect } from "./aspect-sentence.ts";
import { imagesBody, imagesFields, imagesPath } from "./request.ts";
import { createTurnId } from "./turn-id.ts";

function request(change: Partial<ResolvedRequest> = {}): ResolvedRequest {
  return {
    operation: "generate",
    prompt: "A red fox in a snowy forest, watercolor",
    n: 1,
    aspect: null,
    background: "auto",
    quality: null,
    model: null,
    engine: "images",
    strict: false,
    images: [],
    ...change,
  };
}

const whole = (body: ReturnType<typeof imagesBody>): Buffer =>
  Buffer.concat([...body.slices()].map((slice) => Buffer.from(slice)));

describe("the body of a generation", () => {
  // Field by field the sample of codex-backend contract 3.1 (wire fixture images-generations.json), in its order.
  const sample =
    '{"prompt":"A red fox in a snowy forest, watercolor","background":"opaque","model":"gpt-image-2","quality":"auto","size":"auto"}';

  test("is the one that Codex sends, to the byte", () => {
    const body = imagesBody(request());
    expect([whole(body).toString(), body.length]).toEqual([sample, 127]);
    expect(imagesPath(request())).toBe("/images/generations");
  });

  test("is the same whatever quality, model, count and strictness were wished for", () => {
    const wishes = request({ quality: "high", model: "gpt-image-2-high", n: 4, strict: true, background: "opaque" });
    expect(whole(imagesBody(wishes)).toString()).toBe(sample);
  });

  test("asks for transparency only when it was asked for", () => {
    const backgrounds = (["transparent", "opaque", "auto"] as const).map((background) =>
      imagesFields(request({ background })),
    );
    expect(backgrounds.map((fields) => fields["background"])).toEqual(["transparent", "opaque", "opaque"]);
  });

  test("can be read again for every attempt, and has the length that it says", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (prompt) => {
        const body = imagesBody(request({ prompt }));
        expect(whole(body)).toEqual(whole(body));
        expect(whole(body).length).toBe(body.length);
        expect(JSON.parse(whole(body).toString())).toMatchObject({ prompt });
      }),
    );
  });
});

describe("the body of an edit", () => {
  const image = (bytes: Uint8Array, mediaType = "image/png"): LoadedImage => ({ bytes, mediaType });

  // Field by field the sample of codex-backend contract 3.1 (wire fixture images-edits.paths-transparent.json).
  test("is the one that Codex sends, to the byte, for any images", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 100 }), { minLength: 1, maxLength: 5 }),
        fc.string({ unit: "grapheme" }),
        (images, prompt) => {
          const edit = request({
            operation: "edit",
            prompt,
            background: "transparent",
            images: images.map((bytes) => image(bytes)),
          });
          const expected = JSON.stringify({
            images: images.map((bytes) => ({
              image_url: `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`,
            })),
            prompt,
            background: "transparent",
            model: "gpt-image-2",
            quality: "auto",
            size: "auto",
          });
          const body = imagesBody(edit);
          expect(whole(body).toString()).toBe(expected);
          expect(body.length).toBe(Buffer.byteLength(expected));
          expect(whole(body)).toEqual(whole(body));
        },
      ),
    );
  });

  test.each([49_151, 49_152, 49_153, 49_154, 150_000])(
    "with an image of %i bytes is encoded in slices that fit together",
    (size) => {
      const bytes = Buffer.alloc(size, (() => Buffer.from(Array.from({ length: 253 }, (_, index) => index)))());
      // A view into a larger buffer, as readers of files hand them out.
      const padded = Buffer.concat([Buffer.alloc(7), bytes, Buffer.alloc(9)]);
      const body = imagesBody(
        request({ operation: "edit", images: [image(padded.subarray(7, 7 + size), "image/webp")] }),
      );
      const sent: unknown = JSON.parse(whole(body).toString());
      expect(sent).toMatchObject({ images: [{ image_url: `data:image/webp;base64,${bytes.toString("base64")}` }] });
      expect(whole(body).length).toBe(body.length);
      expect(Math.max(...[...body.slices()].map((slice) => slice.length))).toBeLessThanOrEqual(65_536);
    },
  );

  test("goes to the route of edits, its order kept", () => {
    const edit = request({
      operation: "edit",
      images: [image(Buffer.from("b")), image(Buffer.from("a"), "image/jpeg")],
    });
    expect(imagesPath(edit)).toBe("/images/edits");
    expect(JSON.parse(whole(imagesBody(edit)).toString())).toMatchObject({
      images: [{ image_url: "data:image/png;base64,Yg==" }, { image_url: "data:image/jpeg;base64,YQ==" }],
    });
  });
});

describe("the sentence that steers the shape", () => {
  // The first is the reported one, word for word (codex-backend contract 3.3).
  test.each([
    [16, 9, "Aspect ratio: 16:9, wide landscape (horizontal) canvas."],
    [9, 16, "Aspect ratio: 9:16, tall portrait (vertical) canvas."],
    [3, 2, "Aspect ratio: 3:2, landscape (horizontal) canvas."],
    [2, 3, "Aspect ratio: 2:3, portrait (vertical) canvas."],
    [1, 1, "Aspect ratio: 1:1, square canvas."],
    [5, 5, "Aspect ratio: 5:5, square canvas."],
    [17, 10, "Aspect ratio: 17:10, wide landscape (horizontal) canvas."],
  ])("for %i:%i", (width, height, sentence) => {
    expect(aspectSentence({ width, height })).toBe(sentence);
    expect(promptWithAspect("a fox\n", { width, height })).toBe(`a fox\n\n\n${sentence}`);
  });

  test("is left out when no shape was asked for, and the prompt is verbatim", () => {
    expect(promptWithAspect(" a fox \u0000\n", null)).toBe(" a fox \u0000\n");
  });
});

test("a turn's id is a UUID of version 7 that carries the time", () => {
  const ids = Array.from({ length: 50 }, () => createTurnId(Date.parse("2026-11-21T02:00:00.000Z")));
  // 0x01a1fbd4f500 ms.
  expect(ids.filter((id) => !/^01a1fbd4-f500-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(50);
});
