import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Base64Scanner } from "./base64-scanner.ts";

interface Passed {
  readonly text: string;
  readonly bytes: Buffer;
  readonly valid: boolean | null;
  /** At every hand-over, the text so far stood for all bytes so far. */
  readonly textCameFirst: boolean;
}

function pass(pieces: Iterable<Uint8Array>): Passed {
  let text = "";
  let bytes = Buffer.alloc(0);
  let valid: boolean | null = null;
  let textCameFirst = true;
  const scanner = new Base64Scanner({
    keys: new Set(["b64_json"]),
    open: () => ({
      text: (piece) => {
        text += Buffer.from(piece).toString("latin1");
      },
      bytes: (decoded) => {
        bytes = Buffer.concat([bytes, decoded]);
        textCameFirst &&= Math.ceil((bytes.length * 4) / 3) <= text.length;
      },
      end: (isValid) => {
        valid = isValid;
      },
    }),
  });
  for (const piece of pieces) scanner.push(piece);
  return { text, bytes, valid, textCameFirst };
}

function cut(document: string, cuts: readonly number[]): Buffer[] {
  const bytes = Buffer.from(document, "latin1");
  const places = [...new Set(cuts.map((place) => place % (bytes.length + 1)))].sort((left, right) => left - right);
  return [0, ...places].map((place, index) => bytes.subarray(place, places[index] ?? bytes.length));
}

const spellings: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.replaceAll("/", "\\/"),
  (text) => text.replaceAll("+", "\\u002b").replaceAll("/", "\\u002F"),
  (text) => text.replaceAll("+", "-").replaceAll("/", "_"),
  (text) => text.replaceAll("=", ""),
];

describe("the text of a value", () => {
  test("is the plain base64 of its bytes, in any spelling and any slices, and comes before them", () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 400 }),
        fc.constantFrom(...spellings),
        fc.array(fc.nat(2000), { maxLength: 12 }),
        (bytes, spell, cuts) => {
          const plain = Buffer.from(bytes).toString("base64");
          const passed = pass(cut(`{"a":1,"data":[{"b64_json":"${spell(plain)}"}],"b":2}`, cuts));
          expect(passed).toEqual({ text: plain, bytes: Buffer.from(bytes), valid: true, textCameFirst: true });
        },
      ),
      { seed: 20_261_121, numRuns: 500 },
    );
  });

  test("of many pieces of 64 KiB is handed on without a copy of the chunk", () => {
    const plain = Buffer.alloc(300_000, 7).toString("base64");
    const chunk = Buffer.from(`{"b64_json":"${plain}"}`, "latin1");
    const pieces: Uint8Array[] = [];
    new Base64Scanner({
      keys: new Set(["b64_json"]),
      open: () => ({ text: (piece) => void pieces.push(piece), bytes: () => undefined, end: () => undefined }),
    }).push(chunk);
    expect(Buffer.concat(pieces).toString("latin1")).toBe(plain);
    expect(pieces.every(({ buffer }) => buffer === chunk.buffer)).toBe(true);
  });

  test("stops where it is known to be none", () => {
    const start = Buffer.alloc(30, 1).toString("base64");
    const passed = pass([Buffer.from(`{"b64_json":"${start}`), Buffer.from("*AAA"), Buffer.from(`${start}"}`)]);
    expect(passed).toMatchObject({ text: start, valid: false });
  });
});
