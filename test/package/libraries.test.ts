import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CleanProject, packageFile, packages, root } from "./support/packed.ts";
import type { PackageName, Packed } from "./support/packed.ts";

const libraries = ["@limn/core", "@limn/emulator"] as const;
const project = new CleanProject();
const packed = new Map<PackageName, Packed>();

beforeAll(() => {
  for (const name of libraries) packed.set(name, project.install(name));
});
afterAll(() => project.remove());

function packedOf(name: PackageName): Packed {
  const found = packed.get(name);
  if (found === undefined) throw new Error(`${name} is not packed`);
  return found;
}

/** Imports `specifier` in the clean project and tells every file that was loaded for it. */
function loadedBy(specifier: string): string[] {
  const code = `
    import { registerHooks } from "node:module";
    const loaded = [];
    registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context); } });
    await import(${JSON.stringify(specifier)});
    process.stdout.write(JSON.stringify(loaded));
  `;
  const loaded: unknown = JSON.parse(project.run(code));
  return Array.isArray(loaded) ? loaded.map(String) : [];
}

describe.each(libraries)("the package %s", (name) => {
  it("holds its build, readme and licence; no sources, no tests, no leftovers", () => {
    const { files } = packedOf(name);
    expect(files).toEqual(
      expect.arrayContaining(["LICENSE", "README.md", "package.json", "dist/index.js", "dist/index.d.ts"]),
    );
    expect(files.filter((path) => /^src\/|\.test\.|\.tsbuildinfo$|__fixtures__|(?<!\.d)\.ts$/.test(path))).toEqual([]);
    const withoutSource = files
      .filter((path) => path.startsWith("dist/") && path.endsWith(".js"))
      .filter((path) => !existsSync(join(packages[name], path.replace(/^dist/, "src").replace(/\.js$/, ".ts"))));
    expect(withoutSource).toEqual([]);
  });

  it("holds no test helper", () => {
    expect(packedOf(name).files.filter((path) => path.startsWith("dist/testing/"))).toEqual([]);
  });

  it("imports in a clean project with the dependencies that it names", () => {
    const keys: unknown = JSON.parse(
      project.run(`console.log(JSON.stringify(Object.keys(await import(${JSON.stringify(name)}))))`),
    );
    expect(keys).toContain(name === "@limn/core" ? "createImageClient" : "createEmulator");
  });
});

describe("the root of @limn/core", () => {
  it("loads its own files only: no host, no zod, no image library, no emulator", () => {
    const own = `file://${packedOf("@limn/core").folder}/dist/`;
    const loaded = loadedBy("@limn/core");
    expect(loaded.length).toBeGreaterThan(10);
    expect(loaded.filter((url) => !url.startsWith(own) && !url.startsWith("node:"))).toEqual([]);
    expect(loaded.filter((url) => url.startsWith(`${own}schema/`))).toEqual([]);
  });

  it("does no work when it is imported: no file, no connection, no child process", () => {
    const code = `
      const before = new Set(process.moduleLoadList);
      const { version } = await import("@limn/core");
      const news = process.moduleLoadList.filter((name) => !before.has(name));
      process.stdout.write(JSON.stringify({ version, news, handles: process.getActiveResourcesInfo().filter((name) => !/Pipe|TTY|FS/.test(name)) }));
    `;
    const { version, news, handles } = JSON.parse(project.run(code));
    expect(version).toBe(packageFile(packages["@limn/core"]).version);
    expect(handles).toEqual([]);
    expect(news.filter((name: string) => /undici|NativeModule (?:http2?|https|tls)$/.test(name))).toEqual([]);
  });

  it("makes a picture with the emulator, from nothing but what is published", () => {
    const code = `
      import { createLimn, readEnvironment } from "@limn/core";
      import { createEmulator } from "@limn/emulator";
      const emulator = createEmulator();
      const { baseURL } = await emulator.listen();
      const environment = { ...readEnvironment(), variables: { LIMN_HOME: ${JSON.stringify(join(project.folder, "home"))} } };
      const limn = createLimn({ environment, sandbox: { baseURL, accessToken: emulator.accessToken } });
      const { status, emulated, images } = await limn.images.generate({ operation: "generate", prompt: "a fox" });
      await emulator.close();
      process.stdout.write(JSON.stringify({ status, emulated, path: images[0].path }));
    `;
    const { status, emulated, path } = JSON.parse(project.run(code));
    expect({ status, emulated }).toEqual({ status: "done", emulated: true });
    expect(readFileSync(path).subarray(1, 4).toString("latin1")).toBe("PNG");
  });
});

describe("versions", () => {
  it("are one: of the workspace, every package, every dependency among them and the constant", () => {
    const { version } = packageFile(root);
    for (const folder of Object.values(packages)) {
      const { version: own, dependencies, devDependencies } = packageFile(folder);
      expect(own).toBe(version);
      for (const [name, range] of Object.entries({ ...dependencies, ...devDependencies }))
        if (Object.hasOwn(packages, name)) expect(`${folder} ${name} ${range}`).toBe(`${folder} ${name} ${version}`);
    }
    expect(readFileSync(join(packages["@limn/core"], "src/version.ts"), "utf8")).toContain(`"${version}"`);
  });
});
