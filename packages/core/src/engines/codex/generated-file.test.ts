import { mkdirSync, readdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../../../../../test/support/temporary-folder.ts";
import { bytesOfResult, fileOfThread, hashOf, newestCallFile, threadFolder } from "./generated-file.ts";
import type { PictureBytes } from "./generated-file.ts";

function home(): {
  readonly codexHome: string;
  readonly folder: string;
  put(name: string, content: string, at?: number): string;
} {
  const codexHome = temporaryFolder();
  const folder = threadFolder(codexHome, "T-1");
  mkdirSync(folder, { recursive: true });
  return {
    codexHome,
    folder,
    put: (name, content, at) => {
      const path = join(folder, name);
      writeFileSync(path, content);
      if (at !== undefined) utimesSync(path, at, at);
      return path;
    },
  };
}

const textOf = (bytes: PictureBytes | null): string | null =>
  bytes === null ? null : Buffer.concat([...bytes.slices()].map((slice) => Buffer.from(slice))).toString();

test("a thread's name never leads out of Codex's folder", () => {
  expect(threadFolder("/home/.codex", "../../etc/x y")).toBe("/home/.codex/generated_images/______etc_x_y");
});

test("a file is taken where an item of its thread names it, and can be read twice", () => {
  const { codexHome, put } = home();
  const file = fileOfThread(codexHome, "T-1", put("call_1.png", "picture"));
  expect([textOf(file), textOf(file)]).toEqual(["picture", "picture"]);
});

test("a file outside the thread's folder is not taken, also not by a link or a path that leads back", () => {
  const { codexHome, folder, put } = home();
  const foreign = join(codexHome, "foreign.png");
  writeFileSync(foreign, "foreign");
  symlinkSync(foreign, join(folder, "link.png"));
  for (const path of [
    foreign,
    join(folder, "link.png"),
    join(folder, "..", "..", "foreign.png"),
    folder,
    "/nowhere.png",
  ])
    expect(fileOfThread(codexHome, "T-1", path)).toBeNull();
  expect(fileOfThread(codexHome, "T-2", put("call_1.png", "picture"))).toBeNull();
  put("empty.png", "");
  expect(fileOfThread(codexHome, "T-1", join(folder, "empty.png"))).toBeNull();
});

test("of the files in the thread's folder the first one of this call is taken", () => {
  const { codexHome, folder, put } = home();
  put("old.png", "yesterday", 1000);
  put("b.png", "first", 2000);
  put("a.png", "second", 2001);
  put("c.txt", "text", 2000);
  symlinkSync("/etc/hostname", join(folder, "d.png"));
  expect(textOf(newestCallFile(codexHome, "T-1", 2_000_000))).toBe("first");
  expect(newestCallFile(codexHome, "T-1", 3_000_000)).toBeNull();
  expect(newestCallFile(codexHome, "T-9", 0)).toBeNull();
});

test("removing takes the file, and the folder only when nothing else is in it", () => {
  const { codexHome, put } = home();
  const images = join(codexHome, "generated_images");
  const [one, two] = [put("a.png", "a"), put("b.png", "b")];
  fileOfThread(codexHome, "T-1", one)?.remove();
  expect(readdirSync(join(images, "T-1"))).toEqual(["b.png"]);
  fileOfThread(codexHome, "T-1", two)?.remove();
  expect(readdirSync(images)).toEqual([]);
});

test("base64 is decoded in slices, and what is none is refused", () => {
  const bytes = Buffer.alloc(200_001, 7);
  const picture = bytesOfResult(bytes.toString("base64"));
  expect([...(picture?.slices() ?? [])].length).toBeGreaterThan(1);
  expect(picture === null ? null : hashOf(picture)).toBe(
    process.getBuiltinModule("node:crypto").createHash("sha256").update(bytes).digest("hex"),
  );
  for (const text of ["", "!!!notbase64", "abcde", "a b="]) expect(bytesOfResult(text)).toBeNull();
});
