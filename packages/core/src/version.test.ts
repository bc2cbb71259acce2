import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isObject, parseJson } from "./json/index.ts";
import { version } from "./version.ts";

test("every package of this repository has the version that the program names", () => {
  const packages = join(import.meta.dirname, "../..");
  const versions = readdirSync(packages).map((name): [string, unknown] => {
    const manifest = parseJson(readFileSync(join(packages, name, "package.json"), "utf8"));
    return [name, isObject(manifest) ? manifest.version : undefined];
  });
  expect(versions.filter(([, found]) => found !== version)).toEqual([]);
  expect(versions.map(([name]) => name)).toContain("core");
});
