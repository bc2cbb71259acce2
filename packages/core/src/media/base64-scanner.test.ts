import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Base64Scanner } from "./base64-scanner.ts";

interface Scanned {
  readonly values: { readonly key: string; readonly bytes: string; readonly valid: boolean | null }[];
  readonly skeleton: string;
}

/** Scan a document in the given pieces. Every piece is overwritten afterwards, as a reader may do with its buffer. */
function scan(
  pieces: Iterable<Uint8Array>,
  keys: readonly string[] = ["b64_json"],
  maxSkeletonBytes?: number,
): Scanned {
  const values: { key: string; bytes: string; valid: boolean | null }[] = [];
  const scanner = new Base64Scanner({
    keys: new Set(keys),
    open: (key, ordinal) => {
      const value = { key, bytes: "", valid: null as boolean | null };
      expect(ordinal).toBe(values.length);
      values.push(value);
      return {
        bytes: (decoded) => {
          value.bytes += Buffer.from(decoded).toString("hex");
        },
        end: (valid) => {
          value.valid = valid;
        },
      };
    },
    ...(maxSkeletonBytes === undefined ? {} : { maxSkeletonBytes }),
  });
  for (const piece of pieces) {
    const copy = Uint8Array.from(piece);
    scanner.push(copy);
    copy.fill(0x22);
  }
  return { values, skeleton: scanner.skeleton() };
}

function* slices(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size);
}

const text = (document: string): Buffer => Buffer.from(document, "utf8");
const one = (document: string): Scanned => scan([text(document)]);
const hex = (content: string): string => Buffer.from(content, "latin1").toString("hex");
const found = (content: string): Scanned["values"][number] => ({ key: "b64_json", bytes: hex(content), valid: true });

// The shape of codex-backend contract 3.2, written with every liberty that JSON allows.
const odd = [
  '\uFEFF{ "created" :1795218411,\r\n "note":"\\"b64_json\\":\\"QUJD\\"", "list":["b64_json","QUJD"],',
  ' "b64_json" :\t null, "data":\r\n[ {"generation_id":"gén-1","b64_json"\r\n:\r\n "aGVs\\/G8\\u002bd29y\\u006cZA="}, {"b64_json":"QUI"} ],',
  ' "value":"b64_json","url":"https:\\/\\/x", "usage":{"b64_json":12,"total_tokens":30}}',
].join("");
const oddValues = [
  { key: "b64_json", bytes: Buffer.from("aGVs/G8+d29ylZA=", "base64").toString("hex"), valid: true },
  found("AB"),
];

describe("a document with two pictures and every look-alike of the key", () => {
  const bytes = text(odd);
  const whole = scan([bytes]);

  test("gives the pictures' bytes, and the rest with ordinals in their place", () => {
    expect(whole.values).toEqual(oddValues);
    expect(JSON.parse(whole.skeleton.replace("\uFEFF", ""))).toEqual({
      created: 1_795_218_411,
      note: '"b64_json":"QUJD"',
      list: ["b64_json", "QUJD"],
      b64_json: null,
      data: [{ generation_id: "gén-1", b64_json: "0" }, { b64_json: "1" }],
      value: "b64_json",
      url: "https://x",
      usage: { b64_json: 12, total_tokens: 30 },
    });
  });

  test("is read alike when it is split in two at any byte", () => {
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(scan([bytes.subarray(0, at), bytes.subarray(at)])).toEqual(whole);
    }
  });

  test("is read alike byte by byte", () => {
    expect(scan(slices(bytes, 1))).toEqual(whole);
  });

  test("is read up to any byte without an error, and no picture ends that did not", () => {
    const ends = [odd.indexOf('ZA="') + 4, odd.indexOf('QUI"') + 4].map((at) => text(odd.slice(0, at)).length);
    for (let at = 0; at < bytes.length; at += 1) {
      const cut = scan([bytes.subarray(0, at)]);
      expect(cut.values.filter(({ valid }) => valid !== null)).toEqual(
        oddValues.slice(0, ends.filter((end) => end <= at).length),
      );
      for (const [index, value] of cut.values.entries()) {
        expect(oddValues[index]?.bytes.startsWith(value.bytes)).toBe(true);
      }
    }
  });
});

describe("a picture larger than the decoder's own slices", () => {
  const picture = Buffer.alloc(300_001, (() => Buffer.from(Array.from({ length: 251 }, (_, index) => index)))());
  const bytes = text(JSON.stringify({ data: [{ b64_json: picture.toString("base64"), id: "x" }], size: "1x1" }));
  const expected: Scanned = {
    values: [{ key: "b64_json", bytes: picture.toString("hex"), valid: true }],
    skeleton: '{"data":[{"b64_json":"0","id":"x"}],"size":"1x1"}',
  };

  test.each([1, 4096, 16_384, 65_536, 87_381, bytes.length])("is the same in slices of %i bytes", (size) => {
    expect(scan(slices(bytes, size))).toEqual(expected);
  });
});

describe("what opens a value", () => {
  test.each([
    ["the key as a value", '{"a":"b64_json","b":"QUJD"}'],
    ["the key in a list", '["b64_json","QUJD"]'],
    ["the key before an object", '{"b64_json":{"a":"QUJD"}}'],
    ["the key before a list", '{"b64_json":["QUJD"]}'],
    ["the key before a number and another key", '{"b64_json":1,"a":"QUJD"}'],
    ["a longer key", '{"xb64_json":"QUJD","b64_jsonx":"QUJD"}'],
    ["a key of more than 64 characters that begins like it", `{"b64_json${"x".repeat(70)}":"QUJD"}`],
    ["a key and a colon inside a text", '{"a":"\\"b64_json\\":\\"QUJD\\""}'],
    ["a text that ends in a backslash", '{"a\\\\":"b64_json","b":"QUJD"}'],
    ["nothing but another document", '{"error":{"message":"no"}}'],
  ])("is not %s", (_, document) => {
    expect(one(document)).toEqual({ values: [], skeleton: document });
  });

  test("is any of several keys, at any depth and in any order", () => {
    const document = '{"result":"QUI=","data":{"deep":[{"id":1,"b64_json":"QUJD"}]}}';
    expect(scan([text(document)], ["b64_json", "result"])).toEqual({
      values: [{ ...found("AB"), key: "result" }, found("ABC")],
      skeleton: '{"result":"0","data":{"deep":[{"id":1,"b64_json":"1"}]}}',
    });
  });
});

describe("base64", () => {
  test.each([
    ["", ""],
    ["QQ==", "A"],
    ["QQ", "A"],
    ["QUI=", "AB"],
    ["QUI", "AB"],
    ["QUJD", "ABC"],
    ["\\u0051\\u0055\\u004a\\u0044", "ABC"],
    ["\\/\\/\\/\\/", "\xff\xff\xff"],
    ["QQ\\u003d=", "A"],
  ])("%o is %o", (written, content) => {
    expect(one(`{"b64_json":"${written}"}`).values).toEqual([found(content)]);
  });

  test.each([
    "!!!notbase64",
    "Q",
    "QUJDQ",
    "QUJ!",
    "QU D",
    "QUJD\\nQUJD",
    "QQ==QQ==",
    "QQ==QUJD",
    "Q===",
    "====",
    "=QUJ",
    "QUJD\\u0000",
    "\\u41zzUJD",
    "\\u0141UJD",
    "\\u-041UJD",
    "QU\u00e9D",
  ])("%o is not, whole or byte by byte", (written) => {
    const bytes = text(`{"b64_json":"${written}"}`);
    expect(scan([bytes]).values.map(({ valid }) => valid)).toEqual([false]);
    expect(scan(slices(bytes, 1)).values.map(({ valid }) => valid)).toEqual([false]);
  });

  test("an invalid picture does not spoil the next one", () => {
    expect(one('[{"b64_json":"!"},{"b64_json":"QUJD"}]').values).toEqual([
      { key: "b64_json", bytes: "", valid: false },
      found("ABC"),
    ]);
  });
});

describe("the skeleton's limit", () => {
  test("ends the scan of a document that has too much beside its pictures", () => {
    const document = text(`{"a":"${"x".repeat(100)}"}`);
    expect(() => scan(slices(document, 7), [], 106)).toThrow(
      new RangeError("the answer holds more than 106 bytes beside its pictures"),
    );
    expect(scan(slices(document, 7), [], 108).skeleton).toBe(document.toString());
  });

  test("does not count pictures", () => {
    const document = text(`{"b64_json":"${"QUJD".repeat(1000)}"}`);
    expect(scan([document], ["b64_json"], 20).values).toEqual([found("ABC".repeat(1000))]);
  });

  test("is one mebibyte unless told otherwise", () => {
    const document = text(`"${"x".repeat(1024 * 1024)}"`);
    expect(() => scan(slices(document, 65_536))).toThrow(RangeError);
  });
});

test("any bytes, in any document, come back from any pieces", () => {
  const picture = fc.uint8Array({ maxLength: 200 });
  const noise = fc.jsonValue({ maxDepth: 2 });
  fc.assert(
    fc.property(
      fc.array(fc.record({ picture, before: noise, after: noise }), { maxLength: 3 }),
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 20 }),
      fc.constantFrom(0, 2),
      (entries, sizes, indent) => {
        const escapeSlashes = indent === 2;
        const document = JSON.stringify(
          entries.map(({ picture: bytes, before, after }) => ({
            before,
            picture_b64: Buffer.from(bytes).toString("base64"),
            after,
          })),
          null,
          indent,
        );
        const bytes = text(escapeSlashes ? document.replaceAll("/", "\\/") : document);
        const pieces: Uint8Array[] = [];
        for (let offset = 0, turn = 0; offset < bytes.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          pieces.push(bytes.subarray(offset, offset + size));
          offset += size;
        }
        const result = scan(pieces, ["picture_b64"]);
        expect(result.values).toEqual(
          entries.map(({ picture: content }) => ({
            key: "picture_b64",
            bytes: Buffer.from(content).toString("hex"),
            valid: true,
          })),
        );
        expect(JSON.parse(result.skeleton)).toEqual(
          JSON.parse(
            JSON.stringify(entries.map(({ before, after }, index) => ({ before, picture_b64: String(index), after }))),
          ),
        );
      },
    ),
  );
});
