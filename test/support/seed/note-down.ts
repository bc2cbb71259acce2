import { mkdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import type { MarksChange } from "../../../packages/core/src/contracts/library.ts";
import { changedMarks, readMarks, writeMarks } from "../../../packages/core/src/library/marks.ts";
import type { SeedEntry } from "./entries.ts";
import type { SeededRandom } from "./random.ts";

const tags = ["cover", "draft", "printed", "für Oma", "待定", "client"];
const kits = ["app icons", "spring cards"];

/** Favourites, tags, kits and texts as a person gives them; most generations get none. */
export function noteDown(folder: string, { manifest }: SeedEntry, random: SeededRandom): void {
  const change: MarksChange = {
    ...(random.chance(0.08) ? { favourite: true } : {}),
    ...(random.chance(0.1) ? { addTags: [random.pick(tags), random.pick(tags)] } : {}),
    ...(random.chance(0.05) ? { kit: random.pick(kits) } : {}),
    ...(random.chance(0.01) ? { altTexts: { "0": "What the picture shows, told by a person" } } : {}),
  };
  if (Object.keys(change).length === 0) return;
  const place = join(folder, "generations", manifest.id);
  const before = readMarks(place);
  writeMarks(place, before, changedMarks(before.marks, change), null);
}

/** Out of sight, an hour after it was made. */
export function throwAway(folder: string, { manifest }: SeedEntry): void {
  const place = join(folder, "generations", manifest.id);
  const before = readMarks(place);
  writeMarks(place, before, before.marks, new Date(Date.parse(manifest.createdAt) + 3_600_000).toISOString());
  mkdirSync(join(folder, "trash"), { recursive: true, mode: 0o700 });
  renameSync(place, join(folder, "trash", manifest.id));
}
