/**
 * Writes docs/api/*.md from the doc comments of the libraries. With --check, says whether they are up to date. TypeDoc needs an older
 * compiler than the rest, so it is installed apart: npm ci --prefix tools/api-reference
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");
const tools = join(root, "tools/api-reference");
const typedoc = join(tools, "node_modules/typedoc/bin/typedoc");
const folder = join(root, "docs/api");
const check = process.argv.includes("--check");
const madeBy = "<!-- Made by npm run api-reference from the doc comments. -->";
const libraries = ["core", "finish", "ai-sdk", "emulator"];

if (!existsSync(typedoc)) {
  process.stderr.write("TypeDoc is not installed; run: npm ci --prefix tools/api-reference\n");
  process.exit(1);
}

const made = new Map([["README.md", index()], ...libraries.map((name) => [`${name}.md`, reference(name)] as const)]);
const stale = [
  ...[...made].filter(([name, text]) => readOrEmpty(join(folder, name)) !== text).map(([name]) => name),
  ...(existsSync(folder) ? readdirSync(folder) : []).filter((name) => !made.has(name)),
];
if (check) {
  for (const name of stale) process.stderr.write(`docs/api/${name} is not up to date; run: npm run api-reference\n`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of made) writeFileSync(join(folder, name), text);
}

/** One library's public names, as its `index.ts` has them. An exported name without a doc comment ends this. */
function reference(name: string): string {
  const out = mkdtempSync(join(tmpdir(), "limn-api-"));
  try {
    const entry = join(root, "packages", name, "src/index.ts");
    const options = ["--options", join(tools, "typedoc.json"), "--entryPoints", entry, "--out", out];
    const parameters = [typedoc, ...options, "--name", `@limn/${name}`, "--entryFileName", name];
    const { status } = spawnSync(process.execPath, parameters, { cwd: tools, stdio: ["ignore", "inherit", "inherit"] });
    if (status !== 0) process.exit(1);
    return `${madeBy}\n\n${withContents(readFileSync(join(out, `${name}.md`), "utf8").trimEnd())}\n`;
  } finally {
    rmSync(out, { recursive: true, force: true });
  }
}

/** Links to every name, one line a group, before the first group. */
function withContents(page: string): string {
  const start = page.indexOf("\n## ");
  const seen = new Map<string, number>();
  const groups: { readonly title: string; readonly links: string[] }[] = [];
  for (const [, marks = "", name = ""] of page.replaceAll(/^```[^]*?^```$/gm, "").matchAll(/^(#+) (.+)$/gm)) {
    // As GitHub names its anchors: a name that comes again is counted.
    const slug = name
      .toLowerCase()
      .replaceAll(/[^\w -]/g, "")
      .replaceAll(" ", "-");
    const times = seen.get(slug) ?? 0;
    seen.set(slug, times + 1);
    if (marks === "##") groups.push({ title: name, links: [] });
    if (marks === "###")
      groups.at(-1)?.links.push(`[${name.replace("()", "")}](#${slug}${times === 0 ? "" : `-${times}`})`);
  }
  const contents = groups.map(({ title, links }) => `- ${title}: ${links.join(", ")}`);
  return [page.slice(0, start).trimEnd(), "", ...contents, page.slice(start)].join("\n");
}

function index(): string {
  const rows = libraries.map((name) => {
    const manifest: unknown = JSON.parse(readFileSync(join(root, "packages", name, "package.json"), "utf8"));
    const description =
      typeof manifest === "object" && manifest !== null && "description" in manifest
        ? String(manifest.description)
        : "";
    return `| [@limn/${name}](${name}.md) | ${description} |`;
  });
  return [
    madeBy,
    "",
    "# API reference",
    "",
    "Every public name of the libraries, from its doc comment. To begin with: [the library guide](../library.md).",
    "",
    "| package | what |",
    "| --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
