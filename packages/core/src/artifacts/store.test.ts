import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { manifest, manifestImage } from "../../../../test/support/manifest.ts";
import { limnErrorOf, thrownBy } from "../../../../test/support/rejection.ts";
import { canMount, makeReadOnly, smallDisk } from "../../../../test/support/small-disk.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import type { Manifest } from "../contracts/manifest.ts";
import { LimnError } from "../errors/index.ts";
import type { GenerationRecord } from "./generation-record.ts";
import { currentOwner } from "./owner.ts";
import { readHashRecord } from "./hash-records.ts";
import { createArtifactStore } from "./store.ts";
import type { LastScope } from "./store.ts";

const id = (time: string, tail = "0"): string => `gen_${time.padStart(10, "0")}${tail.repeat(10)}`;
const onDisk = (data: string, name: string): unknown =>
  JSON.parse(readFileSync(join(data, "generations", name, "manifest.json"), "utf8"));

/** What `@last` means to a program in the folder of `manifest()`. */
const here: LastScope = { folder: "/project", session: null, emulated: false };

/** A record as a finished program left it. */
function put(data: string, change: Partial<Manifest>): string {
  const record = manifest({ state: "done", images: [manifestImage()], ...change });
  const folder = join(data, "generations", record.id);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "manifest.json"), JSON.stringify(record));
  return folder;
}

async function begin(data: string, change: Partial<Manifest> = {}): Promise<GenerationRecord> {
  return createArtifactStore(data).begin({
    manifest: manifest({ owner: currentOwner(), ...change }),
    rescueFolders: [],
  });
}

const stored = {
  index: 0,
  mediaType: "image/png",
  width: 3,
  height: 2,
  hasAlpha: true,
  c2pa: false,
  bytes: 9,
  sha256: "b".repeat(64),
  savedElsewhere: false,
};

describe("a record", () => {
  test("is on the disk before anything is sent, for its owner only", async () => {
    const data = join(temporaryFolder(), "deep", "data");
    const planned = manifest({ owner: currentOwner() });
    const record = await begin(data);
    expect(onDisk(data, planned.id)).toEqual(planned);
    expect([record.folder, join(record.folder, "manifest.json")].map((path) => statSync(path).mode & 0o777)).toEqual([
      0o700, 0o600,
    ]);
    expect(readdirSync(record.folder)).toEqual(["manifest.json"]);
  });

  test("says on the disk what was sent, how often, and what became of it", async () => {
    const data = temporaryFolder();
    const record = await begin(data, { n: 2 });
    await record.markSent(0, 1, Date.parse("2026-11-21T02:00:01.000Z"));
    await record.markSent(1, 1, Date.parse("2026-11-21T02:00:02.000Z"));
    await record.markSent(0, 2, Date.parse("2026-11-21T02:00:03.000Z"));
    expect(onDisk(data, record.id)).toMatchObject({
      state: "sent",
      sentAt: "2026-11-21T02:00:01.000Z",
      calls: [
        { index: 0, attempts: 2, state: "sent" },
        { index: 1, attempts: 1, state: "sent" },
      ],
    });
    const failure = new LimnError("service_error", { message: "boom" }).toJSON();
    record.addFailure(1, failure, false);
    record.addImage({ ...stored, path: join(record.folder, "image-1.png") }, { serviceImageId: "g" });
    record.addDelivery(0, "/out/fox.png", "c".repeat(64));
    expect(record.finish({ state: "partial", endedAt: "2026-11-21T02:00:09.000Z" })).toBe(true);
    expect(onDisk(data, record.id)).toEqual(
      manifest({
        n: 2,
        state: "partial",
        sentAt: "2026-11-21T02:00:01.000Z",
        endedAt: "2026-11-21T02:00:09.000Z",
        calls: [
          { index: 0, attempts: 2, state: "done" },
          { index: 1, attempts: 1, state: "failed", failure },
        ],
        images: [
          {
            index: 0,
            file: "image-1.png",
            mediaType: "image/png",
            width: 3,
            height: 2,
            hasAlpha: true,
            c2pa: false,
            bytes: 9,
            sha256: "b".repeat(64),
            serviceImageId: "g",
            delivered: [{ path: "/out/fox.png", sha256: "c".repeat(64) }],
          },
        ],
      }),
    );
  });

  test("that changes while it is flushed to the disk ends with what came last", async () => {
    const data = temporaryFolder();
    const record = await begin(data, { n: 3 });
    const flushed = [0, 1, 2].map(async (index) => record.markSent(index, 1, 0));
    await Promise.all(flushed);
    expect(onDisk(data, record.id)).toMatchObject({
      calls: [0, 1, 2].map((index) => ({ index, attempts: 1, state: "sent" })),
    });
    const stopped = record.markSent(0, 2, 0);
    record.finish({ state: "cancelled" });
    await stopped;
    expect(onDisk(data, record.id)).toMatchObject({ state: "cancelled", owner: null });
    expect(readdirSync(record.folder)).toEqual(["manifest.json"]);
  });

  test("of a call whose outcome is unknown stays at sent", async () => {
    const data = temporaryFolder();
    const record = await begin(data);
    await record.markSent(0, 1, 0);
    record.addFailure(0, new LimnError("outcome_unknown", { message: "?" }).toJSON(), true);
    expect(onDisk(data, record.id)).toMatchObject({ state: "sent", calls: [{ state: "sent", attempts: 1 }] });
  });

  test("of a picture saved elsewhere names its place", async () => {
    const record = await begin(temporaryFolder());
    record.addImage({ ...stored, path: "/tmp/rescued/x.png", savedElsewhere: true }, {});
    expect(record.manifest.images.map(({ file }) => file)).toEqual(["/tmp/rescued/x.png"]);
  });

  test("that cannot be written before sending is an error; after it, it is not", async () => {
    const data = temporaryFolder();
    const record = await begin(data);
    rmSync(record.folder, { recursive: true });
    const error = await limnErrorOf(record.markSent(0, 1, 0));
    expect([error.code, error.message.endsWith("Nothing was sent.")]).toEqual(["artifact_write_failed", true]);
    record.addFailure(0, new LimnError("service_error", { message: "x" }).toJSON(), false);
    expect(record.finish({ state: "failed" })).toBe(false);
  });

  test("in a place that is no folder is an error, with nothing sent", async () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, "file"), "");
    const error = await limnErrorOf(begin(join(folder, "file")));
    expect([error.code, error.hint?.includes("LIMN_HOME=")]).toEqual(["artifact_write_failed", true]);
    expect(error.message).toMatch(/a part of the path is not a folder\. Nothing was sent\.$/);
  });

  describe.skipIf(!canMount())("on a small disk (needs the right to mount)", () => {
    test("is not begun where a picture might not fit, and leaves nothing", async () => {
      const disk = smallDisk(20);
      const error = await limnErrorOf(begin(disk, { n: 2 }));
      expect(error.toJSON()).toMatchObject({
        code: "artifact_write_failed",
        message: expect.stringMatching(
          /^Only 20 MB are free in .*, and 34 MB are kept ready for 2 pictures\. Nothing was sent\.$/,
        ),
        details: { wantedBytes: 33_554_432 },
      });
      expect(readdirSync(join(disk, "generations"))).toEqual([]);
      expect((await begin(disk, { n: 1 })).id).toBe(manifest().id);
    });

    test("that is read-only is not begun", async () => {
      const disk = smallDisk(20);
      makeReadOnly(disk);
      const error = await limnErrorOf(begin(disk));
      expect([error.code, error.message.includes("the file system is read-only")]).toEqual([
        "artifact_write_failed",
        true,
      ]);
    });
  });
});

describe("the list", () => {
  test("has the newest first and passes over what is broken or foreign", () => {
    const data = temporaryFolder();
    for (const time of ["2", "1", "3"]) put(data, { id: id(time) });
    const generations = join(data, "generations");
    for (const [name, content] of [
      [id("4"), '{"schemaVersion":1'],
      [id("5"), "[]"],
      [id("6"), JSON.stringify({ ...manifest({ id: id("6") }), schemaVersion: 2 })],
      [id("7"), JSON.stringify({ ...manifest({ id: id("7") }), images: [{}] })],
      ["notes", JSON.stringify(manifest())],
    ] as const) {
      mkdirSync(join(generations, name));
      writeFileSync(join(generations, name, "manifest.json"), content);
    }
    mkdirSync(join(generations, id("8")));
    writeFileSync(join(generations, id("9")), "a file");
    expect([...createArtifactStore(data).list()].map((found) => found.id)).toEqual([id("3"), id("2"), id("1")]);
  });

  test("is empty where nothing was ever made", () => {
    expect([...createArtifactStore(join(temporaryFolder(), "missing")).list()]).toEqual([]);
  });

  test("keeps what a newer version has written beside", () => {
    const data = temporaryFolder();
    const folder = put(data, { id: id("1") });
    const newer = { ...manifest({ id: id("1"), state: "done" }), later: { a: 1 } };
    writeFileSync(join(folder, "manifest.json"), JSON.stringify(newer));
    expect([...createArtifactStore(data).list()].map((found) => found.manifest)).toEqual([newer]);
  });
});

describe("a generation is found", () => {
  const data = (): string => {
    const folder = temporaryFolder();
    put(folder, { id: id("1", "a") });
    put(folder, { id: id("1", "b") });
    put(folder, { id: id("2", "c"), emulated: true });
    put(folder, { id: id("3", "d"), state: "failed", images: [] });
    return folder;
  };

  test.each([
    [id("1", "a"), id("1", "a")],
    [`@${id("1", "a")}`, id("1", "a")],
    ["aaaa", id("1", "a")],
    [id("2").slice(0, 14), id("2", "c")],
    ["@last", id("1", "b")],
  ])("by %s", (reference, found) => {
    expect(createArtifactStore(data()).find(reference, here).id).toBe(found);
  });

  test.each([
    [id("1").slice(0, 14), `2 generations match "${id("1").slice(0, 14)}".`],
    ["gen_", '4 generations match "gen_".'],
    ["aaa", 'There is no generation "aaa".'],
    ["../../etc", 'There is no generation "../../etc".'],
    [id("9"), `There is no generation "${id("9")}".`],
  ])("by %s is not", (reference, message) => {
    const error = thrownBy(() => createArtifactStore(data()).find(reference, here));
    expect([error.code, error.message, error.hint]).toEqual(["artifact_not_found", message, "See: limn history"]);
  });

  test("as damaged when its manifest is", () => {
    const folder = data();
    writeFileSync(join(folder, "generations", id("1", "a"), "manifest.json"), "{");
    const error = thrownBy(() => createArtifactStore(folder).find("aaaa", here));
    expect(error.message).toBe(`The record of ${id("1", "a")} is damaged.`);
  });

  test("as the last only when there is a real picture", () => {
    const folder = temporaryFolder();
    put(folder, { id: id("2"), emulated: true });
    const error = thrownBy(() => createArtifactStore(folder).find("@last", here));
    expect([error.code, error.message, error.hint, error.details]).toEqual([
      "artifact_not_found",
      "There is no picture made in /project in the history yet (sandbox pictures do not count).",
      `The sandbox made one, ${id("2")}; to count it, add: --sandbox`,
      { folder: "/project" },
    ]);
    expect(createArtifactStore(folder).find("@last", { ...here, emulated: true }).id).toBe(id("2"));
  });
});

describe("the last pictures", () => {
  const store = (): ReturnType<typeof createArtifactStore> => {
    const data = temporaryFolder();
    put(data, { id: id("1"), folder: "/a" });
    put(data, { id: id("2"), folder: "/b", session: "one" });
    put(data, { id: id("3"), folder: "/a", session: "two" });
    put(data, { id: id("4"), folder: "/a", session: "two", emulated: true });
    put(data, { id: id("5"), folder: "/a", session: "one" });
    put(data, { id: id("6"), folder: "/a", session: "one", state: "failed", images: [] });
    put(data, { id: id("7"), folder: "/b", session: "two", state: "sent" });
    return createArtifactStore(data);
  };
  const scope = (change: Partial<LastScope>): LastScope => ({ ...here, folder: "/a", ...change });

  test.each<[string, Partial<LastScope>, readonly string[]]>([
    ["of a folder", {}, ["1", "3", "5"]],
    ["of another folder", { folder: "/b" }, ["2", "7"]],
    ["of a folder, with the sandbox", { emulated: true }, ["1", "3", "4", "5"]],
    ["of a session, wherever they were made", { session: "one" }, ["2", "5"]],
    ["of another session", { session: "two", folder: "/nowhere" }, ["3", "7"]],
    ["of a session with the sandbox", { session: "two", emulated: true }, ["3", "4", "7"]],
    ["of no such folder", { folder: "/a/" }, []],
    ["of no such session", { session: "three" }, []],
    ["of a session without a name", { session: "" }, []],
  ])("%s are in the order in which they were made", (_, change, times) => {
    const ids = times.map((time) => id(time));
    const found = store();
    for (const n of [0, 1, 2, 10])
      expect(
        found.last(scope(change), n).map((generation) => generation.id),
        String(n),
      ).toEqual(n === 0 ? [] : ids.slice(-n));
    const newest = ids.at(-1);
    if (newest === undefined)
      expect(thrownBy(() => found.find("@last", scope(change))).code).toBe("artifact_not_found");
    else expect(found.find("@last", scope(change)).id).toBe(newest);
  });

  test("of elsewhere are named where there are none here, and never taken", () => {
    const error = thrownBy(() => store().find("@last", scope({ folder: "/c" })));
    expect([error.message, error.hint]).toEqual([
      "There is no picture made in /c in the history yet (sandbox pictures do not count).",
      `The newest of all was made elsewhere; name it if you mean it: @${id("7")}`,
    ]);
    const ofSession = thrownBy(() => store().find("@last", scope({ session: "three", emulated: true })));
    expect(ofSession.message).toBe("There is no picture of this session in the history yet.");
  });

  test("are no others when a host calls its session by a strange name", () => {
    expect(store().last(scope({ session: "*" }), 10)).toEqual([]);
  });
});

describe("one picture", () => {
  const images = [
    manifestImage({ file: "image-1.png" }),
    manifestImage({
      index: 1,
      file: "image-2.png",
      finished: {
        file: "finished-2.webp",
        mediaType: "image/webp",
        width: 1,
        height: 1,
        hasAlpha: false,
        bytes: 1,
        sha256: "c".repeat(64),
      },
    }),
  ];
  const data = (): { readonly folder: string; readonly store: ReturnType<typeof createArtifactStore> } => {
    const root = temporaryFolder();
    const folder = put(root, { id: id("1", "a"), n: 2, images });
    for (const name of ["image-1.png", "image-2.png", "finished-2.webp"]) writeFileSync(join(folder, name), name);
    put(root, { id: id("2", "b"), folder: "/elsewhere", state: "failed", images: [] });
    return { folder, store: createArtifactStore(root) };
  };

  test.each([
    ["@last", "image-1.png", 0],
    ["@last:1", "image-1.png", 0],
    ["@last:2", "finished-2.webp", 1],
    [`@${id("1", "a")}`, "image-1.png", 0],
    [`@${id("1", "a")}:2`, "finished-2.webp", 1],
    ["@aaaa:2", "finished-2.webp", 1],
  ])("is found by %s: what was delivered where that stays, else the original", (reference, file, index) => {
    const { folder, store } = data();
    expect(store.findImage(reference, here)).toEqual({ path: join(folder, file), id: id("1", "a"), index });
  });

  test.each([
    ["@last:3", `The generation ${id("1", "a")} has no picture 3; it has 1, 2.`],
    ["@last:0", `The generation ${id("1", "a")} has no picture 0; it has 1, 2.`],
    [`@${id("2", "b")}`, `The generation ${id("2", "b")} has no picture.`],
    ["@nothing", 'There is no generation "@nothing".'],
    ["@last:x", 'There is no generation "@last:x".'],
    ["@", 'There is no generation "@".'],
  ])("is not found by %s", (reference, message) => {
    const error = thrownBy(() => data().store.findImage(reference, here));
    expect([error.code, error.message, error.hint]).toEqual(["artifact_not_found", message, "See: limn history"]);
  });

  test("that is gone is said to be gone", () => {
    const { folder, store } = data();
    rmSync(join(folder, "image-1.png"));
    const error = thrownBy(() => store.findImage("@last", here));
    expect([error.code, error.message]).toEqual([
      "artifact_not_found",
      `The picture 1 of ${id("1", "a")} is no longer in the history.`,
    ]);
  });

  // The second of three failed: the numbers of the other two are those of their names, image-1 and image-3.
  test("of a generation of which some failed is found by its number in the request", () => {
    const root = temporaryFolder();
    const third = manifestImage({ index: 2, file: "image-3.png" });
    const folder = put(root, { id: id("1"), n: 3, state: "partial", images: [manifestImage(), third] });
    for (const name of ["image-1.png", "image-3.png"]) writeFileSync(join(folder, name), name);
    expect(createArtifactStore(root).findImage("@last:3", here)).toEqual({
      path: join(folder, "image-3.png"),
      id: id("1"),
      index: 2,
    });
  });
});

describe("an input that came from nowhere", () => {
  test("is kept beside its generation under its hash, and only there", async () => {
    const data = temporaryFolder();
    const record = await begin(data, { id: id("1") });
    const file = join(data, "input");
    writeFileSync(file, "the input's bytes");
    const sha256 = createHash("sha256").update("the input's bytes").digest("hex");
    record.keepInput(sha256, file);
    const store = createArtifactStore(data);
    const kept = store.keptInput(id("1"), sha256);
    expect(kept === null ? null : readFileSync(kept, "utf8")).toBe("the input's bytes");
    expect([store.keptInput(id("2"), sha256), store.keptInput(id("1"), "0".repeat(64))]).toEqual([null, null]);
    expect(await store.hashOf(kept ?? "")).toBe(sha256);
    // A copy that fails stops nothing.
    record.keepInput("1".repeat(64), join(data, "missing"));
    expect(store.keptInput(id("1"), "1".repeat(64))).toBeNull();
  });
});

describe("the recipe of a file", () => {
  const bytes = Buffer.from("the picture's bytes");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const hashRecord = {
    sha256,
    id: id("1"),
    index: 0,
    createdAt: "2026-11-21T02:00:00.000Z",
    engine: "images",
    emulated: false,
  };

  test("is found by its bytes, wherever it was moved", async () => {
    const data = temporaryFolder();
    const store = createArtifactStore(data);
    put(data, { id: id("1"), images: [manifestImage({ sha256 })] });
    store.recordHash(hashRecord);
    const elsewhere = temporaryFolder();
    writeFileSync(join(elsewhere, "a.png"), bytes);
    copyFileSync(join(elsewhere, "a.png"), join(elsewhere, "b.png"));
    renameSync(join(elsewhere, "b.png"), join(elsewhere, "c.dat"));
    const found = await store.findByFile(join(elsewhere, "c.dat"));
    expect([found.sha256, found.index, found.record, found.generation?.id]).toEqual([sha256, 0, hashRecord, id("1")]);
  });

  test("is found without its hash record, by an original or a delivered copy", async () => {
    const data = temporaryFolder();
    const file = join(data, "x.png");
    writeFileSync(file, bytes);
    put(data, {
      id: id("1"),
      images: [manifestImage(), manifestImage({ index: 1, delivered: [{ path: "/gone", sha256 }] })],
    });
    const found = await createArtifactStore(data).findByFile(file);
    expect([found.index, found.record, found.generation?.id]).toEqual([1, null, id("1")]);
  });

  test("is found for what finishing made, which lies beside its original", async () => {
    const data = temporaryFolder();
    const file = join(data, "x.webp");
    writeFileSync(file, bytes);
    const finished = {
      file: "finished-1.webp",
      mediaType: "image/webp",
      width: 1,
      height: 1,
      hasAlpha: false,
      bytes: 1,
      sha256,
    };
    put(data, { id: id("1"), images: [manifestImage({ finished })] });
    const found = await createArtifactStore(data).findByFile(file);
    expect([found.index, found.generation?.id]).toEqual([0, id("1")]);
  });

  test("is the hash record alone when nothing else was kept", async () => {
    const data = temporaryFolder();
    const file = join(data, "x.png");
    writeFileSync(file, bytes);
    const store = createArtifactStore(data);
    store.recordHash(hashRecord);
    expect(await store.findByFile(file)).toEqual({ sha256, record: hashRecord, generation: null, index: 0 });
    expect(existsSync(join(data, "generations"))).toBe(false);
  });

  test("is not found for a file of somebody else's, nor for one that is not there", async () => {
    const data = temporaryFolder();
    const store = createArtifactStore(data);
    writeFileSync(join(data, "x.png"), bytes);
    const errors = await Promise.all([
      limnErrorOf(store.findByFile(join(data, "x.png"))),
      limnErrorOf(store.findByFile(join(data, "missing.png"))),
      limnErrorOf(store.findByFile(data)),
    ]);
    expect(errors.map(({ code }) => code)).toEqual(["artifact_not_found", "input_not_found", "input_not_found"]);
  });

  test("a damaged hash record counts as none", () => {
    const data = temporaryFolder();
    createArtifactStore(data).recordHash(hashRecord);
    const hashes = join(data, "hashes");
    expect(readHashRecord(hashes, sha256)).toEqual(hashRecord);
    writeFileSync(join(hashes, sha256.slice(0, 2), `${sha256}.json`), '{"id":');
    expect(readHashRecord(hashes, sha256)).toBe(null);
    expect(readHashRecord(hashes, "0".repeat(64))).toBe(null);
  });
});

test("the path of an original is in its folder, or where it was saved instead", () => {
  const data = temporaryFolder();
  put(data, { id: id("1") });
  const store = createArtifactStore(data);
  const found = store.find(id("1"), here);
  expect([
    store.imagePath(found, manifestImage({ file: "image-2.png" })),
    store.imagePath(found, manifestImage({ file: "/tmp/rescued.png" })),
  ]).toEqual([join(data, "generations", id("1"), "image-2.png"), "/tmp/rescued.png"]);
});
