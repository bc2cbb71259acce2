import { expect, it } from "vitest";
import { makeEntry } from "../__fixtures__/make-entry.ts";
import { matches } from "./match.ts";

const entry = makeEntry({
  id: "gen_1",
  prompt: "Ein Füchslein, im SCHNEE",
  tags: ["winter wear"],
  kit: "Animals",
  altTexts: { "0": "a red animal" },
  parents: ["gen_0"],
});

it.each([
  [{ text: "fuchs schn" }, true],
  [{ text: "WEAR anim red" }, true],
  [{ text: "ox" }, false],
  [{ text: "fuchs dog" }, false],
  [{ text: "  ,, " }, true],
  [{ tag: "winter" }, false],
  [{ tag: "winter wear" }, true],
  [{ kit: "Animals" }, true],
  [{ size: "1200x800" }, true],
  [{ size: "800x1200" }, false],
  [{ parent: "gen_0" }, true],
  [{ folder: "/home/me" }, true],
  [{ folder: "/home/m" }, false],
  [{ folder: "/" }, true],
  [{ since: "2026-11-20T10:00:00.000Z" }, true],
  [{ until: "2026-11-20T10:00:00.000Z" }, false],
  [{ favourite: true }, false],
  [{ status: "done", engine: "images", operation: "generate" }, true],
  [{ status: "failed" }, false],
  [{ trash: true }, false],
  [{ emulated: "only" }, false],
] as const)("%j holds: %j", (query, expected) => {
  expect(matches(entry, query)).toBe(expected);
});

it("shows what is in the trash only in the trash, and sandbox pictures only where they are wanted", () => {
  const trashed = makeEntry({ id: "gen_2", trashedAt: "2026-11-21T00:00:00.000Z" });
  expect([matches(trashed, {}), matches(trashed, { trash: true })]).toEqual([false, true]);
  const emulated = makeEntry({ id: "gen_3", emulated: true });
  expect([
    matches(emulated, {}),
    matches(emulated, { emulated: "with" }),
    matches(emulated, { emulated: "only" }),
  ]).toEqual([false, true, true]);
});
