import { createHash } from "node:crypto";
import { copyFileSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createImageTools } from "@limn/finish";
import { describe, expect, it } from "vitest";
import { placeWithPi, sessionFolder, textIn } from "../test-support/fake-pi.ts";
import { isRecord, listOf } from "./values.ts";

const withFinish = async (): Promise<() => Promise<ReturnType<typeof createImageTools>>> => async () =>
  createImageTools();

function limnOf(details: unknown): Readonly<Record<string, unknown>> {
  const limn = isRecord(details) ? details["limn"] : null;
  if (!isRecord(limn)) throw new Error("no details.limn");
  return limn;
}

describe("limn_image", () => {
  it("makes a picture with Pi's login, saves it and tells what pi-codex-image-gen tells", async () => {
    const place = await placeWithPi();
    const result = await place.call({ prompt: "a red fox" });
    const folder = join(place.agentFolder, "generated-images", sessionFolder);
    const limn = limnOf(result.details);
    const savedPath = join(folder, `${String(limn["generation"])}.png`);
    expect(result.details).toMatchObject({
      provider: "openai-codex",
      model: "gpt-image-2",
      backendImageModel: "unknown",
      transport: "codex-images",
      outputFormat: "png",
      saveMode: "global",
      savedPath,
      byteCount: statSync(savedPath).size,
      inputImageCount: 0,
      limn: { engine: "images", operation: "generate", login: { source: "pi" }, imagesSpent: 1 },
    });
    expect(Object.keys(isRecord(result.details) ? result.details : {})).not.toContain("responseId");
    expect(result.content.map(({ type }) => type)).toEqual(["text", "image"]);
    expect(textIn(result)).toContain(`Saved image to: ${savedPath}`);
    expect([statSync(savedPath).mode & 0o777, statSync(folder).mode & 0o777]).toEqual([0o600, 0o700]);
    expect(readFileSync(savedPath)).toEqual(readFileSync(String(firstImage(limn)["storePath"])));
    expect(place.updates.map(textIn)).toEqual(
      expect.arrayContaining([
        "Requesting image generation through openai-codex/gpt-image-2...",
        "Codex image stage: sent.",
        `Image saved to ${savedPath}.`,
      ]),
    );
    expect(JSON.stringify(result.details).length).toBeLessThan(4000);
  });

  it("names the route of the model when one is given, and tells the revised prompt and the service's id", async () => {
    const place = await placeWithPi();
    const result = await place.call({ prompt: "a red fox", model: "gpt-5.5" });
    expect(result.details).toMatchObject({
      model: "gpt-5.5",
      transport: "codex-responses",
      revisedPrompt: expect.any(String),
      imageGenerationId: expect.any(String),
      limn: { engine: "responses" },
    });
    expect(place.emulator.calls.some(({ route }) => route.startsWith("responses"))).toBe(true);
  });

  it("edits from the original file that it saved, not from the smaller copy in the conversation", async () => {
    const place = await placeWithPi({
      loadFinish: withFinish,
      emulator: { scenario: { name: "ok", size: "1200x900" } },
    });
    const first = await place.call({ prompt: "a red fox" });
    const [, preview] = first.content;
    expect(preview).toMatchObject({ type: "image", mimeType: "image/jpeg" });
    const second = await place.call({ prompt: "make it night", operation: "edit", numLastImagesToInclude: 1 });
    const made = firstImage(limnOf(first.details));
    const manifest: unknown = JSON.parse(
      readFileSync(
        join(place.data, "generations", String(limnOf(second.details)["generation"]), "manifest.json"),
        "utf8",
      ),
    );
    expect(manifest).toMatchObject({
      operation: "edit",
      session: sessionFolder,
      parents: [limnOf(first.details)["generation"]],
      inputs: [{ sha256: made["sha256"], width: 1200, height: 900 }],
    });
    expect(textIn(second)).toContain("1 input image");
  });

  it("edits from the saved file when limn's store was emptied, and from the conversation's copy when that was changed", async () => {
    const place = await placeWithPi();
    const first = await place.call({ prompt: "a red fox" });
    rmSync(join(place.data, "generations"), { recursive: true });
    const savedPath = isRecord(first.details) ? String(first.details["savedPath"]) : "";
    const second = await place.call({ prompt: "make it night", operation: "edit", numLastImagesToInclude: 1 });
    expect(inputsOf(place.data, second.details)).toMatchObject([{ origin: { kind: "file", path: savedPath } }]);
    place.branch.pop();
    rmSync(join(place.data, "generations"), { recursive: true });
    writeFileSync(savedPath, "something else");
    const third = await place.call({ prompt: "make it night", operation: "edit", numLastImagesToInclude: 1 });
    expect(inputsOf(place.data, third.details)).toMatchObject([{ origin: { kind: "bytes", name: "conversation-1" } }]);
  });

  it("takes the newest pictures of the user, of tools and of messages, the oldest of them first", async () => {
    const place = await placeWithPi();
    const block = async (prompt: string): Promise<unknown> => (await place.call({ prompt, save: "none" })).content[1];
    const pictures = [await block("one"), await block("two"), await block("three")];
    place.branch.splice(0);
    place.branch.push(
      { type: "message", message: { role: "user", content: [{ type: "text", text: "x" }, pictures[0]] } },
      { type: "message", message: { role: "toolResult", toolName: "read", content: [pictures[1]] } },
      { type: "custom_message", customType: "other", content: [pictures[2]] },
      { type: "message", message: { role: "assistant", content: [] } },
      "no entry",
    );
    await place.call({ prompt: "join them", operation: "edit", numLastImagesToInclude: 2 });
    const sent = place.emulator.calls.at(-1)?.body;
    expect(sent).toMatchObject({ images: [{ sha256: hashOf(pictures[1]) }, { sha256: hashOf(pictures[2]) }] });
    await expect(place.call({ prompt: "join", operation: "edit", numLastImagesToInclude: 5 })).rejects.toThrow(
      /^5 pictures of the conversation were asked for, and it has 4\. Nothing was sent\.$/,
    );
  });

  it("makes several pictures and names all of them", async () => {
    const place = await placeWithPi();
    const result = await place.call({ prompt: "a red fox", n: 2 });
    const id = String(limnOf(result.details)["generation"]);
    expect(readdirSync(join(place.agentFolder, "generated-images", sessionFolder)).sort()).toEqual([
      `${id}-1.png`,
      `${id}-2.png`,
    ]);
    expect(result.content.map(({ type }) => type)).toEqual(["text", "image", "image"]);
    await place.call({ prompt: "join them", operation: "edit", numLastImagesToInclude: 2 });
    expect(inputsOf(place.data, lastDetails(place.branch))).toMatchObject([
      { origin: { kind: "generation", id, index: 0 } },
      { origin: { kind: "generation", id, index: 1 } },
    ]);
  });

  it("shows previews in the terminal only", async () => {
    const partials = async (mode: "tui" | "json"): Promise<readonly string[]> => {
      const place = await placeWithPi({ mode });
      await place.call({ prompt: "a red fox", model: "gpt-5.5" });
      return place.updates.flatMap(({ content }) => content.map(({ type }) => type)).filter((type) => type === "image");
    };
    expect((await partials("tui")).length).toBeGreaterThan(0);
    expect(await partials("json")).toEqual([]);
    const place = await placeWithPi({ mode: "json" });
    const result = await place.call({ prompt: "a red fox", partials: 2 });
    expect(result.details).toMatchObject({ transport: "codex-images" });
    expect(textIn(result)).toContain("Previews are drawn in Pi's terminal only");
  });

  it("keeps a picture whose stream ends early", async () => {
    const place = await placeWithPi({
      emulator: { scenario: { name: "cut-stream", at: "after-result", size: "64x48" } },
    });
    const result = await place.call({ prompt: "a red fox", model: "gpt-5.5" });
    expect(result.details).toMatchObject({ savedPath: expect.any(String), transport: "codex-responses" });
    expect(textIn(result)).toContain("Warning: ");
  });

  it("converts with @limn/finish, and without it refuses before anything is sent", async () => {
    const place = await placeWithPi({ loadFinish: withFinish });
    const result = await place.call({ prompt: "a red fox", outputFormat: "jpeg", size: "32x32" });
    expect(result.details).toMatchObject({ outputFormat: "jpeg", savedPath: expect.stringMatching(/\.jpg$/) });
    const bare = await placeWithPi();
    await expect(bare.call({ prompt: "a red fox", size: "32x32" })).rejects.toThrow(
      /need @limn\/finish.*Nothing was sent/,
    );
    expect(bare.emulator.calls).toEqual([]);
    expect((await bare.call({ prompt: "a red fox", outputFormat: "png" })).details).toMatchObject({
      outputFormat: "png",
    });
  });

  it("refuses what makes no sense, with nothing sent", async () => {
    const place = await placeWithPi();
    const refusals: readonly (readonly [Readonly<Record<string, unknown>>, RegExp])[] = [
      [{ prompt: "  " }, /prompt is empty/],
      [{ prompt: "x", images: ["a.png"], numLastImagesToInclude: 1 }, /not both/],
      [{ prompt: "x", operation: "edit" }, /needs a picture/],
      [{ prompt: "x", model: "gpt-image-2" }, /is an image model/],
      [{ prompt: "x", images: ["missing.png"] }, /missing\.png/],
      [{ prompt: "x", images: ["https://example.test/a.png"] }, /is an address/],
      [{ prompt: "x", images: [place.project] }, /project/],
      [{ prompt: "x", images: Array.from({ length: 17 }, () => "a.png") }, /17 input images/],
      [{ prompt: "x", aspect: "wide" }, /aspect/i],
    ];
    for (const [given, words] of refusals) await expect(place.call(given)).rejects.toThrow(words);
    expect(place.emulator.calls).toEqual([]);
    expect(existsSync(join(place.agentFolder, "generated-images"))).toBe(false);
  });

  it("reads paths as Pi's own tools do", async () => {
    const place = await placeWithPi();
    const first = await place.call({ prompt: "a red fox" });
    copyFileSync(isRecord(first.details) ? String(first.details["savedPath"]) : "", join(place.project, "fox.png"));
    for (const path of ["fox.png", "@fox.png", "./fox.png", join(place.project, "fox.png")]) {
      const { details } = await place.call({ prompt: "x", operation: "edit", images: [path] });
      expect(inputsOf(place.data, details)).toMatchObject([{ origin: { path: join(place.project, "fox.png") } }]);
    }
    const byName = await place.call({ prompt: "x", operation: "edit", images: ["@last"] });
    expect(inputsOf(place.data, byName.details)).toMatchObject([{ origin: { kind: "generation" } }]);
  });
});

function firstImage(limn: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const [first] = listOf(limn["images"]);
  return isRecord(first) ? first : {};
}

function hashOf(block: unknown): string {
  const data = isRecord(block) ? String(block["data"]) : "";
  return createHash("sha256").update(Buffer.from(data, "base64")).digest("hex");
}

function inputsOf(data: string, details: unknown): unknown {
  const path = join(data, "generations", String(limnOf(details)["generation"]), "manifest.json");
  const manifest: unknown = JSON.parse(readFileSync(path, "utf8"));
  return isRecord(manifest) ? manifest["inputs"] : null;
}

function lastDetails(branch: readonly unknown[]): unknown {
  const last = branch.at(-1);
  const message = isRecord(last) ? last["message"] : null;
  return isRecord(message) ? message["details"] : null;
}
