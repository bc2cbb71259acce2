import { createReadStream, existsSync, readdirSync } from "node:fs";
import { statfs } from "node:fs/promises";
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { Manifest, ManifestImage } from "../contracts/manifest.ts";
import { LimnError } from "../errors/index.ts";
import { describeErrno } from "../files/index.ts";
import { isGenerationId } from "./generation-id.ts";
import { GenerationRecord } from "./generation-record.ts";
import { readHashRecord, writeHashRecord } from "./hash-records.ts";
import type { HashRecord } from "./hash-records.ts";
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

/** Every generation, as files. Files are the truth; there is nothing else to keep in step. */
export interface ArtifactStore {
  readonly folder: string;
  /** @throws artifact_write_failed, with nothing sent */
  begin(options: BeginOptions): Promise<GenerationRecord>;
  /** Newest first; broken or foreign folders are passed over. */
  list(): Iterable<FoundGeneration>;
  /** By id, by a unique beginning of an id, or `@last` (the newest real one). @throws artifact_not_found */
  find(reference: string): FoundGeneration;
  imagePath(generation: FoundGeneration, image: ManifestImage): string;
  /** @throws artifact_not_found, input_not_found */
  findByFile(path: string): Promise<FoundRecipe>;
  recordHash(record: HashRecord): void;
}

export function createArtifactStore(dataFolder: string): ArtifactStore {
  const generations = join(dataFolder, "generations");
  const hashes = join(dataFolder, "hashes");

  const ids = (): string[] => {
    try {
      return readdirSync(generations).filter(isGenerationId).sort().reverse();
    } catch {
      return [];
    }
  };

  function* list(): Iterable<FoundGeneration> {
    for (const id of ids()) {
      const found = readGeneration(generations, id);
      if (found !== null) yield found;
    }
  }

  const find = (reference: string): FoundGeneration => {
    if (reference === "@last") {
      for (const found of list()) if (!found.manifest.emulated && found.manifest.images.length > 0) return found;
      throw new LimnError("artifact_not_found", {
        message: "There is no picture in the history yet (sandbox pictures do not count).",
        hint: 'Make one: limn generate "a red fox"',
      });
    }
    const wanted = reference.replace(/^@/, "");
    const matches = ids().filter(
      (id) => id === wanted || (wanted.length >= 4 && (id.startsWith(wanted) || id.endsWith(wanted))),
    );
    const exact = matches.find((id) => id === wanted) ?? (matches.length === 1 ? matches[0] : undefined);
    const found = exact === undefined ? null : readGeneration(generations, exact);
    if (found !== null) return found;
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
    const recorded = record === null ? null : readGeneration(generations, record.id);
    const place = resolve(path);
    if (record !== null && (recorded === null || wasDelivered(recorded, place))) {
      return { sha256, record, generation: recorded, index: record.index };
    }
    // An original, a copy whose hash record was lost, or one of several generations with equal bytes: then the one that delivered here.
    let first: FoundRecipe | null =
      record === null ? null : { sha256, record, generation: recorded, index: record.index };
    for (const generation of list()) {
      const image = generation.manifest.images.find(
        (candidate) => candidate.sha256 === sha256 || candidate.delivered.some((copy) => copy.sha256 === sha256),
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

  return {
    folder: generations,
    begin: async ({ manifest, rescueFolders }) => {
      const record = GenerationRecord.create({ folder: join(generations, manifest.id), rescueFolders, manifest });
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
    imagePath: (generation, image) => (isAbsolute(image.file) ? image.file : join(generation.folder, image.file)),
    findByFile,
    recordHash: (record) => writeHashRecord(hashes, record),
  };
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
