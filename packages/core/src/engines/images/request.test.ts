import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadedImage as image, resolvedRequest as request } from "../../../../../test/support/resolved-request.ts";
import { aspectSentence } from "../shape-words.ts";
import { imagesBody, imagesFields, imagesPath } from "./request.ts";
import { createTurnId } from "./turn-id.ts";

function whole(body: ReturnType<typeof imagesBody>): Buffer {
  // A slice is only valid until the next one is read.
  const slices: Buffer[] = [];
  for (const slice of body.slices()) slices.push(Buffer.from(slice));
  return Buffer.concat(slices);
}

describe("the body of a generation", () => {
  // Field by field the sample of codex-backend contract 3.1 (wire fixture images-generations.json), in its order.
  const sample =
    '{"prompt":"A red fox in a snowy forest, watercolor","background":"opaque","model":"gpt-image-2","quality":"auto","size":"auto"}';

  test("is the one that Codex sends, to the byte", () => {
    const body = imagesBody(request());
    expect([whole(body).toString(), body.length]).toEqual([sample, 127]);
    expect(imagesPath(request())).toBe("/images/generations");
  });

  test("is the same whatever quality, model, count, strictness and delivery were wished for", () => {
    const wishes = request({
      quality: "high",
      model: "gpt-image-2-high",
      n: 4,
      strict: true,
      background: "opaque",
      aspect: { width: 16, height: 9 },
      wish: { size: { width: 1200, height: 630 }, aspect: null, fit: "pad", format: "webp", compression: 5 },
      alpha: "strict",
      allowExtraImages: 3,
      partials: 2,
    });
    expect(whole(imagesBody(wishes)).toString()).toBe(sample);
  });

  test("names size and quality only where the account's table says that they are honoured", () => {
    const wishes = { aspect: { width: 16, height: 9 }, quality: "max" } as const;
    const native = { aspect: null, size: { width: 1280, height: 720 }, quality: "high" } as const;
    expect(imagesFields(request({ ...wishes, native }))).toEqual({
      prompt: "A red fox in a snowy forest, watercolor",
      background: "opaque",
      model: "gpt-image-2",
      quality: "high",
      size: "1280x720",
    });
    const inWords = { aspect: wishes.aspect, size: null, quality: null };
    expect(imagesFields(request({ prompt: "a fox", native: inWords }))).toMatchObject({
      prompt: `a fox\n\n${aspectSentence(wishes.aspect)}`,
      quality: "auto",
      size: "auto",
    });
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
        request({ operation: "edit", images: [image(padded.subarray(7, 7 + size), { mediaType: "image/webp" })] }),
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
      images: [image(Buffer.from("b")), image(Buffer.from("a"), { mediaType: "image/jpeg" })],
    });
    expect(imagesPath(edit)).toBe("/images/edits");
    expect(JSON.parse(whole(imagesBody(edit)).toString())).toMatchObject({
      images: [{ image_url: "data:image/png;base64,Yg==" }, { image_url: "data:image/jpeg;base64,YQ==" }],
    });
  });
});

test("a turn's id is a UUID of version 7 that carries the time", () => {
  const ids = Array.from({ length: 50 }, () => createTurnId(Date.parse("2026-11-21T02:00:00.000Z")));
  // 0x01a1fbd4f500 ms.
  expect(ids.filter((id) => !/^01a1fbd4-f500-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toEqual([]);
  expect(new Set(ids).size).toBe(50);
});
