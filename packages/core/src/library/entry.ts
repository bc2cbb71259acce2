import { statSync } from "node:fs";
import type { LibraryEntry, LibraryImage } from "../contracts/library.ts";
import type { Manifest, ManifestImage } from "../contracts/manifest.ts";
import type { EngineId } from "../contracts/request.ts";
import type { FoundGeneration } from "../artifacts/index.ts";
import { isObject, numberOf, textOf } from "../json/index.ts";
import type { MarksFile } from "./marks.ts";

/** An entry as the files tell it; the index adds its revision. */
export type PlainEntry = Omit<LibraryEntry, "revision">;

const engines: readonly EngineId[] = ["images", "responses", "codex"];

export function entryOf(
  { id, folder, status, manifest }: FoundGeneration,
  file: MarksFile,
  isTrashed: boolean,
): PlainEntry {
  const failures: readonly unknown[] = manifest.failures;
  const first = failures[0] ?? callFailure(manifest);
  return {
    id,
    operation: manifest.operation === "edit" ? "edit" : "generate",
    status,
    createdAt: manifest.createdAt,
    endedAt: textOf(manifest.endedAt),
    // What a broken or newer record names otherwise is shown as the default; the record itself says more.
    engine: engines.find((engine) => engine === manifest.engine) ?? "images",
    model: textOf(manifest.model) ?? "unknown",
    emulated: manifest.emulated === true,
    prompt: textOf(manifest.prompt),
    n: manifest.n,
    folder: textOf(manifest.folder) ?? "",
    parents: textsOf(manifest.parents),
    images: manifest.images.map(imageOf),
    failure: isObject(first) ? { code: textOf(first.code) ?? "bug", message: textOf(first.message) ?? "" } : null,
    trashedAt: isTrashed ? (file.trashedAt ?? changedAt(folder) ?? manifest.createdAt) : null,
    imported: importOf(manifest.imported),
    ...file.marks,
  };
}

/** While a generation runs, its failures are at its calls. */
function callFailure({ calls }: Manifest): unknown {
  const all: readonly unknown[] = calls;
  return all.map((call) => (isObject(call) ? call.failure : undefined)).find((failure) => failure !== undefined);
}

function imageOf(image: ManifestImage): LibraryImage {
  const shown = image.finished ?? image;
  return {
    index: numberOf(image.index) ?? 0,
    mediaType: textOf(shown.mediaType) ?? "application/octet-stream",
    width: numberOf(shown.width) ?? 0,
    height: numberOf(shown.height) ?? 0,
    hasAlpha: shown.hasAlpha === true,
    bytes: numberOf(shown.bytes) ?? 0,
    sha256: textOf(shown.sha256) ?? "",
    isFinished: image.finished !== undefined,
  };
}

function importOf(value: unknown): LibraryEntry["imported"] {
  const from = isObject(value) ? value.from : undefined;
  return from === "codex" || from === "recipe" ? from : null;
}

function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((text): text is string => typeof text === "string") : [];
}

/** Moved to the trash by hand: nothing else tells when. */
function changedAt(folder: string): string | null {
  const facts = statSync(folder, { throwIfNoEntry: false });
  return facts === undefined ? null : facts.ctime.toISOString();
}

/** All that can be searched: what was asked, what the service made of it, and what a person noted. */
export function searchedTexts(
  manifest: Manifest,
  { marks }: MarksFile,
): { readonly words: readonly string[]; readonly notes: readonly string[] } {
  const revised = manifest.images.map(({ revisedPrompt }) => textOf(revisedPrompt) ?? "");
  return {
    words: [textOf(manifest.prompt) ?? "", ...revised],
    notes: [...marks.tags, marks.kit ?? "", ...Object.values(marks.altTexts)],
  };
}
