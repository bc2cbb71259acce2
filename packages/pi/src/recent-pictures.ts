import { createReadStream, statSync } from "node:fs";
import { createHash } from "node:crypto";
import type { ImageInput, Limn } from "@limn/core";
import type { PiSession } from "./pi-api.ts";
import { Refusal } from "./refusal.ts";
import { isRecord, listOf, textOf } from "./values.ts";

export const toolName = "limn_image";
export const aliasName = "codex_generate_image";
export const messageType = "limn-image";

/** A file that was written down in an earlier result. */
interface KeptFile {
  readonly path: string;
  readonly sha256: string | null;
  readonly bytes: number | null;
}

/** One picture of the conversation. */
interface Picture {
  /** In limn's store: `@gen_…:1`, and the file's hash. */
  readonly stored: { readonly reference: string; readonly file: KeptFile } | null;
  readonly saved: KeptFile | null;
  /** The conversation's own copy, which Pi may have scaled down (P32). */
  readonly copy: { readonly data: string } | null;
}

/**
 * The newest `count` pictures of the conversation's branch, the oldest of them first. A picture of ours is taken from its file, which is
 * the original; only where that is gone or was changed, the conversation's copy is taken.
 * @throws Refusal when there are fewer
 */
export async function recentPictures(session: PiSession, count: number, store: Limn["store"]): Promise<ImageInput[]> {
  const branch = session.getBranch();
  const newest: Picture[] = [];
  // From the end, and no further than needed.
  for (let place = branch.length - 1; place >= 0 && newest.length < count; place -= 1)
    for (const picture of picturesOf(branch[place]).reverse()) if (newest.length < count) newest.push(picture);
  if (newest.length < count)
    throw new Refusal(
      `${count} ${count === 1 ? "picture of the conversation was" : "pictures of the conversation were"} asked for, and it has ${newest.length}. Nothing was sent.`,
    );
  return Promise.all(newest.reverse().map(async (picture, index) => inputOf(picture, index, store)));
}

function picturesOf(entry: unknown): Picture[] {
  if (!isRecord(entry)) return [];
  if (entry["type"] === "custom_message")
    return entry["customType"] === messageType ? ours(entry) : copiesIn(entry["content"]);
  if (entry["type"] !== "message" || !isRecord(entry["message"])) return [];
  const { message } = entry;
  const { role, toolName: tool, isError } = message;
  if (role === "user") return copiesIn(message["content"]);
  if (role !== "toolResult") return [];
  const isOurs = (tool === toolName || tool === aliasName) && isError !== true;
  return isOurs ? ours(message) : copiesIn(message["content"]);
}

function copiesIn(content: unknown): Picture[] {
  return listOf(content).flatMap((block): Picture[] => {
    if (!isRecord(block) || block["type"] !== "image") return [];
    const data = textOf(block["data"]);
    return data === null ? [] : [{ stored: null, saved: null, copy: { data } }];
  });
}

/** Our own details name every picture; blocks are only some of them. */
function ours({ content, details }: Readonly<Record<string, unknown>>): Picture[] {
  const copies = copiesIn(content);
  if (!isRecord(details)) return copies;
  const limn = isRecord(details["limn"]) ? details["limn"] : {};
  const images = listOf(limn["images"]).filter(isRecord);
  if (images.length === 0) {
    // A result of pi-codex-image-gen, whose details have a path and a size.
    const saved = keptFile(details["savedPath"], null, details["byteCount"]);
    const [copy] = copies;
    return copy === undefined ? [] : [{ ...copy, saved }];
  }
  const generation = textOf(limn["generation"]);
  return images.flatMap((image, place): Picture[] => {
    const stored = keptFile(image["storePath"], image["sha256"], null);
    const saved = keptFile(image["savedPath"], image["sha256"], null);
    const copy = copies[place]?.copy ?? null;
    const index = typeof image["index"] === "number" ? image["index"] : place;
    if (stored === null && saved === null && copy === null) return [];
    return [
      {
        stored:
          stored === null || generation === null ? null : { reference: `@${generation}:${index + 1}`, file: stored },
        saved,
        copy,
      },
    ];
  });
}

function keptFile(path: unknown, sha256: unknown, bytes: unknown): KeptFile | null {
  const file = textOf(path);
  return file === null ? null : { path: file, sha256: textOf(sha256), bytes: typeof bytes === "number" ? bytes : null };
}

async function inputOf({ stored, saved, copy }: Picture, index: number, store: Limn["store"]): Promise<ImageInput> {
  if (stored !== null && (await isUntouched(stored.file)) && isKnown(stored.reference, store)) return stored.reference;
  if (saved !== null && (await isUntouched(saved))) return saved.path;
  if (copy !== null) return { bytes: Buffer.from(copy.data, "base64"), name: `conversation-${index + 1}` };
  throw new Refusal(
    `The picture ${saved?.path ?? stored?.file.path ?? ""} is gone or was changed since, and the conversation holds no copy. Give its path in images if you mean it as it is now. Nothing was sent.`,
  );
}

/** Another store may be in use by now than the one that the details speak of. */
function isKnown(reference: string, store: Limn["store"]): boolean {
  try {
    store.findImage(reference, { folder: "", session: null, emulated: true });
    return true;
  } catch {
    return false;
  }
}

async function isUntouched({ path, sha256, bytes }: KeptFile): Promise<boolean> {
  try {
    const facts = statSync(path);
    if (!facts.isFile()) return false;
    if (sha256 === null) return bytes === null || facts.size === bytes;
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(path)) if (chunk instanceof Uint8Array) hash.update(chunk);
    return hash.digest("hex") === sha256;
  } catch {
    return false;
  }
}
