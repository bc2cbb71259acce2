import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { writeFileAtomically } from "./atomic-file.ts";
import { describeErrno, errno } from "./errno.ts";
import { uniqueSuffix } from "./unique-suffix.ts";

test.each([{}, { durable: true }])(
  "a file is replaced as a whole, is its owner's only, and nothing is left beside it: %o",
  (options) => {
    const folder = temporaryFolder();
    const path = join(folder, "a.json");
    writeFileSync(path, "old and longer than the new one", { mode: 0o644 });
    const { ino } = statSync(path);
    writeFileAtomically(path, "néw", options);
    expect([readFileSync(path, "utf8"), readdirSync(folder), statSync(path).mode & 0o777]).toEqual([
      "néw",
      ["a.json"],
      0o600,
    ]);
    // Another file took its name: nobody who reads the old one sees a part of the new one.
    expect(statSync(path).ino).not.toBe(ino);
  },
);

test("what cannot be written leaves the old and nothing beside it", () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "taken", "full"), { recursive: true });
  expect(() => writeFileAtomically(join(folder, "taken"), "x")).toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(() => writeFileAtomically(join(folder, "missing", "a"), "x")).toThrow(/ENOENT/);
  expect([readdirSync(folder), readdirSync(join(folder, "taken"))]).toEqual([["taken"], ["full"]]);
});

test("suffixes differ", () => {
  expect(new Set(Array.from({ length: 1000 }, uniqueSuffix)).size).toBe(1000);
});

test("a system's failure is told in words, another one as unknown", () => {
  const failure = (code: string): Error => Object.assign(new Error("x"), { code });
  expect(["ENOSPC", "EDQUOT", "EACCES", "EROFS", "EWHATEVER"].map((code) => describeErrno(failure(code)))).toEqual([
    "the disk is full",
    "the disk quota is used up",
    "permission denied",
    "the file system is read-only",
    "EWHATEVER",
  ]);
  expect([errno(new Error("x")), errno({ code: "ENOSPC" }), describeErrno("x")]).toEqual([
    null,
    null,
    "an unknown failure",
  ]);
});
