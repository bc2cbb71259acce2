import { expect, test } from "vitest";
import { LimnError, isLimnError } from "../errors/index.ts";
import { decodeDataAddress } from "./data-address.ts";

const name = { label: "the data: address of input 1", path: null };

function decode(text: string, maxBytes = 1_000_000): Buffer {
  const tooLarge = (bytes: number): LimnError => new LimnError("input_too_large", { message: `${bytes} bytes` });
  return Buffer.concat([...decodeDataAddress(text, name, maxBytes, tooLarge)]);
}

function problem(text: string, maxBytes?: number): string {
  try {
    return decode(text, maxBytes).toString("latin1");
  } catch (error) {
    if (!isLimnError(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

test.each([
  ["data:image/png;base64,aGVsbG8=", "hello"],
  ["data:image/png;base64,aGVsbG8", "hello"],
  ["DATA:IMAGE/PNG;BASE64,aGVsbG8=", "hello"],
  ["data:image/png;charset=utf-8;base64,aGVs\n bG8=", "hello"],
  ["data:image/png;base64,aGVsbG8%3D", "hello"],
  ["data:image/png;base64,%61GVsbG8=", "hello"],
  ["data:image/png;base64,", ""],
  ["data:image/svg+xml,%3Csvg/%3E", "<svg/>"],
  ["data:image/svg+xml;utf8,<svg a='%'>#1,2</svg>", "<svg a='%'>#1,2</svg>"],
  ["data:image/svg+xml,%ZZ%4", "%ZZ%4"],
  ["data:image/svg+xml,%C3%BC", "\xc3\xbc"],
])("%j", (text, content) => {
  expect(decode(text).toString("latin1")).toBe(content);
});

test.each([
  ["data:image/png;base64", "has no comma between its type and its content"],
  ["data:text/html;base64,aGVsbG8=", "says that it is text/html"],
  ["data:;base64,aGVsbG8=", "does not say that it is an image"],
  ["data:,hello", "does not say that it is an image"],
  ["data:planted secret,aGVsbG8=", "does not say that it is an image"],
  ["data:image/png;base64,a", "is not whole base64"],
  ["data:image/png;base64,aGVsbG8==", "is not whole base64"],
  ["data:image/png;base64,aGV=bG8=", "is not valid base64"],
  ["data:image/png;base64,aGV_bG8-", "is not valid base64"],
])("%j is refused: %s", (text, why) => {
  expect(problem(text)).toBe(`input_not_an_image: The data: address of input 1 ${why}. Nothing of it was sent.`);
});

test("what is too large is refused before it is decoded", () => {
  expect(problem(`data:image/png;base64,${"!".repeat(8000)}`, 5000)).toBe("input_too_large: 6000 bytes");
  expect(problem(`data:image/svg+xml,${"%20".repeat(6000)}`, 5000)).toBe("input_too_large: 6000 bytes");
});

test("many slices are the same bytes", () => {
  const bytes = Buffer.alloc(300_001, "some bytes that repeat");
  const text = bytes.toString("base64");
  expect(decode(`data:image/png;base64,${text}`).equals(bytes)).toBe(true);
  expect(decode(`data:image/png;base64,${text.replaceAll(/.{76}/g, "$&\r\n")}`).equals(bytes)).toBe(true);
});
