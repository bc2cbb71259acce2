import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HistoryFolder } from "../../../../test/support/history-folder.ts";
import { manifestImage } from "../../../../test/support/manifest.ts";
import { limnErrorOf } from "../../../../test/support/rejection.ts";
import { canMount, smallDisk } from "../../../../test/support/small-disk.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { Journal, currentOwner } from "../artifacts/index.ts";
import type { LibraryEntry, PruneReport, PruneRule } from "../contracts/library.ts";
import { libraryFolders } from "./folders.ts";
import { prune } from "./prune.ts";

const dayMs = 86_400_000;
const dryRun = { isDryRun: true };
const removedIds = ({ removed }: PruneReport): readonly string[] => removed.map(({ id }) => id);

// The library's clock is a hundred days after the first generation, which are an hour apart.
function filled(): { history: HistoryFolder; library: ReturnType<HistoryFolder["library"]>; ids: string[] } {
  const history = new HistoryFolder(temporaryFolder());
  return { history, library: history.library(), ids: Array.from({ length: 6 }, () => history.write()) };
}

test("takes what every given rule holds for, never a favourite and never what runs", async () => {
  const { history, library, ids } = filled();
  const running = history.write({ state: "sent", owner: currentOwner() });
  const unknown = history.write({ state: "sent", images: [], owner: null });
  await library.mark(ids[1] ?? "", { favourite: true });
  const report = await library.prune({ olderThanMs: 0 }, dryRun);
  expect(removedIds(report)).toEqual([unknown, ids[5], ids[4], ids[3], ids[2], ids[0]]);
  expect(report).toMatchObject({ kept: 2, failures: [] });
  const olderThanMs = 100 * dayMs - 2.5 * 3_600_000;
  expect(removedIds(await library.prune({ olderThanMs }, dryRun))).toEqual([ids[2], ids[0]]);
  expect(removedIds(await library.prune({ keep: 4 }, dryRun))).toEqual([ids[3], ids[2], ids[0]]);
  expect(removedIds(await library.prune({ keep: 4, olderThanMs }, dryRun))).toEqual([ids[2], ids[0]]);
  writeFileSync(join(history.data, "generations", ids[3] ?? "", "image-1.png"), Buffer.alloc(5000));
  expect(removedIds(await library.prune({ largerThanBytes: 5000 }, dryRun))).toEqual([ids[3]]);
  expect(library.page({}, { limit: 10 }).total).toBe(8);
  const done = await library.prune({ olderThanMs: 0 }, { isDryRun: false });
  expect(removedIds(done)).toEqual([unknown, ids[5], ids[4], ids[3], ids[2], ids[0]]);
  expect(done.bytes).toBeGreaterThan(5000);
  expect(library.page({}, { limit: 10 }).entries.map(({ id }) => id)).toEqual([running, ids[1]]);
  expect(readdirSync(join(history.data, "generations")).sort()).toEqual([ids[1], running].sort());
  expect(readdirSync(join(history.data, "trash"))).toEqual([]);
});

test("of the trash or the sandbox leaves everything else", async () => {
  const { history, library, ids } = filled();
  const sandbox = history.write({ emulated: true });
  await library.trash(ids[0] ?? "");
  expect(removedIds(await library.prune({ trashOnly: true }, dryRun))).toEqual([ids[0]]);
  expect(removedIds(await library.prune({ emulatedOnly: true }, dryRun))).toEqual([sandbox]);
  expect(removedIds(await library.prune({ emulatedOnly: true, trashOnly: true }, dryRun))).toEqual([]);
});

test("without a rule, or with one that is none, is refused", async () => {
  const { library } = filled();
  for (const rule of [{}, { keep: -1 }, { keep: 1.5 }, { olderThanMs: Number.NaN }, { trashOnly: false }])
    expect((await limnErrorOf(library.prune(rule, { isDryRun: false }))).code).toBe("invalid_option");
  expect(library.page({}, { limit: 10 }).total).toBe(6);
});

test("takes what killed runs left behind, and small versions of pictures that are gone, but nothing that is in use", async () => {
  const { history, library, ids } = filled();
  const sha256 = "e".repeat(64);
  const shown = history.write({ images: [manifestImage({ sha256 })] });
  const running = history.write({ state: "sent", owner: currentOwner() });
  const put = (days: number, ...path: readonly string[]): string => {
    const file = join(history.data, ...path);
    mkdirSync(join(file, ".."), { recursive: true });
    writeFileSync(file, "12345");
    const time = new Date(Date.UTC(2026, 10, 1) + (100 - days) * dayMs);
    utimesSync(file, time, time);
    return file;
  };
  const gone = [
    put(2, "generations", ids[0] ?? "", ".image-1-abc.part"),
    put(2, "generations", ids[0] ?? "", "preview-1-2.png"),
    put(2, "trash", `.removing-${ids[1] ?? ""}-x`, "image-1.png"),
    put(0, "thumbnails", `${"f".repeat(64)}-320.webp`),
  ];
  const stays = [
    put(0, "generations", ids[0] ?? "", ".image-2-abc.part"),
    put(2, "generations", running, ".image-1-abc.part"),
    put(2, "generations", ids[0] ?? "", "image-1.png"),
    put(2, "thumbnails", `${sha256}-320.webp`),
    put(0, "thumbnails", ".draft.tmp"),
  ];
  expect((await library.prune({ trashOnly: true }, dryRun)).leftovers).toEqual({ files: 4, bytes: 20 });
  expect(gone.every((path) => existsSync(path))).toBe(true);
  await library.prune({ trashOnly: true }, { isDryRun: false });
  expect([gone.filter((path) => existsSync(path)), stays.filter((path) => !existsSync(path))]).toEqual([[], []]);
  // With its picture goes its small version.
  await library.trash(shown);
  await library.prune({ trashOnly: true }, { isDryRun: false });
  expect(existsSync(join(history.data, "thumbnails", `${sha256}-320.webp`))).toBe(false);
});

// As another process has it that listed the library a moment ago.
function pruneLate(history: HistoryFolder, entries: readonly LibraryEntry[], rule: PruneRule): PruneReport {
  const folders = libraryFolders(history.data);
  return prune({ folders, entries, journal: new Journal(history.data), nowMs: Date.UTC(2027, 1, 9) }, rule, false);
}

test("what was restored, thrown away or marked since it was listed stays", async () => {
  const { history, library, ids } = filled();
  const [restored = "", thrownAway = "", marked = "", plain = ""] = ids;
  await library.trash(restored);
  await library.trash(plain);
  const trashed = library.page({ trash: true }, { limit: 10 }).entries;
  const others = library.page({}, { limit: 10 }).entries;
  await library.restore(restored);
  expect(removedIds(pruneLate(history, trashed, { trashOnly: true }))).toEqual([plain]);
  await library.trash(thrownAway);
  await library.mark(marked, { favourite: true });
  expect(removedIds(pruneLate(history, others, { keep: 0 }))).toEqual([ids[5], ids[4]]);
  expect([restored, thrownAway, marked].map((id) => library.entry(id)?.id)).toEqual([restored, thrownAway, marked]);
});

test("only what was agreed to goes, though more has come under the rule since", async () => {
  const { library, ids } = filled();
  await library.trash(ids[0] ?? "");
  const plan = await library.prune({ trashOnly: true }, dryRun);
  await library.trash(ids[1] ?? "");
  const rule = { trashOnly: true, among: removedIds(plan) };
  expect(removedIds(await library.prune(rule, { isDryRun: false }))).toEqual([ids[0]]);
  expect(library.page({ trash: true }, { limit: 10 }).entries.map(({ id }) => id)).toEqual([ids[1]]);
});

test("of an id that is in the history and in the trash as well, only the one that was looked at goes", async () => {
  const { history, library, ids } = filled();
  const id = ids[0] ?? "";
  const [here, there] = ["generations", "trash"].map((place) => join(history.data, place, id));
  await library.mark(id, { favourite: true });
  cpSync(here ?? "", there ?? "", { recursive: true });
  writeFileSync(join(here ?? "", "marks.json"), "{}");
  library.rebuild();
  expect(removedIds(await library.prune({ keep: 5 }, { isDryRun: false }))).toEqual([id]);
  expect([existsSync(here ?? ""), existsSync(there ?? "")]).toEqual([false, true]);
});

test.each(["", '{"favourite":true', "\0\0\0\0"])(
  "what may be a favourite stays when its notes cannot be read (%j), and the notes are kept when it is marked anew",
  async (content) => {
    const { history, library, ids } = filled();
    const folder = join(history.data, "generations", ids[0] ?? "");
    writeFileSync(join(folder, "marks.json"), content);
    const report = await library.prune({ keep: 5 }, { isDryRun: false });
    expect([removedIds(report), report.failures.map(({ id }) => id), existsSync(folder)]).toEqual([[], [ids[0]], true]);
    await library.mark(ids[0] ?? "", { favourite: true });
    const kept = readdirSync(folder).filter((name) => name.startsWith("marks-unreadable-"));
    expect(kept.map((name) => readFileSync(join(folder, name), "utf8"))).toEqual([content]);
    expect((await library.prune({ keep: 5 }, { isDryRun: false })).failures).toEqual([]);
  },
);

test("a generation whose record became unreadable, as one of a newer limn is, stays", () => {
  const { history, library, ids } = filled();
  const { entries } = library.page({}, { limit: 10 });
  const folder = join(history.data, "generations", ids[0] ?? "");
  writeFileSync(join(folder, "manifest.json"), '{"schemaVersion":2,"state":"sent"}');
  const report = pruneLate(history, entries, { keep: 5 });
  expect([removedIds(report), report.failures.map(({ id }) => id), existsSync(folder)]).toEqual([[], [ids[0]], true]);
});

test("what is kept by number is counted without the sandbox and without the trash", async () => {
  const { history, library, ids } = filled();
  for (let count = 0; count < 4; count += 1) history.write({ emulated: true });
  for (const id of ids.slice(4)) await library.trash(id);
  const report = await library.prune({ keep: 4 }, dryRun);
  expect(removedIds(report)).toEqual([]);
  expect(removedIds(await library.prune({ keep: 3 }, dryRun))).toHaveLength(2);
});

test("a generation whose folder is a link to elsewhere loses its link alone, and a person's files there stay", async () => {
  const { history, library, ids } = filled();
  const id = ids[0] ?? "";
  const elsewhere = temporaryFolder();
  const place = join(history.data, "generations", id);
  renameSync(place, join(elsewhere, "moved"));
  symlinkSync(join(elsewhere, "moved"), place);
  const stays = ["thesis.tmp", "film.part", ".image-1-x.part"].map((name) => join(elsewhere, "moved", name));
  for (const path of stays) {
    writeFileSync(path, "mine");
    utimesSync(path, 0, 0);
  }
  expect((await library.prune({ trashOnly: true }, { isDryRun: false })).leftovers.files).toBe(0);
  await library.trash(id);
  await library.prune({ trashOnly: true }, { isDryRun: false });
  expect(lstatSync(place, { throwIfNoEntry: false })).toBeUndefined();
  expect(stays.map((path) => readFileSync(path, "utf8"))).toEqual(["mine", "mine", "mine"]);
});

test("files in a generation's folder that are not limn's stay, and drafts of imports that were killed go", async () => {
  const { history, library, ids } = filled();
  const stays = join(history.data, "generations", ids[0] ?? "", "sketch.tmp");
  const draft = join(history.data, "generations", ".import-1-2-3");
  mkdirSync(draft);
  for (const path of [stays, join(draft, "image-1.png")]) writeFileSync(path, "12345");
  for (const path of [stays, draft]) utimesSync(path, 0, 0);
  expect((await library.prune({ trashOnly: true }, { isDryRun: false })).leftovers).toEqual({ files: 1, bytes: 5 });
  expect([existsSync(stays), existsSync(draft)]).toEqual([true, false]);
});

test.skipIf(!canMount())("makes room on a full disk, which is when it is needed", async () => {
  const history = new HistoryFolder(smallDisk(2));
  const ids = Array.from({ length: 4 }, () => history.write());
  const library = history.library();
  library.page({}, { limit: 1 });
  try {
    for (const id of ids)
      writeFileSync(join(history.data, "generations", id, "image-1.png"), Buffer.alloc(1024 * 1024));
  } catch {
    // That it is full is what is wanted.
  }
  const report = await library.prune({ keep: 2 }, { isDryRun: false });
  expect([removedIds(report), report.failures]).toEqual([[ids[1], ids[0]], []]);
  expect(library.page({}, { limit: 5 }).entries.map(({ id }) => id)).toEqual([ids[3], ids[2]]);
});
