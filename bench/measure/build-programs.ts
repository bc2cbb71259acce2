import { join, resolve } from "node:path";
import { rolldown } from "rolldown";

const sources = resolve(import.meta.dirname, "../programs");

/** Compiled programs by name. */
export interface Programs {
  readonly reportUsage: string;
  readonly streamImages: string;
  readonly limnManyImages: string;
  readonly scan: string;
  readonly openaiImage: string;
}

/**
 * The measured programs of this folder as plain CommonJS files: type stripping would cost more than what is measured, and an ESM
 * import of node:http loads undici.
 */
export async function buildPrograms(folder: string): Promise<Programs> {
  const build = async (source: string): Promise<string> => {
    const bundle = await rolldown({ input: join(sources, source), platform: "node" });
    const file = join(folder, `${source.replace(/^.*\//, "").replace(/\.ts$/, "")}.cjs`);
    await bundle.write({ file, format: "cjs", dynamicImportInCjs: true });
    await bundle.close();
    return file;
  };
  return {
    reportUsage: await build("report-usage.ts"),
    streamImages: await build("floor/stream-images.ts"),
    limnManyImages: await build("limn-many-images.ts"),
    scan: await build("scan.ts"),
    openaiImage: await build("openai-image.ts"),
  };
}
