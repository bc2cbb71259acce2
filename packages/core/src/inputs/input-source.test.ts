import { expect, test } from "vitest";
import { nameOf, readSource } from "./input-source.ts";

test.each([
  ["fox.png", { kind: "path", path: "fox.png" }],
  ["./@last", { kind: "path", path: "./@last" }],
  [String.raw`C:\pictures\fox.png`, { kind: "path", path: String.raw`C:\pictures\fox.png` }],
  ["C:/pictures/fox.png", { kind: "path", path: "C:/pictures/fox.png" }],
  ["c://pictures/fox.png", { kind: "path", path: "c://pictures/fox.png" }],
  ["http:fox.png", { kind: "path", path: "http:fox.png" }],
  ["-", { kind: "path", path: "-" }],
  ["", { kind: "path", path: "" }],
  [" https://example.com", { kind: "path", path: " https://example.com" }],
  ["@last", { kind: "history", reference: "@last" }],
  ["@gen_1:2", { kind: "history", reference: "@gen_1:2" }],
  ["data:image/png;base64,AAAA", { kind: "data", text: "data:image/png;base64,AAAA" }],
  ["DATA:,", { kind: "data", text: "DATA:," }],
  ["https://example.com/a.png", { kind: "url", text: "https://example.com/a.png" }],
  ["HTTP://example.com", { kind: "url", text: "HTTP://example.com" }],
  ["file:///a.png", { kind: "other-address", text: "file:///a.png" }],
  ["git+ssh://host/a", { kind: "other-address", text: "git+ssh://host/a" }],
])("%j", (input, source) => {
  expect(readSource(input)).toEqual(source);
});

test("bytes come with a name or without", () => {
  const bytes = Buffer.from("x");
  expect(readSource(bytes)).toEqual({ kind: "bytes", bytes, name: null });
  expect(readSource({ bytes })).toEqual({ kind: "bytes", bytes, name: null });
  expect(readSource({ bytes, name: "clipboard" })).toEqual({ kind: "bytes", bytes, name: "clipboard" });
});

test("messages name an input shortly, on one line and without secrets", () => {
  const label = (input: string): string => nameOf(readSource(input), "input 2").label;
  expect(label("")).toBe("input 2");
  expect(label("a\u001B[31m\nb.png")).toBe("a?[31m?b.png");
  expect(label("x".repeat(5000))).toHaveLength(121);
  expect(label("https://u:p@example.com/a.png?key=1")).toBe("https://example.com/a.png");
  expect(label("data:image/png;base64,AAAA")).toBe("the data: address of input 2");
  expect(nameOf(readSource({ bytes: Buffer.from(""), name: "stdin" }), "input 2").label).toBe("stdin");
  expect(nameOf(readSource(Buffer.from("")), "input 2").label).toBe("input 2");
  expect(nameOf(readSource("data:,"), "the mask").label).toBe("the mask's data: address");
});
