import { readFileSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { replaceDurably } from "./durable-file.ts";

test("a file is replaced as a whole once its content is flushed, and is its owner's only", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "a.json");
  writeFileSync(path, "old", { mode: 0o644 });
  const { ino } = statSync(path);
  const replaced = replaceDurably(path, "néw", () => true);
  expect(readFileSync(path, "utf8")).toBe("old");
  expect(await replaced).toBe(true);
  expect([readFileSync(path, "utf8"), readdirSync(folder), statSync(path).mode & 0o777]).toEqual([
    "néw",
    ["a.json"],
    0o600,
  ]);
  expect(statSync(path).ino).not.toBe(ino);
});

test("what is newer than the content stays", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "a.json");
  let isNewest = true;
  const replaced = replaceDurably(path, "first", () => isNewest);
  writeFileSync(path, "second");
  isNewest = false;
  expect(await replaced).toBe(false);
  expect([readFileSync(path, "utf8"), readdirSync(folder)]).toEqual(["second", ["a.json"]]);
});

test("what cannot be written leaves nothing behind", async () => {
  const folder = temporaryFolder();
  await expect(replaceDurably(join(folder, "missing", "a"), "x", () => true)).rejects.toThrow("ENOENT");
  await expect(replaceDurably(folder, "x", () => true)).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST/);
  expect(readdirSync(folder)).toEqual([]);
});
