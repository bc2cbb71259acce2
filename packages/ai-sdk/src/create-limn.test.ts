import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { APICallError, InvalidArgumentError, NoSuchModelError } from "@ai-sdk/provider";
import type { ImageModelV4CallOptions } from "@ai-sdk/provider";
import type { Environment } from "@limn/core";
import { createEmulator } from "@limn/emulator";
import type { Emulator, EmulatorOptions } from "@limn/emulator";
import { describe, expect, onTestFinished, test } from "vitest";
import { createLimn } from "./create-limn.ts";

const call: ImageModelV4CallOptions = {
  prompt: "a red fox",
  n: 1,
  size: undefined,
  aspectRatio: undefined,
  seed: undefined,
  files: undefined,
  mask: undefined,
  providerOptions: {},
};

async function served(options: EmulatorOptions = {}): Promise<{ emulator: Emulator; environment: Environment }> {
  const folder = mkdtempSync(join(tmpdir(), "limn-ai-sdk-"));
  const emulator = createEmulator({ scenario: { name: "ok", size: "64x48", times: "always" }, ...options });
  onTestFinished(async () => {
    await emulator.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const { baseURL } = await emulator.listen();
  const variables = { LIMN_HOME: folder, LIMN_BASE_URL: baseURL, LIMN_ACCESS_TOKEN: emulator.accessToken };
  return { emulator, environment: { variables, platform: process.platform, home: folder, workingFolder: folder } };
}

async function reasonOf(work: PromiseLike<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("it was not rejected");
}

describe("the provider", () => {
  test("has image models only", () => {
    const limn = createLimn();
    expect(() => limn.languageModel("gpt-5")).toThrow(NoSuchModelError);
    expect(() => limn.embeddingModel("e")).toThrow(NoSuchModelError);
    expect(limn.image("gpt-image-2")).toMatchObject({
      specificationVersion: "v4",
      provider: "limn",
      modelId: "gpt-image-2",
      maxImagesPerCall: 10,
      supportsFileInputs: true,
      supportsMaskInputs: true,
    });
  });

  test.each([0, 11, 1.5])("is not made with %d side by side", (concurrency) => {
    expect(() => createLimn({ concurrency })).toThrow(InvalidArgumentError);
  });

  test("reads its settings when the first picture is asked for", async () => {
    const { environment } = await served();
    const variables = { ...environment.variables, LIMN_BASE_URL: "nonsense" };
    const model = createLimn({ environment: { ...environment, variables } }).image("gpt-image-2");
    const error = await reasonOf(model.doGenerate(call));
    expect(error).toMatchObject({ statusCode: 400, isRetryable: false, data: { code: "config_invalid" } });
  });
});

describe("a model", () => {
  test.each(["/etc/hostname", "file:///etc/hostname", "@last", "httpx", "-"])(
    "takes the text %j for no path and no picture of the history",
    async (url) => {
      const { emulator, environment } = await served();
      const model = createLimn({ environment }).image("gpt-image-2");
      const error = await reasonOf(model.doGenerate({ ...call, files: [{ type: "url", url }] }));
      expect([APICallError.isInstance(error), String(error), emulator.calls]).toEqual([
        true,
        expect.stringContaining("neither an http"),
        [],
      ]);
    },
  );

  test("takes a tier for a wish of quality, on whatever engine the rest needs", async () => {
    const { emulator, environment } = await served({
      scenario: { name: "ok", size: "64x48", times: "always", on: "responses" },
    });
    const model = createLimn({ environment }).image("gpt-image-2-low");
    const { providerMetadata } = await model.doGenerate({
      ...call,
      providerOptions: { limn: { engine: "responses" } },
    });
    expect(providerMetadata?.["limn"]).toMatchObject({
      engine: "responses",
      truth: [{ property: "quality", asked: "low" }],
    });
    expect(emulator.count("responses.hosted")).toBe(1);
    const other = model.doGenerate({ ...call, providerOptions: { limn: { quality: "high" } } });
    expect(String(await reasonOf(other))).toContain("contradicts the model gpt-image-2-low");
  });

  test("keeps tokens and prompts out of its errors", async () => {
    const { emulator, environment } = await served({ scenario: { name: "unauthorized", times: "always" } });
    const model = createLimn({ environment }).image("gpt-image-2");
    const error = await reasonOf(model.doGenerate({ ...call, prompt: "a secret fox" }));
    if (!APICallError.isInstance(error)) throw new Error("not an APICallError", { cause: error });
    const { message, data, requestBodyValues, responseHeaders, url, cause } = error;
    const all = JSON.stringify([message, data, requestBodyValues, responseHeaders, url, cause, error]);
    expect([all.includes("a secret fox"), all.includes(emulator.accessToken)]).toEqual([false, false]);
  });

  test("says the next step in its own names", async () => {
    const { environment } = await served();
    const model = createLimn({ environment }).image("gpt-image-2");
    const providerOptions = { limn: { engine: "images", partials: 1, onPartial: "" } };
    const error = await reasonOf(model.doGenerate({ ...call, providerOptions }));
    expect(String(error)).toContain("providerOptions.limn.onPartial must be a function");
    const files = Array.from({ length: 6 }, () => ({ type: "file" as const, mediaType: "image/png", data: "AAAA" }));
    const tooMany = await reasonOf(
      model.doGenerate({ ...call, files, providerOptions: { limn: { engine: "images" } } }),
    );
    expect(String(tooMany)).toContain('providerOptions.limn.engine: "responses"');
  });
});
