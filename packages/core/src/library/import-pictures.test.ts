import { mkdirSync, readFileSync, readdirSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { HistoryFolder } from "../../../../test/support/history-folder.ts";
import { limnErrorOf, reasonOf } from "../../../../test/support/rejection.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { createArtifactStore } from "../artifacts/index.ts";
import type { ImportSource } from "../contracts/library.ts";
import { copyPngWithRecipe } from "../media/index.ts";

const never = new AbortController().signal;
const codex: ImportSource = { kind: "codex" };
const at = (path: string): readonly ImportSource[] => [{ kind: "path", path }];

async function picture(colour: string): Promise<Buffer> {
  return sharp({ create: { width: 12, height: 8, channels: 4, background: colour } })
    .png()
    .toBuffer();
}

const recipe = {
  schemaVersion: 1,
  foundIn: "history",
  id: "gen_01k7p8fbhr00000009rf",
  index: 0,
  createdAt: "2026-05-06T07:08:09.000Z",
  operation: "edit",
  engine: "responses",
  model: "gpt-image-2-high",
  emulated: false,
  prompt: "a red fox, imported",
  asked: { size: "12x8" },
  parents: ["gen_01k7p8fbhr00000009qq"],
};

test("Codex's own pictures come in once, at the time they were made, and stay where they are", async () => {
  const codexHome = temporaryFolder();
  const thread = join(codexHome, "generated_images/thread-1");
  mkdirSync(thread, { recursive: true });
  const red = await picture("red");
  writeFileSync(join(thread, "ig_1.png"), red);
  // Whatever it is called: content decides.
  writeFileSync(
    join(thread, "exec-2.png"),
    await sharp(await picture("blue"))
      .jpeg()
      .toBuffer(),
  );
  writeFileSync(join(thread, "broken.png"), red.subarray(0, red.length - 20));
  writeFileSync(join(thread, "notes.txt"), "not a picture");
  const made = new Date("2026-03-04T05:06:07.000Z");
  for (const name of readdirSync(thread)) utimesSync(join(thread, name), made, made);
  const history = new HistoryFolder(temporaryFolder());
  const library = history.library(codexHome);
  const report = await library.import([codex], never);
  expect([report.imported.map(({ file }) => file), report.known, report.skipped]).toEqual([
    [join(thread, "exec-2.png"), join(thread, "ig_1.png")],
    0,
    [{ file: join(thread, "broken.png"), reason: "the picture is cut off" }],
  ]);
  const { entries } = library.page({}, { limit: 5 });
  expect(entries).toHaveLength(2);
  const entry = entries.find(({ images }) => images[0]?.mediaType === "image/png");
  expect(entry).toMatchObject({
    engine: "codex",
    status: "done",
    imported: "codex",
    createdAt: made.toISOString(),
    prompt: null,
    folder: thread,
    images: [{ width: 12, height: 8, hasAlpha: true, bytes: red.length }],
  });
  expect(entries.some(({ images }) => images[0]?.mediaType === "image/jpeg")).toBe(true);
  expect(readFileSync(join(library.folderOf(entry?.id ?? ""), "image-1.png")).equals(red)).toBe(true);
  expect(statSync(join(library.folderOf(entry?.id ?? ""), "manifest.json")).mode & 0o777).toBe(0o600);
  expect(await library.import([codex], never)).toMatchObject({ imported: [], known: 2 });
  // `limn recipe` and `@ID` know it like any other.
  const store = createArtifactStore(history.data);
  expect((await store.findByFile(join(thread, "ig_1.png"))).generation?.id).toBe(entry?.id);
  expect(readdirSync(thread).sort()).toEqual(["broken.png", "exec-2.png", "ig_1.png", "notes.txt"]);
});

test("a PNG with a recipe comes in with its words, and is known when its generation is here", async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, "plain.png"), await picture("green"));
  const path = join(folder, "fox\nnewline.png");
  copyPngWithRecipe(join(folder, "plain.png"), path, JSON.stringify(recipe));
  mkdirSync(join(folder, "deep"));
  symlinkSync(folder, join(folder, "deep/loop"));
  const history = new HistoryFolder(temporaryFolder());
  const library = history.library();
  const report = await library.import(at(folder), never);
  expect([report.imported.map(({ file }) => file), report.skipped]).toEqual([
    [path],
    [{ file: join(folder, "plain.png"), reason: "it carries no recipe of limn's" }],
  ]);
  const [entry] = library.page({ text: "imported fox" }, { limit: 5 }).entries;
  expect(entry).toMatchObject({
    imported: "recipe",
    operation: "edit",
    engine: "responses",
    model: "gpt-image-2-high",
    createdAt: recipe.createdAt,
    prompt: recipe.prompt,
    parents: recipe.parents,
  });
  expect(await library.import(at(path), never)).toEqual({ imported: [], known: 1, skipped: [] });

  const other = new HistoryFolder(temporaryFolder());
  other.write({ id: recipe.id });
  expect(await other.library().import(at(path), never)).toEqual({ imported: [], known: 1, skipped: [] });
});

test("two imports at once bring a picture in once", async () => {
  const codexHome = temporaryFolder();
  mkdirSync(join(codexHome, "generated_images/t"), { recursive: true });
  for (const colour of ["red", "green", "blue"])
    writeFileSync(join(codexHome, `generated_images/t/${colour}.png`), await picture(colour));
  const history = new HistoryFolder(temporaryFolder());
  const reports = await Promise.all([1, 2, 3].map(async () => history.library(codexHome).import([codex], never)));
  expect(reports.flatMap(({ imported }) => imported)).toHaveLength(3);
  expect(history.library().page({}, { limit: 5 }).total).toBe(3);
  expect(readdirSync(join(history.data, "generations")).every((name) => name.startsWith("gen_"))).toBe(true);
});

test("what is not there is an error, and a stop leaves whole generations", async () => {
  const history = new HistoryFolder(temporaryFolder());
  const library = history.library();
  expect((await limnErrorOf(library.import(at(join(history.data, "nowhere.png")), never))).code).toBe(
    "input_not_found",
  );
  expect((await limnErrorOf(library.import([codex], never))).code).toBe("input_not_found");
  const folder = temporaryFolder();
  writeFileSync(join(folder, "a.png"), await picture("red"));
  const stopped = new Error("enough");
  expect(await reasonOf(library.import(at(folder), AbortSignal.abort(stopped)))).toBe(stopped);
});

test.skipIf(process.platform === "win32")("a named pipe hangs nobody, whatever its name", async () => {
  const folder = temporaryFolder();
  const pipe = join(folder, "pipe.png");
  spawnSync("mkfifo", [pipe]);
  const library = new HistoryFolder(temporaryFolder()).library();
  expect(await library.import(at(pipe), never)).toEqual({
    imported: [],
    known: 0,
    skipped: [{ file: pipe, reason: "it is no file" }],
  });
  expect(await library.import(at(folder), never)).toEqual({ imported: [], known: 0, skipped: [] });
});

test("folders beyond what is walked are told, and what is above them is taken", async () => {
  const folder = temporaryFolder();
  const deep = join(folder, ...Array.from({ length: 40 }, () => "d"));
  mkdirSync(deep, { recursive: true });
  writeFileSync(join(folder, "original.png"), await picture("red"));
  copyPngWithRecipe(join(folder, "original.png"), join(folder, "z.png"), JSON.stringify(recipe));
  copyPngWithRecipe(join(folder, "original.png"), join(deep, "y.png"), JSON.stringify(recipe));
  const report = await new HistoryFolder(temporaryFolder()).library().import(at(folder), never);
  expect(report.imported.map(({ file }) => file)).toEqual([join(folder, "z.png")]);
  expect(report.skipped.map(({ reason }) => reason)).toEqual([
    "it is more than 32 folders deep",
    "it carries no recipe of limn's",
  ]);
});

test("a recipe whose id is a path, or that names a time at the edge, does nothing outside of its own generation", async () => {
  const folder = temporaryFolder();
  const data = temporaryFolder();
  writeFileSync(join(folder, "original.png"), await picture("red"));
  const hostile = [
    { ...recipe, id: "../../../etc/passwd", createdAt: "+275760-09-13T00:00:00.000Z" },
    { ...recipe, id: "..", createdAt: "-271821-04-20T00:00:00.000Z", parents: ["../..", "\u001b[2J"] },
    { ...recipe, id: "x".repeat(100_000), createdAt: "1970-01-01T00:00:00.000Z", model: "\0", steps: ["\u001b[2J"] },
  ];
  for (const [place, text] of hostile.entries())
    copyPngWithRecipe(join(folder, "original.png"), join(folder, `${place}.png`), JSON.stringify(text));
  const history = new HistoryFolder(data);
  const report = await history.library().import(at(folder), never);
  expect(report.imported).toHaveLength(3);
  expect(readdirSync(join(data, "generations")).sort()).toEqual(report.imported.map(({ id }) => id).sort());
  expect((await history.library().import(at(folder), never)).known).toBe(3);
});
