import {
  appendFileSync,
  closeSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HistoryFolder } from "../../../../test/support/history-folder.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { Journal, journalPath } from "../artifacts/index.ts";
import { beginJournal, readJournal, turnJournal } from "./journal-reader.ts";
import type { JournalPlaces } from "./journal-reader.ts";

const long = `${"x".repeat(99)}\n`.repeat(11_000);

function read(
  data: string,
  places: JournalPlaces,
): { lines: readonly string[]; isComplete: boolean; places: JournalPlaces } {
  const reading = readJournal(data, places);
  if (reading === null) throw new Error("no journal");
  return reading;
}

function begun(): { data: string; path: string; places: JournalPlaces } {
  const data = temporaryFolder();
  beginJournal(data);
  return { data, path: journalPath(data), places: read(data, {}).places };
}

test("tells what came behind a place, once, and keeps half a line for later", () => {
  const { data, path, places } = begun();
  const journal = new Journal(data);
  journal.changed("gen_1");
  appendFileSync(path, '{"id":"half');
  const first = read(data, places);
  expect([first.lines, first.isComplete]).toEqual([['{"id":"gen_1","changed":true}'], true]);
  appendFileSync(path, '"}\n');
  const second = read(data, first.places);
  expect(second.lines).toEqual(['{"id":"half"}']);
  expect(read(data, second.places).lines).toEqual([]);
  expect(statSync(path).mode & 0o777).toBe(0o600);
});

test("is begun once", () => {
  const { data, path } = begun();
  const before = readFileSync(path);
  beginJournal(data);
  expect(readFileSync(path).equals(before)).toBe(true);
});

test("that grew long is put aside without losing a line, also of a writer that had it open", () => {
  const { data, path, places } = begun();
  appendFileSync(path, long);
  const late = openSync(path, "a");
  const before = read(data, places);
  turnJournal(data);
  writeSync(late, "late\n");
  new Journal(data).changed("gen_2");
  const after = read(data, before.places);
  expect([after.lines, after.isComplete]).toEqual([["late", '{"id":"gen_2","changed":true}'], true]);
  writeSync(late, "later\n");
  closeSync(late);
  expect(read(data, after.places).lines).toEqual(["later"]);
  // Short now: it is left as it is.
  const content = readFileSync(path);
  turnJournal(data);
  expect(readFileSync(path).equals(content)).toBe(true);
});

test("that was put aside twice since, or is another one, says that something may be missing", () => {
  const { data, path, places } = begun();
  for (let turn = 0; turn < 2; turn += 1) {
    appendFileSync(path, long);
    turnJournal(data);
  }
  expect(read(data, places).isComplete).toBe(false);
  rmSync(join(path, ".."), { recursive: true });
  expect(readJournal(data, places)).toBe(null);
  beginJournal(data);
  expect(read(data, places).isComplete).toBe(false);
});

test("that is damaged is none, and begun anew", () => {
  const { data, path, places } = begun();
  writeFileSync(path, "no header here\n");
  expect(readJournal(data, places)).toBe(null);
  beginJournal(data);
  expect(read(data, places)).toMatchObject({ lines: [], isComplete: false });
});

test("a line that a full disk cut takes nothing from the one behind it", async () => {
  const history = new HistoryFolder(temporaryFolder());
  const [one, other] = [history.write(), history.write()];
  const library = history.library();
  expect(library.page({}, { limit: 5 }).total).toBe(2);
  const folder = join(history.data, "generations");
  // So that only the journal tells.
  utimesSync(folder, 0, 0);
  library.page({}, { limit: 5 });
  for (const id of [one, other]) history.rewrite({ id, state: "failed" });
  utimesSync(folder, 0, 0);
  appendFileSync(journalPath(history.data), `{"id":"${one}","chan{"id":"${other}","changed":true}\n`);
  expect([library.entry(one)?.status, library.entry(other)?.status]).toEqual(["failed", "failed"]);
});

test("that became shorter than it was is not taken for the one that was read", () => {
  const { data, path, places } = begun();
  const journal = new Journal(data);
  for (let count = 0; count < 5; count += 1) journal.changed("gen_1");
  const read5 = read(data, places).places;
  truncateSync(path, statSync(path).size - 40);
  const after = read(data, read5);
  expect(after.isComplete).toBe(false);
  expect(read(data, after.places).isComplete).toBe(true);
});
