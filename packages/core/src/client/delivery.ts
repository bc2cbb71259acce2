import { renameSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { deliver, resolveDestination } from "../artifacts/index.ts";
import type { Destination, GenerationRecord } from "../artifacts/index.ts";
import type { StoredImage } from "../contracts/engine.ts";
import type { PictureFormat } from "../contracts/request.ts";
import type { Warning } from "../contracts/result.ts";
import { LimnError } from "../errors/index.ts";
import { describeErrno, errno, uniqueSuffix } from "../files/index.ts";
import { copyPngWithRecipe, extensionFor } from "../media/index.ts";
import type { ClientParts } from "./client-parts.ts";
import type { WorkedImage } from "./finishing.ts";
import { recipeOf } from "./recipe.ts";
import type { Recipe } from "./recipe.ts";

/** Where finished pictures go. */
export type DeliveryOption =
  /** Into a file or folder; relative paths count from the client's working folder. Nothing is overwritten without `force`. */
  | { readonly kind: "files"; readonly output: string | null; readonly force: boolean; readonly embedRecipe: boolean }
  /** The host writes the picture's bytes somewhere itself. */
  | {
      readonly kind: "stream";
      /** Called once a picture with the absolute path of its file, which is there until this resolves. */
      readonly write: (path: string) => Promise<void>;
    }
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

const formats: Readonly<Record<string, PictureFormat>> = {
  ".png": "png",
  ".jpg": "jpeg",
  ".jpeg": "jpeg",
  ".webp": "webp",
  ".avif": "avif",
  ".gif": "gif",
};

/** The type that the output's name asks for; null when it asks for none that is known. */
export function outputFormatOf({ destination }: PreparedDelivery): PictureFormat | null {
  return formats[destination?.extension?.toLowerCase() ?? ""] ?? null;
}

export interface DeliveredImage {
  readonly path: string | null;
  readonly bytes: number;
  readonly sha256: string;
  readonly steps: readonly string[];
  readonly warnings: readonly Warning[];
}

/** Hand one picture over: the original, or what finishing made of it, by its place in the store. @throws artifact_write_failed */
export async function deliverImage(
  prepared: PreparedDelivery,
  stored: StoredImage,
  image: WorkedImage,
  record: GenerationRecord,
  prompt: string,
  facts: Pick<Recipe, "got" | "truth">,
): Promise<DeliveredImage> {
  const { option, destination } = prepared;
  const untouched = { bytes: image.bytes, sha256: image.sha256, steps: [] };
  if (option.kind !== "files") {
    const { path } = image;
    if (option.kind === "store") return { path, ...untouched, warnings: [] };
    await option.write(path);
    return { path: record.manifest.keepHistory ? path : null, ...untouched, warnings: [] };
  }
  if (destination === null) throw new TypeError("a delivery into files without a destination");
  const warnings: Warning[] = [];
  const withRecipe = option.embedRecipe ? await embed(stored, image, record, warnings, facts) : null;
  const source = withRecipe?.path ?? image.path;
  try {
    const { path, renamed } = deliver(
      source,
      destination,
      prompt,
      { index: stored.index, n: record.manifest.n },
      extensionFor(image.mediaType),
    );
    if (renamed)
      warnings.push({
        code: "output_renamed",
        index: stored.index,
        message: `The name was taken, so the picture is ${path}.`,
      });
    const wanted = destination.extension?.slice(1).toLowerCase().replace("jpeg", "jpg");
    if (wanted !== undefined && wanted !== extensionFor(image.mediaType)) {
      warnings.push({
        code: "output_extension_differs",
        index: stored.index,
        message: `${path} holds ${image.mediaType}; its extension names no type that limn makes.`,
      });
    }
    if (withRecipe === null) return { path, ...untouched, warnings };
    return { path, bytes: withRecipe.bytes, sha256: withRecipe.sha256, steps: ["embed recipe"], warnings };
  } finally {
    if (withRecipe !== null) rmSync(withRecipe.path, { force: true });
  }
}

/** Give a finished picture its name beside its original, which is what a later edit starts from. @throws artifact_write_failed */
export function keepFinished(image: WorkedImage, stored: StoredImage, record: GenerationRecord): WorkedImage {
  if (image.path === stored.path) return image;
  const { index } = stored;
  const file = `finished-${index + 1}.${extensionFor(image.mediaType)}`;
  const path = join(record.folder, file);
  try {
    renameSync(image.path, path);
  } catch (error) {
    throw new LimnError("artifact_write_failed", {
      message: `The finished picture could not be kept in ${record.folder}: ${describeErrno(error)}.`,
      hint: "Make room or correct the rights. The original is in the history.",
      details: { folder: record.folder, reason: errno(error) },
      cause: error,
    });
  }
  const { mediaType, width, height, hasAlpha, bytes, sha256 } = image;
  record.addFinished(index, { file, mediaType, width, height, hasAlpha, bytes, sha256 });
  return { ...image, path };
}

/** @throws artifact_write_failed; the original stays */
function copyWithRecipe(
  stored: StoredImage,
  image: WorkedImage,
  path: string,
  record: GenerationRecord,
  facts: Pick<Recipe, "got" | "truth">,
): boolean {
  try {
    return copyPngWithRecipe(
      image.path,
      path,
      // The record gets these when all is done; this file has them in it already.
      JSON.stringify({
        ...recipeOf(record.manifest, stored.index),
        ...facts,
        steps: [...image.steps, "embed recipe"],
      }),
    );
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
  image: WorkedImage,
  record: GenerationRecord,
  warnings: Warning[],
  facts: Pick<Recipe, "got" | "truth">,
): Promise<{ path: string; bytes: number; sha256: string } | null> {
  const path = join(record.folder, `.recipe-${uniqueSuffix()}.part`);
  if (!copyWithRecipe(stored, image, path, record, facts)) {
    warnings.push({
      code: "recipe_not_embedded",
      index: stored.index,
      message: `A recipe can be written into PNG files only, and this is ${image.mediaType}.`,
    });
    return null;
  }
  // What finishing made has none any more, and says so itself.
  if (stored.c2pa && image.path === stored.path) {
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
