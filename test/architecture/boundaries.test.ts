import { readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { zoneOf } from "./boundaries.ts";

const root = resolve(import.meta.dirname, "../..");

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter(
      (name) =>
        name.endsWith(ending) &&
        !name.endsWith(`.test${ending}`) &&
        !name.includes("__fixtures__") &&
        !name.includes(".d.ts"),
    )
    .map((name) => join(folder, name).replaceAll("\\", "/"));
}

/** Static and dynamic imports and re-exports, types included. */
function importsOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8").replace(/\/\*[\s\S]*?\*\//g, "");
  return [
    ...text.matchAll(
      /(?:^|[;\n])\s*(?:import|export)\b[^;"'`]*?\bfrom\s*["']([^"']+)["']|\bimport\s*\(\s*["']([^"']+)["']\s*\)|(?:^|\n)\s*import\s+["']([^"']+)["']/g,
    ),
  ].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

/** What is wrong with one import, or null. */
function violation(file: string, specifier: string): string | null {
  const zone = zoneOf(file);
  if (zone === null) return `${file} belongs to no zone`;
  if (specifier.startsWith("node:")) return null;
  if (!specifier.startsWith(".")) {
    const name = specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
    return zone.packages.includes(name) ? null : `${file} imports the package ${name}`;
  }
  const target = relative(root, resolve(root, dirname(file), specifier)).replaceAll("\\", "/");
  const other = zoneOf(target);
  if (other === null) return `${file} imports ${target}, which belongs to no zone`;
  return other === zone || zone.zones.includes(other.path) ? null : `${file} imports ${target}`;
}

describe("import boundaries", () => {
  it("are kept by every source file", () => {
    const files = ["core", "emulator", "finish", "limn", "pi", "ai-sdk"].flatMap((name) =>
      filesBelow(`packages/${name}/src`, ".ts"),
    );
    expect(files.length).toBeGreaterThan(100);
    expect(
      files
        .flatMap((file) => importsOf(file).map((specifier) => violation(file, specifier)))
        .filter((found) => found !== null),
    ).toEqual([]);
  });

  it("are kept by the studio page, which takes types of the core and no code", () => {
    const files = [".ts", ".tsx"].flatMap((ending) => filesBelow("packages/studio/src", ending));
    expect(files.length).toBeGreaterThan(100);
    expect(
      files.flatMap((file) => [
        ...importsOf(file)
          .map((specifier) => violation(file, specifier))
          .filter((found) => found !== null),
        ...(/(?:^|\n)import (?!type )[^;]*?from "@limn\/core"/.test(readFileSync(join(root, file), "utf8"))
          ? [`${file} imports code of @limn/core`]
          : []),
      ]),
    ).toEqual([]);
  });

  it("are kept by the built core and emulator", () => {
    const files = ["core", "emulator", "finish", "pi", "ai-sdk"].flatMap((name) =>
      filesBelow(`packages/${name}/dist`, ".js"),
    );
    expect(files.length).toBeGreaterThan(50);
    const found = files.flatMap((file) => {
      const source = file.replace("/dist/", "/src/").replace(/\.js$/, ".ts");
      return importsOf(file).map((specifier) =>
        violation(source, specifier.startsWith(".") ? specifier.replace(/\.js$/, ".ts") : specifier),
      );
    });
    expect(found.filter((text) => text !== null)).toEqual([]);
  });

  it("are noticed when they are broken", () => {
    expect(violation("packages/core/src/engines/images/index.ts", "../../credentials/index.ts")).toBe(
      "packages/core/src/engines/images/index.ts imports packages/core/src/credentials/index.ts",
    );
    expect(violation("packages/emulator/src/index.ts", "@limn/core")).toBe(
      "packages/emulator/src/index.ts imports the package @limn/core",
    );
    expect(violation("packages/core/src/client/aspect.ts", "../engines/select.ts")).not.toBeNull();
    expect(violation("packages/core/src/somewhere/new.ts", "node:fs")).toBe(
      "packages/core/src/somewhere/new.ts belongs to no zone",
    );
  });

  it("sees static, dynamic and side-effect imports", () => {
    expect(importsOf("packages/limn/src/sandbox.ts")).toContain("@limn/emulator");
    expect(importsOf("packages/core/src/defaults.ts")).toContain("./engines/table.ts");
  });
});
