import { describe, expect, test } from "vitest";
import { thrownBy } from "../../../../test/support/rejection.ts";
import type { EngineCapabilities } from "../contracts/capabilities.ts";
import type { Engine } from "../contracts/engine.ts";
import { imagesCapabilities } from "./images/capabilities.ts";
import { responsesCapabilities } from "./responses/capabilities.ts";
import { selectEngine } from "./select.ts";
import type { EngineNeeds } from "./select.ts";

const unused = (): never => {
  throw new Error("not used here");
};
const engine = (capabilities: EngineCapabilities): Engine => ({
  id: capabilities.engine,
  capabilities,
  describe: unused,
  prepare: unused,
  run: unused,
});
const images = engine(imagesCapabilities);
const responses = engine(responsesCapabilities);
/** As the engine that drives a program is: by name only. */
const codex = engine({
  ...responsesCapabilities,
  engine: "codex",
  explicitOnly: true,
  maxInputImages: 5,
  alsoSpends: "an agent's tokens",
  partials: false,
});
const all = [images, responses, codex];

const nothing: EngineNeeds = { wanted: "auto", model: null, inputImages: 0, partials: 0, drivesCodex: false };
const choose = (needs: Partial<EngineNeeds>, engines: readonly Engine[] = all): ReturnType<typeof selectEngine> =>
  selectEngine(engines, { ...nothing, ...needs });
const refusal = (needs: Partial<EngineNeeds>, engines: readonly Engine[] = all): ReturnType<typeof thrownBy> =>
  thrownBy(() => choose(needs, engines));

const byDefault = "the default: the prompt goes verbatim, one image a call, nothing but images is spent";
const spends = "; it also spends the weekly Codex window and about 2,300 chat tokens an image";

describe("by itself", () => {
  test.each<[string, Partial<EngineNeeds>, string, string]>([
    ["nothing special", {}, "images", byDefault],
    ["five inputs", { inputImages: 5 }, "images", byDefault],
    ["six inputs", { inputImages: 6 }, "responses", `it takes 6 input images${spends}`],
    ["sixteen inputs", { inputImages: 16 }, "responses", `it takes 16 input images${spends}`],
    ["previews", { partials: 1 }, "responses", `it sends previews${spends}`],
    [
      "previews of many inputs",
      { partials: 3, inputImages: 7 },
      "responses",
      `it takes 7 input images, it sends previews${spends}`,
    ],
    ["an image model", { model: "gpt-image-2" }, "images", "it takes the model gpt-image-2"],
    ["a tier", { model: "gpt-image-2-high" }, "images", "it takes the model gpt-image-2-high"],
    ["a chat model", { model: "gpt-5.6-sol" }, "responses", `it takes the model gpt-5.6-sol${spends}`],
    [
      "a chat model with previews",
      { model: "gpt-5.6-sol", partials: 2 },
      "responses",
      `it sends previews, it takes the model gpt-5.6-sol${spends}`,
    ],
  ])("for %s the engine is chosen with its reason, and what it spends", (_, needs, id, reason) => {
    const choice = choose(needs);
    expect([choice.engine.id, choice.reason]).toEqual([id, reason]);
  });

  test.each<[string, Partial<EngineNeeds>, string, object]>([
    ["seventeen inputs", { inputImages: 17 }, "too_many_inputs", { count: 17, limit: 16, engine: "responses" }],
    [
      "an image model that nobody has",
      { model: "dall-e-3" },
      "unsupported_option",
      { option: "model", engine: "images", models: imagesCapabilities.models },
    ],
    [
      "an image model that does not exist yet",
      { model: "gpt-image-3" },
      "unsupported_option",
      { option: "model", engine: "images", models: imagesCapabilities.models },
    ],
    [
      "an image model with six inputs",
      { model: "gpt-image-2", inputImages: 6 },
      "too_many_inputs",
      { count: 6, limit: 5, engine: "images" },
    ],
    [
      "an image model with previews",
      { model: "gpt-image-2", partials: 1 },
      "unsupported_option",
      { option: "partials", engine: "images" },
    ],
    // The program is driven only when it is named, whatever else is given.
    [
      "a way to drive Codex",
      { drivesCodex: true },
      "unsupported_option",
      { option: "codexDriver", engine: "responses" },
    ],
  ])("for %s none is chosen", (_, needs, code, details) => {
    const error = refusal(needs);
    expect([error.code, error.details, error.hint]).toEqual([code, details, expect.any(String)]);
  });

  test("never is an engine that has to be named", () => {
    expect(choose({}, [codex, images]).engine).toBe(images);
    for (const engines of [[codex], []]) expect(refusal({}, engines).code).toBe("engine_unavailable");
  });

  test("follows the tables, not the names", () => {
    const larger = engine({ ...imagesCapabilities, maxInputImages: 16, partials: true });
    expect(choose({ inputImages: 16, partials: 3 }, [larger, responses]).engine).toBe(larger);
  });
});

describe("by name", () => {
  test.each([
    [images, "--engine images was given"],
    [responses, `--engine responses was given${spends}`],
    [codex, "--engine codex was given; it also spends an agent's tokens"],
  ])("the named one is taken", (named, reason) => {
    expect(choose({ wanted: named.id })).toEqual({ engine: named, reason });
  });

  test("Codex may be driven in a certain way", () => {
    expect(choose({ wanted: "codex", drivesCodex: true }).engine).toBe(codex);
  });

  test("an engine that this program has not is said so", () => {
    const error = refusal({ wanted: "codex" }, [images]);
    expect([error.code, error.message, error.hint]).toEqual([
      "engine_unavailable",
      'The engine "codex" cannot be used here; images can. Nothing was sent.',
      expect.stringContaining("leave out --sandbox"),
    ]);
    expect(refusal({ wanted: "images" }, [responses, codex])).toMatchObject({
      message: 'The engine "images" cannot be used here; responses and codex can. Nothing was sent.',
      hint: "See: limn capabilities",
    });
  });

  test("six inputs are too many for the native routes, and the engine that takes them is named with what it spends", () => {
    const error = refusal({ wanted: "images", inputImages: 6 });
    expect([error.code, error.exitStatus, error.message, error.hint, error.details]).toEqual([
      "too_many_inputs",
      3,
      '6 input images were given, and the engine "images" takes 5. Nothing was sent.',
      "Leave some out, or let --engine responses take them: it also spends the weekly Codex window and about 2,300 chat tokens an image",
      { count: 6, limit: 5, engine: "images" },
    ]);
  });

  test.each(["images", "responses", "codex"] as const)(
    "seventeen inputs are too many for %s, and nobody else is named",
    (wanted) => {
      const error = refusal({ wanted, inputImages: 17 });
      expect([error.code, error.hint]).toEqual(["too_many_inputs", "Leave some out, or put several into one picture."]);
    },
  );

  test.each<[Partial<EngineNeeds>, object]>([
    [
      { wanted: "images", partials: 1 },
      { option: "partials", engine: "images" },
    ],
    [
      { wanted: "images", drivesCodex: true },
      { option: "codexDriver", engine: "images" },
    ],
    [
      { wanted: "responses", drivesCodex: true },
      { option: "codexDriver", engine: "responses" },
    ],
    [
      { wanted: "images", model: "gpt-5.6-sol" },
      { option: "model", engine: "images", models: imagesCapabilities.models },
    ],
    [
      { wanted: "responses", model: "gpt-image-2" },
      { option: "model", engine: "responses", models: imagesCapabilities.models },
    ],
    [
      { wanted: "responses", model: "DALL-E-3" },
      { option: "model", engine: "responses", models: imagesCapabilities.models },
    ],
  ])("%o is refused", (needs, details) => {
    const error = refusal(needs);
    expect([error.code, error.exitStatus, error.details]).toEqual(["unsupported_option", 2, details]);
  });

  test("a host model is the account's business: any chat model's name is taken", () => {
    for (const model of ["gpt-5.5", "gpt-7", "o9"])
      expect(choose({ wanted: "responses", model }).engine).toBe(responses);
  });
});
