import { isLimnError } from "@limn/core";
import { expect, it } from "vitest";
import { readIds, readStudioRequest } from "./read-request.ts";

const picture = { bytes: new Uint8Array([1]), name: "fox.png" };
const one = ({ part }: { readonly part: string }): typeof picture | null => (part === "a" ? picture : null);
const id = "gen_01m7x1v080qqwymjpkbm";

it("is the request of the library, with uploads and pictures of the history in their order", () => {
  const words = {
    operation: "edit",
    prompt: "<b>night</b>\u0007",
    n: 2,
    size: null,
    images: [
      { kind: "artifact", id, index: 1 },
      { kind: "upload", part: "a", name: "fox.png" },
    ],
    mask: { kind: "upload", part: "a", name: "mask.png" },
    kit: "icons",
    tags: ["red"],
  };
  expect(readStudioRequest(words, one)).toEqual({
    request: {
      operation: "edit",
      prompt: "<b>night</b>\u0007",
      n: 2,
      images: [`@${id}:2`, picture],
      mask: picture,
    },
    asked: {
      operation: "edit",
      prompt: words.prompt,
      n: 2,
      images: words.images,
      mask: words.mask,
      kit: "icons",
      tags: ["red"],
    },
  });
});

it("tells every fault at once", () => {
  const faults = faultsOf({
    operation: "edit",
    prompt: "x",
    colour: "red",
    images: [
      { kind: "artifact", id: "../../etc", index: 0 },
      { kind: "upload", part: "b", name: "b.png" },
      "/etc/passwd",
    ],
    kit: 7,
    tags: ["a", 7],
  });
  expect(faults).toEqual(["colour", "images", "images", "images", "kit", "tags"]);
});

it("never takes a path or an address for a picture", () => {
  for (const given of ["/etc/passwd", "http://127.0.0.1/", { kind: "file", path: "/etc/passwd" }, null, [], 7])
    expect(faultsOf({ operation: "edit", prompt: "x", images: [given] })).toContain("images");
});

it("ids are a list of texts, each once", () => {
  expect(readIds({ ids: [id, id, "x"] })).toEqual([id, "x"]);
  for (const ids of [undefined, [], [1], "x", Array.from({ length: 1001 }, String)])
    expect(() => readIds({ ids })).toThrow(/1 to 1000/);
});

function faultsOf(words: Readonly<Record<string, unknown>>): readonly string[] {
  try {
    readStudioRequest(words, one);
  } catch (error) {
    if (!isLimnError(error)) throw error;
    const { faults } = error.details;
    return Array.isArray(faults) ? faults.map(({ field }: { field: string }) => field).sort() : [];
  }
  return [];
}
