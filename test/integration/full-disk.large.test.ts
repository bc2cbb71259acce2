import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { describe, expect, test, vi } from "vitest";
import { intoFiles, placeWithEmulator } from "../support/limn-at-emulator.ts";
import { limnErrorOf } from "../support/rejection.ts";
import { canMount, makeReadOnly, smallDisk } from "../support/small-disk.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const fox = { operation: "generate", prompt: "a red fox" } as const;
const huge = { name: "huge-image", megabytes: 40, size: "64x48" } as const;
const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");

// Needs root and a machine that lets it mount a tmpfs; elsewhere skipped for that reason.
describe.skipIf(!canMount())("a store on a disk of its own (needs the right to mount)", () => {
  test("that a picture of 40 MB does not fit on: it is delivered whole, and the record says where it is", async () => {
    const data = smallDisk(24);
    const place = await placeWithEmulator({ emulator: { scenario: huge }, data });
    const result = await place.limn().images.generate(fox, { delivery: intoFiles });
    const path = join(place.out, "a-red-fox.png");
    const bytes = readFileSync(path);
    expect([place.delivered(), bytes.length > 39_000_000]).toEqual([["a-red-fox.png"], true]);
    expect(await sharp(bytes).metadata()).toMatchObject({ format: "png", width: 64, height: 48 });
    expect(result.images).toMatchObject([{ path, bytes: bytes.length, sha256: sha256(bytes) }]);
    expect([result.status, result.warnings.map(({ code }) => code)]).toEqual(["done", ["saved_elsewhere"]]);
    const limn = place.limn();
    const record = limn.store.find(result.id, place.scope);
    const [image] = record.manifest.images;
    if (image === undefined) throw new Error("no image in the record");
    expect([record.status, limn.store.imagePath(record, image), readdirSync(record.folder)]).toEqual([
      "done",
      path,
      ["manifest.json"],
    ]);
    expect((await limn.store.findByFile(path)).generation?.id).toBe(result.id);
  });

  test("and no delivery: it survives in the temporary folder and is named", async () => {
    const temporary = temporaryFolder();
    vi.stubEnv("TMPDIR", temporary);
    try {
      const place = await placeWithEmulator({ emulator: { scenario: huge }, data: smallDisk(24) });
      const result = await place.limn().images.generate(fox);
      const path = join(temporary, `limn-rescued-${result.id}`, `${result.id}-image-1.png`);
      expect(result.images.map((image) => image.path)).toEqual([path]);
      expect(sha256(readFileSync(path))).toBe(result.images[0]?.sha256);
      expect(result.warnings).toEqual([
        {
          code: "saved_elsewhere",
          index: 0,
          message: `The store could not take the picture; it was saved as ${path}.`,
        },
      ]);
      expect(
        place
          .limn()
          .store.find("@last", place.scope)
          .manifest.images.map(({ file }) => file),
      ).toEqual([path]);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  test("and a recipe that does not fit either is an error, and the picture is named", async () => {
    const data = smallDisk(24);
    const place = await placeWithEmulator({ emulator: { scenario: { ...huge, megabytes: 20 } }, data });
    const delivery = { ...intoFiles, embedRecipe: true };
    const error = await limnErrorOf(place.limn().images.generate(fox, { delivery }));
    const original = error.details["original"];
    if (typeof original !== "string") throw new Error("no original is named");
    const [record] = place.limn().store.list();
    expect([error.code, error.details["reason"], place.delivered(), original]).toEqual([
      "artifact_write_failed",
      "ENOSPC",
      [],
      join(record?.folder ?? "", "image-1.png"),
    ]);
    expect(readdirSync(record?.folder ?? "").sort()).toEqual(["image-1.png", "manifest.json"]);
    expect(sha256(readFileSync(original))).toBe(record?.manifest.images[0]?.sha256);
  });

  test("with too little room sends nothing and leaves nothing", async () => {
    const data = smallDisk(20);
    const place = await placeWithEmulator({ emulator: { scenario: huge }, data });
    const error = await limnErrorOf(place.limn().images.generate({ ...fox, n: 2 }, { delivery: intoFiles }));
    expect([error.code, error.message.endsWith("Nothing was sent."), place.emulator.calls, place.delivered()]).toEqual([
      "artifact_write_failed",
      true,
      [],
      [],
    ]);
    expect(readdirSync(join(data, "generations"))).toEqual([]);
  });

  test("that is read-only sends nothing", async () => {
    const data = smallDisk(20);
    mkdirSync(join(data, "generations"));
    makeReadOnly(data);
    const place = await placeWithEmulator({ data });
    const error = await limnErrorOf(place.limn().images.generate(fox, { delivery: intoFiles }));
    expect([error.code, place.emulator.calls, place.delivered()]).toEqual(["artifact_write_failed", [], []]);
  });

  test("that becomes read-only after sending does not lose the picture, and limn says that its record is not complete", async () => {
    const data = smallDisk(20);
    const place = await placeWithEmulator({ emulator: { scenario: { name: "ok", size: "64x48", delayMs: 50 } }, data });
    const result = await place.limn().images.generate(fox, {
      delivery: intoFiles,
      onEvent: (event) => void (event.type === "image-progress" && event.stage === "sent" && makeReadOnly(data)),
    });
    expect([result.status, place.delivered(), result.warnings.map(({ code }) => code).sort()]).toEqual([
      "done",
      ["a-red-fox.png"],
      // Its hash record, and the record itself: said once.
      ["history_incomplete", "saved_elsewhere"],
    ]);
    expect(sha256(readFileSync(join(place.out, "a-red-fox.png")))).toBe(result.images[0]?.sha256);
    const [record] = place.limn().store.list();
    expect([record?.manifest.state, record?.manifest.calls]).toEqual([
      "sent",
      [{ index: 0, attempts: 1, state: "sent" }],
    ]);
  });
});

test("an output folder that a picture does not fit on keeps it in the store, and names it", async (context) => {
  if (!canMount()) context.skip("this machine does not let the tests mount a disk");
  const out = smallDisk(10);
  const place = await placeWithEmulator({ emulator: { scenario: { ...huge, megabytes: 20 } } });
  const error = await limnErrorOf(place.limn().images.generate(fox, { delivery: { ...intoFiles, output: out } }));
  const original = error.details["original"];
  if (typeof original !== "string") throw new Error("no original is named");
  expect([error.code, error.details["reason"], readdirSync(out), existsSync(original)]).toEqual([
    "artifact_write_failed",
    "ENOSPC",
    [],
    true,
  ]);
  const [record] = place.limn().store.list();
  expect(record?.manifest.images.map((image) => image.sha256)).toEqual([sha256(readFileSync(original))]);
});
