import { createHash } from "node:crypto";
import { lstatSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, isAbsolute, join } from "node:path";
import { readManifest } from "@limn/core";
import type { FoundGeneration, Library, ManifestImage } from "@limn/core";
import { notFound } from "./answers.ts";
import { recordFault } from "./record-faults.ts";

/** What is used of the library for reading records. */
export type Records = Pick<Library, "folderOf">;

export type FileState = "there" | "changed" | "gone";

/** A picture of a record, as a file. */
export interface StoredPicture {
  readonly path: string;
  readonly mediaType: string;
  readonly sha256: string;
  readonly bytes: number;
  /** A file that is not limn's own, or a link: shown only as long as its bytes are those that the record names. */
  readonly isElsewhere: boolean;
}

/** The record of a generation, wherever it is (the trash too). @throws artifact_not_found */
export function readRecord(library: Records, id: string): FoundGeneration {
  const folder = library.folderOf(id);
  const reading = readManifest(dirname(folder), basename(folder));
  if (reading.kind === "missing") throw notFound(`There is no generation ${id}.`);
  const fault = reading.kind === "broken" ? reading.reason : recordFault(reading.generation.manifest);
  if (reading.kind === "broken" || fault !== null) throw notFound(`The record of ${id} cannot be used: ${fault}.`);
  return reading.generation;
}

/** `finished` is what was delivered, and the original where nothing was finished. @throws artifact_not_found */
export function pictureOf(found: FoundGeneration, index: number, which: "finished" | "original"): StoredPicture {
  const image = found.manifest.images.find((candidate) => candidate.index === index);
  if (image === undefined) throw notFound(`The generation ${found.id} has no picture ${index + 1}.`);
  const { file, mediaType, sha256, bytes } = which === "finished" ? (image.finished ?? image) : image;
  checkHash(found.id, sha256);
  const path = placeOf(found, file);
  return { path, mediaType, sha256, bytes, isElsewhere: isAbsolute(file) || isLink(path) };
}

/** Every file that the record names for one picture. */
export function filesOf(found: FoundGeneration, image: ManifestImage): readonly StoredPicture[] {
  const original = pictureOf(found, image.index, "original");
  return image.finished === undefined ? [original] : [original, pictureOf(found, image.index, "finished")];
}

function placeOf({ folder }: FoundGeneration, file: string): string {
  return isAbsolute(file) ? file : join(folder, basename(file));
}

/** Names are made of it. @throws artifact_not_found for what a record calls a hash and is none */
export function checkHash(id: string, sha256: string): void {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw notFound(`The record of ${id} names a picture by a hash that is none.`);
}

/** What a link leads to was not put there by limn. */
export function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false;
}

/** A record may come from anybody's disk: it must not lead to a file that its maker did not have. @throws artifact_not_found */
export async function checkPlace(hashes: FileHashes, { path, sha256, isElsewhere }: StoredPicture): Promise<void> {
  if (isElsewhere && (await hashes.stateOf(path, sha256)) !== "there")
    throw notFound("This picture is no longer where it was saved, or no longer what it was.");
}

const maxKnownHashes = 20_000;
const pieceBytes = 256 * 1024;

/** Whether files are still what was saved. Each is read once as long as nobody touches it. */
export class FileHashes {
  /** By path, inode, time and size. */
  readonly #known = new Map<string, string>();

  async stateOf(path: string, sha256: string): Promise<FileState> {
    const found = await this.hashOf(path);
    if (found === null) return "gone";
    return found === sha256 ? "there" : "changed";
  }

  /** Null when it cannot be read. */
  async hashOf(path: string): Promise<string | null> {
    try {
      const facts = statSync(path, { bigint: true });
      // A pipe or a device would be waited for.
      if (!facts.isFile()) return null;
      const { ino, mtimeNs, size } = facts;
      const key = `${path}\n${ino}\n${mtimeNs}\n${size}`;
      const known = this.#known.get(key);
      if (known !== undefined) return known;
      const sha256 = await hashFile(path);
      this.#known.set(key, sha256);
      for (const oldest of this.#known.keys()) {
        if (this.#known.size <= maxKnownHashes) break;
        this.#known.delete(oldest);
      }
      return sha256;
    } catch {
      return null;
    }
  }
}

/** Through one buffer, so that a wall of new pictures leaves no garbage of megabytes. */
async function hashFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  const buffer = Buffer.allocUnsafe(pieceBytes);
  const file = await open(path, "r");
  try {
    for (;;) {
      const { bytesRead } = await file.read(buffer, 0, pieceBytes, null);
      if (bytesRead === 0) return hash.digest("hex");
      hash.update(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}
