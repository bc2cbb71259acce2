import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { rolldown } from "rolldown";

const sources = resolve(import.meta.dirname, "../programs");
/** Not bundled, since it has native parts; the programs lie where no node_modules is near. */
const sharp = createRequire(import.meta.url).resolve("sharp");

/** Compiled programs by name. */
export interface Programs {
  readonly reportUsage: string;
  readonly streamImages: string;
  readonly streamEvents: string;
  readonly editImage: string;
  readonly sharpByHand: string;
  readonly limnManyImages: string;
  readonly finishPicture: string;
  readonly scan: string;
  readonly serveImages: string;
  readonly askServer: string;
  readonly uploadLarge: string;
  readonly openaiImage: string;
  readonly historyByHand: string;
  readonly indexByHand: string;
}

/**
 * The measured programs of this folder as plain CommonJS files: type stripping would cost more than what is measured, and an ESM
 * import of node:http loads undici.
 */
export async function buildPrograms(folder: string): Promise<Programs> {
  const build = async (source: string): Promise<string> => {
    const bundle = await rolldown({
      input: join(sources, source),
      platform: "node",
      // As in limn's own build.
      resolve: { conditionNames: ["source", "node", "import", "default"] },
      plugins: [{ name: "sharp", resolveId: (id) => (id === "sharp" ? { id: sharp, external: true } : null) }],
    });
    const file = join(folder, `${source.replace(/^.*\//, "").replace(/\.ts$/, "")}.cjs`);
    await bundle.write({ file, format: "cjs", dynamicImportInCjs: true });
    await bundle.close();
    return file;
  };
  return {
    reportUsage: await build("report-usage.ts"),
    streamImages: await build("floor/stream-images.ts"),
    streamEvents: await build("floor/stream-events.ts"),
    editImage: await build("floor/edit-image.ts"),
    sharpByHand: await build("floor/sharp-by-hand.ts"),
    limnManyImages: await build("limn-many-images.ts"),
    finishPicture: await build("finish-picture.ts"),
    scan: await build("scan.ts"),
    serveImages: await build("floor/serve-images.ts"),
    askServer: await build("ask-server.ts"),
    uploadLarge: await build("upload-large.ts"),
    openaiImage: await build("openai-image.ts"),
    historyByHand: await build("floor/history-by-hand.ts"),
    indexByHand: await build("floor/index-by-hand.ts"),
  };
}
