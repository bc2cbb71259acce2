import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { keptInputName } from "@limn/core";
import type { FoundGeneration, Library } from "@limn/core";
import { notFound } from "./answers.ts";
import { checkHash, isLink, pictureOf, readRecord } from "./stored-pictures.ts";
import type { StoredPicture } from "./stored-pictures.ts";

/** An input that was kept beside its generation. */
export function inputFile({ folder }: Pick<FoundGeneration, "folder">, sha256: string): string | null {
  const path = join(folder, basename(keptInputName(sha256)));
  return existsSync(path) ? path : null;
}

/** What went in: what was kept, the picture of the history, or the user's own file. @throws artifact_not_found */
export function findInput(library: Pick<Library, "folderOf">, found: FoundGeneration, place: number): StoredPicture {
  const input = (found.manifest.inputs ?? [])[place];
  if (input === undefined) throw notFound(`The generation ${found.id} has no input ${place + 1}.`);
  const { origin, sha256, mediaType, bytes } = input;
  checkHash(found.id, sha256);
  const kept = inputFile(found, sha256);
  if (kept !== null) return { path: kept, mediaType, sha256, bytes, isElsewhere: isLink(kept) };
  if (origin.kind === "generation") {
    const parent = readRecord(library, origin.id);
    return pictureOf(parent, origin.index, "finished");
  }
  if (origin.kind === "file") return { path: origin.path, mediaType, sha256, bytes, isElsewhere: true };
  throw notFound("This input was not kept.");
}
