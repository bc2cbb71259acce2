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

const id = (time: string, tail = "0"): string => `gen_${time.padStart(10, "0")}${tail.repeat(10)}`;
const onDisk = (data: string, name: string): unknown =>
  JSON.parse(readFileSync(join(data, "generations", name, "manifest.json"), "utf8"));

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
    record.markSent(0, 1, Date.parse("2026-11-21T02:00:01.000Z"));
    record.markSent(1, 1, Date.parse("2026-11-21T02:00:02.000Z"));
    record.markSent(0, 2, Date.parse("2026-11-21T02:00:03.000Z"));
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

  test("of a call whose outcome is unknown stays at sent", async () => {
    const data = temporaryFolder();
    const record = await begin(data);
    record.markSent(0, 1, 0);
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
    const error = thrownBy(() => record.markSent(0, 1, 0));
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
    expect(createArtifactStore(data()).find(reference).id).toBe(found);
  });

  test.each([
    [id("1").slice(0, 14), `2 generations match "${id("1").slice(0, 14)}".`],
    ["gen_", '4 generations match "gen_".'],
    ["aaa", 'There is no generation "aaa".'],
    ["../../etc", 'There is no generation "../../etc".'],
    [id("9"), `There is no generation "${id("9")}".`],
  ])("by %s is not", (reference, message) => {
    const error = thrownBy(() => createArtifactStore(data()).find(reference));
    expect([error.code, error.message, error.hint]).toEqual(["artifact_not_found", message, "See: limn history"]);
  });

  test("as damaged when its manifest is", () => {
    const folder = data();
    writeFileSync(join(folder, "generations", id("1", "a"), "manifest.json"), "{");
    const error = thrownBy(() => createArtifactStore(folder).find("aaaa"));
    expect(error.message).toBe(`The record of ${id("1", "a")} is damaged.`);
  });

  test("as the last only when there is a real picture", () => {
    const folder = temporaryFolder();
    put(folder, { id: id("2"), emulated: true });
    expect(thrownBy(() => createArtifactStore(folder).find("@last")).code).toBe("artifact_not_found");
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
  const found = store.find(id("1"));
  expect([
    store.imagePath(found, manifestImage({ file: "image-2.png" })),
    store.imagePath(found, manifestImage({ file: "/tmp/rescued.png" })),
  ]).toEqual([join(data, "generations", id("1"), "image-2.png"), "/tmp/rescued.png"]);
});
