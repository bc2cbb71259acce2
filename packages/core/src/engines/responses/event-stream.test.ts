import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventStreamReader } from "./event-stream.ts";

interface Event {
  readonly name: string | null;
  readonly data: string;
}

/** The events of a stream that comes in the given pieces, and those that `finish` found. */
function readEvents(...pieces: readonly (string | Uint8Array)[]): Event[] {
  const events: Event[] = [];
  let data: Buffer[] = [];
  const reader = new EventStreamReader({
    // Only valid during the call: a copy is kept, and what was handed on is overwritten below.
    data: (piece) => void data.push(Buffer.from(piece)),
    end: (name) => {
      events.push({ name, data: Buffer.concat(data).toString("utf8") });
      data = [];
    },
  });
  for (const piece of pieces) {
    const chunk = Buffer.from(piece);
    reader.push(chunk);
    chunk.fill(0x23);
  }
  reader.finish();
  return events;
}

const bytewise = (text: string | Uint8Array): Uint8Array[] => Array.from(Buffer.from(text), (byte) => Buffer.of(byte));

/** A stream with a bit of everything, and what the HTML Standard makes of it. */
const stream = [
  ": a comment",
  "event: first",
  'data: {"a":1}',
  "",
  "data:no space",
  "id: 7",
  "retry: 10",
  "event: named later",
  "",
  "data: one",
  "data:",
  "data:  two ü€🦊",
  "",
  "event: without data",
  "",
  ":",
  "nonsense",
  "data",
  "",
  "dataset: no",
  "data: after the name was forgotten",
  "",
  "",
  "",
].join("\n");
const events: readonly Event[] = [
  { name: "first", data: '{"a":1}' },
  { name: "named later", data: "no space" },
  { name: null, data: "one\n\n two ü€🦊" },
  { name: null, data: "" },
  { name: null, data: "after the name was forgotten" },
];

const lineEnds = [
  ["LF", "\n"],
  ["CRLF", "\r\n"],
  ["CR", "\r"],
] as const;

describe.each(lineEnds)("a stream with lines that end in %s", (_, end) => {
  const bytes = Buffer.from(stream.replaceAll("\n", end));

  test("is read whole", () => {
    expect(readEvents(bytes)).toEqual(events);
  });

  test("is the same cut in two at every byte", () => {
    for (let at = 0; at <= bytes.length; at += 1)
      expect(readEvents(bytes.subarray(0, at), bytes.subarray(at)), `cut at ${at}`).toEqual(events);
  });

  test("is the same byte by byte", () => {
    expect(readEvents(...bytewise(bytes))).toEqual(events);
  });

  test("is the same behind a byte order mark, wherever that is cut", () => {
    const marked = Buffer.concat([Buffer.from("\uFEFF"), bytes]);
    expect(readEvents(...bytewise(marked))).toEqual(events);
    for (let at = 0; at <= 5; at += 1)
      expect(readEvents(marked.subarray(0, at), marked.subarray(at)), `cut at ${at}`).toEqual(events);
  });
});

test("lines that end differently within one stream, in any pieces, give the same events", () => {
  const lines = stream.split("\n").slice(0, -1);
  fc.assert(
    fc.property(
      fc.array(fc.constantFrom("\n", "\r\n", "\r"), { minLength: lines.length, maxLength: lines.length }),
      fc.array(fc.nat({ max: 300 }), { maxLength: 12 }),
      (ends, places) => {
        let text = "";
        for (const [index, line] of lines.entries()) {
          const end = ends[index] ?? "\n";
          // Behind a CR the LF of an empty line would be the second half of one end.
          text += line + (line === "" && text.endsWith("\r") && end === "\n" ? "\r" : end);
        }
        const bytes = Buffer.from(text);
        const cuts = [0, ...places.map((place) => Math.min(place, bytes.length)).sort((a, b) => a - b), bytes.length];
        expect(readEvents(...cuts.slice(1).map((cut, index) => bytes.subarray(cuts[index], cut)))).toEqual(events);
      },
    ),
  );
});

describe("an event stream", () => {
  test("without its last blank line has a last event, which its consumer judges", () => {
    for (const end of ["", "\n", "\r", "\r\n"])
      expect(readEvents(`event: a\ndata: whole?${end}`), JSON.stringify(end)).toEqual([{ name: "a", data: "whole?" }]);
    expect(readEvents("data")).toEqual([{ name: null, data: "" }]);
    expect(readEvents("data: a\ndata:")).toEqual([{ name: null, data: "a\n" }]);
  });

  test("that holds nothing, or no data, has no event", () => {
    for (const text of [
      "",
      "\n",
      "\n\n\r\r\n",
      "event: a\n\n",
      "event: a",
      ": data: a\n\n",
      "\uFEFF",
      "hello",
      "{}\n\n",
    ])
      expect(readEvents(text), JSON.stringify(text)).toEqual([]);
  });

  test("loses one space behind the colon and no more", () => {
    expect(readEvents("event:a\ndata:x\n\nevent:  b\ndata:  y\n\nevent: \ndata: \n\n")).toEqual([
      { name: "a", data: "x" },
      { name: " b", data: " y" },
      { name: null, data: "" },
    ]);
  });

  test("takes a mark within it for what it is: no mark", () => {
    expect(readEvents("data: \uFEFFa\n\n", "\uFEFFdata: b\n\n")).toEqual([{ name: null, data: "\uFEFFa" }]);
  });

  test("passes over a line without end that is no data, at constant cost", () => {
    const endless = "x".repeat(100_000);
    expect(
      readEvents(`${endless}: 1\nevent: ${endless}\n:${endless}\nid: ${endless}\ndata: a\n\nevent: b\ndata: c\n\n`),
    ).toEqual([
      { name: null, data: "a" },
      { name: "b", data: "c" },
    ]);
  });

  test("tells the name of an event while its data comes, when it is known by then", () => {
    const seen: unknown[] = [];
    const reader = new EventStreamReader({
      data: (piece, name) => void seen.push([name, Buffer.from(piece).toString()]),
      end: (name) => void seen.push(name),
    });
    reader.push(Buffer.from("event: early\ndata: 1\n\ndata: 2\nevent: late\ndata: 3\n\n"));
    expect(seen).toEqual([["early", "1"], "early", [null, "2"], ["late", "\n"], ["late", "3"], "late"]);
  });

  test("hands an event of 100 MB on piece by piece, as it comes, and keeps none of it", () => {
    const chunk = Buffer.alloc(64 * 1024, "A");
    const chunks = 1600;
    let bytes = 0;
    let calls = 0;
    let ends = 0;
    let foreign = 0;
    const reader = new EventStreamReader({
      data: (piece) => {
        bytes += piece.length;
        calls += 1;
        // Every piece is a view of the chunk that was pushed: nothing was copied, so nothing can be held.
        if (piece.buffer !== chunk.buffer && piece.length > 1024) foreign += 1;
      },
      end: () => {
        ends += 1;
      },
    });
    reader.push(Buffer.from("event: big\ndata: "));
    for (let index = 0; index < chunks; index += 1) {
      reader.push(chunk);
      if (bytes !== (index + 1) * chunk.length) throw new Error(`held back at chunk ${index}`);
    }
    reader.push(Buffer.from("\n\n"));
    expect([bytes, calls, ends, foreign]).toEqual([chunks * chunk.length, chunks, 1, 0]);
  });
});
