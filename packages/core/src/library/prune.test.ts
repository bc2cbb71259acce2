import { existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HistoryFolder } from "../../../../test/support/history-folder.ts";
import { manifestImage } from "../../../../test/support/manifest.ts";
import { limnErrorOf } from "../../../../test/support/rejection.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { currentOwner } from "../artifacts/index.ts";
import type { PruneReport } from "../contracts/library.ts";

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
