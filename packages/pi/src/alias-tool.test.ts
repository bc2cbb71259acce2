import { existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { placeWithPi, sessionFolder, textIn } from "../test-support/fake-pi.ts";
import { isRecord } from "./values.ts";

const tool = "codex_generate_image";

describe("codex_generate_image", () => {
  it("is there from the start of the session when the name is free, and left alone when it is taken", async () => {
    const free = await placeWithPi();
    expect([...free.pi.tools.keys()]).toEqual(["limn_image", tool]);
    await free.pi.emit("session_start", free.context);
    expect([...free.pi.tools.keys()]).toEqual(["limn_image", tool]);
    const taken = await placeWithPi({ foreignTools: [tool] });
    expect([...taken.pi.tools.keys()]).toEqual(["limn_image"]);
  });

  it("has the arguments of pi-codex-image-gen with their limits, and ignores unknown ones", async () => {
    const place = await placeWithPi();
    expect(place.pi.tools.get(tool)).toMatchObject({
      label: "Codex Image",
      executionMode: "parallel",
      parameters: {
        required: ["prompt"],
        properties: {
          prompt: { minLength: 1, maxLength: 32_000 },
          model: { minLength: 1, maxLength: 200 },
          outputFormat: { enum: ["png", "jpeg", "webp"] },
          save: { enum: ["none", "project", "global", "custom"] },
          saveDir: { type: "string" },
          referencedImagePaths: { maxItems: 5 },
          numLastImagesToInclude: { minimum: 1, maximum: 5 },
        },
      },
    });
    const result = await place.call({ prompt: "a red fox", size: "1x1" }, { tool });
    expect(result.details).toMatchObject({ transport: "codex-images", saveMode: "global" });
  });

  it("edits from paths and from the conversation, also after results of pi-codex-image-gen", async () => {
    const place = await placeWithPi();
    const first = await place.call({ prompt: "a red fox", save: "project" }, { tool });
    const savedPath = isRecord(first.details) ? String(first.details["savedPath"]) : "";
    const edit = await place.call({ prompt: "night", referencedImagePaths: [savedPath] }, { tool });
    expect(edit.details).toMatchObject({ inputImageCount: 1, limn: { operation: "edit" } });
    expect(place.updates.map(textIn)).toContain("Requesting image edit through openai-codex/gpt-image-2...");
    const byteCount = readFileSync(savedPath).length;
    const image = { type: "image", data: Buffer.from("a shrunken copy").toString("base64"), mimeType: "image/jpeg" };
    place.branch.splice(0);
    place.branch.push({
      type: "message",
      message: { role: "toolResult", toolName: tool, content: [image], details: { savedPath, byteCount } },
    });
    const again = await place.call({ prompt: "night", numLastImagesToInclude: 1 }, { tool });
    expect(again.details).toMatchObject({ inputImageCount: 1 });
    writeFileSync(savedPath, "changed");
    place.branch.pop();
    await expect(place.call({ prompt: "night", numLastImagesToInclude: 1 }, { tool })).rejects.toThrow(
      /conversation-1/,
    );
  });
});

describe("save modes", () => {
  it.each(["project", "global", "custom", "none"] as const)("%s", async (save) => {
    const place = await placeWithPi();
    const result = await place.call({ prompt: "a red fox", save, saveDir: "pictures" }, { tool });
    const folders = {
      project: join(place.project, ".pi/generated-images", sessionFolder),
      global: join(place.agentFolder, "generated-images", sessionFolder),
      custom: join(place.project, "pictures", sessionFolder),
      none: null,
    };
    const folder = folders[save];
    const picture = result.content.find(({ type }) => type === "image");
    expect(picture).toMatchObject({ mimeType: "image/png", data: expect.stringMatching(/^iVBORw0KGgo/) });
    for (const other of Object.values(folders))
      if (other !== null) expect([other, existsSync(other)]).toEqual([other, other === folder]);
    if (folder === null) {
      expect(textIn(result)).toContain("Image was not saved to disk.");
      expect(result.details).toMatchObject({ saveMode: "none", byteCount: expect.any(Number) });
      expect(Object.keys(isRecord(result.details) ? result.details : {})).not.toContain("savedPath");
      expect(readdirSync(join(place.data, "generations"))).toEqual([]);
      return;
    }
    expect(readdirSync(folder)).toHaveLength(1);
    expect(result.details).toMatchObject({ saveMode: save, savedPath: join(folder, readdirSync(folder)[0] ?? "") });
  });

  it("come from the argument, the variable, the project's file, the user's file, in this order", async () => {
    const place = await placeWithPi({
      variables: { PI_CODEX_IMAGE_SAVE_MODE: "CUSTOM", PI_CODEX_IMAGE_SAVE_DIR: "v" },
    });
    place.settings('{"save": "none", "saveDir": "user"}');
    place.settings('{"save": "project"}', { project: true });
    const saved = async (given: Readonly<Record<string, unknown>>): Promise<unknown> =>
      (await place.call({ prompt: "x", ...given }, { tool })).details;
    expect(await saved({ save: "global", saveDir: "ignored" })).toMatchObject({ saveMode: "global" });
    expect(await saved({})).toMatchObject({
      saveMode: "custom",
      savedPath: expect.stringContaining(`${place.project}/v/`),
    });
    expect(await saved({ saveDir: "~/x-limn-test" })).toMatchObject({
      savedPath: expect.stringContaining(join(homedir(), "x-limn-test")),
    });

    const files = await placeWithPi();
    files.settings('{"save": "none", "saveDir": "user"}');
    files.settings('{"save": "custom"}', { project: true });
    const { details } = await files.call({ prompt: "x" }, { tool });
    expect(details).toMatchObject({ saveMode: "custom", savedPath: expect.stringContaining(`${files.project}/user/`) });
    files.settings('{"save": "project"}', { project: true, name: "limn.json" });
    expect((await files.call({ prompt: "x" }, { tool })).details).toMatchObject({ saveMode: "project" });

    const stranger = await placeWithPi({ isTrusted: false });
    stranger.settings('{"save": "custom", "saveDir": "/nowhere"}', { project: true });
    expect((await stranger.call({ prompt: "x" }, { tool })).details).toMatchObject({ saveMode: "global" });
  });

  it("that cannot be used are told before anything is sent", async () => {
    const wrong = await placeWithPi({ variables: { PI_CODEX_IMAGE_SAVE_MODE: "everywhere" } });
    await expect(wrong.call({ prompt: "x" }, { tool })).rejects.toThrow(
      /^Invalid save mode: everywhere\. Expected one of none, project, global, custom\.$/,
    );
    const custom = await placeWithPi();
    await expect(custom.call({ prompt: "x", save: "custom" }, { tool })).rejects.toThrow(
      /^save=custom requires saveDir or PI_CODEX_IMAGE_SAVE_DIR\.$/,
    );
    for (const [content, words] of [
      ["{save: none}", /codex-image-gen\.json cannot be used: it is not valid JSON/],
      ["[]", /must hold an object/],
      ['{"save": 1, "model": null}', /"save" must be a text and "model" must be a text/],
      ['{"save": "here"}', /Invalid save mode: here in .*codex-image-gen\.json/],
      ['{"model": "gpt-image-2"}', /is an image model/],
    ] as const) {
      custom.settings(content);
      await expect(custom.call({ prompt: "x" }, { tool })).rejects.toThrow(words);
    }
    expect([wrong.emulator.calls.length, custom.emulator.calls.length]).toEqual([0, 0]);
    custom.settings('{"saveMode": "none"}');
    expect(textIn(await custom.call({ prompt: "x" }, { tool }))).toContain('has the unknown key "saveMode"');
  });

  it("that fail on the disk lose no picture", async () => {
    const place = await placeWithPi();
    writeFileSync(join(place.project, "file"), "in the way");
    const result = await place.call({ prompt: "a red fox", save: "custom", saveDir: "file" }, { tool });
    expect(result.details).toMatchObject({
      saveMode: "custom",
      saveWarning: expect.stringContaining("could not be saved"),
      attemptedPath: expect.stringContaining(join(place.project, "file")),
    });
    expect(Object.keys(isRecord(result.details) ? result.details : {})).not.toContain("savedPath");
    expect(textIn(result)).toContain("It is kept in limn's history");
    expect(result.content).toHaveLength(2);
    expect((await place.call({ prompt: "night", numLastImagesToInclude: 1 }, { tool })).details).toMatchObject({
      inputImageCount: 1,
    });
  });
});
