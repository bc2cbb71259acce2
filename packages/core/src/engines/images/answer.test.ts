import { describe, expect, test } from "vitest";
import { thrownBy } from "../../../../../test/support/rejection.ts";
import type { ImageSink } from "../../contracts/engine.ts";
import { ImagesAnswerReader } from "./answer.ts";

/** A sink that remembers what it got. */
class Memory implements ImageSink {
  text = "";
  discarded = false;

  get bytesWritten(): number {
    return this.text.length;
  }

  write(bytes: Uint8Array): void {
    this.text += Buffer.from(bytes).toString("latin1");
  }

  async finish(): Promise<never> {
    return Promise.reject(new Error("not asked for here"));
  }

  discard(): void {
    this.discarded = true;
  }
}

function read(document: unknown): { reader: ImagesAnswerReader; sinks: Memory[]; progress: number[] } {
  const sinks: Memory[] = [];
  const progress: number[] = [];
  const reader = new ImagesAnswerReader(
    () => {
      const sink = new Memory();
      sinks.push(sink);
      return sink;
    },
    (bytes) => progress.push(bytes),
  );
  reader.push(Buffer.from(typeof document === "string" ? document : JSON.stringify(document)));
  return { reader, sinks, progress };
}

// The answer of codex-backend contract 3.2.
const good = {
  created: 1_795_218_411,
  background: "opaque",
  data: [{ b64_json: "QUJD", generation_id: "0b1c" }],
  output_format: "png",
  quality: "low",
  size: "1254x1254",
  usage: {
    input_tokens: 23,
    input_tokens_details: { image_tokens: 0, text_tokens: 23 },
    output_tokens: 515,
    output_tokens_details: { image_tokens: 515, text_tokens: 0 },
    total_tokens: 538,
  },
};

test("a whole answer gives its picture and what it says about it", () => {
  const { reader, sinks, progress } = read(good);
  expect(reader.facts(false)).toEqual({
    quality: "low",
    background: "opaque",
    serviceImageId: "0b1c",
    usage: { inputTokens: 23, outputTokens: 515, totalTokens: 538, inputImageTokens: 0 },
    isBroken: false,
  });
  expect([sinks.map(({ text }) => text), progress, reader.finishedSink === sinks[0]]).toEqual([["ABC"], [3], true]);
});

test("nothing beside the picture is needed, and odd values are passed over", () => {
  const nothing = { quality: null, background: null, serviceImageId: null, usage: {}, isBroken: false };
  expect(read({ data: [{ b64_json: "QUJD" }] }).reader.facts(false)).toEqual(nothing);
  expect(
    read({
      data: [{ b64_json: "QUJD", generation_id: 7 }],
      quality: null,
      background: "",
      usage: { input_tokens: "many", total_tokens: null, input_tokens_details: [] },
    }).reader.facts(false),
  ).toEqual(nothing);
});

test("of several pictures the first is taken, as Codex does", () => {
  const { reader, sinks } = read({
    data: [{ b64_json: "QUJD", generation_id: "a" }, { b64_json: "!!" }, { b64_json: "REVG" }],
  });
  expect([reader.facts(false).serviceImageId, sinks.map(({ text }) => text)]).toEqual(["a", ["ABC"]]);
});

describe("an answer without a picture", () => {
  test.each<[string, unknown, string, string]>([
    ["hello", "hello", "unexpected_response", "The answer is not JSON, as an image answer is."],
    ["nothing", "", "unexpected_response", "The answer is not JSON, as an image answer is."],
    ["no data", { created: 1 }, "unexpected_response", 'The answer has no "data" field, as an image answer has.'],
    [
      "empty data",
      { created: 1, data: [] },
      "no_image_returned",
      "The service sent an empty list of pictures, without a picture.",
    ],
    [
      "an address instead",
      { data: [{ url: "https://x" }] },
      "no_image_returned",
      "The service sent a list of pictures, without a picture.",
    ],
    [
      "null",
      { data: [{ b64_json: null }] },
      "no_image_returned",
      "The service sent a list of pictures, without a picture.",
    ],
  ])("%s", (_, document, code, message) => {
    const error = thrownBy(() => read(document).reader.facts(false));
    expect([error.code, error.message]).toEqual([code, message]);
  });

  test("because it broke off is told as such", () => {
    const error = thrownBy(() => read('{"created":1,"da').reader.facts(true));
    expect([error.code, error.message]).toEqual([
      "no_image_returned",
      "The service sent an answer that broke off, without a picture.",
    ]);
  });
});

test("a picture that is not base64 is corrupt", () => {
  const error = thrownBy(() => read({ data: [{ b64_json: "!!!notbase64" }] }).reader.facts(false));
  expect([error.code, error.message]).toEqual(["image_corrupt", "The picture in the answer is not valid base64."]);
});

// As when a proxy passes on a cut answer as a whole one, without a length.
test("an answer that ends within its picture is cut, though the connection ended in order", () => {
  const { reader } = read('{"data":[{"b64_json":"QUJDREVG');
  const error = thrownBy(() => reader.facts(false));
  expect([error.code, error.message]).toEqual([
    "stream_truncated",
    "The answer stopped within the picture, before it was whole. The plan was probably charged.",
  ]);
  expect(reader.finishedSink).toBe(null);
});

test("an answer that is endless beside its picture is given up", () => {
  const { reader } = read('{"a":"');
  const error = thrownBy(() => {
    for (let count = 0; count < 3; count += 1) reader.push(Buffer.alloc(500_000, "x"));
  });
  expect(error.toJSON()).toMatchObject({
    code: "unexpected_response",
    message: "The answer is not an image answer: the answer holds more than 1048576 bytes beside its pictures.",
  });
});

test("a picture that is given up is discarded", () => {
  const { reader, sinks } = read('{"data":[{"b64_json":"QUJD');
  reader.discard();
  expect(sinks.map(({ discarded }) => discarded)).toEqual([true]);
  read("hello").reader.discard();
});
