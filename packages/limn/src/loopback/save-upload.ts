import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Transform } from "node:stream";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

/** An uploaded file on the disk. */
export interface SavedUpload {
  readonly sha256: string;
  readonly bytes: number;
  /** The form's reader cut it off at its limit. */
  readonly isCut: boolean;
}

/** Write a part of a form to `path` while it arrives, mode 0600. @throws the disk's own errors */
export async function saveUpload(file: Readable, path: string): Promise<SavedUpload> {
  const hash = createHash("sha256");
  let bytes = 0;
  let isCut = false;
  file.once("limit", () => {
    isCut = true;
  });
  const counted = new Transform({
    transform: (piece: Buffer, _encoding, done) => {
      bytes += piece.length;
      hash.update(piece);
      done(null, piece);
    },
  });
  await pipeline(file, counted, createWriteStream(path, { mode: 0o600 }));
  return { sha256: hash.digest("hex"), bytes, isCut };
}
