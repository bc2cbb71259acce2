import { existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { Thumbnails } from "./thumbnails.ts";

const sha256 = "ab".repeat(32);
const stays = new AbortController().signal;

/** Writes what it was asked for instead of a picture. */
function start(folder: string): { thumbnails: Thumbnails; calls: string[] } {
  const calls: string[] = [];
  const make = async (source: string, target: string, width: number): Promise<void> => {
    calls.push(`${source} ${width}`);
    if (source === "broken") {
      writeFileSync(target, "half");
      throw new Error("broken");
    }
    writeFileSync(target, `${source} ${width}`);
  };
  const thumbnails = new Thumbnails(folder, make, async (source) => (source === "changed" ? "cd".repeat(32) : sha256));
  return { thumbnails, calls };
}

it("makes each size of a picture once, also for a server that is started anew", async () => {
  const folder = join(temporaryFolder(), "thumbnails");
  const { thumbnails, calls } = start(folder);
  expect(thumbnails.made(sha256, 320)).toBeNull();
  const paths = await Promise.all([320, 320, 640].map(async (width) => thumbnails.get(sha256, width, "fox", stays)));
  expect(paths.map((path) => readFileSync(path, "utf8"))).toEqual(["fox 320", "fox 320", "fox 640"]);
  expect(readdirSync(folder).sort()).toEqual([`${sha256}-320.webp`, `${sha256}-640.webp`]);
  const later = start(folder);
  expect(await later.thumbnails.get(sha256, 320, "fox", stays)).toBe(paths[0]);
  expect([calls, later.calls]).toEqual([["fox 320", "fox 640"], []]);
});

it("leaves nothing of a picture that cannot be shown, and tries it again", async () => {
  const folder = temporaryFolder();
  const { thumbnails, calls } = start(folder);
  for (const _ of [1, 2]) await expect(thumbnails.get(sha256, 320, "broken", stays)).rejects.toThrow("broken");
  expect([readdirSync(folder), calls.length]).toEqual([[], 2]);
});

it("keeps nothing of a picture that was changed while it was read", async () => {
  const folder = temporaryFolder();
  const { thumbnails } = start(folder);
  await expect(thumbnails.get(sha256, 320, "changed", stays)).rejects.toMatchObject({ code: "artifact_not_found" });
  expect([readdirSync(folder), thumbnails.made(sha256, 320)]).toEqual([[], null]);
});

it("makes them again when somebody deleted them", async () => {
  const folder = join(temporaryFolder(), "thumbnails");
  const { thumbnails } = start(folder);
  await thumbnails.get(sha256, 320, "fox", stays);
  rmSync(folder, { recursive: true });
  expect(readFileSync(await thumbnails.get(sha256, 320, "fox", stays), "utf8")).toBe("fox 320");
});

it("shows pictures also where nothing can be kept", async () => {
  const folder = temporaryFolder();
  const inTheWay = join(folder, "thumbnails");
  writeFileSync(inTheWay, "a file");
  const { thumbnails, calls } = start(inTheWay);
  const path = await thumbnails.get(sha256, 320, "fox", stays);
  expect(await thumbnails.get(sha256, 320, "fox", stays)).toBe(path);
  expect([readFileSync(path, "utf8"), calls.length]).toEqual(["fox 320", 1]);
  thumbnails.close();
  expect(existsSync(path)).toBe(false);
});
