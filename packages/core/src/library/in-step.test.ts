import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { HistoryFolder } from "../../../../test/support/history-folder.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { Journal } from "../artifacts/index.ts";
import { isLimnError } from "../errors/index.ts";
import type { Library, LibraryEntry } from "../contracts/library.ts";

const seed = 20261121;

type Step =
  | {
      readonly kind:
        | "write"
        | "delete"
        | "trash"
        | "restore"
        | "remove"
        | "trash-by-hand"
        | "empty-trash"
        | "break"
        | "turn";
      readonly which: number;
    }
  | { readonly kind: "mark"; readonly which: number; readonly tag: string; readonly favourite: boolean }
  | { readonly kind: "rewrite"; readonly which: number; readonly prompt: string };

const which = fc.nat({ max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constantFrom(
      ...([
        "write",
        "write",
        "delete",
        "trash",
        "restore",
        "remove",
        "trash-by-hand",
        "empty-trash",
        "break",
        "turn",
      ] as const),
    ),
    which,
  }),
  fc.record({
    kind: fc.constant("mark" as const),
    which,
    tag: fc.constantFrom("a", "b", "雪"),
    favourite: fc.boolean(),
  }),
  fc.record({ kind: fc.constant("rewrite" as const), which, prompt: fc.constantFrom("red fox", "blue fox", "雪狐") }),
);

/** Everything that can be seen, without what counts only within one index. */
function seen(library: Library): unknown {
  const plain = ({ revision: _revision, ...entry }: LibraryEntry): object => entry;
  const all = (trash: boolean): readonly LibraryEntry[] =>
    library.page({ emulated: "with", trash }, { limit: 1000 }).entries;
  return {
    entries: [...all(false), ...all(true)].map(plain),
    facets: library.facets({ emulated: "with" }),
    found: ["fox", "red", "狐", "a", "雪"].map((text) =>
      library.page({ text, emulated: "with" }, { limit: 1000 }).entries.map(plain),
    ),
  };
}

test("after any sequence of what programs and people do to the files, the index says what one made anew says", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const history = new HistoryFolder(temporaryFolder());
      const libraries = [history.library(), history.library()];
      const journal = new Journal(history.data);
      const ids = [history.write(), history.write(), history.write()];
      for (const [place, taken] of steps.entries()) {
        const library = libraries[place % 2];
        if (library === undefined) throw new Error("no library");
        await take(taken, history, library, journal, ids).catch((error: unknown) => {
          // What cannot be done now is refused, and changes nothing.
          if (!isLimnError(error)) throw error;
        });
        if (place % 3 > 0) library.page({}, { limit: 1 });
      }
      const [one, other] = libraries.map(seen);
      libraries[0]?.rebuild();
      expect(one).toEqual(libraries.map(seen)[0]);
      expect(other).toEqual(one);
      expect(seen(history.library())).toEqual(one);
      for (const library of libraries) library.close();
    }),
    { seed, numRuns: 60 },
  );
}, 120_000);

async function take(
  taken: Step,
  history: HistoryFolder,
  library: Library,
  journal: Journal,
  ids: string[],
): Promise<void> {
  if (taken.kind === "write") {
    ids.push(history.write());
    return;
  }
  const id = ids[taken.which % ids.length];
  if (id === undefined) return;
  const [here, trashed] = ["generations", "trash"].map((place) => join(history.data, place, id));
  if (here === undefined || trashed === undefined) return;
  switch (taken.kind) {
    case "mark":
      await library.mark(id, { addTags: [taken.tag], favourite: taken.favourite });
      return;
    case "trash":
      await library.trash(id);
      return;
    case "restore":
      await library.restore(id);
      return;
    case "remove":
      await library.remove(id);
      return;
    case "delete":
      rmSync(here, { recursive: true, force: true });
      return;
    case "empty-trash":
      rmSync(join(history.data, "trash"), { recursive: true, force: true });
      return;
    case "trash-by-hand":
      mkdirSync(join(history.data, "trash"), { recursive: true });
      try {
        renameSync(here, trashed);
      } catch {
        // It is not here, or already there.
      }
      return;
    case "rewrite":
      history.rewrite({ id, state: "done", prompt: taken.prompt });
      journal.changed(id);
      return;
    case "break":
      mkdirSync(here, { recursive: true });
      writeFileSync(join(here, "manifest.json"), "{");
      journal.changed(id);
      return;
    case "turn":
      // Longer than a journal may be: the next look puts it aside.
      library.page({}, { limit: 1 });
      for (let line = 0; line < 10_000; line += 2000)
        writeFileSync(
          join(history.data, "changes/journal.jsonl"),
          `${JSON.stringify({ id, index: 0, stage: "receiving", bytes: line })}\n`.repeat(3500),
          { flag: "a" },
        );
  }
}
