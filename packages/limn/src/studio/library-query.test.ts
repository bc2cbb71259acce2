import { expect, it } from "vitest";
import { Refusal } from "./answers.ts";
import { readLibraryQuery } from "./library-query.ts";

const read = (address: string): ReturnType<typeof readLibraryQuery> =>
  readLibraryQuery(new URLSearchParams(address), "without");

it("reads every filter of the library", () => {
  expect(
    read(
      "text=red+fox&since=2026-11-01&engine=images&size=64x48&status=done&favourite=1&trash=1&operation=edit&emulated=only&tag=a%26b&limit=5&cursor=abc",
    ),
  ).toEqual({
    query: {
      text: "red fox",
      since: "2026-11-01",
      engine: "images",
      size: "64x48",
      status: "done",
      favourite: true,
      trash: true,
      operation: "edit",
      emulated: "only",
      tag: "a&b",
    },
    cursor: "abc",
    limit: 5,
  });
  expect(read("favourite=0")).toEqual({ query: { emulated: "without" }, cursor: null, limit: 100 });
});

it("refuses what it does not know by its name", () => {
  for (const [address, word] of [
    ["colour=red", "colour"],
    ["engine=dall-e", "engine"],
    ["limit=0", "limit"],
    ["limit=1001", "limit"],
    ["limit=1e2", "limit"],
    ["favourite=yes", "favourite"],
    [`text=${"x".repeat(1001)}`, "text"],
    ["__proto__=1", "__proto__"],
  ] as const) {
    const refused = ((): unknown => {
      try {
        return read(address);
      } catch (error) {
        return error;
      }
    })();
    expect([address, refused instanceof Refusal && refused.status === 400 && refused.message.includes(word)]).toEqual([
      address,
      true,
    ]);
  }
});
