import {
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import { setImmediate as breathe } from "node:timers/promises";
import { createGenerationId, manifestName, writeHashRecord } from "../artifacts/index.ts";
import type { Journal } from "../artifacts/index.ts";
import type { ImportReport, ImportSource } from "../contracts/library.ts";
import type { Manifest } from "../contracts/manifest.ts";
import { LimnError } from "../errors/index.ts";
import { describeErrno, errno, uniqueSuffix } from "../files/index.ts";
import { ImageProbe, extensionFor, readPngRecipe } from "../media/index.ts";
import { withFolderLock } from "./folder-lock.ts";
import { draftPrefix } from "./folders.ts";
import type { LibraryFolders } from "./folders.ts";
import { manifestOfImport, readRecipe } from "./import-manifest.ts";
import type { EmbeddedRecipe, PictureFile } from "./import-manifest.ts";

const blockBytes = 256 * 1024;
const deepestFolder = 32;
const pictureNames = /\.(?:png|jpe?g|webp|gif|avif)$/i;

export interface ImportParts {
  readonly folders: LibraryFolders;
  readonly journal: Journal;
  /** Null = there is no Codex here. */
  readonly codexImages: string | null;
  /** A picture with these bytes, or the generation of this id, is in the history or its trash. */
  isKnown(sha256: string, id: string | null): boolean;
  readonly clock: () => number;
  readonly version: string;
}

type Outcome =
  | { readonly kind: "imported"; readonly id: string }
  | { readonly kind: "known" }
  | { readonly kind: "skipped"; readonly reason: string };

/** Copies pictures into the history, one generation each. @throws artifact_write_failed, input_not_found, the signal's reason */
export async function importPictures(
  parts: ImportParts,
  sources: readonly ImportSource[],
  signal: AbortSignal,
): Promise<ImportReport> {
  const imported: ImportReport["imported"][number][] = [];
  const skipped: ImportReport["skipped"][number][] = [];
  let known = 0;
  for (const source of sources) {
    const isCodex = source.kind === "codex";
    const root = isCodex ? codexFolder(parts) : resolve(source.path);
    for (const found of filesOf(root)) {
      signal.throwIfAborted();
      // A host that serves somebody else meanwhile.
      await breathe();
      const { file } = found;
      const outcome = found.reason === null ? importFile(parts, file, isCodex) : skip(found.reason);
      if (outcome.kind === "imported") imported.push({ id: outcome.id, file });
      else if (outcome.kind === "known") known += 1;
      else skipped.push({ file, reason: outcome.reason });
    }
  }
  return { imported, known, skipped };
}

function codexFolder({ codexImages }: ImportParts): string {
  if (codexImages !== null && statSync(codexImages, { throwIfNoEntry: false })?.isDirectory() === true)
    return codexImages;
  throw new LimnError("input_not_found", {
    message: `Codex has kept no pictures${codexImages === null ? "" : ` in ${codexImages}`}.`,
    hint: "Name Codex's folder if it is elsewhere: CODEX_HOME=/some/folder limn import --codex",
  });
}

function skip(reason: string): Outcome {
  return { kind: "skipped", reason };
}

interface FoundFile {
  readonly file: string;
  /** Why it cannot be taken; null = it can be tried. */
  readonly reason: string | null;
}

/** The file itself, or the pictures below a folder in the order of their paths. Links are not followed. */
function* filesOf(path: string): Iterable<FoundFile> {
  let isFolder: boolean;
  try {
    isFolder = statSync(path).isDirectory();
    if (isFolder) readdirSync(path);
  } catch (error) {
    const isMissing = errno(error) === "ENOENT" || errno(error) === "ENOTDIR";
    throw new LimnError("input_not_found", {
      message: isMissing ? `There is no file or folder ${path}.` : `${path} cannot be read: ${describeErrno(error)}.`,
      hint: isMissing ? "Check the path." : "Check its rights.",
      cause: error,
    });
  }
  if (isFolder) yield* picturesBelow(path, 0);
  else yield { file: path, reason: null };
}

/** A folder that cannot be read, or is gone meanwhile, is left out alone. */
function* picturesBelow(folder: string, depth: number): Iterable<FoundFile> {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    yield { file: folder, reason: describeErrno(error) };
    return;
  }
  for (const entry of entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))) {
    const below = join(folder, entry.name);
    if (entry.isDirectory() && depth < deepestFolder) yield* picturesBelow(below, depth + 1);
    else if (entry.isDirectory()) yield { file: below, reason: `it is more than ${deepestFolder} folders deep` };
    else if (entry.isFile() && pictureNames.test(entry.name) && !entry.name.startsWith("."))
      yield { file: below, reason: null };
  }
}

function importFile(parts: ImportParts, path: string, isCodex: boolean): Outcome {
  let picture: PictureFile | string;
  let recipe: EmbeddedRecipe | null = null;
  try {
    picture = readPicture(path);
    // What is no picture is not opened again: a named pipe would hang the program.
    if (typeof picture !== "string") recipe = readRecipe(readPngRecipe(path));
  } catch (error) {
    if (errno(error) === null) throw error;
    return skip(describeErrno(error));
  }
  if (typeof picture === "string") return skip(picture);
  if (parts.isKnown(picture.sha256, recipe?.id ?? null)) return { kind: "known" };
  if (!isCodex && recipe === null) return skip("it carries no recipe of limn's");
  return keep(parts, path, picture, recipe);
}

/** What the bytes are, or why they are no picture. Reads them once, in constant memory. */
function readPicture(path: string): PictureFile | string {
  // Without O_NONBLOCK a named pipe would hang the program.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const facts = fstatSync(file);
    if (!facts.isFile()) return "it is no file";
    const mark = markOf(path);
    const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
    const probe = new ImageProbe();
    const block = Buffer.allocUnsafe(blockBytes);
    let bytes = 0;
    for (let length = readSync(file, block); length > 0; length = readSync(file, block)) {
      const slice = block.subarray(0, length);
      hash.update(slice);
      probe.push(slice);
      bytes += length;
    }
    const outcome = probe.finish();
    if (outcome.kind === "cut") return "the picture is cut off";
    if (outcome.kind !== "image") return "it is no picture that limn knows";
    return { facts: outcome.facts, bytes, sha256: hash.digest("hex"), modifiedMs: facts.mtimeMs, mark };
  } finally {
    closeSync(file);
  }
}

/** Another one when other bytes may be there. */
function markOf(path: string): string {
  const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
  return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
}

/** The whole folder appears at once, or not at all. */
function keep(parts: ImportParts, path: string, picture: PictureFile, recipe: EmbeddedRecipe | null): Outcome {
  const { folders, clock, version, journal } = parts;
  const name = `image-1.${extensionFor(picture.facts.mediaType)}`;
  const created = recipe === null ? picture.modifiedMs : Date.parse(recipe.createdAt);
  const id = createGenerationId(Math.max(0, Math.floor(Math.min(created, clock()))));
  const draft = join(folders.generations, `${draftPrefix}${uniqueSuffix()}`);
  try {
    mkdirSync(draft, { recursive: true, mode: 0o700 });
    // Blocks are shared where the file system can; never by a link, which the other program could write through.
    copyFileSync(path, join(draft, name), constants.COPYFILE_FICLONE);
    if (markOf(path) !== picture.mark) return skip("it changed while it was read");
    const manifest: Manifest = manifestOfImport({
      id,
      file: name,
      path,
      picture,
      recipe,
      nowMs: clock(),
      createdMs: created,
      version,
    });
    writeFileSync(join(draft, manifestName), `${JSON.stringify(manifest, null, 1)}\n`, { mode: 0o600 });
    const outcome = withFolderLock(folders, (): Outcome => {
      // Another process may have imported it a moment ago.
      if (parts.isKnown(picture.sha256, recipe?.id ?? null)) return { kind: "known" };
      writeHashRecord(folders.hashes, {
        sha256: picture.sha256,
        id,
        index: 0,
        createdAt: manifest.createdAt,
        engine: manifest.engine,
        emulated: manifest.emulated,
      });
      renameSync(draft, join(folders.generations, id));
      journal.changed(id);
      return { kind: "imported", id };
    });
    return outcome;
  } catch (error) {
    if (errno(error) === null) throw error;
    throw new LimnError("artifact_write_failed", {
      message: `${basename(path)} could not be copied into ${folders.generations}: ${describeErrno(error)}.`,
      hint: "Make room or correct the rights. What was imported before stays, and is not imported twice.",
      details: { folder: folders.generations, reason: errno(error) },
      cause: error,
    });
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}
