import { randomBytes } from "node:crypto";
import { createReadStream, existsSync, statSync } from "node:fs";
import type { ReadStream } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { LimnError } from "@limn/core";
import type { DownloadRequest } from "@limn/core";
import { ZipFile } from "yazl";
import { invalidRequest, notFound } from "./answers.ts";
import { disposition, downloadNames } from "./download-names.ts";
import { safeMediaType } from "./picture-routes.ts";
import { picturePolicy, setSecurityHeaders } from "./security-headers.ts";
import { pour, sendFile } from "./send-file.ts";
import type { StoredPicture } from "./stored-pictures.ts";

const lifetimeMs = 5 * 60_000;
const maxWaiting = 100;
const maxItems = 1000;

/** One picture that is to be saved. */
export interface DownloadItem extends StoredPicture {
  readonly id: string;
  readonly index: number;
  readonly prompt: string | null;
}

interface Waiting {
  readonly items: readonly StoredPicture[];
  /** Of the items, in their order; prompts can be long, and are not kept. */
  readonly names: readonly string[];
  readonly expiresAtMs: number;
}

/** What was asked to be saved: an address that is good once, since browsers save what a link leads to, without further headers. */
export class Downloads {
  readonly #clock: () => number;
  readonly #waiting = new Map<string, Waiting>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  /** Returns the address. @throws artifact_not_found for files that are gone, before anything is saved */
  add(items: readonly DownloadItem[]): string {
    const gone = items.filter(({ path }) => !existsSync(path));
    const [first] = gone;
    if (first !== undefined)
      throw new LimnError("artifact_not_found", {
        message: `${gone.length} of ${items.length} pictures ${gone.length === 1 ? "is" : "are"} no longer in the history, ${first.id} among them.`,
        hint: "Leave them out.",
        details: { missing: gone.map(({ id, index }) => ({ id, index })) },
      });
    const token = randomBytes(16).toString("base64url");
    this.#waiting.set(token, {
      items: items.map(({ prompt: _prompt, ...picture }) => picture),
      names: downloadNames(items),
      expiresAtMs: this.#clock() + lifetimeMs,
    });
    for (const oldest of this.#waiting.keys()) {
      if (this.#waiting.size <= maxWaiting) break;
      this.#waiting.delete(oldest);
    }
    return `/api/downloads/${token}`;
  }

  /** One file as it is, several as ZIP. @throws artifact_not_found for an address that was used or is too old */
  async send(token: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const waiting = this.#waiting.get(token);
    if (request.method !== "HEAD") this.#waiting.delete(token);
    if (waiting === undefined || waiting.expiresAtMs < this.#clock())
      throw notFound("This download was used, or is older than five minutes.");
    const { items, names } = waiting;
    setSecurityHeaders(response, picturePolicy);
    const [only] = items;
    if (only !== undefined && items.length === 1) {
      await sendFile(request, response, {
        path: only.path,
        mediaType: safeMediaType(only.mediaType),
        cacheControl: "no-store",
        headers: { "content-disposition": disposition("attachment", names[0] ?? "image") },
        missing: "This picture is no longer in the history.",
      });
      return;
    }
    await sendZip(items, names, request, response);
  }
}

/** Pictures are packed already: stored as they are, so that the length is known and a browser can show how far it is. */
async function sendZip(
  items: readonly StoredPicture[],
  names: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const facts = items.map(({ path }) => statSync(path, { throwIfNoEntry: false }));
  const zip = new ZipFile();
  // A file that changes while it is packed: the connection breaks off, so that nobody takes the rest for all.
  const breakOff = (): void => void response.destroy();
  zip.on("error", breakOff);
  let reading: ReadStream | null = null;
  for (const [place, { path }] of items.entries()) {
    const found = facts[place];
    if (found?.isFile() !== true) throw notFound("One of these pictures is no longer in the history.");
    const { size, mtime, mode } = found;
    zip.addReadStreamLazy(names[place] ?? `image-${place + 1}`, { compress: false, size, mtime, mode }, (give) => {
      if (request.method === "HEAD" || response.destroyed) return;
      reading = createReadStream(path).on("error", breakOff);
      give(null, reading);
    });
  }
  // Whoever leaves in the middle of a file leaves it open.
  response.once("close", () => reading?.destroy());
  const length = await new Promise<number>((resolve) => {
    // Its types leave out what it calls back with: the length, or -1 when it cannot be known.
    const told: (...parameters: readonly unknown[]) => void = (size) => resolve(typeof size === "number" ? size : -1);
    zip.end({ forceZip64Format: false, comment: "" }, told);
  });
  response.writeHead(200, {
    "content-type": "application/zip",
    "content-disposition": disposition("attachment", `limn-${items.length}-pictures.zip`),
    ...(length >= 0 ? { "content-length": length } : {}),
  });
  if (request.method === "HEAD") {
    response.end();
    return;
  }
  await pour(zip.outputStream, response);
}

/** @throws Refusal 400 */
export function readDownload(words: Readonly<Record<string, unknown>>): DownloadRequest {
  const { items, which = "finished" } = words;
  if (which !== "finished" && which !== "original") throw invalidRequest("which must be finished or original.");
  if (!Array.isArray(items) || items.length === 0 || items.length > maxItems)
    throw invalidRequest(`items must be a list of 1 to ${maxItems} pictures.`);
  const read = new Map<string, { id: string; index: number }>();
  for (const item of items) {
    const { id, index } = isItem(item) ? item : { id: "", index: -1 };
    if (index < 0) throw invalidRequest("Each of items must be an id and an index.");
    read.set(`${id}:${index}`, { id, index });
  }
  return { items: [...read.values()], which };
}

function isItem(value: unknown): value is { readonly id: string; readonly index: number } {
  return (
    typeof value === "object" &&
    value !== null &&
    "id" in value &&
    typeof value.id === "string" &&
    "index" in value &&
    typeof value.index === "number" &&
    Number.isInteger(value.index)
  );
}
