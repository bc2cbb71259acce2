import { readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, test } from "vitest";
import { HistoryFolder } from "../../../../test/support/history-folder.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";

const secret = "zyxwvutsrqponmlkjihg";
const label = "qqqplantedqqq";

function planted(): { history: HistoryFolder; id: string; filesWithWords: () => readonly string[] } {
  const history = new HistoryFolder(temporaryFolder());
  for (let count = 0; count < 40; count += 1) history.write({ prompt: `a picture ${"of many words ".repeat(50)}` });
  const id = history.write({ prompt: `${secret} ${"and more of it ".repeat(2000)}${secret}` });
  const filesWithWords = (): readonly string[] => {
    const folder = join(history.data, "index");
    return readdirSync(folder)
      .filter((name) => [secret, label].some((word) => readFileSync(join(folder, name)).includes(word)))
      .sort();
  };
  return { history, id, filesWithWords };
}

test("the words of what was pruned are in no file of the index any more", async () => {
  const { history, id, filesWithWords } = planted();
  const library = history.library();
  await library.mark(id, { addTags: [label] });
  await library.trash(id);
  expect(library.page({ text: secret, trash: true }, { limit: 5 }).total).toBe(1);
  expect(filesWithWords()).not.toEqual([]);
  await library.prune({ trashOnly: true }, { isDryRun: false });
  expect(filesWithWords()).toEqual([]);
  expect(library.page({ text: "picture many" }, { limit: 5 }).total).toBe(40);
});

test("after the last of a batch of removals the words are gone, at the latest with the library", async () => {
  const { history, id, filesWithWords } = planted();
  const library = history.library();
  await library.trash(id);
  await library.remove(id);
  library.close();
  expect(filesWithWords()).toEqual([]);
});

test("a generation that is deleted by hand leaves no words behind the next look", () => {
  const { history, id, filesWithWords } = planted();
  const first = history.library();
  first.page({}, { limit: 1 });
  first.close();
  expect(filesWithWords()).not.toEqual([]);
  rmSync(join(history.data, "generations", id), { recursive: true });
  const second = history.library();
  expect(second.page({}, { limit: 1 }).total).toBe(40);
  second.close();
  expect(filesWithWords()).toEqual([]);
});

test("while somebody reads on the words are left to the next one, and nobody waits", async () => {
  const { history, id, filesWithWords } = planted();
  const library = history.library();
  await library.trash(id);
  const reader = new DatabaseSync(join(history.data, "index/library.sqlite"));
  reader.exec("BEGIN");
  reader.prepare("SELECT count(*) FROM entries").get();
  expect((await library.prune({ trashOnly: true }, { isDryRun: false })).removed).toHaveLength(1);
  reader.exec("COMMIT");
  reader.close();
  library.close();
  expect(filesWithWords()).toEqual([]);
});

test("an index of another version that has the words is removed with them", async () => {
  const { history, id, filesWithWords } = planted();
  const library = history.library();
  await library.trash(id);
  const other = new DatabaseSync(join(history.data, "index/library-99.sqlite"));
  other.exec(`CREATE TABLE contents (content TEXT); INSERT INTO contents VALUES ('${secret}')`);
  other.close();
  await library.prune({ trashOnly: true }, { isDryRun: false });
  expect(filesWithWords()).toEqual([]);
});
