import { chmodSync, existsSync, mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { HistoryFolder } from "../../../../test/support/history-folder.ts";
import { limnErrorOf } from "../../../../test/support/rejection.ts";
import { canMount, makeReadOnly, smallDisk } from "../../../../test/support/small-disk.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { Journal } from "../artifacts/index.ts";
import { cannotWrite } from "./index-file.ts";
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

  test.each([
    ["with rows that are none", "UPDATE contents SET content = 'null'"],
    ["without a table", "DROP TABLE labels"],
    ["with a key that is taken", "UPDATE entries SET id = 'x' || id; UPDATE state SET generations_time = NULL"],
  ])("%s is made anew while it is open", async (_what, damage) => {
    const { history, ids, index } = filled();
    const library = history.library();
    library.page({}, page);
    const vandal = new DatabaseSync(index);
    vandal.exec(damage);
    vandal.close();
    await library.mark(ids[0] ?? "", { addTags: ["kept"] });
    expect(library.page({}, page).entries.map(({ id }) => id)).toEqual(ids);
    expect(library.facets().tags).toEqual([{ value: "kept", count: 1 }]);
  });

  test("with any byte of it damaged, at any time, brings no failure", () => {
    const history = new HistoryFolder(temporaryFolder());
    for (let count = 0; count < 30; count += 1) history.write({ prompt: `number ${count} ${"word ".repeat(300)}` });
    const index = join(history.data, "index/library.sqlite");
    expect(listed(history)).toHaveLength(10);
    const good = readFileSync(index);
    fc.assert(
      fc.property(
        fc.boolean(),
        fc.array(fc.tuple(fc.nat(good.length - 1), fc.integer({ min: 1, max: 8192 }), fc.nat(255)), {
          minLength: 1,
          maxLength: 10,
        }),
        fc.option(fc.nat(good.length), { freq: 3 }),
        (isOpen, blows, length) => {
          for (const suffix of ["-wal", "-shm"]) rmSync(`${index}${suffix}`, { force: true });
          writeFileSync(index, good);
          const library = history.library();
          if (isOpen) library.page({}, page);
          const bytes = readFileSync(index);
          for (const [place, count, value] of blows) bytes.fill(value, place, Math.min(place + count, bytes.length));
          writeFileSync(index, bytes.subarray(0, length ?? bytes.length));
          library.page({ text: "number" }, page);
          library.page({}, page);
          library.facets();
          library.changesSince(null, 5);
          library.close();
        },
      ),
      { numRuns: 60, seed: 20261121 },
    );
    rmSync(index);
    expect(listed(history)).toHaveLength(10);
  }, 120_000);

  test("that somebody holds for ever is not waited for without end", () => {
    const { history, ids, index } = filled();
    expect(listed(history)).toEqual(ids);
    const holder = new DatabaseSync(index);
    holder.exec("BEGIN IMMEDIATE");
    const impatient = new DatabaseSync(index, { timeout: 0 });
    const busy = ((): unknown => {
      try {
        return impatient.exec("BEGIN IMMEDIATE");
      } catch (error) {
        return error;
      }
    })();
    expect(cannotWrite(busy)).toBe(true);
    impatient.close();
    holder.close();
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

  test.skipIf(!canMount())("that is damaged on a read-only disk does not hide what is there", () => {
    const { history, ids, index } = filled(smallDisk(16));
    expect(listed(history)).toEqual(ids);
    const damaged = new DatabaseSync(index);
    damaged.exec("UPDATE contents SET content = 'null'");
    damaged.close();
    makeReadOnly(history.data);
    expect(listed(history)).toEqual(ids);
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
