import { execFile } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, describe, expect, test } from "vitest";
import { thrownBy } from "../../../../test/support/rejection.ts";
import { canMount, makeReadOnly, smallDisk } from "../../../../test/support/small-disk.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { deliver, resolveDestination } from "./deliver.ts";
import type { Destination } from "./deliver.ts";

let folder = "";
let original = "";
const content = "the picture's bytes";

beforeEach(() => {
  folder = temporaryFolder();
  original = join(folder, "store.png");
  writeFileSync(original, content, { mode: 0o600 });
  mkdirSync(join(folder, "out"));
});

const out = (name: string): string => join(folder, "out", name);
const listed = (): string[] => readdirSync(join(folder, "out")).sort();
const single = { index: 0, n: 1 };
const to = (change: Partial<Destination> = {}): Destination => ({
  folder: join(folder, "out"),
  name: null,
  extension: null,
  force: false,
  ...change,
});

describe("--output", () => {
  test.each<[string | null, Partial<Destination>]>([
    [null, { folder: "", name: null, extension: null }],
    [".", { folder: "", name: null, extension: null }],
    ["out", { folder: "out", name: null, extension: null }],
    ["out/", { folder: "out", name: null, extension: null }],
    ["fox.png", { folder: "", name: "fox", extension: ".png" }],
    ["out/fox.final.PNG", { folder: "out", name: "fox.final", extension: ".PNG" }],
    ["out/../fox", { folder: "", name: "fox", extension: null }],
    ["out/.png", { folder: "out", name: ".png", extension: null }],
  ])("%o is understood", (output, expected) => {
    expect(resolveDestination(output, folder, true)).toEqual({
      ...expected,
      folder: join(folder, expected.folder ?? ""),
      force: true,
    });
  });

  test.each([
    ["missing/fox.png", "it does not exist", "Make it first: mkdir -p "],
    ["missing/", "it does not exist", "Make it first: mkdir -p "],
    ["store.png/fox.png", "it is not a folder", "Name another place with --output."],
    ["store.png/", "it is not a folder", "Name another place with --output."],
  ])("%o is refused before anything is sent", (output, problem, hint) => {
    const error = thrownBy(() => resolveDestination(output, folder, false));
    expect(error.code).toBe("artifact_write_failed");
    expect(error.message).toMatch(
      new RegExp(`^The output folder ${folder}/[^ ]* cannot be used: ${problem}. Nothing was sent.$`),
    );
    expect(error.hint?.startsWith(hint)).toBe(true);
  });

  test("in a folder whose name needs quoting has a command that can be pasted", () => {
    const error = thrownBy(() => resolveDestination("it's new/fox.png", folder, false));
    expect(error.hint).toBe(String.raw`Make it first: mkdir -p '${folder}/it'\''s new'`);
  });

  test.skipIf(!canMount())("on a read-only file system is refused (needs the right to mount)", () => {
    const disk = smallDisk(1);
    makeReadOnly(disk);
    const error = thrownBy(() => resolveDestination(disk, folder, false));
    expect([error.code, error.message.includes("the file system is read-only")]).toEqual([
      "artifact_write_failed",
      true,
    ]);
  });
});

describe("a delivered file", () => {
  test("is the original byte for byte, named from the prompt, for its owner only", () => {
    expect(deliver(original, to(), "A red fox!", single, "png")).toEqual({
      path: out("a-red-fox.png"),
      renamed: false,
    });
    expect(readFileSync(out("a-red-fox.png"), "utf8")).toBe(content);
    expect(statSync(out("a-red-fox.png")).mode & 0o777).toBe(0o600);
    expect([listed(), readFileSync(original, "utf8")]).toEqual([["a-red-fox.png"], content]);
  });

  test("gets a counter where the name is taken, and nothing is overwritten", () => {
    writeFileSync(out("fox.png"), "mine");
    mkdirSync(out("fox-2.png"));
    expect(deliver(original, to({ name: "fox", extension: ".png" }), "", single, "png")).toEqual({
      path: out("fox-3.png"),
      renamed: true,
    });
    expect([listed(), readFileSync(out("fox.png"), "utf8")]).toEqual([["fox-2.png", "fox-3.png", "fox.png"], "mine"]);
  });

  test("replaces a file when that was asked for", () => {
    writeFileSync(out("fox.png"), "mine");
    expect(deliver(original, to({ name: "fox", force: true }), "", single, "png")).toEqual({
      path: out("fox.png"),
      renamed: false,
    });
    expect([listed(), readFileSync(out("fox.png"), "utf8")]).toEqual([["fox.png"], content]);
  });

  test("of several is numbered in the request's order", () => {
    const names = [0, 1, 9].map((index) => deliver(original, to(), "fox", { index, n: 10 }, "png").path);
    expect(names).toEqual([out("fox-1.png"), out("fox-2.png"), out("fox-10.png")]);
  });

  test("keeps the extension that was asked for, else gets the picture's own", () => {
    expect([
      deliver(original, to({ name: "a", extension: ".jpeg" }), "", single, "png").path,
      deliver(original, to({ name: "b" }), "", single, "webp").path,
    ]).toEqual([out("a.jpeg"), out("b.webp")]);
  });

  test("from two hundred CJK characters fits", () => {
    const { path } = deliver(original, to(), "狐".repeat(200), { index: 9, n: 10 }, "png");
    expect(readFileSync(path, "utf8")).toBe(content);
  });

  test.each([
    ["a folder in its place, with --force", { name: "taken", extension: ".png", force: true }],
    ["a name that is too long", { name: "x".repeat(300) }],
  ])("that cannot be written because of %s leaves the original and nothing else", (_, change) => {
    mkdirSync(out("taken.png"));
    const error = thrownBy(() => deliver(original, to(change), "", single, "png"));
    expect([error.code, error.message.endsWith(`It is kept at ${original}.`), error.hint]).toEqual([
      "artifact_write_failed",
      true,
      `Copy it from there: cp ${original} .`,
    ]);
    expect([listed(), existsSync(original)]).toEqual([["taken.png"], true]);
  });

  test.skipIf(!canMount())("that does not fit leaves the original and nothing else (needs the right to mount)", () => {
    const disk = smallDisk(1);
    writeFileSync(original, Buffer.alloc(2_000_000));
    const error = thrownBy(() => deliver(original, to({ folder: disk }), "fox", single, "png"));
    expect([error.code, error.details["reason"]]).toEqual(["artifact_write_failed", "ENOSPC"]);
    expect([readdirSync(disk), statSync(original).size]).toEqual([[], 2_000_000]);
  });
});

test("programs that want the same name at once get one each, and every file is whole", async () => {
  const large = Buffer.alloc(200_000, "limn");
  writeFileSync(original, large);
  const script = join(import.meta.dirname, "../../../../test/support/deliver-many.ts");
  const run = promisify(execFile);
  const outputs = await Promise.all(
    Array.from({ length: 4 }, async () =>
      run(process.execPath, ["--conditions=source", script, original, join(folder, "out"), "10"]),
    ),
  );
  const paths = outputs.flatMap(({ stdout }) => stdout.trim().split("\n"));
  expect(paths).toHaveLength(40);
  expect(new Set(paths).size).toBe(40);
  expect(listed().map(out).sort()).toEqual([...paths].sort());
  expect(paths.filter((path) => !readFileSync(path).equals(large))).toEqual([]);
});
