import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, readdirSync } from "node:fs";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { FoundGeneration } from "@limn/core";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { placeWithEmulator } from "../support/limn-at-emulator.ts";
import type { Place } from "../support/limn-at-emulator.ts";

const script = join(import.meta.dirname, "../support/generate-until-killed.ts");

/** Repeatable, so that a failure can be looked at. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

/** Run the program; kill it when it has printed so many lines, and then that many turns of this process's loop later. */
async function run(
  place: Place,
  prompt: string,
  n: number,
  killAt: { readonly line: number; readonly turns: number } | null,
): Promise<{ killed: boolean; last: string }> {
  const child = spawn(process.execPath, ["--conditions=source", script, prompt, String(n)], {
    cwd: place.out,
    env: { ...process.env, ...place.environment.variables },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "exit");
  let last = "nothing";
  let lines = 0;
  for await (const line of createInterface(child.stdout)) {
    lines += 1;
    last = line;
    if (killAt === null || lines !== killAt.line) continue;
    for (let turn = 0; turn < killAt.turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    child.kill("SIGKILL");
  }
  await ended;
  return { killed: child.signalCode === "SIGKILL", last };
}

function attemptsOf({ manifest }: FoundGeneration): number {
  return manifest.calls.reduce((sum, { attempts }) => sum + attempts, 0);
}

/** What the emulator saw of a prompt. */
function callsFor(place: Place, prompt: string): number {
  return place.imageCalls().filter(({ body }) => JSON.stringify(body).includes(`"${prompt}"`)).length;
}

const sha256 = (path: string): string => createHash("sha256").update(readFileSync(path)).digest("hex");

/** Every promise that a kill at any moment must leave intact. */
async function expectTruth(place: Place): Promise<void> {
  await place.emulator.idle();
  const { store } = place.limn();
  const records = [...store.list()];
  // The service never saw more than the records admit, on the whole and for each.
  expect(place.imageCalls().length).toBeLessThanOrEqual(records.reduce((sum, record) => sum + attemptsOf(record), 0));
  for (const record of records) {
    const { manifest, status } = record;
    const calls = callsFor(place, manifest.prompt ?? "");
    expect([manifest.prompt, calls <= attemptsOf(record)]).toEqual([manifest.prompt, true]);
    // Nobody works any more, so nothing may claim to run.
    expect(["done", "partial", "unknown", "cancelled"]).toContain(status);
    if (status === "cancelled") expect([manifest.prompt, calls]).toEqual([manifest.prompt, 0]);
    if (status === "unknown") expect(manifest.images).toEqual([]);
    if (status === "done") expect(manifest.images).toHaveLength(manifest.n);
    for (const image of manifest.images) expect(sha256(store.imagePath(record, image))).toBe(image.sha256);
  }
  // Every picture in a folder is whole and known.
  const visible = place.delivered().filter((name) => !name.startsWith("."));
  for (const name of visible) {
    const path = join(place.out, name);
    expect((await sharp(path, { failOn: "warning" }).stats()).isOpaque).toBe(true);
    const found = await store.findByFile(path);
    expect(found.generation?.manifest.images.map((image) => image.sha256)).toContain(found.sha256);
  }
}

describe("a program that is killed", () => {
  test("at random points leaves records that tell the truth, and the next one goes on", async () => {
    const seed = 20_261_121;
    const random = seeded(seed);
    const place = await placeWithEmulator({ emulator: { scenario: { name: "ok", size: "320x240", times: "always" } } });
    const seen: string[] = [];
    for (let round = 0; round < 8; round += 1) {
      const killed = await Promise.all(
        [0, 1, 2].map(async (worker) => {
          const line = 1 + Math.floor(random() * 16);
          const turns = Math.floor(random() * 40);
          return run(place, `fox ${round} ${worker}`, 2, { line, turns });
        }),
      );
      seen.push(...killed.map(({ killed: wasKilled, last }) => `${wasKilled ? "killed" : "ended"} after ${last}`));
      await expectTruth(place);
    }
    // The points were spread over the whole work.
    expect(new Set(seen.filter((point) => point.startsWith("killed"))).size).toBeGreaterThan(4);

    expect(await run(place, "the last fox", 2, null)).toEqual({ killed: false, last: "end" });
    await expectTruth(place);
    const last = [...place.limn().store.list()].find(({ manifest }) => manifest.prompt === "the last fox");
    expect([last?.status, last === undefined ? 0 : attemptsOf(last), callsFor(place, "the last fox")]).toEqual([
      "done",
      2,
      2,
    ]);
  }, 240_000);

  test.each([
    ["before anything was sent", "generation-start", "ok", "cancelled", 0],
    ["while it waits for the answer", "sent 0", "never", "unknown", 1],
    ["within the answer's body", "receiving 0", "stalled-body", "unknown", 1],
  ])("%s", async (_, stage, scenario, status, calls) => {
    const place = await placeWithEmulator({
      emulator: { scenario: { name: scenario, size: "640x480", times: "always" } },
    });
    const child = spawn(process.execPath, ["--conditions=source", script, "fox", "1"], {
      cwd: place.out,
      env: { ...process.env, ...place.environment.variables },
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(child, "exit");
    let running: string | undefined;
    for await (const line of createInterface(child.stdout)) {
      if (line !== stage) continue;
      if (calls > 0) while (place.imageCalls().length < calls) await new Promise((resolve) => setImmediate(resolve));
      running ??= [...place.limn().store.list()][0]?.status;
      child.kill("SIGKILL");
    }
    await ended;
    await place.emulator.idle();
    const [record] = place.limn().store.list();
    // Told as running while it lived; a request may have gone out in the moment between the line and the kill.
    expect(running).toBe("running");
    expect(record?.manifest.images).toEqual([]);
    expect(place.imageCalls().length).toBeLessThanOrEqual(record === undefined ? 0 : attemptsOf(record));
    if (calls > 0 || place.imageCalls().length === 0) expect([record?.status, place.delivered()]).toEqual([status, []]);
    expect(readdirSync(record?.folder ?? "").filter((name) => !name.startsWith("."))).toEqual(["manifest.json"]);
  });
});
