import { createReadStream, existsSync, readdirSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { ProgressNotice } from "../contracts/library.ts";
import type { Manifest, ManifestImage } from "../contracts/manifest.ts";
import { LimnError } from "../errors/index.ts";
import { describeErrno } from "../files/index.ts";
import { isGenerationId } from "./generation-id.ts";
import { GenerationRecord, keptInputName } from "./generation-record.ts";
import { readHashRecord, writeHashRecord } from "./hash-records.ts";
import type { HashRecord } from "./hash-records.ts";
import { Journal } from "./journal.ts";
import { readGeneration } from "./read-manifest.ts";
import type { FoundGeneration } from "./read-manifest.ts";

/** A picture of the service has 1.5 to 3 MB; with less room than this a paid one could be lost. */
const roomPerImageBytes = 16 * 1024 * 1024;

export interface BeginOptions {
  readonly manifest: Manifest;
  readonly rescueFolders: readonly string[];
}

/** What a file's bytes lead to. */
export interface FoundRecipe {
  readonly sha256: string;
  /** Null when only the hash record is left (`--no-history`) . */
  readonly generation: FoundGeneration | null;
  readonly record: HashRecord | null;
  readonly index: number;
}

/** Whose pictures `@last` means: one folder's, or one session's of a host. */
export interface LastScope {
  /** Working folder of the program that asked. */
  readonly folder: string;
  /** A host's session; with one the folder does not matter. */
  readonly session: string | null;
  /** Pictures of the sandbox count too. */
  readonly emulated: boolean;
}

/** A picture of the history that goes into another one. */
export interface FoundImage {
  readonly path: string;
  readonly id: string;
  /** 0-based. */
  readonly index: number;
}

/** Every generation, as files. Files are the truth; there is nothing else to keep in step. */
export interface ArtifactStore {
  readonly folder: string;
  /** @throws artifact_write_failed, with nothing sent */
  begin(options: BeginOptions): Promise<GenerationRecord>;
  /** Newest first; broken or foreign folders are passed over. */
  list(): Iterable<FoundGeneration>;
  /** By id, by a unique beginning or end of an id, or `@last` (the newest with a picture in the scope). @throws artifact_not_found */
  find(reference: string, scope: LastScope): FoundGeneration;
  /** The newest `n` generations with pictures in the scope, in the order in which they were made. */
  last(scope: LastScope, n: number): readonly FoundGeneration[];
  /** One picture: `@last`, `@ID`, or `@ID:2` for the second; what was delivered where that stays, else the original. @throws artifact_not_found */
  findImage(reference: string, scope: LastScope): FoundImage;
  /** What was delivered where that stays, else the original. */
  imagePath(generation: FoundGeneration, image: ManifestImage): string;
  /** An input that came from nowhere it could be read again, kept beside its generation; null when there is none. */
  keptInput(id: string, sha256: string): string | null;
  /** Lower-case hex. @throws input_not_found */
  hashOf(path: string): Promise<string>;
  /** @throws artifact_not_found, input_not_found */
  findByFile(path: string): Promise<FoundRecipe>;
  /** The generation of this history that delivered these bytes, by the hash record alone; the history is not searched. Null when none is known. */
  makerOf(sha256: string, scope: Pick<LastScope, "emulated">): string | null;
  /** Note where a picture came from, by its hash alone (`keepHistory: false`). */
  recordHash(record: HashRecord): void;
  /** Tell other processes how far a running generation is; see `Library.watch`. */
  tellProgress(notice: ProgressNotice): void;
}

export function createArtifactStore(dataFolder: string): ArtifactStore {
  const generations = join(dataFolder, "generations");
  const trash = join(dataFolder, "trash");
  const hashes = join(dataFolder, "hashes");
  const journal = new Journal(dataFolder);

  const ids = (): string[] => idsIn(generations).sort().reverse();

  function* list(): Iterable<FoundGeneration> {
    for (const id of ids()) {
      const found = readGeneration(generations, id);
      if (found !== null) yield found;
    }
  }

  const last = (scope: LastScope, n: number): FoundGeneration[] => {
    const newest: FoundGeneration[] = [];
    for (const found of list()) {
      if (newest.length >= n) break;
      if (isInScope(found, scope)) newest.push(found);
    }
    return newest.reverse();
  };

  const newestAnywhere = (scope: LastScope): FoundGeneration | undefined => {
    for (const found of list()) if (hasRealPicture(found, scope)) return found;
    return undefined;
  };

  const find = (reference: string, scope: LastScope): FoundGeneration => {
    if (reference === "@last") {
      const [found] = last(scope, 1);
      if (found !== undefined) return found;
      const sandboxed = scope.emulated ? undefined : last({ ...scope, emulated: true }, 1)[0];
      throw noLast(scope, newestAnywhere(scope), sandboxed);
    }
    const wanted = reference.replace(/^@/, "");
    const matches = matching(ids(), wanted);
    const exact = matches.find((id) => id === wanted) ?? (matches.length === 1 ? matches[0] : undefined);
    const found = exact === undefined ? null : readGeneration(generations, exact);
    if (found !== null) return found;
    const trashed = matches.length === 0 ? matching(idsIn(trash), wanted) : [];
    const [thrownAway] = trashed;
    if (thrownAway !== undefined && trashed.length === 1)
      throw new LimnError("artifact_not_found", {
        message: `The generation ${thrownAway} is in the trash.`,
        hint: `Get it back: limn restore ${thrownAway}`,
        details: { generation: thrownAway, trashed: true },
      });
    throw new LimnError("artifact_not_found", {
      message:
        matches.length > 1
          ? `${matches.length} generations match "${reference}".`
          : exact === undefined
            ? `There is no generation "${reference}".`
            : `The record of ${exact} is damaged.`,
      hint: "See: limn history",
    });
  };

  const findByFile = async (path: string): Promise<FoundRecipe> => {
    const sha256 = await hashFile(path);
    const record = readHashRecord(hashes, sha256);
    const recorded =
      record === null ? null : (readGeneration(generations, record.id) ?? readGeneration(trash, record.id));
    const place = resolve(path);
    if (record !== null && (recorded === null || wasDelivered(recorded, place))) {
      return { sha256, record, generation: recorded, index: record.index };
    }
    // An original, a copy whose hash record was lost, or one of several generations with equal bytes: then the one that delivered here.
    let first: FoundRecipe | null =
      record === null ? null : { sha256, record, generation: recorded, index: record.index };
    for (const generation of list()) {
      const image = generation.manifest.images.find(
        (candidate) =>
          candidate.sha256 === sha256 ||
          candidate.finished?.sha256 === sha256 ||
          candidate.delivered.some((copy) => copy.sha256 === sha256),
      );
      if (image === undefined) continue;
      const found = { sha256, record: null, generation, index: image.index };
      if (wasDelivered(generation, place)) return found;
      first ??= found;
    }
    if (first !== null) return first;
    throw new LimnError("artifact_not_found", {
      message: `No generation of this history made ${path} (SHA-256 ${sha256.slice(0, 12)}…).`,
      hint: "A picture that was edited or re-encoded has other bytes than the one that limn delivered.",
    });
  };

  const imagePath = (generation: FoundGeneration, image: ManifestImage): string => {
    const file = image.finished?.file ?? image.file;
    return isAbsolute(file) ? file : join(generation.folder, file);
  };

  const findImage = (reference: string, scope: LastScope): FoundImage => {
    const [, name = reference, place] = /^(@.+?)(?::(\d{1,3}))?$/.exec(reference) ?? [];
    const generation = find(name, scope);
    const { images } = generation.manifest;
    // The number is the request's, also where another picture of it failed.
    const image = place === undefined ? images[0] : images.find(({ index }) => index === Number(place) - 1);
    if (image === undefined)
      throw new LimnError("artifact_not_found", {
        message:
          images.length === 0
            ? `The generation ${generation.id} has no picture.`
            : `The generation ${generation.id} has no picture ${place}; it has ${images.map(({ index }) => index + 1).join(", ")}.`,
        hint: "See: limn history",
      });
    const path = imagePath(generation, image);
    if (existsSync(path)) return { path, id: generation.id, index: image.index };
    throw new LimnError("artifact_not_found", {
      message: `The picture ${image.index + 1} of ${generation.id} is no longer in the history.`,
      hint: "Give its file instead, wherever it was moved: -i FILE",
      details: { generation: generation.id },
    });
  };

  return {
    folder: generations,
    begin: async ({ manifest, rescueFolders }) => {
      const record = GenerationRecord.create({
        folder: join(generations, manifest.id),
        rescueFolders,
        manifest,
        journal,
      });
      try {
        await checkRoom(generations, manifest.n);
      } catch (error) {
        record.remove();
        throw error;
      }
      return record;
    },
    list,
    find,
    last,
    findImage,
    imagePath,
    keptInput: (id, sha256) => {
      const path = join(generations, id, keptInputName(sha256));
      return existsSync(path) ? path : null;
    },
    hashOf: hashFile,
    findByFile,
    makerOf: (sha256, { emulated }) => {
      const record = readHashRecord(hashes, sha256);
      if (record === null || (record.emulated && !emulated) || !isGenerationId(record.id)) return null;
      // Of `--no-history` nothing is left to point to.
      return existsSync(join(generations, record.id)) ? record.id : null;
    },
    recordHash: (record) => writeHashRecord(hashes, record),
    tellProgress: (notice) => journal.progress(notice),
  };
}

/** In no order; none where there is no folder. */
function idsIn(folder: string): string[] {
  try {
    return readdirSync(folder).filter(isGenerationId);
  } catch {
    return [];
  }
}

function matching(ids: readonly string[], wanted: string): readonly string[] {
  return ids.filter((id) => id === wanted || (wanted.length >= 4 && (id.startsWith(wanted) || id.endsWith(wanted))));
}

function hasRealPicture({ manifest }: FoundGeneration, { emulated }: Pick<LastScope, "emulated">): boolean {
  return manifest.images.length > 0 && (emulated || !manifest.emulated);
}

function isInScope(found: FoundGeneration, scope: LastScope): boolean {
  const { manifest } = found;
  if (!hasRealPicture(found, scope)) return false;
  return scope.session === null ? manifest.folder === scope.folder : manifest.session === scope.session;
}

function noLast(
  scope: LastScope,
  elsewhere: FoundGeneration | undefined,
  sandboxed: FoundGeneration | undefined,
): LimnError {
  const where = scope.session === null ? `made in ${scope.folder}` : "of this session";
  return new LimnError("artifact_not_found", {
    message: `There is no picture ${where} in the history yet${scope.emulated ? "" : " (sandbox pictures do not count)"}.`,
    hint:
      elsewhere === undefined
        ? sandboxed === undefined
          ? 'Make one: limn generate "a red fox"'
          : `The sandbox made one, ${sandboxed.id}; to count it, add: --sandbox`
        : `The newest of all was made elsewhere; name it if you mean it: @${elsewhere.id}`,
    details: { folder: scope.folder },
  });
}

function wasDelivered({ manifest }: FoundGeneration, path: string): boolean {
  return manifest.images.some(({ delivered }) => delivered.some((copy) => copy.path === path));
}

async function checkRoom(folder: string, images: number): Promise<void> {
  const facts = await statfs(existsSync(folder) ? folder : dirname(folder)).catch(() => null);
  // Some file systems do not tell; then writing shows.
  if (facts === null || facts.blocks === 0) return;
  const free = facts.bavail * facts.bsize;
  const wanted = images * roomPerImageBytes;
  if (free >= wanted) return;
  throw new LimnError("artifact_write_failed", {
    message: `Only ${Math.floor(free / 1e6)} MB are free in ${folder}, and ${Math.ceil(wanted / 1e6)} MB are kept ready for ${images} picture${images === 1 ? "" : "s"}. Nothing was sent.`,
    hint: "Make room, or name another folder: LIMN_HOME=/some/folder limn …",
    details: { folder, freeBytes: free, wantedBytes: wanted },
  });
}

async function hashFile(path: string): Promise<string> {
  const hash = process.getBuiltinModule("node:crypto").createHash("sha256");
  try {
    for await (const chunk of createReadStream(path)) if (chunk instanceof Uint8Array) hash.update(chunk);
  } catch (error) {
    throw new LimnError("input_not_found", {
      message: `The file ${path} cannot be read: ${describeErrno(error).replace("the folder", "it")}.`,
      hint: "Check the path.",
      cause: error,
    });
  }
  return hash.digest("hex");
}
