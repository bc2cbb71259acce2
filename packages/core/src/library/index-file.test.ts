import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, test } from "vitest";
import { HistoryFolder } from "../../../../test/support/history-folder.ts";
import { limnErrorOf } from "../../../../test/support/rejection.ts";
import { canMount, makeReadOnly, smallDisk } from "../../../../test/support/small-disk.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { Journal } from "../artifacts/index.ts";
import { schemaVersion } from "./schema.ts";

const page = { limit: 10 };

function filled(data = temporaryFolder()): { history: HistoryFolder; ids: readonly string[]; index: string } {
  const history = new HistoryFolder(data);
  const ids = Array.from({ length: 5 }, () => history.write()).reverse();
  return { history, ids, index: join(history.data, "index/library.sqlite") };
}

const listed = (history: HistoryFolder): readonly string[] => {
  const library = history.library();
  const ids = library.page({}, page).entries.map(({ id }) => id);
  library.close();
  return ids;
};

describe("the index", () => {
  test("is its owner's only, with all that lies beside it", () => {
    const { history, index } = filled();
    const library = history.library();
    library.page({}, page);
    const modes = ["index", "changes"].flatMap((folder) => [
      statSync(join(history.data, folder)).mode & 0o777,
      ...readdirSync(join(history.data, folder)).map((name) => statSync(join(history.data, folder, name)).mode & 0o777),
    ]);
    expect(existsSync(index)).toBe(true);
    expect(new Set(modes)).toEqual(new Set([0o700, 0o600]));
  });

  test.each([
    ["is empty", (path: string) => writeFileSync(path, "")],
    [
      "is something else",
      (path: string) => writeFileSync(path, "not a database, but long enough to be looked at ".repeat(200)),
    ],
    ["is cut off", (path: string) => writeFileSync(path, readFileSync(path).subarray(0, 5000))],
    [
      "has a damaged middle",
      (path: string) => {
        const bytes = readFileSync(path);
        writeFileSync(path, bytes.fill(0xa5, 4096));
      },
    ],
    ["is gone", (path: string) => rmSync(path)],
    ["is gone with its folder", (path: string) => rmSync(join(path, ".."), { recursive: true })],
  ])("that %s is made anew from the files", (_what, damage) => {
    const { history, ids, index } = filled();
    expect(listed(history)).toEqual(ids);
    damage(index);
    expect(listed(history)).toEqual(ids);
    expect(listed(history)).toEqual(ids);
  });

  test("that is deleted while it is open is made anew by who has it open, and both see the same", async () => {
    const { history, ids } = filled();
    const [one, other] = [history.library(), history.library()];
    one.page({}, page);
    other.page({}, page);
    rmSync(join(history.data, "index"), { recursive: true });
    rmSync(join(history.data, "changes"), { recursive: true });
    await one.mark(ids[0] ?? "", { favourite: true });
    expect(other.entry(ids[0] ?? "")?.favourite).toBe(true);
    expect(one.page({}, page).total).toBe(5);
  });

  test("of a newer version is left alone, and one of this version kept beside it", () => {
    const { history, ids, index } = filled();
    mkdirSync(join(history.data, "index"));
    const newer = new DatabaseSync(index);
    newer.exec(`CREATE TABLE future (x); PRAGMA user_version = ${schemaVersion + 1}`);
    newer.close();
    const before = readFileSync(index);
    expect(listed(history)).toEqual(ids);
    expect(readFileSync(index).equals(before)).toBe(true);
    expect(existsSync(join(history.data, `index/library-${schemaVersion}.sqlite`))).toBe(true);
    const more = history.write();
    expect(listed(history)).toEqual([more, ...ids]);
  });

  test("of two versions at once both hear of every change", () => {
    const { history, ids, index } = filled();
    const library = history.library();
    library.page({}, page);
    // As another version has it: the same journal, read by two.
    const journal = new Journal(history.data);
    history.rewrite({ id: ids[0] ?? "", state: "failed" });
    journal.changed(ids[0] ?? "");
    expect(library.entry(ids[0] ?? "")?.status).toBe("failed");
    library.close();
    rmSync(index);
    expect(history.library().entry(ids[0] ?? "")?.status).toBe("failed");
  });

  test.skipIf(process.getuid?.() === 0)("is in memory where its folder cannot be written", () => {
    const { history, ids } = filled();
    chmodSync(history.data, 0o500);
    const library = history.library();
    expect([library.page({}, page).entries.map(({ id }) => id), library.isReadOnly]).toEqual([ids, true]);
    chmodSync(history.data, 0o700);
  });

  test.skipIf(!canMount())("is in memory on a read-only disk, where nothing can be noted or thrown away", async () => {
    const { history, ids } = filled(smallDisk(16));
    makeReadOnly(history.data);
    const library = history.library();
    expect([library.page({ text: "fox" }, page).entries.map(({ id }) => id), library.isReadOnly]).toEqual([ids, true]);
    const id = ids[0] ?? "";
    const codes = [
      library.mark(id, { favourite: true }),
      library.trash(id),
      library.import([{ kind: "path", path: history.data }], AbortSignal.any([])),
    ];
    expect((await limnErrorOf(codes[0] ?? Promise.resolve())).code).toBe("artifact_write_failed");
    expect((await limnErrorOf(codes[1] ?? Promise.resolve())).code).toBe("artifact_write_failed");
    expect(await codes[2]).toEqual({ imported: [], known: 0, skipped: [] });
    expect(library.rebuild().entries).toBe(5);
  });

  test.skipIf(!canMount())("that was made before the disk became read-only does not hide what is there", () => {
    const { history, ids } = filled(smallDisk(16));
    expect(listed(history)).toEqual(ids);
    makeReadOnly(history.data);
    expect(listed(history)).toEqual(ids);
  });

  test.skipIf(!canMount())("goes on when its disk becomes read-only while it is open", async () => {
    const { history, ids } = filled(smallDisk(16));
    const library = history.library();
    await library.mark(ids[0] ?? "", { favourite: true });
    library.close();
    makeReadOnly(history.data);
    const [first] = library.page({}, page).entries;
    expect([first?.id, first?.favourite, library.isReadOnly]).toEqual([ids[0], true, true]);
    expect((await limnErrorOf(library.restore(ids[0] ?? ""))).code).toBe("artifact_write_failed");
    expect(library.facets().favourites).toBe(1);
  });

  test.skipIf(!canMount())("on a full disk goes on in memory", () => {
    const { history, ids } = filled(smallDisk(1));
    try {
      writeFileSync(join(history.data, "ballast"), Buffer.alloc(4 * 1024 * 1024));
    } catch {
      // That it is full is what is wanted.
    }
    const library = history.library();
    expect([library.page({}, page).entries.map(({ id }) => id), library.isReadOnly]).toEqual([ids, false]);
  });
});
