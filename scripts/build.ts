/** Bundles the program into packages/limn/dist, and the page that it serves into dist/studio. Type checking is done by `tsc -b` before. */
import { readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { rolldown } from "rolldown";
import { buildStudio } from "./build-studio.ts";

const folder = resolve(import.meta.dirname, "../packages/limn");
process.chdir(folder);
const { default: config } = await import(join(folder, "rolldown.config.js"));
const { output, ...input } = config;

const studio = buildStudio();
const bundle = await rolldown(input);
const written = await bundle.write(output);
await bundle.close();

// Pieces of earlier builds have other hashes and would end up in the package. Removed last, so that a build in use stays whole.
const pieces = new Set(written.output.map(({ fileName }) => fileName));
for (const file of readdirSync(join(folder, "dist"))) {
  if (/\.c?js$/.test(file) && !pieces.has(file)) rmSync(join(folder, "dist", file));
}

// What is bundled keeps its licence.
const packages = new Set<string>();
const modules = written.output.flatMap((piece) => (piece.type === "chunk" ? piece.moduleIds : []));
for (const id of [...modules, ...(await studio)]) {
  const found = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(id.replaceAll("\\", "/"))?.[1];
  if (found !== undefined) packages.add(found);
}
const notices = [...packages].sort().map((path) => {
  const { name, version, license }: Record<string, unknown> = JSON.parse(
    readFileSync(join(path, "package.json"), "utf8"),
  );
  const file = readdirSync(path).find((candidate) => /^licen[cs]e/i.test(candidate));
  const text = file === undefined ? `Licence: ${String(license)}` : readFileSync(join(path, file), "utf8").trim();
  return `${String(name)} ${String(version)}\n\n${text}\n`;
});
writeFileSync(join(folder, "dist/THIRD-PARTY-LICENSES.txt"), notices.join(`\n${"-".repeat(80)}\n\n`));
