import { createHash } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { manifest, manifestImage } from "../../../../test/support/manifest.ts";
import { limnErrorOf } from "../../../../test/support/rejection.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { createArtifactStore } from "../artifacts/index.ts";
import type { ArtifactStore, FoundGeneration } from "../artifacts/index.ts";
import type { InputOrigin, InputRecord } from "../contracts/input.ts";
import type { Manifest } from "../contracts/manifest.ts";
import { repeatRequest } from "./again.ts";

const id = "gen_00000000010000000000";
const sha256Of = (text: string): string => createHash("sha256").update(text).digest("hex");

function input(origin: InputOrigin, text: string, role: InputRecord["role"] = "image"): InputRecord {
  const facts = { mediaType: "image/png", width: 1, height: 1, bytes: text.length, steps: [] };
  return { role, origin, ...facts, sha256: sha256Of(text) };
}

interface Past {
  readonly folder: string;
  readonly store: ArtifactStore;
  readonly generation: FoundGeneration;
}

function past(change: Partial<Manifest> | ((folder: string) => Partial<Manifest>) = {}): Past {
  const folder = temporaryFolder();
  const record = manifest({
    id,
    state: "done",
    images: [manifestImage()],
    ...(typeof change === "function" ? change(folder) : change),
  });
  const place = join(folder, "generations", id);
  mkdirSync(place, { recursive: true });
  writeFileSync(join(place, "manifest.json"), JSON.stringify(record));
  const store = createArtifactStore(folder);
  return { folder, store, generation: store.find(id, { folder: "/project", session: null, emulated: false }) };
}

describe("a generation once more", () => {
  test("is the request as it was asked", async () => {
    const asked = {
      n: 2,
      size: "1200x630",
      fit: "pad",
      format: "webp",
      background: "opaque",
      engine: "images",
    } as const;
    const { store, generation } = past({ asked, prompt: " a fox\n" });
    expect(await repeatRequest(store, generation, {})).toEqual({ ...asked, operation: "generate", prompt: " a fox\n" });
  });

  test("of a picture that was imported asks for one, whatever its recipe says", async () => {
    const { store, generation } = past({
      asked: { n: 10, allowExtraImages: 10, quality: "high" },
      prompt: "a fox",
      imported: { from: "recipe", path: "/somewhere/fox.png", at: "2026-11-01T00:00:00.000Z" },
    });
    expect(await repeatRequest(store, generation, {})).toEqual({
      operation: "generate",
      prompt: "a fox",
      quality: "high",
    });
  });

  test("has the same inputs in their order, the mask apart, from wherever each is", async () => {
    const { folder, store, generation } = past((place) => {
      writeFileSync(join(place, "fox.png"), "fox");
      writeFileSync(join(place, "mask.png"), "mask");
      return {
        operation: "edit",
        asked: { images: 4, mask: true, quality: "high" },
        inputs: [
          input({ kind: "generation", id: "gen_00000000020000000000", index: 1 }, "parent"),
          input({ kind: "file", path: join(place, "fox.png") }, "fox"),
          input({ kind: "url", url: "https://example.test/a.png" }, "from far away"),
          input({ kind: "data" }, "data"),
          input({ kind: "file", path: join(place, "mask.png") }, "mask", "mask"),
        ],
      };
    });
    const kept = (text: string): string => join(folder, "generations", id, `input-${sha256Of(text).slice(0, 24)}`);
    writeFileSync(kept("from far away"), "from far away");
    writeFileSync(kept("data"), "data");
    expect(await repeatRequest(store, generation, {})).toEqual({
      operation: "edit",
      prompt: "a red fox",
      quality: "high",
      images: ["@gen_00000000020000000000:2", join(folder, "fox.png"), kept("from far away"), kept("data")],
      mask: join(folder, "mask.png"),
    });
  });

  test("takes what was kept although the file has changed since", async () => {
    const { folder, store, generation } = past((place) => {
      writeFileSync(join(place, "fox.png"), "another fox");
      return { operation: "edit", inputs: [input({ kind: "file", path: join(place, "fox.png") }, "fox")] };
    });
    const kept = join(folder, "generations", id, `input-${sha256Of("fox").slice(0, 24)}`);
    writeFileSync(kept, "fox");
    expect(await repeatRequest(store, generation, {})).toMatchObject({ images: [kept] });
  });

  test("is refused when an input is another one by now, or gone: it would be another request", async () => {
    const { folder, store, generation } = past((place) => {
      writeFileSync(join(place, "fox.png"), "another fox");
      return { operation: "edit", inputs: [input({ kind: "file", path: join(place, "fox.png") }, "fox")] };
    });
    const path = join(folder, "fox.png");
    const changed = await limnErrorOf(repeatRequest(store, generation, {}));
    rmSync(path);
    const gone = await limnErrorOf(repeatRequest(store, generation, {}));
    mkdirSync(path);
    const folderNow = await limnErrorOf(repeatRequest(store, generation, {}));
    const again = `The generation ${id} cannot be asked again as it was.`;
    expect([changed, gone].map(({ code, message, hint }) => [code, message, hint])).toEqual([
      [
        "input_not_found",
        `The input ${path} has changed since. ${again}`,
        'Ask anew with the inputs that you have: limn edit "…" -i FILE',
      ],
      [
        "input_not_found",
        `The input ${path} is gone. ${again}`,
        'Ask anew with the inputs that you have: limn edit "…" -i FILE',
      ],
    ]);
    expect(folderNow.code).toBe("input_not_found");
  });

  test.each<InputOrigin>([
    { kind: "data" },
    { kind: "bytes", name: "fox.png" },
    { kind: "url", url: "https://example.test/a.png" },
  ])("is refused when an input from nowhere was not kept: %o", async (origin) => {
    const { store, generation } = past({ operation: "edit", inputs: [input(origin, "x")] });
    const { code, message } = await limnErrorOf(repeatRequest(store, generation, {}));
    expect([code, message]).toEqual([
      "input_not_found",
      `An input of it was not kept. The generation ${id} cannot be asked again as it was.`,
    ]);
  });

  test("needs the prompt, kept or said again", async () => {
    const { store, generation } = past({ prompt: null });
    const error = await limnErrorOf(repeatRequest(store, generation, {}));
    expect([error.code, error.hint]).toEqual(["artifact_not_found", `Say it again: limn again ${id} "…"`]);
    expect(await repeatRequest(store, generation, { prompt: "a blue fox" })).toMatchObject({ prompt: "a blue fox" });
  });

  test("may have other words", async () => {
    const { store, generation } = past({ asked: { n: 3 } });
    expect(await repeatRequest(store, generation, { prompt: "a blue fox" })).toEqual({
      operation: "generate",
      prompt: "a blue fox",
      n: 3,
    });
  });

  test("of a record that an older version wrote, without inputs, is possible", async () => {
    const { store, generation } = past();
    const { inputs: _inputs, parents: _parents, truth: _truth, session: _session, ...older } = generation.manifest;
    const found = { ...generation, manifest: JSON.parse(JSON.stringify(older)) };
    expect(await repeatRequest(store, found, {})).toEqual({ operation: "generate", prompt: "a red fox" });
  });
});

describe("a variation", () => {
  test("is an edit of the first picture, with what was asked of it and one image", async () => {
    const asked = {
      n: 4,
      size: "1200x630",
      fit: "pad",
      format: "webp",
      compression: 80,
      images: 2,
      mask: true,
      partials: 2,
    } as const;
    const { store, generation } = past({ operation: "edit", asked, inputs: [input({ kind: "data" }, "not kept")] });
    const request = await repeatRequest(store, generation, { vary: true });
    expect(request).toEqual({
      operation: "edit",
      prompt: expect.stringMatching(/^a red fox\n\n\S.*variation/),
      images: [`@${id}`],
      size: "1200x630",
      fit: "pad",
      format: "webp",
      compression: 80,
    });
    expect(await repeatRequest(store, generation, { vary: true, prompt: "as a linocut" })).toMatchObject({
      prompt: "as a linocut",
    });
  });
});
