import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { HistoryFolder, firstMs } from "../../../../test/support/history-folder.ts";
import { manifest, manifestImage } from "../../../../test/support/manifest.ts";
import { limnErrorOf, thrownBy } from "../../../../test/support/rejection.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import {
  GenerationRecord,
  Journal,
  createArtifactStore,
  createGenerationId,
  currentOwner,
} from "../artifacts/index.ts";
import type { LibraryEntry, LibraryQuery } from "../contracts/library.ts";

const hourMs = 3_600_000;

function open(): { history: HistoryFolder; library: ReturnType<HistoryFolder["library"]> } {
  const history = new HistoryFolder(temporaryFolder());
  return { history, library: history.library() };
}

const idsOf = (entries: readonly LibraryEntry[]): readonly string[] => entries.map(({ id }) => id);

describe("a page", () => {
  test("has the newest first, knows how many there are, and goes on where the one before ended while others are added", () => {
    const { history, library } = open();
    const ids = Array.from({ length: 7 }, () => history.write()).reverse();
    const first = library.page({}, { limit: 3 });
    expect([idsOf(first.entries), first.total]).toEqual([ids.slice(0, 3), 7]);
    history.write();
    const second = library.page({}, { cursor: first.nextCursor, limit: 3 });
    const third = library.page({}, { cursor: second.nextCursor, limit: 3 });
    expect([...idsOf(second.entries), ...idsOf(third.entries)]).toEqual(ids.slice(3));
    expect([third.nextCursor, third.total]).toEqual([null, 8]);
  });

  test("holds what every filter says, alone and together", () => {
    const { history, library } = open();
    const fox = history.write({
      prompt: "a red fox",
      engine: "responses",
      model: "gpt-image-2-high",
      folder: "/projects/a",
    });
    const edit = history.write({
      operation: "edit",
      prompt: "make it night",
      parents: [fox],
      folder: "/projects/a/b",
      images: [manifestImage({ width: 10, height: 20 }), manifestImage({ index: 1, width: 30, height: 40 })],
    });
    const failed = history.write({ state: "failed", images: [], folder: "/projects/ab", prompt: null });
    const sandbox = history.write({ emulated: true, folder: "/projects/a" });
    const found = (query: LibraryQuery): readonly string[] => idsOf(library.page(query, { limit: 10 }).entries);
    expect(found({})).toEqual([failed, edit, fox]);
    expect(found({ emulated: "with" })).toEqual([sandbox, failed, edit, fox]);
    expect(found({ emulated: "only" })).toEqual([sandbox]);
    expect(found({ engine: "responses" })).toEqual([fox]);
    expect(found({ model: "gpt-image-2-high" })).toEqual([fox]);
    expect(found({ operation: "edit" })).toEqual([edit]);
    expect(found({ parent: fox })).toEqual([edit]);
    expect(found({ size: "30x40" })).toEqual([edit]);
    expect(found({ size: "64X48" })).toEqual([fox]);
    expect(found({ status: "failed" })).toEqual([failed]);
    expect(found({ folder: "/projects/a" })).toEqual([edit, fox]);
    expect(found({ folder: "/projects/a/" })).toEqual([edit, fox]);
    expect(found({ folder: "/" })).toEqual([failed, edit, fox]);
    expect(found({ since: new Date(firstMs + hourMs).toISOString() })).toEqual([failed, edit]);
    expect(found({ until: new Date(firstMs + hourMs).toISOString() })).toEqual([fox]);
    expect(found({ text: "fox RED", engine: "responses", folder: "/projects" })).toEqual([fox]);
    expect(found({ text: "fox", engine: "images" })).toEqual([]);
    expect(found({ text: "?!" })).toEqual([]);
    expect(found({ text: "  " })).toEqual([failed, edit, fox]);
  });

  test("is searched by what the service made of the words and by what was noted, not by what they only hold inside", async () => {
    const { history, library } = open();
    const id = history.write({ images: [manifestImage({ revisedPrompt: "a vixen at daybreak" })] });
    await library.mark(id, { addTags: ["Portrait"], kit: "Märchen", altTexts: { 0: "an animal asleep" } });
    const total = (text: string): number => library.page({ text }, { limit: 1 }).total;
    expect(["vixen", "day", "portrait", "marchen", "asl", "break", "ixen"].map(total)).toEqual([1, 1, 1, 1, 1, 0, 0]);
  });

  test("is refused with what is wrong", () => {
    const { library } = open();
    const refused = (query: LibraryQuery, options: { cursor?: string; limit: number }): string =>
      thrownBy(() => library.page(query, options)).code;
    expect([
      refused({}, { limit: 0 }),
      refused({}, { limit: 1001 }),
      refused({}, { limit: 1, cursor: "x" }),
      refused({}, { limit: 1, cursor: Buffer.from("1gen_' OR 1=1").toString("base64url") }),
      refused({ since: "yesterday" }, { limit: 1 }),
      refused({ folder: "relative" }, { limit: 1 }),
    ]).toEqual(Array.from({ length: 6 }, () => "invalid_option"));
  });

  test("shows a broken manifest to nobody, and another folder's name neither", () => {
    const { history, library } = open();
    const good = history.write();
    const [half, newer, foreign] = [createGenerationId(1), createGenerationId(2), "holiday"];
    for (const name of [half, newer, foreign]) mkdirSync(join(history.data, "generations", name));
    writeFileSync(join(history.data, "generations", half, "manifest.json"), '{"schemaVersion":1,"id"');
    writeFileSync(join(history.data, "generations", newer, "manifest.json"), '{"schemaVersion":2}');
    expect(idsOf(library.page({}, { limit: 10 }).entries)).toEqual([good]);
    const { entries, broken } = library.rebuild();
    expect([entries, [...broken].sort((one, other) => (one.id < other.id ? -1 : 1))]).toEqual([
      1,
      [
        { id: half, reason: "it is no JSON" },
        { id: newer, reason: "it was written by a newer limn (schema 2; this one reads 1)" },
      ],
    ]);
  });

  test("has what was copied in, changed by a program and deleted by hand, without being told", () => {
    const { history, library } = open();
    const store = createArtifactStore(history.data);
    const id = history.write();
    expect(library.page({}, { limit: 1 }).total).toBe(1);
    const other = history.write();
    expect(library.page({}, { limit: 1 }).total).toBe(2);
    history.removeByHand(id);
    expect(idsOf(library.page({}, { limit: 5 }).entries)).toEqual([other]);
    expect(store.find(other, { folder: "/", session: null, emulated: false }).id).toBe(other);
  });

  test("follows a generation from its plan to its end, and knows that its owner died", async () => {
    const { history, library } = open();
    library.page({}, { limit: 1 });
    const store = createArtifactStore(history.data);
    const id = createGenerationId(firstMs);
    const record = await store.begin({ manifest: manifest({ id, owner: currentOwner() }), rescueFolders: [] });
    expect(library.entry(id)?.status).toBe("running");
    record.finish({ state: "failed" });
    expect(library.entry(id)?.status).toBe("failed");
    const dead = history.write({ state: "sent", images: [], owner: { ...currentOwner(), startTime: "1" } });
    expect(library.entry(dead)?.status).toBe("unknown");
  });

  test("lists the folders again only when their times changed", async () => {
    const { history, library } = open();
    const [id, other] = [history.write(), history.write()];
    await library.trash(id);
    const setTimes = (seconds: number): void => {
      for (const name of ["generations", "trash"]) utimesSync(join(history.data, name), seconds, seconds);
    };
    const totals = (): readonly number[] => [
      library.page({}, { limit: 1 }).total,
      library.page({ trash: true }, { limit: 1 }).total,
    ];
    setTimes(1_000_000);
    expect(totals()).toEqual([1, 1]);
    history.write();
    rmSync(join(history.data, "trash", id), { recursive: true });
    // Ten thousand names are not read for every question.
    setTimes(1_000_000);
    expect(totals()).toEqual([1, 1]);
    utimesSync(join(history.data, "trash"), 2_000_000, 2_000_000);
    expect(totals()).toEqual([2, 0]);
    setTimes(3_000_000);
    expect(totals()).toEqual([2, 0]);
    history.removeByHand(other);
    setTimes(4_000_000);
    expect(totals()).toEqual([1, 0]);
  });

  test("is right when the clock went back and folders seem to come from the future", () => {
    const { history, library } = open();
    const id = history.write();
    const future = new Date(Date.now() + 86_400_000);
    utimesSync(join(history.data, "generations"), future, future);
    expect(library.page({}, { limit: 1 }).total).toBe(1);
    const other = history.write();
    utimesSync(join(history.data, "generations"), future, future);
    expect(idsOf(library.page({}, { limit: 5 }).entries)).toEqual([other, id]);
  });
});

describe("marks", () => {
  test("are kept beside the manifest, where another index finds them", async () => {
    const { history, library } = open();
    const id = history.write();
    const marked = await library.mark(id, {
      favourite: true,
      addTags: ["b", "a", "b"],
      kit: "icons",
      altTexts: { 0: "line\none", 1: "two" },
    });
    expect(marked).toMatchObject({
      favourite: true,
      tags: ["b", "a"],
      kit: "icons",
      altTexts: { 0: "line one", 1: "two" },
    });
    await library.mark(id, { removeTags: ["b"], kit: null, altTexts: { 1: null } });
    const other = history.library();
    other.rebuild();
    expect(other.entry(id)).toMatchObject({ favourite: true, tags: ["a"], kit: null, altTexts: { 0: "line one" } });
    expect(idsOf(other.page({ favourite: true, tag: "a" }, { limit: 5 }).entries)).toEqual([id]);
  });

  test("of a newer version are kept", async () => {
    const { history, library } = open();
    const id = history.write();
    const path = join(history.data, "generations", id, "marks.json");
    writeFileSync(path, '{"schemaVersion":1,"favourite":true,"stars":5,"tags":["x"]}');
    await library.mark(id, { addTags: ["y"] });
    expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
      schemaVersion: 1,
      favourite: true,
      stars: 5,
      tags: ["x", "y"],
      kit: null,
      altTexts: {},
    });
  });

  test("that are none are refused before anything changes", async () => {
    const { history, library } = open();
    const id = history.write();
    const refused = async (change: Parameters<typeof library.mark>[1]): Promise<string> =>
      (await limnErrorOf(library.mark(id, change))).code;
    expect([
      await refused({ addTags: [""] }),
      await refused({ addTags: ["a\nb"] }),
      await refused({ addTags: ["x".repeat(51)] }),
      await refused({ addTags: Array.from({ length: 51 }, (_, index) => `t${index}`) }),
      await refused({ kit: " " }),
      await refused({ altTexts: { first: "x" } }),
      await refused({ altTexts: { 0: "x".repeat(2001) } }),
    ]).toEqual(Array.from({ length: 7 }, () => "invalid_option"));
    expect(existsSync(join(history.data, "generations", id, "marks.json"))).toBe(false);
    expect((await limnErrorOf(library.mark(createGenerationId(5), { favourite: true }))).code).toBe(
      "artifact_not_found",
    );
    expect((await limnErrorOf(library.mark("../../etc", { favourite: true }))).code).toBe("artifact_not_found");
  });
});

describe("the trash", () => {
  test("takes a generation out of sight of everything, and gives it back as it was", async () => {
    const { history, library } = open();
    const parent = history.write();
    const id = history.write({ parents: [parent] });
    await library.mark(id, { favourite: true });
    const trashed = await library.trash(id);
    expect(trashed.trashedAt).toBe(new Date(firstMs + 100 * 86_400_000).toISOString());
    const store = createArtifactStore(history.data);
    const scope = { folder: "/project", session: null, emulated: false };
    expect([
      idsOf(library.page({}, { limit: 5 }).entries),
      idsOf(library.page({ trash: true }, { limit: 5 }).entries),
      library.children(parent),
      store.find("@last", scope).id,
      library.folderOf(id),
    ]).toEqual([[parent], [id], [], parent, join(history.data, "trash", id)]);
    const refusal = thrownBy(() => store.find(id.slice(-8), scope));
    expect([refusal.code, refusal.hint]).toEqual(["artifact_not_found", `Get it back: limn restore ${id}`]);
    const back = await library.restore(id);
    expect(back).toMatchObject({ id, favourite: true, trashedAt: null });
    expect(idsOf(library.children(parent))).toEqual([id]);
  });

  test("does not take what is running, and gives nothing back over what is there", async () => {
    const { history, library } = open();
    const running = history.write({ state: "sent", owner: currentOwner() });
    expect((await limnErrorOf(library.trash(running))).code).toBe("invalid_option");
    expect(library.folderOf(running)).toBe(join(history.data, "generations", running));
    const id = history.write();
    await library.trash(id);
    history.rewrite({ id, state: "done" });
    expect((await limnErrorOf(library.restore(id))).code).toBe("artifact_exists");
    expect((await limnErrorOf(library.restore(running))).code).toBe("artifact_not_found");
  });

  test("is what can be removed for good, and nothing else", async () => {
    const { history, library } = open();
    const [id, other] = [history.write(), history.write()];
    await library.trash(id);
    const { epoch, revision } = library.changesSince(null, 1);
    await library.remove(id);
    expect([library.entry(id), existsSync(join(history.data, "trash", id))]).toEqual([null, false]);
    expect(library.changesSince({ epoch, revision }, 10)).toMatchObject({ entries: [], gone: [id], isReset: false });
    expect((await limnErrorOf(library.remove(other))).code).toBe("artifact_not_found");
    expect(library.entry(other)?.id).toBe(other);
    expect(thrownBy(() => library.folderOf(id)).code).toBe("artifact_not_found");
  });

  test("knows what was moved there by hand", () => {
    const { history, library } = open();
    const id = history.write();
    library.page({}, { limit: 1 });
    mkdirSync(join(history.data, "trash"));
    renameSync(join(history.data, "generations", id), join(history.data, "trash", id));
    expect([library.page({}, { limit: 1 }).total, library.page({ trash: true }, { limit: 1 }).total]).toEqual([0, 1]);
    expect(library.entry(id)?.trashedAt).toMatch(/Z$/);
  });
});

describe("changes", () => {
  test("are told once each, in order, in pieces of any length", async () => {
    const { history, library } = open();
    const ids = Array.from({ length: 6 }, () => history.write());
    let place = library.changesSince(null, 10);
    expect([place.isReset, place.entries]).toEqual([true, []]);
    for (const id of ids) await library.mark(id, { favourite: true });
    await library.trash(ids[0] ?? "");
    await library.remove(ids[0] ?? "");
    const told: string[] = [];
    for (;;) {
      const next = library.changesSince(place, 2);
      expect(next.isReset).toBe(false);
      told.push(...idsOf(next.entries), ...next.gone.map((id) => `gone ${id}`));
      if (next.entries.length + next.gone.length < 2) break;
      place = next;
    }
    expect(told.sort()).toEqual([...ids.slice(1), `gone ${ids[0] ?? ""}`].sort());
  });

  test("since a place of another index begin anew", () => {
    const { history, library } = open();
    history.write();
    const { epoch, revision } = library.changesSince(null, 1);
    expect(library.changesSince({ epoch: "other", revision }, 1).isReset).toBe(true);
    expect(library.changesSince({ epoch, revision: revision + 1 }, 1).isReset).toBe(true);
    library.rebuild();
    expect(library.changesSince({ epoch, revision }, 1).isReset).toBe(true);
  });

  test("and progress of another process reach whoever watches, until the watch ends", async () => {
    const { history, library } = open();
    const other = history.library();
    const id = history.write();
    other.page({}, { limit: 1 });
    const seen: string[] = [];
    let wake: () => void = () => undefined;
    const until = async (what: string): Promise<void> => {
      while (!seen.includes(what)) await new Promise<void>((resolve) => (wake = resolve));
    };
    let place = library.changesSince(null, 1);
    const stop = library.watch({
      changed: () => {
        const changes = library.changesSince(place, 100);
        place = changes;
        for (const entry of changes.entries)
          seen.push(`${entry.id} ${entry.status}${entry.favourite ? " favourite" : ""}`);
        wake();
      },
      progress: ({ id: of, stage, bytes, partial }) => {
        seen.push([of, stage, bytes, partial].join(" "));
        wake();
      },
    });
    onTestFinished(stop);
    const journal = new Journal(history.data);
    await other.mark(id, { favourite: true });
    await until(`${id} done favourite`);
    journal.progress({ id, index: 0, stage: "receiving", bytes: 5 });
    // The same stage a moment later is one too many; a preview never is.
    journal.progress({ id, index: 0, stage: "receiving", bytes: 6 });
    journal.progress({ id, index: 0, stage: "receiving", partial: 0 });
    await until(`${id} receiving  0`);
    await until(`${id} receiving 5 `);
    const copied = history.write();
    await until(`${copied} done`);
    expect(seen.filter((line) => line.includes(" 6"))).toEqual([]);
  });
});

describe("facets", () => {
  test("count what can be filtered by, most first, without the trash", async () => {
    const { history, library } = open();
    const ids = [
      history.write({ folder: "/a" }),
      history.write({ folder: "/a", model: "m" }),
      history.write({ folder: "/b" }),
    ];
    history.write({ emulated: true });
    await library.mark(ids[0] ?? "", { favourite: true, addTags: ["x", "y"], kit: "k" });
    await library.mark(ids[1] ?? "", { addTags: ["y"] });
    await library.trash(ids[2] ?? "");
    expect(library.facets()).toEqual({
      engines: [{ value: "images", count: 2 }],
      models: [
        { value: "gpt-image-2", count: 1 },
        { value: "m", count: 1 },
      ],
      sizes: [{ value: "64x48", count: 2 }],
      statuses: [{ value: "done", count: 2 }],
      tags: [
        { value: "y", count: 2 },
        { value: "x", count: 1 },
      ],
      kits: [{ value: "k", count: 1 }],
      folders: [{ value: "/a", count: 2 }],
      favourites: 1,
      trashed: 1,
    });
    expect(library.facets({ emulated: "with" }).statuses).toEqual([{ value: "done", count: 3 }]);
  });
});

test("a record without a library tells nobody, and costs no file", () => {
  const history = new HistoryFolder(temporaryFolder());
  const id = createGenerationId(firstMs);
  GenerationRecord.create({
    folder: join(history.data, "generations", id),
    rescueFolders: [],
    manifest: manifest({ id }),
    journal: new Journal(history.data),
  });
  expect(existsSync(join(history.data, "changes"))).toBe(false);
});
