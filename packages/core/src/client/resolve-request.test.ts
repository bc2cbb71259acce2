import { describe, expect, test } from "vitest";
import { thrownBy } from "../../../../test/support/rejection.ts";
import type { Engine } from "../contracts/engine.ts";
import type { GenerateRequest } from "../contracts/request.ts";
import { imagesCapabilities } from "../engines/images/capabilities.ts";
import { selectEngine } from "../engines/select.ts";
import { resolveRequest } from "./resolve-request.ts";

const unused = (): never => {
  throw new Error("not used here");
};
const engine: Engine = {
  id: "images",
  capabilities: imagesCapabilities,
  describe: unused,
  prepare: unused,
  run: unused,
};
const resolve = (request: Omit<GenerateRequest, "operation" | "prompt">): ReturnType<typeof resolveRequest> =>
  resolveRequest({ operation: "generate", prompt: " a fox\n", ...request }, (wanted, model) =>
    selectEngine([engine], wanted, model),
  );

const defaults = {
  operation: "generate",
  prompt: " a fox\n",
  n: 1,
  aspect: null,
  background: "auto",
  quality: null,
  model: null,
  engine: "images",
  strict: false,
  images: [],
};

describe("a resolved request", () => {
  test("has every default, the prompt as it is, and asks for nothing that was not said", () => {
    const { request, asked, engine: chosen } = resolve({});
    expect([request, asked, chosen]).toEqual([defaults, {}, engine]);
  });

  test("has what was said, and says that it was said", () => {
    const said = {
      n: 3,
      aspect: "portrait",
      background: "transparent",
      quality: "max",
      model: "gpt-image-2",
      engine: "images",
    } as const;
    const { request, asked, reason } = resolve({ ...said, strict: true });
    expect(request).toEqual({ ...defaults, ...said, aspect: { width: 2, height: 3 }, strict: true });
    expect([asked, reason]).toEqual([said, "--engine images was given"]);
  });

  test.each([
    ["gpt-image-2", undefined, null],
    ["gpt-image-2-low", undefined, "low"],
    ["gpt-image-2-medium", undefined, "medium"],
    ["gpt-image-2-high", undefined, "high"],
    ["gpt-image-2-high", "auto", "auto"],
  ] as const)("of the model %s with quality %s wishes for %s", (model, quality, wished) => {
    const { request } = resolve({ model, ...(quality === undefined ? {} : { quality }) });
    expect([request.model, request.quality]).toEqual([model, wished]);
  });
});

describe("the choice of an engine", () => {
  test.each(["auto", "images"] as const)("%s refuses a model that it has not", (wanted) => {
    const error = thrownBy(() => selectEngine([engine], wanted, "dall-e-3"));
    expect([error.code, error.details]).toEqual([
      "unsupported_option",
      { option: "model", engine: "images", models: imagesCapabilities.models },
    ]);
  });

  test("is of one that there is", () => {
    expect([
      thrownBy(() => selectEngine([], "images", null)).code,
      thrownBy(() => selectEngine([], "auto", null)).code,
    ]).toEqual(["engine_unavailable", "engine_unavailable"]);
    expect(selectEngine([engine], "auto", null).engine).toBe(engine);
  });
});
