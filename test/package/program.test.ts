import { execFileSync, spawnSync } from "node:child_process";
import { isBuiltin } from "node:module";
import { readFileSync, readdirSync, statSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CleanProject, packageFile, packages } from "./support/packed.ts";
import type { Packed } from "./support/packed.ts";

const project = new CleanProject();
let packed: Packed;

beforeAll(() => {
  packed = project.install("limn");
});
afterAll(() => project.remove());

/** A Node that is older than limn needs, from PATH; null where there is none. */
function findOldNode(): string | null {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    const { stdout } = spawnSync(join(folder, "node"), ["--version"], { encoding: "utf8" });
    const major = Number(/^v(\d+)\./.exec(stdout ?? "")?.[1] ?? Number.NaN);
    if (major >= 16 && major < 22) return join(folder, "node");
  }
  return null;
}
const oldNode = findOldNode();

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
}

describe("the package limn", () => {
  it("holds the program, its readme, its licence and those of what is bundled, and nothing else", () => {
    const page = /^dist\/studio\/(?:(?:index\.html|icon\.svg)|assets\/[\w-]+\.(?:js|css))(?:\.br|\.gz)?$/;
    const others = packed.files.filter((path) => !/^dist\/[\w.-]+\.cjs$/.test(path) && !page.test(path));
    expect(others).toEqual(["LICENSE", "README.md", "bin/limn.js", "dist/THIRD-PARTY-LICENSES.txt", "package.json"]);
    const licences = readFileSync(join(packed.folder, "dist/THIRD-PARTY-LICENSES.txt"), "utf8");
    for (const name of ["commander", "smol-toml", "https-proxy-agent", "yazl", "preact", "photoswipe"])
      expect(licences).toMatch(new RegExp(`^${name} \\d`, "m"));
    expect(packed.files.filter((path) => path.startsWith("dist/"))).toContain("dist/main.cjs");
  });

  it("holds the page as it is asked for: every file beside its compressed copies, and all that the page begins with", () => {
    const names = packed.files.filter((path) => path.startsWith("dist/studio/"));
    const plain = names.filter((path) => !/\.(?:br|gz)$/.test(path));
    expect(names.toSorted()).toEqual(plain.flatMap((path) => [path, `${path}.br`, `${path}.gz`]).toSorted());
    const page = readFileSync(join(packed.folder, "dist/studio/index.html"), "utf8");
    const wanted = [...page.matchAll(/(?:src|href)="\/([^"]+)"/g)].map(([, path = ""]) => `dist/studio/${path}`);
    expect(wanted.length).toBeGreaterThan(1);
    for (const path of wanted) expect(plain).toContain(path);
  });

  it("holds no piece of an earlier build: every file of dist is loaded by another one", () => {
    const folder = join(packed.folder, "dist");
    const reached = new Set<string>();
    const visit = (name: string): void => {
      if (reached.has(name)) return;
      reached.add(name);
      const text = readFileSync(join(folder, name), "utf8");
      for (const [, other] of withoutComments(text).matchAll(/\brequire\(["']\.\/([\w.-]+\.cjs)["']\)/g))
        if (other !== undefined) visit(other);
    };
    for (const entry of ["main.cjs", "history.cjs"]) visit(entry);
    const pieces = readdirSync(folder).filter((name) => name.endsWith(".cjs"));
    expect(pieces.sort()).toEqual([...reached].sort());
  });

  it("needs nothing that it does not name", () => {
    const { dependencies } = packageFile(packed.folder);
    expect(Object.keys(dependencies).sort()).toEqual(["open", "sharp"]);
    const texts = packed.files
      .filter((path) => path.startsWith("dist/"))
      .map((path) => withoutComments(readFileSync(join(packed.folder, path), "utf8")));
    const specifiers = texts.flatMap((text) =>
      [...text.matchAll(/\b(?:require|import)\(["']([^"'.][^"']*)["']\)/g)].map(([, name]) => name ?? ""),
    );
    const foreign = [...new Set(specifiers.filter((name) => !isBuiltin(name)))].sort();
    // https-proxy-agent tries kerberos for proxies that want Negotiate, and says how to install it.
    expect(foreign).toEqual(["kerberos", "open", "sharp"]);
  });

  it("runs in a clean project, also through the link that npm makes, and draws a picture in the sandbox", () => {
    const link = join(project.folder, "limn-link");
    symlinkSync(join(packed.folder, "bin/limn.js"), link);
    const env = { PATH: process.env.PATH, HOME: project.folder, LIMN_HOME: join(project.folder, "limn-home") };
    const run = (...parameters: readonly string[]): string =>
      execFileSync(process.execPath, [link, ...parameters], {
        cwd: project.folder,
        encoding: "utf8",
        env,
        stdio: ["ignore", "pipe", "ignore"],
      });
    expect(run("--version")).toBe(`${packageFile(packed.folder).version}\n`);
    const path = run("generate", "a red fox", "--sandbox").trim();
    expect(path).toBe(join(project.folder, "a-red-fox.png"));
    expect(statSync(path).size).toBeGreaterThan(10_000);
    expect(run("completion", "bash")).toContain("limn complete");
    expect(run("recipe", path)).toContain("a red fox");
  });

  it.skipIf(process.platform === "win32")("has its run bit", () => {
    expect(statSync(join(packed.folder, "bin/limn.js")).mode & 0o111).toBe(0o111);
    expect(statSync(join(packages.limn, "bin/limn.js")).mode & 0o111).toBe(0o111);
  });

  it.skipIf(oldNode === null)(
    "says plainly which Node it needs, on an older one (needs a Node 16 to 21 on PATH)",
    () => {
      const bin = join(packed.folder, "bin/limn.js");
      for (const parameters of [["--version"], ["generate", "a fox", "--sandbox"], []]) {
        const { status, stdout, stderr } = spawnSync(oldNode ?? "", [bin, ...parameters], { encoding: "utf8" });
        expect({ status, stdout }).toEqual({ status: 1, stdout: "" });
        expect(stderr).toMatch(
          /^limn needs Node 22\.19 or newer; this is \d+\.\d+\.\d+\.\nInstall it from https:\/\/nodejs\.org, or run limn with another node: /,
        );
      }
    },
  );
});
