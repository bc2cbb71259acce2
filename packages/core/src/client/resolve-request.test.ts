import { describe, expect, test } from "vitest";
import { thrownBy } from "../../../../test/support/rejection.ts";
import type { EngineCapabilities } from "../contracts/capabilities.ts";
import type { Engine } from "../contracts/engine.ts";
import type { EditRequest, GenerateRequest, PictureFormat } from "../contracts/request.ts";
import { imagesCapabilities } from "../engines/images/capabilities.ts";
import { selectEngine } from "../engines/select.ts";
import { chooseEngine, resolveRequest } from "./resolve-request.ts";

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

interface Circumstances {
  readonly outputFormat?: PictureFormat | null;
  readonly capabilities?: EngineCapabilities;
}
type Wishes = Omit<GenerateRequest, "operation" | "prompt">;

const resolve = (
  request: Wishes,
  { outputFormat = null, capabilities = imagesCapabilities }: Circumstances = {},
): ReturnType<typeof resolveRequest> =>
  resolveRequest({ operation: "generate", prompt: " a fox\n", ...request }, { capabilities, outputFormat });
const resolveEdit = (
  request: Omit<EditRequest, "operation" | "prompt" | "images">,
  outputFormat: PictureFormat | null = null,
): ReturnType<typeof resolveRequest> =>
  resolveRequest(
    { operation: "edit", prompt: "make it night", images: ["fox.png"], ...request },
    { capabilities: imagesCapabilities, outputFormat },
  );

const defaults = {
  operation: "generate",
  prompt: " a fox\n",
  n: 1,
  aspect: null,
  native: { aspect: null, size: null, quality: null },
  wish: { size: null, aspect: null, fit: "native", format: null, compression: null },
  background: "auto",
  alpha: "best",
  allowExtraImages: 0,
  quality: null,
  model: null,
  engine: "images",
  codexDriver: "auto",
  partials: 0,
  strict: false,
  images: [],
};

describe("a resolved request", () => {
  test("has every default, the prompt as it is, and asks for nothing that was not said", () => {
    expect(resolve({})).toEqual({ request: defaults, asked: {} });
    expect(resolve({ size: "auto", images: [] })).toEqual({ request: defaults, asked: { size: "auto" } });
  });

  test("has what was said, and says that it was said", () => {
    const said = {
      n: 3,
      aspect: "portrait",
      size: "1200x1800",
      fit: "pad",
      format: "webp",
      compression: 80,
      background: "transparent",
      alpha: "strict",
      allowExtraImages: 2,
      quality: "max",
      model: "gpt-image-2",
      engine: "images",
      codexDriver: "exec",
      partials: 2,
      shrinkInputs: true,
    } as const;
    const { request, asked } = resolve({ ...said, strict: true, images: ["a.png", Buffer.from("b")] });
    const aspect = { width: 2, height: 3 };
    const { format, compression, fit, size: _size, shrinkInputs: _shrink, ...rest } = said;
    expect(request).toEqual({
      ...defaults,
      ...rest,
      aspect,
      native: { aspect, size: null, quality: null },
      wish: { size: { width: 1200, height: 1800 }, aspect, fit, format, compression },
      strict: true,
    });
    // The inputs themselves are in the record by their hashes.
    expect(asked).toEqual({ ...said, strict: true, images: 2 });
  });

  test("of an edit says that there was a mask", () => {
    const { request, asked } = resolveEdit({ mask: "mask.png" });
    expect([request.operation, asked]).toEqual(["edit", { images: 1, mask: true }]);
    expect(resolveEdit({}).asked).toEqual({ images: 1 });
  });

  test.each([
    ["gpt-image-2", undefined, null],
    ["gpt-image-2-low", undefined, "low"],
    ["gpt-image-2-medium", undefined, "medium"],
    ["gpt-image-2-high", undefined, "high"],
    ["gpt-image-2-high", "auto", "auto"],
    ["gpt-image-2-high", "high", "high"],
    ["gpt-5.6-sol", undefined, null],
  ] as const)("of the model %s with quality %s wishes for %s", (model, quality, wished) => {
    const { request } = resolve({ model, ...(quality === undefined ? {} : { quality }) });
    expect([request.model, request.quality]).toEqual([model, wished]);
  });

  test("asks the engine itself for what its table says that it honours", () => {
    const honest = {
      ...imagesCapabilities,
      rows: imagesCapabilities.rows.map((row) => ({ ...row, honoured: "yes" as const })),
    };
    const { request } = resolve({ size: "1200x630", model: "gpt-image-2-high" }, { capabilities: honest });
    expect(request.native).toEqual({ aspect: null, size: { width: 1200, height: 640 }, quality: "high" });
  });
});

describe("what is to be delivered", () => {
  test.each<[Wishes, PictureFormat | null, object]>([
    [{ size: "1200x630" }, null, { size: { width: 1200, height: 630 }, fit: "cover" }],
    [{ size: "2K" }, null, { size: { longestSide: 2048 }, fit: "cover" }],
    [{ size: "1200x630", fit: "native" }, null, { size: { width: 1200, height: 630 }, fit: "native" }],
    [{ size: "1200x630", fit: "contain" }, null, { fit: "contain" }],
    // A shape alone is asked in words; it is cut only when that is said.
    [{ aspect: "16:9" }, null, { size: null, aspect: { width: 16, height: 9 }, fit: "native" }],
    [{ aspect: "16:9", fit: "cover" }, null, { size: null, aspect: { width: 16, height: 9 }, fit: "cover" }],
    [{}, "webp", { format: "webp", compression: null }],
    [{ format: "webp" }, "webp", { format: "webp" }],
    [{ format: "avif", compression: 0 }, null, { format: "avif", compression: 0 }],
    [{ compression: 50 }, "jpeg", { format: "jpeg", compression: 50 }],
    [{ background: "transparent" }, "webp", { format: "webp" }],
    [{ background: "opaque" }, "jpeg", { format: "jpeg" }],
  ])("for %o into a file of type %s", (request, outputFormat, wish) => {
    expect(resolve(request, { outputFormat }).request.wish).toMatchObject(wish);
  });

  test.each<[Wishes, PictureFormat | null, string, string]>([
    [{ format: "png" }, "webp", "format", "The output's name asks for webp and the format is png."],
    [
      { compression: 50 },
      null,
      "compression",
      "Compression is for jpeg, webp and avif, and the picture is delivered as it comes.",
    ],
    [
      { compression: 50 },
      "png",
      "compression",
      "Compression is for jpeg, webp and avif, and the picture is delivered as png.",
    ],
    [
      { background: "transparent" },
      "jpeg",
      "format",
      "A transparent background cannot be delivered as jpeg, which holds none.",
    ],
    [
      { model: "gpt-image-2-high", quality: "low" },
      null,
      "quality",
      "The model gpt-image-2-high asks for quality high, and the quality asked is low.",
    ],
  ])("%o into a file of type %s is a contradiction", (request, outputFormat, field, message) => {
    const error = thrownBy(() => resolve(request, { outputFormat }));
    expect([error.code, error.message, error.details]).toEqual([
      "invalid_option",
      message,
      { faults: [{ field, message }] },
    ]);
  });

  test.each(["jpeg", "webp", "avif", "gif"] as const)("with a mask cannot be %s, by its name either", (format) => {
    expect(thrownBy(() => resolveEdit({ mask: "mask.png" }, format)).details).toMatchObject({
      faults: [{ field: "format" }],
    });
    expect(resolveEdit({ mask: "mask.png" }, "png").request.wish.format).toBe("png");
  });
});

describe("the choice of an engine", () => {
  test("is made from what the request needs", () => {
    const asked: unknown[] = [];
    const choice = { engine, reason: "because" };
    const select = (needs: unknown): typeof choice => {
      asked.push(needs);
      return choice;
    };
    expect(chooseEngine({ operation: "generate", prompt: "x" }, select)).toBe(choice);
    chooseEngine(
      {
        operation: "edit",
        prompt: "x",
        images: ["a", "b"],
        mask: "c",
        partials: 2,
        model: "gpt-5.5",
        engine: "codex",
        codexDriver: "auto",
      },
      select,
    );
    expect(asked).toEqual([
      { wanted: "auto", model: null, inputImages: 0, partials: 0, drivesCodex: false },
      { wanted: "codex", model: "gpt-5.5", inputImages: 2, partials: 2, drivesCodex: true },
    ]);
  });

  test.each(["auto", "images"] as const)("%s refuses a model that it has not", (wanted) => {
    const request = { operation: "generate", prompt: "x", model: "dall-e-3", engine: wanted } as const;
    const error = thrownBy(() => chooseEngine(request, (needs) => selectEngine([engine], needs)));
    expect([error.code, error.details]).toEqual([
      "unsupported_option",
      { option: "model", engine: "images", models: imagesCapabilities.models },
    ]);
  });
});
