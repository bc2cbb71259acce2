import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { thumbnailWidths } from "@limn/core";
import type { FoundGeneration } from "@limn/core";
import { invalidRequest, notFound } from "./answers.ts";
import { disposition, downloadNames } from "./download-names.ts";
import { picturePolicy, setSecurityHeaders } from "./security-headers.ts";
import { sendFile } from "./send-file.ts";
import { checkPlace, isLink, pictureOf } from "./stored-pictures.ts";
import type { FileHashes, StoredPicture } from "./stored-pictures.ts";
import type { Thumbnails } from "./thumbnails.ts";
import { Abandoned } from "./work-queue.ts";

/** Bytes that a hash names never change; they are this user's alone. */
const forever = "private, max-age=31536000, immutable";
const asked = "private, no-cache";

export interface PictureParts {
  readonly hashes: FileHashes;
  readonly thumbnails: Thumbnails;
}

/** A picture of the history, with ranges. @throws artifact_not_found */
export async function sendPicture(
  hashes: FileHashes,
  found: FoundGeneration,
  index: number,
  parameters: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const which = parameters.get("which") ?? "finished";
  if (which !== "finished" && which !== "original") throw invalidRequest("which must be finished or original.");
  const picture = pictureOf(found, index, which);
  // For whoever saves it from the browser's own menu.
  const [name = ""] = downloadNames([{ prompt: found.manifest.prompt, mediaType: picture.mediaType }]);
  response.setHeader("content-disposition", disposition("inline", name));
  await sendStored(hashes, picture, parameters.get("v"), request, response);
}

/** One file of a record. @throws artifact_not_found */
export async function sendStored(
  hashes: FileHashes,
  picture: StoredPicture,
  version: string | null,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  await checkPlace(hashes, picture);
  setSecurityHeaders(response, picturePolicy);
  await sendFile(request, response, {
    path: picture.path,
    mediaType: safeMediaType(picture.mediaType),
    // A file of another size is no longer what the hash names, and nobody is to keep it under that.
    cacheControl: (bytes) => (version === picture.sha256 && bytes === picture.bytes ? forever : asked),
    missing: "This picture is no longer in the history.",
  });
}

/** A small one, made once. @throws artifact_not_found, image_corrupt, artifact_write_failed */
export async function sendThumbnail(
  { hashes, thumbnails }: PictureParts,
  found: FoundGeneration,
  index: number,
  parameters: URLSearchParams,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const width = Number(parameters.get("width") ?? 320);
  if (!thumbnailWidths.includes(width)) throw invalidRequest(`width must be one of ${thumbnailWidths.join(", ")}.`);
  const picture = pictureOf(found, index, "finished");
  const left = new AbortController();
  const leave = (): void => left.abort();
  response.once("close", leave);
  try {
    // What was made of these bytes is shown also when the file itself has gone or changed since.
    await checkPlace(hashes, picture);
    const made = thumbnails.made(picture.sha256, width);
    const sha256 = made === null ? await hashes.hashOf(picture.path) : picture.sha256;
    if (sha256 === null) throw notFound("This picture is no longer in the history.");
    const path = made ?? (await thumbnails.get(sha256, width, picture.path, left.signal));
    setSecurityHeaders(response, picturePolicy);
    await sendFile(request, response, {
      path,
      mediaType: "image/webp",
      tag: `${sha256}-${width}`,
      cacheControl: parameters.get("v") === sha256 ? forever : asked,
      missing: "This picture is no longer in the history.",
    });
  } catch (error) {
    if (!(error instanceof Abandoned)) throw error;
    response.destroy();
  } finally {
    response.off("close", leave);
  }
}

/** While it is drawn; gone when the generation has ended. @throws artifact_not_found */
export async function sendPreview(
  folder: string,
  index: number,
  partial: number,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const missing = "There is no such preview any more.";
  const path = join(folder, `preview-${index + 1}-${partial + 1}.png`);
  if (isLink(path)) throw notFound(missing);
  setSecurityHeaders(response, picturePolicy);
  await sendFile(request, response, { path, mediaType: "image/png", cacheControl: asked, missing });
}

/** A type that a browser shows as a picture; anything else is only to be saved. */
export function safeMediaType(mediaType: string): string {
  return /^image\/(?:png|jpeg|webp|gif|avif|tiff|svg\+xml)$/.test(mediaType) ? mediaType : "application/octet-stream";
}
