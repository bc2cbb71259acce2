import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLimn } from "@limn/core";
import type { GenerationEvent, GenerationResult, ImageTools, Limn, Manifest } from "@limn/core";
import sharp from "sharp";
import { describe, expect, test } from "vitest";
import { intoFiles, placeWithEmulator } from "../support/limn-at-emulator.ts";
import type { Place } from "../support/limn-at-emulator.ts";
import { limnErrorOf } from "../support/rejection.ts";

const size = "64x48";
const ok = { name: "ok", size, times: "always" } as const;
const fox = { operation: "generate", prompt: "a red fox" } as const;
const imageTools = async (): Promise<ImageTools> => (await import("@limn/finish")).createImageTools();
const sha256Of = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** A picture unlike any other of another number. */
async function picture(number: number, width = 96, height = 64): Promise<Buffer> {
  const hue = (number * 67) % 360;
  return sharp(
    Buffer.from(
      `<svg width="${width}" height="${height}"><rect width="100%" height="100%" fill="hsl(${hue},60%,40%)"/><circle cx="60%" cy="45%" r="25%" fill="hsl(${(hue + 150) % 360},70%,60%)"/></svg>`,
    ),
  )
    .png()
    .toBuffer();
}

async function file(place: Place, number: number, name = `${number}.png`): Promise<string> {
  const folder = join(place.out, "inputs");
  mkdirSync(folder, { recursive: true });
  const path = join(folder, name);
  writeFileSync(path, await picture(number));
  return path;
}

const manifestOf = (place: Place, { id }: GenerationResult): Manifest =>
  place.limn().store.find(id, place.scope).manifest;

/** Warnings, but for what the emulator wrote into its pictures and finishing does not carry over. */
const codesOf = ({ warnings }: GenerationResult): readonly string[] =>
  warnings.map(({ code }) => code).filter((code) => code !== "metadata_lost");

/** SHA-256 of every picture that a request carried, in its order. */
function sentPictures(body: unknown): readonly unknown[] {
  const found: unknown[] = [];
  const search = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(search);
    else if (typeof value === "object" && value !== null) {
      if ("image_url" in value && "sha256" in value) found.push(value.sha256);
      Object.values(value).forEach(search);
    }
  };
  search(body);
  return found;
}

/** The same program in another folder. */
function limnIn(place: Place, name: string): Limn {
  const workingFolder = join(place.out, name);
  mkdirSync(workingFolder, { recursive: true });
  return createLimn({ environment: { ...place.environment, workingFolder } });
}

describe("the inputs of an edit", () => {
  test.each([
    ["images", 5],
    ["responses", 12],
  ] as const)("go over the wire in the order given, by the engine %s", async (engine, count) => {
    const place = await placeWithEmulator({ emulator: { scenario: [ok, { ...ok, on: "responses" }] } });
    const pictures = await Promise.all(Array.from({ length: count }, async (_, number) => picture(number)));
    // A file, a data address and bytes, in turns, and not in the order of their names.
    const images = pictures.map((bytes, number) => {
      if (number % 3 === 0) {
        writeFileSync(join(place.out, `${9 - number}x.png`), bytes);
        return `${9 - number}x.png`;
      }
      return number % 3 === 1 ? `data:image/png;base64,${bytes.toString("base64")}` : new Uint8Array(bytes);
    });
    const result = await place.limn().images.edit({ prompt: "make it night", images });
    const call = place.emulator.calls.find(({ method }) => method === "POST");
    expect(result.engine).toBe(engine);
    expect(sentPictures(call?.body)).toEqual(pictures.map(sha256Of));
    expect(call?.headers["content-length"]).toBe(String(call?.contentLength));
    expect(result.inputs.map(({ role, sha256, origin }) => [role, sha256, origin.kind])).toEqual(
      pictures.map((bytes, number) => ["image", sha256Of(bytes), ["file", "data", "bytes"][number % 3]]),
    );
    expect(result.truth).toEqual([
      { property: "images", asked: String(count), outcome: "honoured", got: `${count * 765} image tokens read` },
    ]);
    expect([result.operation, result.parents, result.asked]).toEqual(["edit", [], { images: count }]);
  });

  test("of a generation are references, and the operation stays what it was", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const result = await place.limn().images.generate({ ...fox, images: [await file(place, 1)] });
    expect([result.operation, place.imageCalls().map(({ route }) => route)]).toEqual(["generate", ["images.edits"]]);
  });

  test.each([
    [6, "images", 'the engine "images" takes 5', "--engine responses"],
    [17, undefined, "16 is the most", "several into one picture"],
    [17, "responses", "16 is the most", "several into one picture"],
  ] as const)("that are %i too many for %s send nothing", async (count, engine, message, hint) => {
    const place = await placeWithEmulator();
    const images = Array.from({ length: count }, () => "missing.png");
    const error = await limnErrorOf(
      place.limn().images.edit({ prompt: "x", images, ...(engine === undefined ? {} : { engine }) }),
    );
    expect([error.code, error.exitStatus, place.emulator.calls]).toEqual(["too_many_inputs", 3, []]);
    expect([error.message, error.hint]).toEqual([expect.stringContaining(message), expect.stringContaining(hint)]);
  });

  test("that are not there, or no pictures, send nothing and leave no record", async () => {
    const place = await placeWithEmulator();
    writeFileSync(join(place.out, "secret.png"), "BEGIN PRIVATE KEY");
    const codes: string[] = [];
    for (const image of ["missing.png", "secret.png", "@last", "@gen_00000000010000000000:2", "data:text/plain,x"])
      codes.push((await limnErrorOf(place.limn().images.edit({ prompt: "x", images: [image] }))).code);
    expect(codes).toEqual([
      "input_not_found",
      "input_not_an_image",
      "artifact_not_found",
      "artifact_not_found",
      "input_not_an_image",
    ]);
    expect([place.emulator.calls, [...place.limn().store.list()]]).toEqual([[], []]);
  });

  test.each(["images", "responses"] as const)(
    "that %s dropped are an error that says so; what was drawn is kept, and delivered nowhere",
    async (on) => {
      const place = await placeWithEmulator({ emulator: { scenario: { name: "references-dropped", size, on } } });
      const images = [await file(place, 1), await file(place, 2)];
      const error = await limnErrorOf(
        place.limn().images.edit({ prompt: "make it night", images, engine: on }, { delivery: intoFiles }),
      );
      const { original, generation, inputs } = error.details;
      expect([error.code, inputs, error.message]).toEqual([
        "references_dropped",
        2,
        `The service did not look at any of the 2 input images: it counted no image tokens. What it drew is kept: ${String(original)}`,
      ]);
      const found = place.limn().store.find(String(generation), place.scope);
      expect([existsSync(String(original)), place.delivered(), found.status, found.manifest.images.length]).toEqual([
        true,
        ["inputs"],
        "failed",
        1,
      ]);
    },
  );

  test("that come back as the result are told", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: { name: "echo-input", times: "always" } } });
    const images = [await file(place, 1), await file(place, 2)];
    const { warnings } = await place.limn().images.edit({ prompt: "make it night", images });
    expect(warnings).toEqual([
      {
        code: "same_as_input",
        index: 0,
        message:
          "The result is input 1 again, byte for byte. The plan was charged; say more plainly what should change.",
      },
    ]);
  });

  test("show in the result: the parent's picture under other words", async () => {
    const place = await placeWithEmulator();
    const limn = place.limn();
    await limn.images.generate({ ...fox, aspect: "3:2" });
    const parent = limn.store.findImage("@last", place.scope);
    const edited = await limn.images.edit({ prompt: "make it night", images: ["@last"] });
    const stranger = await limn.images.generate({ operation: "generate", prompt: "make it night", aspect: "3:2" });
    const tools = await imageTools();
    const likeness = async ({ images: [image] }: GenerationResult): Promise<number> =>
      (await tools.compare(parent.path, image?.path ?? "")).meanDifference;
    expect(await likeness(edited)).toBeLessThan((await likeness(stranger)) / 2);
  });
});

describe("@last", () => {
  test("is the folder's own, never another's newest", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const here = limnIn(place, "here");
    const there = limnIn(place, "there");
    const mine = await here.images.generate(fox);
    const theirs = await there.images.generate({ ...fox, prompt: "a blue fox" });
    const edited = await here.images.edit({ prompt: "make it night", images: ["@last"] });
    expect(edited.parents).toEqual([mine.id]);
    // The edit is the newest now.
    expect((await here.images.edit({ prompt: "make it day", images: ["@last"] })).parents).toEqual([edited.id]);
    expect((await there.images.edit({ prompt: "make it day", images: ["@last"] })).parents).toEqual([theirs.id]);
    const error = await limnErrorOf(limnIn(place, "nowhere").images.edit({ prompt: "x", images: ["@last"] }));
    expect([error.code, error.hint]).toEqual(["artifact_not_found", expect.stringMatching(/made elsewhere.*@gen_/)]);
  });

  test("of a session is its own, wherever it works, and the last N come in their order", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const here = limnIn(place, "here");
    const there = limnIn(place, "there");
    const first = await here.images.generate(fox, { session: "one" });
    const other = await here.images.generate(fox, { session: "two" });
    const second = await there.images.edit({ prompt: "make it night", images: ["@last"] }, { session: "one" });
    expect(second.parents).toEqual([first.id]);
    expect((await here.images.edit({ prompt: "x", images: ["@last"] }, { session: "two" })).parents).toEqual([
      other.id,
    ]);
    const ofOne = { ...place.scope, session: "one" };
    expect(
      place
        .limn()
        .store.last(ofOne, 5)
        .map(({ id }) => id),
    ).toEqual([first.id, second.id]);
    expect(
      place
        .limn()
        .store.last(ofOne, 1)
        .map(({ id }) => id),
    ).toEqual([second.id]);
    const error = await limnErrorOf(here.images.edit({ prompt: "x", images: ["@last"] }, { session: "three" }));
    expect(error.code).toBe("artifact_not_found");
    expect(manifestOf(place, second)).toMatchObject({ session: "one", folder: join(place.out, "there") });
  });
});

describe("a file that limn delivered", () => {
  test("makes its generation a parent wherever it was moved, and stays the file that it came from", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const limn = place.limn({ imageTools });
    const hero = join(place.out, "hero.webp");
    const delivery = { kind: "files", output: hero, force: false, embedRecipe: false } as const;
    const made = await limn.images.generate({ ...fox, format: "webp" }, { delivery });
    const moved = await file(place, 1, "moved.webp");
    writeFileSync(moved, readFileSync(hero));
    const images = [moved, await file(place, 2), `@${made.id}`];
    const edited = await limn.images.edit({ prompt: "make it night", images });
    expect([edited.parents, edited.inputs[0]?.origin]).toEqual([[made.id], { kind: "file", path: moved }]);
    expect(manifestOf(place, edited).parents).toEqual([made.id]);

    // Nothing to point to: only a hash is left of it.
    const unkept = join(place.out, "unkept.png");
    await limn.images.generate(
      { ...fox, prompt: "a blue fox" },
      { keepHistory: false, delivery: { ...delivery, output: unkept } },
    );
    expect((await limn.images.edit({ prompt: "make it day", images: [unkept] })).parents).toEqual([]);
  });

  test("of the sandbox is no parent of a real picture", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const { store } = place.limn();
    const made = await place.limn().images.generate(fox);
    const sha256 = made.images[0]?.sha256 ?? "";
    const { id, createdAt, engine } = store.find(made.id, place.scope).manifest;
    expect(store.makerOf(sha256, { emulated: false })).toBe(id);
    store.recordHash({ sha256, id, index: 0, createdAt, engine, emulated: true });
    expect([store.makerOf(sha256, { emulated: false }), store.makerOf(sha256, { emulated: true })]).toEqual([null, id]);
  });
});

describe("a picture of the history", () => {
  test("is a parent, each once, and the record says which picture went in", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const limn = place.limn();
    const two = await limn.images.generate({ ...fox, n: 2 });
    const one = await limn.images.generate({ ...fox, prompt: "a blue fox" });
    const images = [`@${two.id}:2`, `@${one.id}`, `@${two.id}`, await file(place, 1)];
    const edited = await limn.images.edit({ prompt: "together", images });
    const origins = edited.inputs.map(({ origin }) => origin);
    expect([edited.parents, origins]).toEqual([
      [two.id, one.id],
      [
        { kind: "generation", id: two.id, index: 1 },
        { kind: "generation", id: one.id, index: 0 },
        { kind: "generation", id: two.id, index: 0 },
        { kind: "file", path: join(place.out, "inputs", "1.png") },
      ],
    ]);
    expect(manifestOf(place, edited)).toMatchObject({ parents: edited.parents, inputs: edited.inputs });
    expect(sentPictures(place.imageCalls().at(-1)?.body).slice(0, 2)).toEqual([
      two.images[1]?.sha256,
      one.images[0]?.sha256,
    ]);
  });

  test("that was deleted is said to be gone, and nothing is sent", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const limn = place.limn();
    const made = await limn.images.generate(fox);
    rmSync(limn.store.findImage(`@${made.id}`, place.scope).path);
    const error = await limnErrorOf(limn.images.edit({ prompt: "x", images: [`@${made.id}`] }));
    expect([error.code, place.imageCalls().length]).toEqual(["artifact_not_found", 1]);
    expect(error.message).toContain("no longer in the history");
  });

  test("is what was delivered, where finishing made it", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const limn = place.limn({ imageTools });
    const made = await limn.images.generate({ ...fox, size: "40x40", format: "webp" });
    const edited = await limn.images.edit({ prompt: "make it night", images: ["@last"] });
    expect(edited.inputs).toMatchObject([
      { mediaType: "image/webp", width: 40, height: 40, sha256: made.images[0]?.sha256 },
    ]);
  });
});

describe("again", () => {
  const repeated = async (
    place: Place,
    { id }: GenerationResult,
    options?: Parameters<Limn["images"]["repeat"]>[1],
  ): Promise<GenerationResult> => {
    const limn = place.limn();
    return limn.images.generate(await limn.images.repeat(limn.store.find(id, place.scope), options));
  };

  test("asks for the same with the same inputs, wherever they came from", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const limn = place.limn();
    const parent = await limn.images.generate(fox);
    const data = `data:image/png;base64,${(await picture(3)).toString("base64")}`;
    const images = ["@last", await file(place, 1), data, new Uint8Array(await picture(4))];
    const edited = await limn.images.edit({ prompt: "make it night", images, aspect: "16:9", background: "opaque" });
    // What is newest by then does not matter.
    await limn.images.generate({ ...fox, prompt: "another" });
    const again = await repeated(place, edited);
    const [, first, , second] = place.imageCalls();
    expect(second?.body).toEqual(first?.body);
    expect(sentPictures(second?.body)).toHaveLength(4);
    expect([again.parents, again.asked, again.inputs.map(({ sha256 }) => sha256)]).toEqual([
      [parent.id],
      edited.asked,
      edited.inputs.map(({ sha256 }) => sha256),
    ]);
    // And once more, from the repeat.
    await repeated(place, again);
    expect(place.imageCalls().at(-1)?.body).toEqual(first?.body);
  });

  test("is refused when an input has changed or is gone, and nothing is sent", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const path = await file(place, 1);
    const edited = await place.limn().images.edit({ prompt: "make it night", images: [path] });
    writeFileSync(path, await picture(2));
    const changed = await limnErrorOf(repeated(place, edited));
    rmSync(path);
    const gone = await limnErrorOf(repeated(place, edited));
    expect([changed.code, gone.code, place.imageCalls().length]).toEqual(["input_not_found", "input_not_found", 1]);
  });

  test("with --vary changes the picture that came", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const made = await place.limn().images.generate({ ...fox, n: 2 });
    const varied = await repeated(place, made, { vary: true });
    expect([varied.operation, varied.parents, varied.images.length]).toEqual(["edit", [made.id], 1]);
    expect(sentPictures(place.imageCalls().at(-1)?.body)).toEqual([made.images[0]?.sha256]);
  });

  test("of what was made without history is not possible", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const made = await place.limn().images.generate(fox, { keepHistory: false });
    expect((await limnErrorOf(repeated(place, made))).code).toBe("artifact_not_found");
    expect((await repeated(place, made, { prompt: "a blue fox" })).status).toBe("done");
  });
});

describe("a measurement on the user's own account", () => {
  const sizeRow = (limn: Limn): unknown =>
    limn.capabilities.find(({ engine }) => engine === "images")?.rows.find(({ property }) => property === "size");
  const asked = { ...fox, size: "1200x630", quality: "high" } as const;
  const fields = (place: Place): unknown => {
    const body = place.imageCalls().at(-1)?.body;
    if (typeof body !== "object" || body === null) throw new Error("no request");
    const { prompt, size: sentSize, quality } = { prompt: null, size: null, quality: null, ...body };
    return { hasShape: String(prompt).includes("Aspect ratio"), size: sentSize, quality };
  };

  test("corrects the table, the next request and its result, and no code does", async () => {
    const place = await placeWithEmulator({ emulator: { capabilities: { honoursSize: true, honoursQuality: true } } });
    const limn = place.limn({ imageTools });
    const before = await limn.images.generate(asked);
    expect(fields(place)).toEqual({ hasShape: true, size: "auto", quality: "auto" });
    expect(before.truth).toMatchObject([
      { property: "size", outcome: "done-locally", got: "1200x630" },
      { property: "quality", outcome: "not-honoured" },
    ]);
    expect(codesOf(before)).toEqual(["quality_not_honoured"]);
    expect(sizeRow(limn)).toMatchObject({ honoured: "ignored" });

    const { result, rows } = await limn.images.probe("images");
    expect(fields(place)).toEqual({ hasShape: false, size: "1280x800", quality: "high" });
    expect([result.images[0]?.width, result.images[0]?.height, result.imagesSpent]).toEqual([1280, 800, 1]);
    expect(rows.filter(({ corrected }) => corrected === true)).toMatchObject([
      { property: "quality", honoured: "yes", source: "measured on this account" },
      { property: "size", honoured: "yes", note: "asked 1280x800, got 1280x800 on this account" },
    ]);

    // Another process, the same account.
    const later = place.limn({ imageTools });
    expect(sizeRow(later)).toMatchObject({ honoured: "yes", corrected: true });
    const after = await later.images.generate(asked);
    expect(fields(place)).toEqual({ hasShape: false, size: "1200x640", quality: "high" });
    expect(after.truth).toMatchObject([
      { property: "size", outcome: "done-locally", got: "1200x630" },
      { property: "quality", outcome: "honoured", got: "high" },
    ]);
    // Little is left to do here: a strip of ten pixels.
    expect([after.got.width, after.got.height, codesOf(after), after.steps]).toEqual([
      1200,
      640,
      [],
      ["crop 1200x630"],
    ]);
    expect(later.images.plan(asked).sent.body).toMatchObject({ size: "1200x640", quality: "high" });
    // What the service makes exactly needs nothing.
    const exact = await later.images.generate({ ...fox, size: "1280x800" });
    expect([exact.truth, exact.steps]).toEqual([
      [{ property: "size", asked: "1280x800", outcome: "honoured", got: "1280x800" }],
      [],
    ]);
  });

  test("that the service ignores leaves the table as it was", async () => {
    const place = await placeWithEmulator();
    const limn = place.limn();
    const { result, rows } = await limn.images.probe("images");
    expect(result.truth).toMatchObject([
      { property: "size", outcome: "not-honoured" },
      { property: "quality", outcome: "not-honoured" },
    ]);
    expect([result.status, rows.filter(({ corrected }) => corrected === true)]).toEqual(["done", []]);
  });

  test("is undone by a service that stops honouring it", async () => {
    const place = await placeWithEmulator({ emulator: { capabilities: { honoursSize: true } } });
    await place.limn().images.probe("images");
    place.emulator.setCapabilities({ honoursSize: false });
    const limn = place.limn({ imageTools });
    const first = await limn.images.generate(asked);
    expect([fields(place), first.truth[0]?.outcome]).toEqual([
      { hasShape: false, size: "1200x640", quality: "auto" },
      "done-locally",
    ]);
    await limn.images.generate(asked);
    expect([fields(place), sizeRow(limn) === sizeRow(limn)]).toEqual([
      { hasShape: true, size: "auto", quality: "auto" },
      true,
    ]);
    expect(sizeRow(place.limn())).toMatchObject({ honoured: "ignored" });
  });

  test("in the sandbox teaches nothing", async () => {
    const place = await placeWithEmulator({ emulator: { capabilities: { honoursSize: true } } });
    const { baseURL, emulator, data } = place;
    const limn = place.limn({ sandbox: { baseURL, accessToken: emulator.accessToken } });
    const { rows } = await limn.images.probe("images");
    expect([rows.filter(({ corrected }) => corrected === true), existsSync(join(data, "capabilities"))]).toEqual([
      [],
      false,
    ]);
  });
});

describe("exact pixels", () => {
  test.each([
    ["cover", { size: "1200x630" }, [1200, 630]],
    ["pad", { size: "1200x630", fit: "pad" }, [1200, 630]],
    ["contain", { size: "1200x630", fit: "contain" }, [1119, 630]],
    ["a longest side", { size: "1K", aspect: "16:9" }, [1024, 576]],
    ["a square", { size: "500x500" }, [500, 500]],
    ["a shape that is cut", { aspect: "2:1", fit: "cover" }, [1672, 836]],
  ] as const)("come by %s", async (_, wish, pixels) => {
    const scenario = { name: "ok", size: "1672x941" } as const;
    const place = await placeWithEmulator({ emulator: { scenario } });
    const result = await place.limn({ imageTools }).images.generate({ ...fox, ...wish }, { delivery: intoFiles });
    const says = await sharp(readFileSync(join(place.out, "a-red-fox.png"))).metadata();
    const [image] = result.images;
    expect([says.width, says.height, image?.width, image?.height]).toEqual([...pixels, ...pixels]);
    expect([result.got.width, result.got.height, codesOf(result)]).toEqual([1672, 941, []]);
    expect(result.truth.filter(({ outcome }) => outcome !== "done-locally" && outcome !== "honoured")).toEqual([]);
    expect(result.steps.length).toBeGreaterThan(0);
    // The original stays as the service sent it, beside what was made of it.
    const { images } = manifestOf(place, result);
    expect(images).toMatchObject([
      {
        file: "image-1.png",
        width: 1672,
        height: 941,
        finished: { file: "finished-1.png", width: pixels[0], height: pixels[1], sha256: image?.sha256 },
      },
    ]);
    const [record] = place.limn().store.list();
    expect(record === undefined ? null : readdirSync(record.folder).sort()).toEqual([
      "finished-1.png",
      "image-1.png",
      "manifest.json",
    ]);
  });

  test("that have to be made up are warned of", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const result = await place.limn({ imageTools }).images.generate({ ...fox, size: "640x480" });
    expect([result.images[0]?.width, codesOf(result)]).toEqual([640, ["upscaled"]]);
  });

  test("that only the service could make are an error with --strict, and the picture is kept", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const wish = { ...fox, size: "1200x630", fit: "native", strict: true } as const;
    const error = await limnErrorOf(place.limn().images.generate(wish, { delivery: intoFiles }));
    expect([error.code, error.exitStatus, place.delivered()]).toEqual(["not_honoured", 7, ["a-red-fox.png"]]);
  });

  test.each([
    ["webp", "fox.webp", "image/webp"],
    ["jpeg", "fox.jpg", "image/jpeg"],
    ["avif", "fox.avif", "image/avif"],
    ["png", "fox.png", "image/png"],
  ] as const)("and the type %s come by the output's name", async (format, output, mediaType) => {
    const place = await placeWithEmulator({ emulator: { scenario: ok } });
    const delivery = { ...intoFiles, output };
    const result = await place.limn({ imageTools }).images.generate({ ...fox, size: "32x32" }, { delivery });
    const says = await sharp(readFileSync(join(place.out, output))).metadata();
    expect([result.images[0]?.mediaType, says.width, says.height]).toEqual([mediaType, 32, 32]);
    expect(says.format).toBe(format === "avif" ? "heif" : format);
    expect(result.warnings.filter(({ code }) => code === "output_extension_differs")).toEqual([]);
  });

  test("need what makes them: without it nothing is sent", async () => {
    const place = await placeWithEmulator();
    for (const wish of [{ size: "1200x630" }, { format: "webp" }, { aspect: "1:1", fit: "pad" }] as const) {
      const error = await limnErrorOf(place.limn().images.generate({ ...fox, ...wish }));
      expect([error.code, error.hint]).toEqual([
        "unsupported_option",
        expect.stringContaining("npm install @limn/finish"),
      ]);
    }
    expect(place.emulator.calls).toEqual([]);
  });
});

describe("transparency", () => {
  const transparent = { ...fox, background: "transparent" } as const;
  const big = "320x240";

  test("that came is only looked at", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: { name: "ok", size: big } } });
    const result = await place.limn({ imageTools }).images.generate(transparent, { delivery: intoFiles });
    expect([result.truth, result.steps, result.warnings]).toEqual([
      [{ property: "background", asked: "transparent", outcome: "honoured", got: "alpha" }],
      [],
      [],
    ]);
  });

  test.each([
    ["plain-background", big],
    // Its fields have the size that they have in a picture of the service.
    ["checkerboard", "1024x1024"],
  ])("is made here before a %s of %s", async (name, pixels) => {
    const place = await placeWithEmulator({ emulator: { scenario: { name, size: pixels } } });
    const result = await place.limn({ imageTools }).images.generate(transparent, { delivery: intoFiles });
    expect([result.truth, codesOf(result), result.imagesSpent]).toEqual([
      [{ property: "background", asked: "transparent", outcome: "done-locally", got: "alpha" }],
      [],
      1,
    ]);
    const { data, info } = await sharp(readFileSync(join(place.out, "a-red-fox.png")))
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.channels, data[3], result.images[0]?.hasAlpha]).toEqual([4, 0, true]);
  });

  test("that cannot be made here is a warning, and never a fake", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: { name: "gradient-background", size: big } } });
    const result = await place.limn({ imageTools }).images.generate(transparent);
    expect([result.images[0]?.hasAlpha, result.warnings.map(({ code }) => code), result.imagesSpent]).toEqual([
      false,
      ["alpha_missing"],
      1,
    ]);
  });

  test("that must be there is an error when it is not; the picture is kept", async () => {
    const place = await placeWithEmulator({ emulator: { scenario: { name: "gradient-background", size: big } } });
    const error = await limnErrorOf(
      place.limn({ imageTools }).images.generate({ ...transparent, alpha: "strict" }, { delivery: intoFiles }),
    );
    expect([error.code, error.exitStatus, place.delivered()]).toEqual(["alpha_missing", 7, ["a-red-fox.png"]]);
  });

  test("may cost one more image, which is told before it is asked for, and counted", async () => {
    const scenario = [
      { name: "gradient-background", size: big },
      { name: "ok", size: big },
    ];
    const place = await placeWithEmulator({ emulator: { scenario } });
    const calls: [string, number][] = [];
    const onEvent = ({ type }: GenerationEvent): void => void calls.push([type, place.imageCalls().length]);
    const result = await place
      .limn({ imageTools })
      .images.generate({ ...transparent, allowExtraImages: 1 }, { delivery: intoFiles, onEvent });
    expect(calls.find(([type]) => type === "extra-image")).toEqual(["extra-image", 1]);
    expect([result.imagesSpent, result.images.length, result.truth[0]?.outcome]).toEqual([2, 1, "done-locally"]);
    const [first, second] = place.imageCalls();
    expect([first?.route, second?.route, place.imageCalls().length]).toEqual(["images.generations", "images.edits", 2]);
    expect(sentPictures(second?.body)).toEqual([manifestOf(place, result).images[0]?.sha256]);
    expect(manifestOf(place, result)).toMatchObject({
      state: "done",
      calls: [{ attempts: 2, state: "done" }],
      extras: [{ index: 0, file: "extra-1.png" }],
    });
  });
});

describe("a mask", () => {
  test("changes its region only: every pixel outside is the one before, to the bit", async () => {
    const place = await placeWithEmulator();
    const [width, height] = [240, 160];
    const noise = Buffer.from(
      Array.from({ length: width * height * 3 }, (_, at) => (at * 7919 + (at >> 3) * 31) % 256),
    );
    const base = join(place.out, "base.png");
    await sharp(noise, { raw: { width, height, channels: 3 } })
      .png()
      .toFile(base);
    const mask = join(place.out, "mask.png");
    const region =
      '<svg width="240" height="160"><rect width="240" height="160"/><rect x="80" y="40" width="70" height="60" fill="#fff"/></svg>';
    await sharp(Buffer.from(region)).png().toFile(mask);
    const result = await place
      .limn({ imageTools })
      .images.edit({ prompt: "a hat", images: [base], mask }, { delivery: { ...intoFiles, output: "hat.png" } });
    const { data, info } = await sharp(join(place.out, "hat.png"))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height, result.images[0]?.mediaType]).toEqual([width, height, "image/png"]);
    let changedInside = 0;
    const changedOutside: number[] = [];
    for (let pixel = 0; pixel < width * height; pixel += 1) {
      const same = [0, 1, 2].every((channel) => data[pixel * 3 + channel] === noise[pixel * 3 + channel]);
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      const isInside = x >= 80 && x < 150 && y >= 40 && y < 100;
      if (!same && isInside) changedInside += 1;
      if (!same && !isInside) changedOutside.push(pixel);
    }
    expect(changedOutside).toEqual([]);
    expect(changedInside).toBeGreaterThan(1000);
    // Only the part around the region went out, never the mask.
    expect(sentPictures(place.imageCalls()[0]?.body)).toHaveLength(1);
    expect(result.inputs.map(({ role }) => role)).toEqual(["image", "mask"]);
    expect(result.asked).toEqual({ images: 1, mask: true });
  });

  test("of another size, or one that selects nothing or all, sends nothing", async () => {
    const place = await placeWithEmulator();
    const base = await file(place, 1);
    const codes: unknown[] = [];
    for (const [width, background] of [
      [50, "#fff"],
      [96, "#000"],
      [96, "#fff"],
    ] as const) {
      const mask = await sharp({ create: { width, height: 64, channels: 3, background } })
        .png()
        .toBuffer();
      const request = { prompt: "a hat", images: [base], mask: new Uint8Array(mask) };
      codes.push((await limnErrorOf(place.limn({ imageTools }).images.edit(request))).code);
    }
    expect([codes, place.emulator.calls]).toEqual([["invalid_option", "invalid_option", "invalid_option"], []]);
  });

  test("needs what blends it: without it nothing is sent", async () => {
    const place = await placeWithEmulator();
    const error = await limnErrorOf(
      place.limn().images.edit({ prompt: "a hat", images: [await file(place, 1)], mask: await file(place, 2) }),
    );
    expect([error.code, place.emulator.calls]).toEqual(["unsupported_option", []]);
  });
});
