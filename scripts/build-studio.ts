/** Builds the studio page into packages/limn/dist/studio, with compressed copies beside its files. */
import { existsSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { build } from "vite";
import config from "../packages/studio/vite.config.ts";

const root = resolve(import.meta.dirname, "../packages/studio");
const folder = resolve(import.meta.dirname, "../packages/limn/dist/studio");

/** Answers the modules that went in, for their licences. */
export async function buildStudio(): Promise<readonly string[]> {
  const built = await build({
    ...config,
    configFile: false,
    logLevel: "warn",
    build: { ...config.build, outDir: folder, emptyOutDir: false },
  });
  const outputs = [built].flat().flatMap((result) => ("output" in result ? result.output : []));
  const files = new Set([...outputs.map(({ fileName }) => fileName), ...readdirSync(join(root, "public"))]);
  await Promise.all([...files].map(compress));
  // Files of earlier builds have other hashes. Removed last, so that a page in use stays whole.
  for (const file of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(file.parentPath, file.name);
    const name = path.slice(folder.length + 1).replaceAll("\\", "/");
    if (file.isFile() && !files.has(name.replace(/\.(?:br|gz)$/, ""))) rmSync(path, { force: true });
  }
  return outputs.flatMap((piece) => (piece.type === "chunk" ? piece.moduleIds : []));
}

/** What has its hash in its name is compressed once. */
async function compress(name: string): Promise<void> {
  const path = join(folder, name);
  const isKnown = name.startsWith("assets/") && existsSync(`${path}.br`) && existsSync(`${path}.gz`);
  if (isKnown || !/\.(?:js|css|html|svg)$/.test(name)) return;
  const bytes = readFileSync(path);
  const [brotli, gzipped] = await Promise.all([
    promisify(brotliCompress)(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }),
    promisify(gzip)(bytes, { level: 9 }),
  ]);
  await Promise.all([writeFile(`${path}.br`, brotli), writeFile(`${path}.gz`, gzipped)]);
}
