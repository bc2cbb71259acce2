import { rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { deliver, resolveDestination } from "../artifacts/index.ts";
import type { Destination, GenerationRecord } from "../artifacts/index.ts";
import type { StoredImage } from "../contracts/engine.ts";
import type { Warning } from "../contracts/result.ts";
import { LimnError } from "../errors/index.ts";
import { describeErrno, errno, uniqueSuffix } from "../files/index.ts";
import { copyPngWithRecipe, extensionFor } from "../media/index.ts";
import type { ClientParts } from "./client-parts.ts";
import { recipeOf } from "./recipe.ts";

/** Where finished pictures go. */
export type DeliveryOption =
  /** Into a file or folder; relative paths count from the client's working folder. Nothing is overwritten without `force`. */
  | { readonly kind: "files"; readonly output: string | null; readonly force: boolean; readonly embedRecipe: boolean }
  /** The host writes the original's bytes somewhere itself. */
  | { readonly kind: "stream"; readonly write: (originalPath: string) => Promise<void> }
  /** They stay in the store. */
  | { readonly kind: "store" };

/** A delivery whose destination was checked. */
export interface PreparedDelivery {
  readonly option: DeliveryOption;
  readonly destination: Destination | null;
}

/** @throws artifact_write_failed, before anything is sent */
export function prepareDelivery(option: DeliveryOption, parts: ClientParts): PreparedDelivery {
  const destination =
    option.kind === "files" ? resolveDestination(option.output, parts.workingFolder, option.force) : null;
  return { option, destination };
}

export interface DeliveredImage {
  readonly path: string | null;
  readonly bytes: number;
  readonly sha256: string;
  readonly steps: readonly string[];
  readonly warnings: readonly Warning[];
}

/** Hand one stored picture over. @throws artifact_write_failed; the original stays */
export async function deliverImage(
  prepared: PreparedDelivery,
  stored: StoredImage,
  record: GenerationRecord,
  prompt: string,
): Promise<DeliveredImage> {
  const { option, destination } = prepared;
  const untouched = { bytes: stored.bytes, sha256: stored.sha256, steps: [] };
  if (option.kind === "store") return { path: stored.path, ...untouched, warnings: [] };
  if (option.kind === "stream") {
    await option.write(stored.path);
    return { path: record.manifest.keepHistory ? stored.path : null, ...untouched, warnings: [] };
  }
  if (destination === null) throw new TypeError("a delivery into files without a destination");
  const warnings: Warning[] = [];
  const withRecipe = option.embedRecipe ? await embed(stored, record, warnings) : null;
  const source = withRecipe?.path ?? stored.path;
  try {
    const { path, renamed } = deliver(
      source,
      destination,
      prompt,
      { index: stored.index, n: record.manifest.n },
      extensionFor(stored.mediaType),
    );
    if (renamed)
      warnings.push({
        code: "output_renamed",
        index: stored.index,
        message: `The name was taken, so the picture is ${path}.`,
      });
    const wanted = destination.extension?.slice(1).toLowerCase().replace("jpeg", "jpg");
    if (wanted !== undefined && wanted !== extensionFor(stored.mediaType)) {
      warnings.push({
        code: "output_extension_differs",
        index: stored.index,
        message: `${path} holds ${stored.mediaType}; the service sends no other type and limn does not convert yet.`,
      });
    }
    if (withRecipe === null) return { path, ...untouched, warnings };
    return { path, bytes: withRecipe.bytes, sha256: withRecipe.sha256, steps: ["embed recipe"], warnings };
  } finally {
    if (withRecipe !== null) rmSync(withRecipe.path, { force: true });
  }
}

/** @throws artifact_write_failed; the original stays */
function copyWithRecipe(stored: StoredImage, path: string, record: GenerationRecord): boolean {
  try {
    return copyPngWithRecipe(stored.path, path, JSON.stringify(recipeOf(record.manifest, stored.index)));
  } catch (error) {
    rmSync(path, { force: true });
    throw new LimnError("artifact_write_failed", {
      message: `The copy with the recipe could not be written in ${record.folder}: ${describeErrno(error)}. The picture is kept at ${stored.path}.`,
      hint: "Make room, or leave out --embed-recipe.",
      details: { folder: record.folder, original: stored.path, reason: errno(error) },
      cause: error,
    });
  }
}

/** A copy with the recipe inside, beside the original; null when the type has no place for it. */
async function embed(
  stored: StoredImage,
  record: GenerationRecord,
  warnings: Warning[],
): Promise<{ path: string; bytes: number; sha256: string } | null> {
  const path = join(record.folder, `.recipe-${uniqueSuffix()}.part`);
  if (!copyWithRecipe(stored, path, record)) {
    warnings.push({
      code: "recipe_not_embedded",
      index: stored.index,
      message: `A recipe can be written into PNG files only, and this is ${stored.mediaType}.`,
    });
    return null;
  }
  if (stored.c2pa) {
    warnings.push({
      code: "provenance_invalidated",
      index: stored.index,
      message:
        "The recipe was written into the file, so its signed provenance (C2PA) no longer matches. The untouched original is in the history.",
    });
  }
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  const { createReadStream } = process.getBuiltinModule("node:fs");
  for await (const chunk of createReadStream(path)) if (chunk instanceof Uint8Array) hash.update(chunk);
  return { path, bytes: statSync(path).size, sha256: hash.digest("hex") };
}
