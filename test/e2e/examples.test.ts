import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { startServe } from "./support/serve.ts";
import { World } from "./support/world.ts";

const root = resolve(import.meta.dirname, "../..");
const judges = join(root, "test/judges/node_modules");
const absent = existsSync(join(judges, "openai"))
  ? null
  : "the real clients are not installed (npm ci --prefix test/judges)";
/** What needs them. */
const withClients: ReadonlySet<string> = new Set(["ai-sdk.ts", "openai-client.ts"]);

/** A project as a reader has it: the program, and the packages that it names. */
class Project extends World {
  constructor() {
    super();
    layOut(this.work);
  }

  async runFile(path: string, parameters: readonly string[] = []): Promise<string> {
    const { status, stdout, stderr } = await this.startOther(process.execPath, [path, ...parameters]).finished;
    expect({ path: basename(path), status, stderr: status === 0 ? "" : stderr }).toEqual({
      path: basename(path),
      status: 0,
      stderr: "",
    });
    return stdout;
  }

  async picture(name: string): Promise<string> {
    const { width, height, format } = await sharp(readFileSync(this.path(name))).metadata();
    return `${width}x${height} ${format}`;
  }
}

function layOut(folder: string): void {
  writeFileSync(join(folder, "package.json"), '{ "type": "module", "private": true }');
  const modules = join(folder, "node_modules");
  const link = (name: string, target: string): void => {
    if (!existsSync(target)) return;
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(target, join(modules, name));
  };
  for (const name of ["core", "finish", "ai-sdk", "emulator"]) link(`@limn/${name}`, join(root, "packages", name));
  for (const name of ["sharp", "typescript", "@types/node"]) link(name, join(root, "node_modules", name));
  for (const name of ["ai", "openai"]) link(name, join(judges, name));
}

/** The published types, by the strictest rules. */
function typeFaults(folder: string): string {
  const options = {
    compilerOptions: {
      module: "nodenext",
      target: "es2024",
      lib: ["es2024"],
      types: ["node"],
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noPropertyAccessFromIndexSignature: true,
      skipLibCheck: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      verbatimModuleSyntax: true,
      erasableSyntaxOnly: true,
    },
    include: ["*.ts"],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(options));
  try {
    execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-p", folder], { encoding: "utf8" });
    return "";
  } catch (error) {
    return error instanceof Error && "stdout" in error ? String(error.stdout) : String(error);
  }
}

const examples = join(root, "examples");
const programs = readdirSync(examples).filter((name) => name.endsWith(".ts") && name !== "connection.ts");

/** What each one leaves in the working folder. */
const pictures: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "first-image.ts": { "fox.png": "1672x941 png" },
  "exact-size.ts": { "hero.webp": "1200x630 webp" },
  "edit.ts": { "house.png": "512x512 png", "house-night.png": "1254x1254 png", "house-door.png": "512x512 png" },
  "stream.ts": { "crane.png": "1254x1254 png", "preview-1.png": "157x157 png", "preview-2.png": "314x314 png" },
  "history.ts": { "owl.png": "1254x1254 png" },
  "errors.ts": {},
  "ai-sdk.ts": { "fox-1.webp": "1200x630 webp", "fox-2.webp": "1200x630 webp" },
  "openai-client.ts": { "fox.png": "1024x1024 png", "fox-night.png": "1254x1254 png" },
  "own-ci.ts": {},
};

describe("examples", () => {
  it("are all run here, and their page names each", () => {
    expect(Object.keys(pictures).sort()).toEqual([...programs].sort());
    const page = readFileSync(join(examples, "README.md"), "utf8");
    expect(programs.filter((name) => !page.includes(`[${name}](${name})`))).toEqual([]);
  });

  it("have no type fault against what the packages publish", () => {
    const folder = temporaryFolder();
    layOut(folder);
    for (const name of ["connection.ts", ...programs])
      if (absent === null || !withClients.has(name)) copyFileSync(join(examples, name), join(folder, name));
    expect(typeFaults(folder)).toBe("");
  });

  for (const name of programs.filter((each) => each !== "openai-client.ts"))
    it.skipIf(absent !== null && withClients.has(name))(`${name} does what it says, without a login`, async () => {
      const project = new Project();
      for (const file of ["connection.ts", name]) copyFileSync(join(examples, file), project.path(file));
      await project.runFile(project.path(name), ["--sandbox"]);
      for (const [picture, expected] of Object.entries(pictures[name] ?? {}))
        expect([picture, await project.picture(picture)]).toEqual([picture, expected]);
    });

  it.skipIf(absent !== null)(
    "openai-client.ts draws with limn serve, by the two variables that setup prints",
    async () => {
      const project = new Project();
      const served = await startServe(project, ["--sandbox"]);
      const { stdout } = await project.run(["setup", "openai", "--url", served.url]);
      copyFileSync(join(examples, "openai-client.ts"), project.path("openai-client.ts"));
      const shell = project.startOther("sh", ["-c", `${stdout}\nexec "$0" openai-client.ts`, process.execPath]);
      const { status, stderr } = await shell.finished;
      expect({ status, stderr: status === 0 ? "" : stderr }).toEqual({ status: 0, stderr: "" });
      for (const [picture, expected] of Object.entries(pictures["openai-client.ts"] ?? {}))
        expect([picture, await project.picture(picture)]).toEqual([picture, expected]);
    },
  );
});

const pages = [
  "README.md",
  "docs/library.md",
  "docs/clients/ai-sdk.md",
  ...["core", "finish", "ai-sdk", "emulator"].map((name) => `packages/${name}/README.md`),
];

interface Snippet {
  readonly page: string;
  readonly text: string;
  readonly needsClients: boolean;
}

/** The programs of a page: a block that imports nothing goes on with the one before it. */
function snippetsOf(page: string): Snippet[] {
  const blocks = [...readFileSync(join(root, page), "utf8").matchAll(/^```ts\n([\s\S]*?)^```$/gm)].map(
    ([, text = ""]) => text,
  );
  const whole: string[] = [];
  for (const block of blocks)
    if (/^import /m.test(block) || whole.length === 0) whole.push(block);
    else whole.push(`${whole.pop() ?? ""}${block}`);
  return whole.map((text) => ({ page, text, needsClients: /from ["'](?:ai|openai)["']/.test(text) }));
}

describe("programs in the guides", () => {
  const snippets = pages.flatMap(snippetsOf);
  const nameOf = ({ page }: Snippet, place: number): string => `${page.replaceAll(/\W/g, "-")}-${place}.ts`;
  const usable = snippets.filter(({ needsClients }) => absent === null || !needsClients);

  beforeAll(() => expect(pages.filter((page) => !snippets.some((each) => each.page === page))).toEqual([]));

  it("have no type fault against what the packages publish", () => {
    const folder = temporaryFolder();
    layOut(folder);
    for (const [place, snippet] of usable.entries()) writeFileSync(join(folder, nameOf(snippet, place)), snippet.text);
    expect(typeFaults(folder)).toBe("");
  });

  for (const [place, snippet] of usable.entries())
    it(`${nameOf(snippet, place)} runs as it stands`, async () => {
      const project = new Project();
      await project.startService({ scenario: "ok" });
      // For the ones that begin with a picture that is there.
      await sharp({ create: { width: 1254, height: 1254, channels: 3, background: "red" } })
        .png()
        .toFile(project.path("fox.png"));
      writeFileSync(project.path("snippet.ts"), snippet.text);
      await project.runFile(project.path("snippet.ts"));
    });
});
