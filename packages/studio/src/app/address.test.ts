import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { detailAddress, parseAddress, queryKey, wallAddress } from "./address.ts";

describe("the address", () => {
  it("keeps search and filters, whatever their words are", () => {
    const text = fc.string({ minLength: 1 });
    const query = fc.record(
      {
        text,
        tag: text,
        kit: text,
        folder: text,
        engine: fc.constantFrom("images" as const, "responses" as const, "codex" as const),
        status: fc.constantFrom("done" as const, "unknown" as const),
        favourite: fc.constant(true as const),
        emulated: fc.constantFrom("with" as const, "only" as const),
        trash: fc.constant(true as const),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(query, fc.nat(9), (asked, image) => {
        expect(parseAddress(wallAddress(asked)).query).toEqual(asked);
        expect(parseAddress(detailAddress("gen_a/b?c", asked, image))).toEqual({
          view: "detail",
          id: "gen_a/b?c",
          image,
          query: asked,
        });
      }),
      { seed: 7, numRuns: 300 },
    );
  });

  it("is taken as the wall where it means nothing, without unknown filters", () => {
    const nowhere = { view: "wall", id: null, image: 0, query: {} };
    expect(parseAddress("/nowhere?engine=other&status=&favourite=yes&__proto__=1")).toEqual(nowhere);
    expect(parseAddress("/g/%E0%A4%A?image=-3")).toEqual({ view: "detail", id: "%E0%A4%A", image: 0, query: {} });
  });

  it("tells the trash from the wall, also behind a picture", () => {
    expect(parseAddress("/trash?text=fox")).toEqual({
      view: "trash",
      id: null,
      image: 0,
      query: { text: "fox", trash: true },
    });
    expect(parseAddress(detailAddress("gen_1", { trash: true })).query).toEqual({ trash: true });
  });

  it("is the same for the same filters in another order", () => {
    expect(queryKey({ tag: "a", text: "b" })).toBe(queryKey({ text: "b", tag: "a" }));
  });
});
