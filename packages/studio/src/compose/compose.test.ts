import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CapabilityRow, StudioEngine } from "@limn/core";
import { parseAspect as coreAspect } from "../../../core/src/client/aspect.ts";
import { parseSize as coreSize } from "../../../core/src/client/size.ts";
import { findFaults } from "../../../core/src/client/validate-request.ts";
import { checkDraft, maxInputBytes, maxPromptLength } from "./check-draft.ts";
import {
  addReferences,
  emptyDraft,
  emptyOptions,
  maskOf,
  moveReference,
  removeReference,
  setRole,
  sourceOf,
  type Draft,
  type DraftOptions,
  type LibraryReference,
  type UploadReference,
} from "./draft.ts";
import { mostImages, wishesOf } from "./honours.ts";
import { fingerprintOf, intentAfter, intentFor, outcomeOf } from "./intent.ts";
import { readDrafts, writeDrafts } from "./keep-draft.ts";
import { parseAspect, parseSize, sizePresets } from "./size.ts";
import { emptySlots } from "./two-drafts.ts";
import { toRequest } from "./studio-request.ts";

const seeded = { seed: 7, numRuns: 400 };
const limits = { maxImages: 16 };
const library = (key: string): LibraryReference => ({
  kind: "library",
  key,
  name: key,
  id: `gen_${key}`,
  index: 0,
  sha256: "ab",
  width: 100,
  height: 80,
});
const upload = (key: string, bytes: number, name = `${key}.png`): UploadReference => {
  const file = new File([], name, { type: "image/png", lastModified: 5 });
  Object.defineProperty(file, "size", { value: bytes });
  return { kind: "upload", key, name, file, width: 10, height: 10 };
};
const draftOf = (change: Partial<Draft>, options: Partial<DraftOptions> = {}): Draft => ({
  ...emptyDraft,
  prompt: "a fox",
  ...change,
  options: { ...emptyOptions, ...options },
});
const masked = (options: Partial<DraftOptions> = {}): Draft =>
  draftOf(
    {
      operation: "edit",
      references: [library("a"), library("b")],
      mask: { of: "a", file: new File(["x"], "region.png"), share: 0.2 },
    },
    options,
  );
const keys = (draft: Draft): string[] => draft.references.map(({ key }) => key);
const faultsOf = (draft: Draft): string[] => checkDraft(draft, limits).map(({ field, text }) => `${field} ${text}`);

describe("sizes and shapes", () => {
  const side = fc.oneof(fc.integer({ min: 0, max: 9000 }), fc.constantFrom(15, 16, 8192, 8193, 5830, 5831));

  test("are taken and refused exactly as limn itself takes and refuses them", () => {
    fc.assert(
      fc.property(side, side, (width, height) => {
        const ours = parseSize(`${width}x${height}`);
        const theirs = coreSize(`${width}x${height}`);
        if (typeof theirs === "string") expect(ours).toHaveProperty("fault");
        else expect(ours).toEqual(theirs);
      }),
      seeded,
    );
    const ratio = fc.integer({ min: 0, max: 101 });
    fc.assert(
      fc.property(ratio, ratio, (width, height) => {
        const theirs = coreAspect(`${width}:${height}`);
        const ours = parseAspect(`${width}:${height}`);
        expect(typeof ours === "number").toBe(typeof theirs === "object");
      }),
      seeded,
    );
  });

  test("every preset is one that limn takes", () => {
    for (const { size } of sizePresets) if (size !== "") expect(typeof coreSize(size)).toBe("object");
    expect(parseSize("2k")).toEqual({ longestSide: 2048 });
  });

  test("spaces and the real times sign are put right before they are sent", () => {
    const { request } = toRequest(draftOf({}, { size: " 1200 × 630 ", aspect: "" }));
    expect(request.size).toBe("1200x630");
  });
});

describe("what the composer lets through", () => {
  const optional = <Value>(...values: Value[]): fc.Arbitrary<Value> => fc.constantFrom(...values);

  test("is what limn lets through, whatever the options", () => {
    fc.assert(
      fc.property(
        fc.record({
          size: optional("", "1200x630", "1024x1024", "2K", "8192x8192", "10x10", "wide"),
          aspect: optional("", "square", "40:21", "16:9", "9:1", "0:1", "tall"),
          fit: optional<DraftOptions["fit"]>("", "cover", "contain", "pad", "native"),
          background: optional<DraftOptions["background"]>("", "transparent", "opaque"),
          format: optional<DraftOptions["format"]>("", "png", "jpeg", "webp", "gif"),
          compression: optional("", "0", "80", "101", "-1", "many"),
          n: fc.integer({ min: 1, max: 10 }),
        }),
        optional<"generate" | "edit" | "masked">("generate", "edit", "masked"),
        (options, kind) => {
          const draft =
            kind === "masked"
              ? masked(options)
              : draftOf({ operation: kind, references: kind === "edit" ? [library("a")] : [] }, options);
          const { request } = toRequest(draft);
          const plain = { ...request, ...(request.mask === undefined ? {} : { mask: "region.png" }) };
          const theirs = findFaults({ ...plain, ...(request.images === undefined ? {} : { images: ["a.png"] }) });
          expect([faultsOf(draft).length === 0, faultsOf(draft)]).toEqual([theirs.length === 0, faultsOf(draft)]);
        },
      ),
      { ...seeded, numRuns: 1500 },
    );
  });

  test("a prompt is needed, and has at most 32,000 characters", () => {
    expect(faultsOf(draftOf({ prompt: " \n" }))).toEqual(["prompt compose.faultPromptMissing"]);
    expect(faultsOf(draftOf({ prompt: "x".repeat(maxPromptLength) }))).toEqual([]);
    expect(checkDraft(draftOf({ prompt: "x".repeat(maxPromptLength + 1) }), limits)).toEqual([
      { field: "prompt", text: "compose.faultPromptLong", values: { length: 32_001, limit: 32_000 } },
    ]);
  });

  test("files over 25 MiB, too many pictures and too much in all are said before anything is sent", () => {
    expect(faultsOf(draftOf({ references: [upload("a", maxInputBytes)] }))).toEqual([]);
    expect(faultsOf(draftOf({ references: [upload("a", maxInputBytes + 1)] }))).toEqual([
      "images compose.faultTooLarge",
    ]);
    const shrink = { shrinkInputs: true };
    expect(faultsOf(draftOf({ references: [upload("a", maxInputBytes * 2)] }, shrink))).toEqual([]);
    const two = [upload("a", 24e6), upload("b", 24e6)];
    expect(faultsOf(draftOf({ references: two }))).toEqual(["images compose.faultTooLargeInAll"]);
    const six = Array.from({ length: 6 }, (_, index) => library(String(index)));
    expect(checkDraft(draftOf({ references: six }), { maxImages: 5 })).toEqual([
      { field: "images", text: "compose.faultTooMany", values: { count: 6, limit: 5 } },
    ]);
  });

  test("a source with a region is never scaled down, so its own limit stays", () => {
    const draft = masked({ shrinkInputs: true });
    const large = { ...draft, references: [{ ...upload("a", maxInputBytes + 1), key: "a" }] };
    expect(faultsOf(large)).toEqual(["images compose.faultTooLarge"]);
  });
});

describe("the pictures that go in", () => {
  const three = draftOf({ operation: "edit", references: [library("a"), library("b"), library("c")] });

  test("keep their order, and move one place at a time", () => {
    expect(keys(moveReference(three, "c", -1))).toEqual(["a", "c", "b"]);
    expect(keys(moveReference(three, "a", 5))).toEqual(["b", "c", "a"]);
    expect(keys(moveReference(three, "a", -1))).toEqual(["a", "b", "c"]);
    expect(keys(addReferences(three, [library("d")]))).toEqual(["a", "b", "c", "d"]);
  });

  test("the source of an edit is the first one; making another the source puts it first", () => {
    expect(sourceOf(three)?.key).toBe("a");
    expect(keys(setRole(three, "c", "source"))).toEqual(["c", "a", "b"]);
    expect(keys(setRole(three, "a", "reference"))).toEqual(["b", "a", "c"]);
    const generating: Draft = { ...three, operation: "generate" };
    expect([sourceOf(generating), setRole(generating, "b", "source").operation]).toEqual([null, "edit"]);
  });

  test("a change that loses its last picture stays a change, and asks for one", () => {
    const one = draftOf({ operation: "edit", references: [library("a")] });
    expect(removeReference(one, "a").operation).toBe("edit");
    expect(faultsOf(removeReference(one, "a"))).toEqual(["images compose.faultNoSource"]);
    expect(setRole(one, "a", "reference").operation).toBe("generate");
  });

  test("a region counts only for the source that it was painted on", () => {
    const draft = masked();
    expect(maskOf(draft)?.share).toBe(0.2);
    expect(maskOf(moveReference(draft, "a", 1))).toBeNull();
    expect(maskOf(moveReference(moveReference(draft, "a", 1), "a", -1))?.share).toBe(0.2);
    expect(removeReference(draft, "a").mask).toBeNull();
  });
});

describe("the request", () => {
  test("holds only what was asked for", () => {
    expect(toRequest(draftOf({}))).toEqual({ request: { operation: "generate", prompt: "a fox" }, files: [] });
  });

  test("names uploads by their part of the form, and pictures of the library by their id", () => {
    const draft = { ...masked(), references: [library("a"), upload("u", 10, "b.png")] };
    const { request, files } = toRequest(draft);
    expect(request.images).toEqual([
      { kind: "artifact", id: "gen_a", index: 0 },
      { kind: "upload", part: "image2", name: "b.png" },
    ]);
    expect(request.mask).toEqual({ kind: "upload", part: "mask", name: "region.png" });
    expect(files.map(({ part, name }) => [part, name])).toEqual([
      ["image2", "b.png"],
      ["mask", "region.png"],
    ]);
  });

  test("with a region leaves out size, shape and type, which stay those of the picture", () => {
    const { request } = toRequest(
      masked({ size: "2K", aspect: "square", fit: "pad", format: "webp", compression: "9", n: 2 }),
    );
    expect(Object.keys(request).toSorted()).toEqual(["images", "mask", "n", "operation", "prompt"]);
  });
});

describe("one wish, one key", () => {
  const parts = toRequest(draftOf({ references: [upload("a", 10)] }));
  let made = 0;
  const makeKey = (): string => `key-${(made += 1)}`;

  test("the same draft is tried again under the same key; a changed one gets another", () => {
    const first = intentFor(parts, null, makeKey);
    expect(intentFor(toRequest(draftOf({ references: [upload("a", 10)] })), first, makeKey)).toBe(first);
    expect(intentFor(toRequest(draftOf({ prompt: "a cat" })), first, makeKey).key).not.toBe(first.key);
    expect(fingerprintOf(toRequest(draftOf({ references: [upload("a", 11)] })))).not.toBe(first.fingerprint);
  });

  test("no answer, and an answer that does not say, keep the key; a refusal frees it", () => {
    expect([200, 202, 400, 404, 409, 422, 0, 408, 500, 502, 503].map(outcomeOf)).toEqual([
      "accepted",
      "accepted",
      "refused",
      "refused",
      "refused",
      "refused",
      "unclear",
      "unclear",
      "unclear",
      "unclear",
      "unclear",
    ]);
  });
});

describe("a wish after its tries", () => {
  test("keeps its key once a try was unclear, whatever is refused afterwards; success frees it", () => {
    const fresh = { key: "k", fingerprint: "f", isUnclear: false };
    const unclear = { ...fresh, isUnclear: true };
    expect(intentAfter(fresh, "refused")).toBeNull();
    expect(intentAfter(fresh, "unclear")).toEqual(unclear);
    expect(intentAfter(unclear, "refused")).toEqual(unclear);
    expect(intentAfter(unclear, "unclear")).toEqual(unclear);
    expect(intentAfter(unclear, "accepted")).toBeNull();
  });
});

describe("the kept drafts", () => {
  test("come back each with its options, its pictures of the library and the key of its pending try", () => {
    const intent = { key: "k", fingerprint: "f", isUnclear: true };
    const edit = draftOf(
      { operation: "edit", references: [library("a"), upload("u", 5)], prompt: "<b>\u0000</b>\n猫" },
      { size: "2K", n: 4, engine: "responses", partials: 2, shrinkInputs: true, background: "opaque" },
    );
    const generate = draftOf({ prompt: "a lighthouse" });
    const slots = { generate: { draft: generate, intent: null }, edit: { draft: edit, intent } };
    expect(readDrafts(writeDrafts(slots))).toEqual({
      generate: { draft: generate, intent: null },
      edit: { draft: { ...edit, references: [library("a")] }, intent },
    });
  });

  test("a change whose uploads are lost stays a change, so that its words never make a new picture", () => {
    const edit = draftOf({ operation: "edit", references: [upload("u", 5)], prompt: "make it red" });
    const kept = readDrafts(writeDrafts({ ...emptySlots, edit: { draft: edit, intent: null } }));
    expect(kept.edit.draft).toEqual({ ...edit, references: [] });
    expect(kept.generate).toEqual(emptySlots.generate);
  });

  test("whatever is found there, two whole drafts come of it", () => {
    fc.assert(
      fc.property(fc.oneof(fc.json(), fc.string()), fc.boolean(), (text, isInside) => {
        const { generate, edit } = readDrafts(isInside ? `{"generate":${text},"edit":${text}}` : text);
        for (const { draft } of [generate, edit]) {
          expect(Object.keys(draft.options).toSorted()).toEqual(Object.keys(emptyOptions).toSorted());
          expect(typeof draft.prompt).toBe("string");
        }
        expect([generate.draft.operation, edit.draft.operation]).toEqual(["generate", "edit"]);
      }),
      seeded,
    );
    expect(readDrafts('{"generate":{"options":{"n":99,"engine":"other","fit":"stretch"},"operation":"edit"}}')).toEqual(
      emptySlots,
    );
    expect(readDrafts(null)).toEqual(emptySlots);
  });
});

describe("what becomes of a wish", () => {
  const row = (property: string, honoured: CapabilityRow["honoured"]): CapabilityRow => ({
    property,
    honoured,
    note: "",
    date: "2026-11-01",
    source: "test",
  });
  const engine = (rows: CapabilityRow[]): Pick<StudioEngine, "rows"> => ({ rows });
  const told = (draft: Draft, rows: CapabilityRow[]): Record<string, string> =>
    Object.fromEntries(wishesOf(draft, engine(rows)).map(({ property, honoured }) => [property, honoured]));

  test("pixels, file types and regions are finished by limn where the service does not see to them", () => {
    const rows = [
      row("size", "ignored"),
      row("format", "unknown"),
      row("background", "yes"),
      row("quality", "reported"),
    ];
    const draft = draftOf(
      {},
      { size: "2K", format: "webp", compression: "80", background: "transparent", quality: "high" },
    );
    expect(told(draft, rows)).toEqual({
      size: "limn",
      format: "limn",
      compression: "limn",
      background: "service",
      quality: "reported",
    });
    expect(told(draftOf({}, { size: "2K" }), [row("size", "yes")])).toEqual({ size: "service" });
    expect(told(masked({ size: "2K" }), rows)).toEqual({ mask: "limn" });
  });

  test("what nobody has said that the engine does, is not promised", () => {
    expect(told(draftOf({}, { partials: 2, aspect: "16:9", model: "x" }), [row("aspect", "by-words")])).toEqual({
      aspect: "words",
      model: "ignored",
      partials: "ignored",
    });
    expect(told(draftOf({}), [])).toEqual({});
  });

  test("automatic takes as many pictures as the best usable engine, and never counts on Codex", () => {
    const made = (id: StudioEngine["id"], maxImages: number, isUsable: boolean): StudioEngine => ({
      id,
      isUsable,
      note: "",
      maxImages,
      maxPartials: 0,
      rows: [],
    });
    const list = [made("images", 5, true), made("responses", 16, false), made("codex", 9, true)];
    expect([mostImages(list, "auto"), mostImages(list, "codex"), mostImages([], "auto")]).toEqual([5, 9, 16]);
  });
});
