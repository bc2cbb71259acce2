import { describe, expect, test } from "vitest";
import type { ImageSink, StoredImage } from "../../contracts/engine.ts";
import { ResponsesAnswerReader } from "./answer.ts";

/** A sink that keeps its bytes and what became of it. */
interface Kept {
  readonly kind: "image" | "preview";
  bytes: Buffer;
  fate: "open" | "discarded" | `preview ${number}`;
  writes: number;
}

interface Reading {
  readonly reader: ResponsesAnswerReader;
  readonly sinks: readonly Kept[];
  readonly received: readonly number[];
  readonly previewsTold: () => number;
}

function begin({ wantsPreviews = true } = {}): Reading {
  const sinks: Kept[] = [];
  const received: number[] = [];
  let told = 0;
  const keep = (kind: Kept["kind"]): Kept => {
    const kept: Kept = { kind, bytes: Buffer.alloc(0), fate: "open", writes: 0 };
    sinks.push(kept);
    return kept;
  };
  const write = (kept: Kept, bytes: Uint8Array): void => {
    if (kept.fate !== "open") throw new Error(`written after it was ${kept.fate}`);
    kept.bytes = Buffer.concat([kept.bytes, bytes]);
    kept.writes += 1;
  };
  const reader = new ResponsesAnswerReader({
    openImage: (): ImageSink => {
      const kept = keep("image");
      return {
        get bytesWritten(): number {
          return kept.bytes.length;
        },
        write: (bytes) => write(kept, bytes),
        finish: async (): Promise<StoredImage> => Promise.reject(new Error("the reader finishes no picture")),
        discard: () => {
          kept.fate = "discarded";
        },
      };
    },
    openPreview: () => {
      if (!wantsPreviews) return null;
      const kept = keep("preview");
      return {
        write: (bytes) => write(kept, bytes),
        finish: (partialIndex) => {
          kept.fate = `preview ${partialIndex}`;
        },
        discard: () => {
          kept.fate = "discarded";
        },
      };
    },
    onBytes: (bytes) => void received.push(bytes),
    onPreview: () => {
      told += 1;
    },
  });
  return { reader, sinks, received, previewsTold: () => told };
}

function read(pieces: readonly (string | Uint8Array)[], options?: Parameters<typeof begin>[0]): Reading {
  const reading = begin(options);
  for (const piece of pieces) {
    // The transport uses its buffer again.
    const chunk = Buffer.from(piece);
    reading.reader.push(chunk);
    chunk.fill(0);
  }
  reading.reader.finish();
  return reading;
}

/** What a reading comes to: every finished picture with its facts, the previews, and how it ended. */
function summary({ reader, sinks }: Reading): unknown {
  const { finished, previews, words, end, usage, sawEvent } = reader;
  return {
    finished: finished.map(({ sink, ...facts }) => ({ ...facts, bytes: sink.bytesWritten })),
    shown: sinks.filter(({ kind }) => kind === "preview").map(({ bytes, fate }) => [bytes.toString("hex"), fate]),
    // Every picture that is open is a finished one, and those hold exactly their bytes.
    kept: sinks
      .filter(({ fate, kind }) => kind === "image" && fate === "open")
      .map(({ bytes }) => bytes.toString("hex")),
    previews,
    words,
    end,
    usage,
    sawEvent,
  };
}

type Event = { readonly type: string } & Readonly<Record<string, unknown>>;

const frame = (event: Event, name: string | null = event.type): string =>
  `${name === null ? "" : `event: ${name}\n`}data: ${JSON.stringify(event)}\n\n`;
const frames = (...events: readonly Event[]): string => events.map((event) => frame(event)).join("");

const bytesOf = (length: number, seed: number): Buffer =>
  Buffer.from(Array.from({ length }, (_, index) => (index * 31 + seed * 97) % 256));
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

const picture = bytesOf(301, 1);
const other = bytesOf(200, 2);
const previewed = [bytesOf(40, 3), bytesOf(41, 4)] as const;
const place = { item_id: "ig_1", output_index: 0 };

const partial = (index: number, bytes: Uint8Array): Event => ({
  type: "response.image_generation_call.partial_image",
  ...place,
  partial_image_index: index,
  partial_image_b64: base64(bytes),
  size: "64x48",
  quality: "low",
  background: "opaque",
  output_format: "png",
});
const item = (bytes: Uint8Array | string, change: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  id: "ig_1",
  type: "image_generation_call",
  status: "generating",
  action: "generate",
  background: "opaque",
  output_format: "png",
  quality: "medium",
  size: "64x48",
  revised_prompt: 'A "red" fox \\ 🦊',
  result: typeof bytes === "string" ? bytes : base64(bytes),
  ...change,
});
const itemDone = (value: unknown, output_index = 0): Event => ({
  type: "response.output_item.done",
  output_index,
  item: value,
});
const usage = {
  usage: { input_tokens: 2300, input_tokens_details: { cached_tokens: 5 }, output_tokens: 60, total_tokens: 2360 },
  tool_usage: {
    image_gen: {
      input_tokens: 23,
      input_tokens_details: { image_tokens: 0, text_tokens: 23 },
      output_tokens: 515,
      total_tokens: 538,
    },
  },
};
const completed = (change: Readonly<Record<string, unknown>> = {}): Event => ({
  type: "response.completed",
  response: { id: "resp_1", status: "completed", output: [], ...usage, ...change },
});
const begun: readonly Event[] = [
  { type: "response.created", response: { id: "resp_1", tools: [{ type: "image_generation", size: "auto" }] } },
  { type: "response.in_progress", response: { id: "resp_1" } },
  {
    type: "response.output_item.added",
    output_index: 0,
    item: { id: "ig_1", type: "image_generation_call", status: "in_progress", result: null },
  },
  { type: "response.image_generation_call.in_progress", ...place, sequence_number: 3 },
  { type: "response.image_generation_call.generating", ...place, sequence_number: 4 },
  { type: "keepalive" },
];

const factsOfItem = {
  isValidBase64: true,
  revisedPrompt: 'A "red" fox \\ 🦊',
  quality: "medium",
  background: "opaque",
  serviceImageId: "ig_1",
};
const usageRead = {
  inputTokens: 23,
  outputTokens: 515,
  totalTokens: 538,
  inputImageTokens: 0,
  driver: { inputTokens: 2300, outputTokens: 60, cachedInputTokens: 5 },
};

/** The sequence of codex-backend contract 4.2. */
const stream = `: ping\n\n${frames(
  ...begun,
  partial(0, previewed[0]),
  partial(1, previewed[1]),
  { type: "response.image_generation_call.completed", ...place },
  itemDone(item(picture)),
  completed(),
)}`;
const streamRead = {
  finished: [{ ...factsOfItem, bytes: 301 }],
  shown: [
    [hex(previewed[0]), "preview 0"],
    [hex(previewed[1]), "preview 1"],
  ],
  kept: [hex(picture)],
  previews: 2,
  words: "",
  end: { kind: "completed" },
  usage: usageRead,
  sawEvent: true,
};

describe("a whole answer", () => {
  test("gives the picture, its facts, the previews and the usage", () => {
    const reading = read([stream]);
    expect(summary(reading)).toEqual(streamRead);
    expect([reading.previewsTold(), reading.received.at(-1), reading.reader.bytesOfOpenPicture]).toEqual([2, 301, 0]);
  });

  test.each([
    ["LF", "\n"],
    ["CRLF", "\r\n"],
  ])("with %s is the same cut in two at every byte", (_, end) => {
    const bytes = Buffer.from(stream.replaceAll("\n", end));
    for (let at = 0; at <= bytes.length; at += 1)
      expect(summary(read([bytes.subarray(0, at), bytes.subarray(at)])), `cut at ${at}`).toEqual(streamRead);
  });

  test("is the same byte by byte, without event names, and with data in several lines", () => {
    expect(summary(read(Array.from(Buffer.from(stream), (byte) => Buffer.of(byte))))).toEqual(streamRead);
    expect(summary(read([stream.replaceAll(/^event: .*\n/gm, "")]))).toEqual(streamRead);
    const split = stream.replaceAll(/^data: (.*)$/gm, (_, json: string) =>
      JSON.stringify(JSON.parse(json), null, 1).replaceAll(/^/gm, "data: "),
    );
    expect(split.match(/^data: /gm)?.length).toBeGreaterThan(60);
    expect(summary(read([split]))).toEqual(streamRead);
  });

  test("is the same with noise between its events", () => {
    const noise = [
      ": a comment",
      ":",
      "",
      'data: {"type":"keepalive"}',
      "",
      "data: {this is not JSON",
      "",
      "data: [DONE]",
      "",
      'event: response.something_new\ndata: {"type":"response.something_new","item":null}',
      "",
      'data: ["result"]',
      "",
      'data: {"no":"type"}',
      "",
      "data:",
      "",
      "",
    ].join("\n");
    expect(summary(read([stream.replaceAll("\n\n", `\n\n${noise}`)]))).toEqual(streamRead);
  });

  test("needs no blank line behind its last event", () => {
    expect(summary(read([stream.trimEnd()]))).toEqual(streamRead);
  });

  test("has what its events say, whatever their names are", () => {
    const named = read([`${frame(itemDone(item(picture)), null)}${frame(completed(), null)}`]);
    expect(summary(named)).toMatchObject({ kept: [hex(picture)], end: { kind: "completed" } });
    // A type that is missing is told by the name.
    const { type: _type, ...untyped } = itemDone(item(picture));
    const text = `event: response.output_item.done\ndata: ${JSON.stringify(untyped)}\n\n`;
    expect(summary(read([text]))).toMatchObject({ kept: [hex(picture)], end: { kind: "open" } });
  });

  test("whose previews nobody looks at does not decode them, and counts them", () => {
    const reading = read([stream], { wantsPreviews: false });
    expect(summary(reading)).toEqual({ ...streamRead, shown: [] });
    expect(reading.sinks.map(({ kind }) => kind)).toEqual(["image"]);
  });

  test("in which nothing but the picture is said has no facts", () => {
    const bare = { type: "image_generation_call", result: base64(picture) };
    const facts = { isValidBase64: true, revisedPrompt: null, quality: null, background: null, serviceImageId: null };
    const odd = { ...bare, id: 7, quality: null, background: "", revised_prompt: ["x"] };
    for (const value of [bare, odd])
      expect(summary(read([frames(itemDone(value), completed({ usage: null, tool_usage: 5 }))]))).toMatchObject({
        finished: [{ ...facts, bytes: 301 }],
        usage: {},
      });
  });
});

describe("the finished picture", () => {
  test.each(["generating", "completed", "in_progress", "failed", "incomplete", "", null, undefined])(
    "is taken with the status %o",
    (status) => {
      expect(summary(read([frames(itemDone(item(picture, { status })), completed())]))).toMatchObject({
        finished: [{ ...factsOfItem, bytes: 301 }],
        kept: [hex(picture)],
      });
    },
  );

  test("is the last of several, each with its own facts; the earlier ones wait", () => {
    const first = itemDone(item(other, { quality: "low", id: "ig_0", revised_prompt: null }));
    const { reader, ...reading } = read([frames(...begun, first, itemDone(item(picture), 1), completed())]);
    expect(summary({ reader, ...reading })).toMatchObject({
      finished: [
        { quality: "low", serviceImageId: "ig_0", revisedPrompt: null, bytes: 200 },
        { ...factsOfItem, bytes: 301 },
      ],
      kept: [hex(other), hex(picture)],
    });
    reader.discard(false);
    expect(reading.sinks.map(({ fate }) => fate)).toEqual(["open", "open"]);
    reader.discard(true);
    expect([reading.sinks.map(({ fate }) => fate), reader.finished]).toEqual([["discarded", "discarded"], []]);
  });

  test.each(["response.completed", "response.incomplete"])("may stand in %s alone", (type) => {
    const last = { ...completed({ output: [{ type: "reasoning" }, item(picture)] }), type };
    for (const name of [type, null])
      expect(summary(read([frames(...begun) + frame(last, name)])), String(name)).toMatchObject({
        finished: [{ ...factsOfItem, bytes: 301 }],
        kept: [hex(picture)],
      });
  });

  test("is not taken twice when the last event repeats it", () => {
    for (const name of ["response.completed", null]) {
      const text = frames(itemDone(item(picture))) + frame(completed({ output: [item(picture)] }), name);
      const reading = read([text]);
      expect(summary(reading)).toMatchObject({ finished: [{ bytes: 301 }], kept: [hex(picture)], usage: usageRead });
    }
  });

  test("is never a preview", () => {
    const events = [...begun, partial(0, previewed[0]), partial(1, previewed[1])];
    for (const name of [undefined, null, "response.output_item.done"])
      expect(summary(read([events.map((event) => frame(event, name)).join("") + frames(completed())]))).toMatchObject({
        finished: [],
        kept: [],
        previews: 2,
        end: { kind: "completed" },
      });
  });

  test("is none of another item, whatever is called result there", () => {
    const call = { type: "function_call_output", id: "fc_1", result: base64(picture) };
    const search = { type: "web_search_call", result: { result: "0" }, results: ["0"] };
    const reading = read([
      frames(
        itemDone(call),
        itemDone(search),
        itemDone({ type: "image_generation_call", result: null }),
        itemDone({ type: "image_generation_call", result: 0 }),
        itemDone({ type: "image_generation_call", result: "" }),
        itemDone({ type: "image_generation_call", revised_prompt: "0" }),
        itemDone(base64(picture)),
        { type: "response.in_progress", response: { output: [item(picture)] } },
        completed({ output: [call, { type: "image_generation_call" }, null] }),
      ),
    ]);
    expect(summary(reading)).toMatchObject({ finished: [], kept: [], end: { kind: "completed" } });
    expect(reading.sinks.filter(({ fate }) => fate === "open")).toEqual([]);
  });

  test("that is no base64 is kept as such, beside an earlier good one", () => {
    const bad = itemDone(item("!!!notbase64"), 1);
    const { reader } = read([frames(itemDone(item(other)), bad, completed())]);
    expect(reader.finished.map(({ isValidBase64 }) => isValidBase64)).toEqual([true, false]);
    // Nothing at all could be decoded: then there is no picture.
    expect(read([frames(itemDone(item("!")), completed())]).reader.finished).toEqual([]);
  });

  test("whose slashes are escaped is the same", () => {
    const slashes = Buffer.from("ffffffffffffbfffffff", "hex");
    const text = frames(itemDone(item(slashes)), completed());
    expect(text).toContain("/");
    expect(summary(read([text.replaceAll("/", "\\/")]))).toMatchObject({ kept: [hex(slashes)] });
  });
});

describe("previews", () => {
  test("that are no base64 are thrown away, and have come", () => {
    const bad = { ...partial(0, previewed[0]), partial_image_b64: "AAAA*AAA" };
    expect(summary(read([frames(bad, partial(1, previewed[1]), completed())]))).toMatchObject({
      previews: 2,
      shown: [
        [expect.any(String), "discarded"],
        [hex(previewed[1]), "preview 1"],
      ],
    });
  });

  test("without a number are counted", () => {
    const { partial_image_index: _index, ...unnumbered } = partial(0, previewed[0]);
    const { sinks } = read([
      frames({ ...unnumbered, type: "response.image_generation_call.partial_image" }, partial(5, previewed[1])),
    ]);
    expect(sinks.map(({ fate }) => fate)).toEqual(["preview 0", "preview 5"]);
  });

  test("that are cut are thrown away", () => {
    const text = frames(partial(0, previewed[0]));
    const { sinks, reader } = read([text.slice(0, text.indexOf("partial_image_b64") + 40)]);
    expect([sinks.map(({ fate }) => fate), reader.previews, reader.bytesOfOpenPicture]).toEqual([["discarded"], 0, 0]);
  });
});

describe("an answer without a picture", () => {
  test("in words has the words, once", () => {
    const text = "I would rather not.";
    const message = {
      type: "message",
      role: "assistant",
      content: [{ type: "output_text", text }, { type: "refusal" }, { type: "output_text", text: "Sorry." }],
    };
    const reading = read([
      frames(
        { type: "response.output_text.delta", delta: "I would" },
        { type: "response.output_text.done", text },
        itemDone(message),
        completed({ output: [message] }),
      ),
    ]);
    expect(summary(reading)).toMatchObject({ words: `${text} Sorry.`, finished: [], end: { kind: "completed" } });
  });

  test("keeps no endless words", () => {
    const long = Array.from({ length: 50 }, (_, index) => ({
      type: "response.output_text.done",
      text: `${index} ${"x".repeat(500)}`,
    }));
    expect(read([frames(...long)]).reader.words.length).toBe(4000);
  });

  test.each<[string, Event, unknown]>([
    [
      "that is incomplete",
      { type: "response.incomplete", response: { incomplete_details: { reason: "max_output_tokens" }, output: [] } },
      { kind: "incomplete", reason: "max_output_tokens" },
    ],
    ["that is incomplete for no reason", { type: "response.incomplete" }, { kind: "incomplete", reason: null }],
    [
      "that failed",
      { type: "response.failed", response: { error: { code: "server_error", message: "x" } } },
      { kind: "failed", error: { code: "server_error", message: "x" } },
    ],
    [
      "whose error stands beside the response",
      { type: "response.failed", error: { code: "slow_down" } },
      { kind: "failed", error: { code: "slow_down" } },
    ],
    ["that failed without a word", { type: "response.failed", response: {} }, { kind: "failed", error: undefined }],
    [
      "with an error on top",
      { type: "error", code: "server_error", message: "x", param: null },
      { kind: "failed", error: { type: "error", code: "server_error", message: "x", param: null } },
    ],
    ["with a wrapped error on top", { type: "error", error: { code: "x" } }, { kind: "failed", error: { code: "x" } }],
  ])("%s says so", (_, event, end) => {
    for (const name of [event.type, null])
      expect(read([frames(...begun, partial(0, previewed[0])) + frame(event, name)]).reader.end).toEqual(end);
  });

  test("with an error on top has the later word as its end", () => {
    const error = { type: "error", code: "server_error" };
    expect(read([frames(error, completed())]).reader.end).toEqual({ kind: "completed" });
    expect(read([frames(completed(), error)]).reader.end).toEqual({ kind: "completed" });
  });

  test.each(["", "hello", '{"error":{}}', "<html>\n\n</html>", "data: [1]\n\n", "data: x"])(
    "%o is no event stream of this route",
    (text) => {
      const { reader } = read([text]);
      expect([reader.sawEvent, reader.end, reader.finished]).toEqual([false, { kind: "open" }, []]);
    },
  );

  test("that is cut within the picture knows how much of it had come, before and after it is thrown away", () => {
    const text = frames(...begun, partial(0, previewed[0]), itemDone(item(picture)));
    const cut = text.slice(0, text.indexOf('"result":"') + 10 + 4 * 50);
    const { reader, sinks } = begin();
    reader.push(Buffer.from(cut));
    expect(reader.bytesOfOpenPicture).toBe(150);
    reader.discard(false);
    expect([reader.bytesOfOpenPicture, reader.finished, sinks.map(({ fate }) => fate)]).toEqual([
      150,
      [],
      ["preview 0", "discarded"],
    ]);
    // An answer without a length that is cut on its way ends like a whole one.
    const ended = read([cut]);
    expect([ended.reader.bytesOfOpenPicture, ended.reader.finished]).toEqual([150, []]);
    expect(ended.sinks.map(({ fate }) => fate)).toEqual(["preview 0", "discarded"]);
  });

  test("that is cut behind the picture's text and before its event's end has no picture: nobody knows what it was", () => {
    const text = frames(itemDone(item(picture)));
    const at = text.indexOf('"result":"') + 10 + base64(picture).length + 1;
    expect(read([text.slice(0, at)]).reader.finished).toEqual([]);
    // With the closing brackets it is whole, with or without the blank line.
    for (const end of ["", "\n", "\n\n"])
      expect(read([text.trimEnd() + end]).reader.finished, JSON.stringify(end)).toHaveLength(1);
  });

  test("that is endless beside its pictures is given up", () => {
    const { reader } = begin();
    reader.push(Buffer.from('data: {"x":"'));
    const more = Buffer.alloc(256 * 1024, "y");
    expect(() => {
      for (let index = 0; index < 8; index += 1) reader.push(more);
    }).toThrow(RangeError);
  });
});

describe("the cost of an answer", () => {
  /** Calls of a sink for a picture of `length` bytes that comes in pieces of `step`. */
  const count = (length: number, step: number): { writes: number; largest: number; bytes: number } => {
    const text = Buffer.from(frames(itemDone(item(Buffer.alloc(length, 7))), completed()));
    let writes = 0;
    let largest = 0;
    let bytes = 0;
    const reader = new ResponsesAnswerReader({
      openImage: () => ({
        bytesWritten: 0,
        write: (piece) => {
          writes += 1;
          bytes += piece.length;
          largest = Math.max(largest, piece.length);
        },
        finish: async () => Promise.reject(new Error("unused")),
        discard: () => undefined,
      }),
      openPreview: () => null,
      onBytes: () => undefined,
      onPreview: () => undefined,
    });
    for (let at = 0; at < text.length; at += step) reader.push(text.subarray(at, at + step));
    reader.finish();
    return { writes, largest, bytes };
  };

  test("is linear in the number of chunks: one write for each, and never a large one", () => {
    const small = count(60_000, 100);
    const large = count(600_000, 100);
    expect([small.bytes, large.bytes]).toEqual([60_000, 600_000]);
    // 100 characters are 75 bytes.
    expect(small.writes).toBeLessThanOrEqual(60_000 / 75 + 2);
    expect(large.writes).toBeLessThanOrEqual(600_000 / 75 + 2);
    expect(Math.max(small.largest, large.largest)).toBeLessThanOrEqual(100);
    const whole = count(5_000_000, 10_000_000);
    expect(whole.bytes).toBe(5_000_000);
    expect(whole.largest).toBeLessThanOrEqual(64 * 1024);
  });
});
