import { writeFileSync } from "node:fs";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { copyPngWithRecipe } from "../../packages/core/src/media/index.ts";
import { World, onlyLine } from "./support/world.ts";

const attack = "\u001b[2J\u001b]0;owned\u0007\u009b31m\u202egpj\r";
/** What a terminal would act on; a line's end is limn's own. */
const acted = /(?!\n)[\p{Cc}\p{Cf}]/u;

const recipe = {
  schemaVersion: 1,
  id: `../${attack}`,
  index: 0,
  createdAt: "2026-05-06T07:08:09.000Z",
  engine: "images",
  emulated: false,
  model: attack,
  prompt: attack,
  asked: { size: attack, [attack]: attack },
  sent: { [attack]: attack },
  steps: [attack],
  parents: [attack],
};

async function worldWith(content: unknown): Promise<World> {
  const world = new World();
  const create = { width: 9, height: 8, channels: 4, background: "red" } as const;
  writeFileSync(world.path("original.png"), await sharp({ create }).png().toBuffer());
  copyPngWithRecipe(world.path("original.png"), world.path("evil.png"), JSON.stringify(content));
  return world;
}

describe("a picture whose recipe somebody wrote to do harm", () => {
  it("is read, imported, listed and shown without a character that a terminal acts on", async () => {
    const world = await worldWith(recipe);
    const read = await world.run(["recipe", "evil.png"]);
    const imported = await world.run(["import", "evil.png"]);
    const id = onlyLine(imported.stdout).slice(0, 24);
    const outputs = [
      read,
      imported,
      await world.run(["history"]),
      await world.run(["show", id]),
      await world.run(["recipe", "evil.png"]),
    ];
    expect(outputs.map(({ status }) => status)).toEqual([0, 0, 0, 0, 0]);
    for (const { stdout, stderr } of outputs) expect(stdout + stderr).not.toMatch(acted);
  });

  it("is no recipe where its fields are none", async () => {
    const world = await worldWith({ ...recipe, steps: 7, model: {} });
    const { status, stderr } = await world.run(["recipe", "evil.png"]);
    expect(status).toBe(10);
    expect(stderr).toContain("artifact_not_found");
  });

  it("is looked for from any time, and one that no calendar knows is said so", async () => {
    const world = await worldWith(recipe);
    const { status, stderr } = await world.run(["history", "--since", "999999y"]);
    expect([status, stderr.includes("--since must be an age")]).toEqual([2, true]);
  });
});
