import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { clients } from "./clients.ts";
import type { EntryParts } from "./clients.ts";
import { isObject } from "./config-format.ts";
import { skillText } from "./skill-text.ts";

const integrations = resolve(import.meta.dirname, "../../../../integrations");
const skillFolder = join(integrations, "skill/limn-images");
const skill = readFileSync(join(skillFolder, "SKILL.md"), "utf8");
const parts: EntryParts = { command: "limn", args: ["mcp"], env: {} };

function readJson(...path: readonly string[]): Record<string, unknown> {
  const value: unknown = JSON.parse(readFileSync(join(integrations, ...path), "utf8"));
  if (typeof value !== "object" || value === null) throw new TypeError("not an object");
  return { ...value };
}

function entryOf(id: string): unknown {
  const client = clients.find((candidate) => candidate.id === id);
  if (client === undefined) throw new Error(id);
  return client.entry(parts, client.place(""));
}

describe("the skill", () => {
  const [, front = "", body = ""] = /^---\n([\s\S]*?)\n---\n([\s\S]*)$/.exec(skill) ?? [];

  test("has the front matter of the open format", () => {
    const matter: unknown = parse(front);
    if (!isObject(matter)) throw new Error("no front matter");
    expect(Object.keys(matter).sort()).toEqual(["compatibility", "description", "license", "name"]);
    const { name, description, compatibility } = matter;
    if (typeof description !== "string" || typeof compatibility !== "string") throw new TypeError("no text");
    expect(name).toBe("limn-images");
    expect(name).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
    expect(description.length).toBeLessThanOrEqual(1024);
    expect(description).not.toMatch(/[<>]/);
    expect(compatibility.length).toBeLessThanOrEqual(500);
  });

  test("is short, and says what an agent must know", () => {
    expect(body.split("\n").length).toBeLessThan(100);
    expect(body.length).toBeLessThan(5000);
    for (const word of [
      "generate_image",
      "edit_image",
      "get_generation",
      "list_generations",
      "image_status",
      "limn generate",
      "--json",
      "transparent",
      "Do not try again",
      "Look at the preview",
    ])
      expect(skill).toContain(word);
  });

  test("has cases that should and should not trigger it, no prompt twice", () => {
    const { skill: name, should, shouldNot } = readJson("skill/limn-images/trigger-cases.json");
    expect(name).toBe("limn-images");
    if (!Array.isArray(should) || !Array.isArray(shouldNot)) throw new TypeError("no lists");
    expect([should.length, shouldNot.length].every((count) => count >= 8)).toBe(true);
    const all: unknown[] = [...should, ...shouldNot];
    expect(all.every((prompt) => typeof prompt === "string" && prompt.length > 10)).toBe(true);
    expect(new Set(all).size).toBe(all.length);
  });

  // The program carries it as text, and each plugin folder has a copy, since plugins are copied alone. `vitest -u` renews them.
  test("is the same in the program and in the plugins", async () => {
    const literal = `\`${skill.replace(/[`\\$]/g, String.raw`\$&`)}\``;
    await expect(
      `/** integrations/skill/limn-images/SKILL.md. Written by the test of the skill: vitest -u packages/limn/src/setup/skill.test.ts */\nexport const skillText = ${literal};\n`,
    ).toMatchFileSnapshot("./skill-text.ts");
    for (const plugin of ["claude-code", "codex", "gemini"])
      await expect(skill).toMatchFileSnapshot(join(integrations, plugin, "skills/limn-images/SKILL.md"));
  });
});

test("the text in the program reads as the file does", () => {
  expect(skillText).toBe(skill);
});

describe("the plugins", () => {
  test("start limn as setup does", () => {
    expect(readJson("claude-code/.mcp.json")).toEqual({ mcpServers: { limn: entryOf("claude-code") } });
    expect(readJson("codex/.mcp.json")).toEqual({ mcpServers: { limn: entryOf("codex") } });
    expect(readJson("gemini/gemini-extension.json")).toMatchObject({ mcpServers: { limn: entryOf("gemini") } });
  });

  test("have limn's version, and what they name exists", () => {
    const root: unknown = JSON.parse(readFileSync(resolve(integrations, "../packages/limn/package.json"), "utf8"));
    const version = isObject(root) ? root["version"] : null;
    const manifests = [
      ["claude-code", ".claude-plugin/plugin.json"],
      ["codex", ".codex-plugin/plugin.json"],
      ["gemini", "gemini-extension.json"],
    ] as const;
    for (const [plugin, file] of manifests) {
      const manifest = readJson(plugin, file);
      expect(manifest).toMatchObject({ name: "limn", version });
      expect(String(manifest["description"]).length).toBeGreaterThan(20);
      for (const name of ["skills", "mcpServers"]) {
        const path = manifest[name];
        if (typeof path === "string") expect(existsSync(join(integrations, plugin, path)), path).toBe(true);
      }
    }
  });
});
