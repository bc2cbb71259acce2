/** Bundles the program into packages/limn/dist. Type checking is done by `tsc -b` before. */
import { readdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import { rolldown } from "rolldown";

const folder = resolve(import.meta.dirname, "../packages/limn");
process.chdir(folder);
const { default: config } = await import(join(folder, "rolldown.config.js"));
const { output, ...input } = config;

const bundle = await rolldown(input);
const written = await bundle.write(output);
await bundle.close();

// Pieces of earlier builds have other hashes and would end up in the package. Removed last, so that a build in use stays whole.
const pieces = new Set(written.output.map(({ fileName }) => fileName));
for (const file of readdirSync(join(folder, "dist"))) {
  if (/\.c?js$/.test(file) && !pieces.has(file)) rmSync(join(folder, "dist", file));
}
