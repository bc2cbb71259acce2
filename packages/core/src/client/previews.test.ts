import { mkdirSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { PreviewFolder } from "./previews.ts";

interface Shown {
  readonly folder: string;
  readonly previews: PreviewFolder;
  readonly told: (readonly [index: number, partialIndex: number, content: string])[];
}

function begin(): Shown {
  const folder = temporaryFolder();
  const told: Shown["told"] = [];
  const previews = new PreviewFolder(folder, (index, partialIndex, path) => {
    told.push([index, partialIndex, readFileSync(path, "utf8")]);
  });
  return { folder, previews, told };
}

test("previews are whole files when they are told, and gone at the end", () => {
  const { folder, previews, told } = begin();
  const first = previews.open(0);
  const second = previews.open(1);
  first.write(Buffer.from("one "));
  second.write(Buffer.from("two"));
  first.write(Buffer.from("more"));
  expect(told).toEqual([]);
  first.finish(0);
  second.finish(2);
  const better = previews.open(0);
  better.write(Buffer.from("better"));
  better.finish(1);
  expect(told).toEqual([
    [0, 0, "one more"],
    [1, 2, "two"],
    [0, 1, "better"],
  ]);
  expect(readdirSync(folder).sort()).toEqual(["preview-1-1.png", "preview-1-2.png", "preview-2-3.png"]);
  previews.removeAll();
  previews.removeAll();
  expect(readdirSync(folder)).toEqual([]);
});

test("a preview that did not become whole is no file", () => {
  const { folder, previews, told } = begin();
  const preview = previews.open(0);
  preview.write(Buffer.from("half"));
  preview.discard();
  preview.write(Buffer.from("late"));
  preview.finish(0);
  preview.discard();
  expect([told, readdirSync(folder)]).toEqual([[], []]);
});

test("a preview that cannot be written is left out, and stops nothing", () => {
  const { folder, previews, told } = begin();
  rmSync(folder, { recursive: true });
  const preview = previews.open(0);
  preview.write(Buffer.from("nowhere"));
  preview.finish(0);
  preview.discard();
  // A folder is in the way of its name.
  mkdirSync(join(folder, "preview-1-1.png", "full"), { recursive: true });
  const blocked = previews.open(0);
  blocked.write(Buffer.from("x"));
  blocked.finish(0);
  previews.removeAll();
  expect(told).toEqual([]);
  expect(readdirSync(folder)).toEqual(["preview-1-1.png"]);
});
