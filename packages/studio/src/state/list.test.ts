import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { LibraryEntry, LibraryPage, LibraryQuery } from "@limn/core";
import { makeEntry } from "../__fixtures__/make-entry.ts";
import { EntryList } from "./list.ts";
import { matches } from "./match.ts";

/** A library of so many entries, newest first, behind cursors as the server's. */
function library(count: number, query: LibraryQuery = {}) {
  const all = Array.from({ length: count }, (_, place) => numbered(count - place));
  const entries = new Map<string, LibraryEntry>();
  const limits: number[] = [];
  const list = new EntryList({
    query,
    entries,
    matches: (entry) => matches(entry, query),
    describe: (thrown) => {
      throw thrown;
    },
    load: async (cursor, limit): Promise<LibraryPage> => {
      limits.push(limit);
      const from = cursor === null ? 0 : all.findIndex(({ id }) => id === cursor) + 1;
      const page = all.slice(from, from + limit);
      const nextCursor = from + limit < all.length ? (page.at(-1)?.id ?? null) : null;
      return { entries: page, nextCursor, total: all.length };
    },
  });
  const tell = (entry: LibraryEntry): void => {
    entries.set(entry.id, entry);
    list.put(entry);
  };
  const ids = (): readonly (string | undefined)[] =>
    Array.from({ length: list.loaded }, (_, index) => list.at(index)?.id);
  return { all, list, limits, tell, ids };
}

function numbered(number: number): LibraryEntry {
  const id = `gen_${String(number).padStart(6, "0")}`;
  return makeEntry({ id, createdAt: new Date(Date.UTC(2026, 0, 1) + number * 1000).toISOString() });
}

describe("a list of the wall", () => {
  it("knows how many there are after the first page, and loads the rest only as far as somebody looks", async () => {
    const { list, limits } = library(10_000);
    expect(list.total).toBeNull();
    await list.ensure(0);
    expect([list.total, list.loaded, limits.length]).toEqual([10_000, 120, 1]);
    await list.ensure(200);
    expect(list.loaded).toBe(240);
    await list.ensure(10_000);
    expect([list.loaded, list.total]).toEqual([10_000, 10_000]);
    expect(limits.length).toBeLessThan(14);
    expect(list.indexOf("gen_000001")).toBe(9999);
  });

  it("lets a new picture in at the top when the reader is there", async () => {
    const { list, tell } = library(5);
    await list.ensure(0);
    tell(numbered(6));
    expect([list.total, list.at(0)?.id, list.waiting.value]).toEqual([6, "gen_000006", []]);
  });

  it("holds new pictures back while the reader is further down, until they are let in", async () => {
    const { list, tell } = library(5);
    await list.ensure(0);
    list.isAtTop = false;
    tell(numbered(6));
    tell(numbered(7));
    tell({ ...numbered(7), revision: 2 });
    expect([list.total, list.at(0)?.id, list.waiting.value.length]).toEqual([5, "gen_000005", 2]);
    list.admit();
    expect([list.total, list.at(0)?.id, list.at(1)?.id]).toEqual([7, "gen_000007", "gen_000006"]);
  });

  it("counts what belongs where it was not loaded yet, and shows it once when it is", async () => {
    const { list, tell, all } = library(300);
    await list.ensure(0);
    const old = numbered(0);
    tell(old);
    expect([list.total, list.loaded]).toEqual([301, 120]);
    all.push(old);
    await list.ensure(301);
    expect([list.total, list.loaded, list.at(300)?.id]).toEqual([301, 301, "gen_000000"]);
  });

  it("takes out what no longer belongs", async () => {
    const { list, tell } = library(5);
    await list.ensure(0);
    tell({ ...numbered(3), revision: 2, trashedAt: "2026-11-21T00:00:00.000Z" });
    expect([list.total, list.indexOf("gen_000003")]).toEqual([4, -1]);
    list.remove("gen_000003");
    expect(list.total).toBe(4);
  });

  it("keeps what the search found by words that the page does not have, until it is thrown away", async () => {
    const { list, tell } = library(2, { text: "revised" });
    await list.ensure(0);
    tell({ ...numbered(2), revision: 2, favourite: true });
    expect(list.total).toBe(2);
    tell({ ...numbered(2), revision: 3, trashedAt: "2026-11-21T00:00:00.000Z" });
    expect(list.total).toBe(1);
  });

  it("does not miss what came while the first page was on its way", async () => {
    const { list, tell } = library(3);
    const loading = list.ensure(0);
    tell(numbered(4));
    await loading;
    expect([list.total, list.at(0)?.id]).toEqual([4, "gen_000004"]);
  });

  it("has every entry once and in order, whatever comes in whichever order", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.integer({ min: 1, max: 400 })), fc.nat(300), async (numbers, depth) => {
        const { list, tell, ids } = library(200);
        await list.ensure(depth);
        for (const number of numbers) tell(numbered(number));
        await list.ensure(1000);
        const found = ids();
        const expected = [...new Set([...Array.from({ length: 200 }, (_, place) => place + 1), ...numbers])];
        expect(found).toEqual(expected.toSorted((one, other) => other - one).map((number) => numbered(number).id));
        expect(list.total).toBe(found.length);
      }),
      { seed: 11, numRuns: 60 },
    );
  });
});
