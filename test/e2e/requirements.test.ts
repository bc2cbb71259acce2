import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { requirements } from "./requirements.ts";
import type { Requirement } from "./requirements.ts";

const root = resolve(import.meta.dirname, "../..");

/** The ids inside every `proves(…)` of the tests here, and those of tables of cases (`id: "…"`). */
function citedIds(): Set<string> {
  const cited = new Set<string>();
  for (const file of readdirSync(import.meta.dirname).filter((name) => name.endsWith(".test.ts"))) {
    const text = readFileSync(join(import.meta.dirname, file), "utf8");
    for (const [list] of text.matchAll(/\bproves\([^)]*\)|\bid: "[^"]+"/g))
      for (const [, id] of list.matchAll(/"([^"]+)"/g)) if (id !== undefined) cited.add(id);
  }
  return cited;
}

describe("requirements", () => {
  it("are each proved by a test", () => {
    const all: readonly (readonly [string, Requirement])[] = Object.entries(requirements);
    const cited = citedIds();
    expect(all.filter(([id, { elsewhere }]) => elsewhere === undefined && !cited.has(id)).map(([id]) => id)).toEqual(
      [],
    );
  });

  it("that are proved by the core's own tests are spoken of there", () => {
    const texts = coreTests().map((path) => readFileSync(path, "utf8"));
    const all: readonly (readonly [string, Requirement])[] = Object.entries(requirements);
    const silent = all.filter(
      ([, { elsewhere }]) => elsewhere !== undefined && !texts.some((text) => elsewhere.test(text)),
    );
    expect(silent.map(([id]) => id)).toEqual([]);
  });
});

function coreTests(): string[] {
  return ["test/integration", "packages/core/src"]
    .map((folder) => join(root, folder))
    .filter(existsSync)
    .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)))
    .filter((path) => path.endsWith(".test.ts"));
}
