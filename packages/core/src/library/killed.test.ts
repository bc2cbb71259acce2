import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { HistoryFolder } from "../../../../test/support/history-folder.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { isGenerationId } from "../artifacts/index.ts";
import { copyPngWithRecipe } from "../media/index.ts";

const script = join(import.meta.dirname, "../../../../test/support/churn-library.ts");

async function picturesWithRecipes(): Promise<string> {
  const folder = temporaryFolder();
  for (const [place, background] of ["red", "lime", "blue"].entries()) {
    const original = join(temporaryFolder(), "original.png");
    writeFileSync(
      original,
      await sharp({ create: { width: 9, height: 8, channels: 4, background } })
        .png()
        .toBuffer(),
    );
    const id = `gen_01k7p8fbhr00000009r${place}`;
    const recipe = { schemaVersion: 1, id, index: 0, createdAt: "2026-05-06T07:08:09.000Z", engine: "images" };
    copyPngWithRecipe(original, join(folder, `${place}.png`), JSON.stringify(recipe));
  }
  return folder;
}

test("who throws away, takes back, prunes and imports can be killed at any moment, and every generation is whole or gone", async () => {
  const history = new HistoryFolder(temporaryFolder());
  const pictures = await picturesWithRecipes();
  const favourite = history.write();
  // Of a run that ended so; without it a folder could be missing where nothing was made yet.
  mkdirSync(join(history.data, "trash"), { recursive: true });
  for (let seed = 1; seed <= 10; seed += 1) {
    const ids = Array.from({ length: 4 }, () => history.write());
    const child = spawn(process.execPath, ["--conditions=source", script, history.data, pictures, favourite, ...ids], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    const exited = once(child, "exit");
    await once(child.stdout, "data");
    const library = history.library();
    // As many looks as the seed says, so that the kills come at other places of the work.
    for (let look = 0; look < (seed * 7) % 23; look += 1) library.page({}, { limit: 1 });
    child.kill("SIGKILL");
    await exited;
    const places = ["generations", "trash"].map((place) => join(history.data, place));
    const found = places.map((place) => readdirSync(place).filter(isGenerationId));
    expect(found[0]?.filter((id) => found[1]?.includes(id))).toEqual([]);
    for (const [number, place] of places.entries())
      for (const id of found[number] ?? []) {
        expect(readdirSync(join(place, id))).toContain("manifest.json");
        expect(library.entry(id)?.trashedAt === null).toBe(number === 0);
      }
    expect(library.entry(favourite)?.favourite).toBe(true);
    const listed = library.page({}, { limit: 1000 }).entries.map(({ id }) => id);
    expect([...listed].sort()).toEqual([...(found[0] ?? [])].sort());
    await library.import([{ kind: "path", path: pictures }], new AbortController().signal);
    // Each picture once, whatever was killed in between.
    const imported = [false, true].flatMap((trash) =>
      library.page({ trash }, { limit: 1000 }).entries.filter((entry) => entry.imported !== null),
    );
    expect(imported.map(({ images }) => images[0]?.sha256).sort()).toEqual(
      [...new Set(imported.map(({ images }) => images[0]?.sha256))].sort(),
    );
    expect(imported).toHaveLength(3);
    await library.prune({ trashOnly: true }, { isDryRun: false });
    expect(readdirSync(join(history.data, "trash"))).toEqual([]);
    expect(existsSync(join(history.data, "generations", favourite))).toBe(true);
    library.close();
  }
}, 120_000);
