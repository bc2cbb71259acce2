import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { LimnError } from "@limn/core";
import type { Usage } from "@limn/core";
import type { LivePicture } from "./live-picture.ts";
import type { Made, MadePicture } from "./made-pictures.ts";

/** Multiple of three, so that the base64 of the pieces is the base64 of the whole. */
const sliceBytes = 3 * 64 * 1024;
/** Filled and emptied without a pause, so that all answers can share it. */
const slice = Buffer.allocUnsafe(sliceBytes);
/** A client that does not take a byte for so long is gone. */
const stalledMs = 60_000;

/** A part of an answer: text, or the base64 of a file. */
type Part = string | OpenPicture;

interface OpenPicture {
  readonly descriptor: number;
  readonly bytes: number;
  /** Of base64, that the client has already. @default 0 */
  readonly charactersSent?: number;
}

export type PictureForm =
  | { readonly kind: "b64_json" }
  /** Makes the address of a picture. */
  | { readonly kind: "url"; readonly addressOf: (picture: MadePicture) => string };

/** The answer of the public API, with the pictures streamed from their files. @throws artifact_not_found before anything is written */
export async function writeImages(
  response: ServerResponse,
  made: Made,
  form: PictureForm,
  headers: Readonly<Record<string, string>>,
): Promise<void> {
  const [first] = made.pictures;
  const opened: OpenPicture[] = [];
  try {
    const parts: Part[] = [`{"created":${made.created},"data":[`];
    for (const [place, picture] of made.pictures.entries()) {
      parts.push(place === 0 ? "{" : ",{");
      if (form.kind === "url") parts.push(`"url":${JSON.stringify(form.addressOf(picture))}`);
      else {
        const file = open(picture);
        opened.push(file);
        parts.push('"b64_json":"', file, '"');
      }
      parts.push(`${revisedOf(picture)}}`);
    }
    parts.push(`],${JSON.stringify({ ...factsOf(made, first), ...usageOf(made.usage) }).slice(1)}`);
    if (!response.headersSent)
      response.writeHead(200, {
        ...headers,
        "content-type": "application/json",
        "content-length": String(lengthOf(parts)),
      });
    await writeParts(response, parts);
    response.end();
  } finally {
    for (const { descriptor } of opened) closeSync(descriptor);
  }
}

/** The last event of a stream, one a picture. */
export async function writeCompleted(
  response: ServerResponse,
  made: Made,
  operation: "generate" | "edit",
  begin: () => void,
): Promise<void> {
  for (const picture of made.pictures) {
    const file = open(picture);
    try {
      begin();
      await writeParts(response, [completedOpening(operation), file, completedEnd(made, picture)]);
    } finally {
      closeSync(file.descriptor);
    }
  }
  response.end();
}

/** What stands before a picture that follows while it arrives. What is known of it only later comes behind it. */
export const imagesOpening = '{"data":[{"b64_json":"';

export function completedOpening(operation: "generate" | "edit"): string {
  const type = eventType(operation, "completed");
  return `event: ${type}\ndata: {"type":"${type}","b64_json":"`;
}

/** The rest of an answer that began with {@link imagesOpening}. @throws when the connection has to be cut */
export async function endImages(response: ServerResponse, made: Made, live: LivePicture): Promise<void> {
  const [picture] = made.pictures;
  const facts = { created: made.created, ...factsOf(made, picture), ...usageOf(made.usage) };
  await endLive(response, live, picture, `"${revisedOf(picture)}}],${JSON.stringify(facts).slice(1)}`);
}

/** The rest of an event that began with {@link completedOpening}. @throws when the connection has to be cut */
export async function endCompleted(response: ServerResponse, made: Made, live: LivePicture): Promise<void> {
  const [picture] = made.pictures;
  await endLive(response, live, picture, completedEnd(made, picture));
}

async function endLive(
  response: ServerResponse,
  live: LivePicture,
  picture: MadePicture | undefined,
  end: string,
): Promise<void> {
  const characters = picture === undefined ? -1 : base64Length(picture.bytes);
  if (picture === undefined || live.isVoid || live.characters > characters)
    throw new Error("what was sent is not the picture that came of it");
  if (live.characters === characters) await writeParts(response, [end]);
  else {
    const file = open(picture);
    try {
      await writeParts(response, [{ ...file, charactersSent: live.characters }, end]);
    } finally {
      closeSync(file.descriptor);
    }
  }
  response.end();
}

function completedEnd(made: Made, picture: MadePicture | undefined): string {
  const facts = { created_at: made.created, ...factsOf(made, picture), ...usageOf(made.usage) };
  return `",${JSON.stringify(facts).slice(1)}\n\n`;
}

function revisedOf(picture: MadePicture | undefined): string {
  const revised = picture?.revisedPrompt;
  return revised === undefined ? "" : `,"revised_prompt":${JSON.stringify(revised)}`;
}

function base64Length(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

export function eventType(operation: "generate" | "edit", kind: "partial_image" | "completed"): string {
  return `${operation === "edit" ? "image_edit" : "image_generation"}.${kind}`;
}

/** Read from the bytes, or as the service states it; never what was asked. */
function factsOf({ quality }: Made, picture: MadePicture | undefined): Readonly<Record<string, unknown>> {
  return {
    background: picture?.hasAlpha === true ? "transparent" : "opaque",
    output_format: picture?.mediaType.replace("image/", "") ?? "png",
    quality: quality ?? "auto",
    size: picture === undefined ? "auto" : `${picture.width}x${picture.height}`,
  };
}

/** Absent where the service told none. */
function usageOf({
  inputTokens,
  outputTokens,
  totalTokens,
  inputImageTokens,
}: Usage): Readonly<Record<string, unknown>> {
  if (inputTokens === undefined && outputTokens === undefined && totalTokens === undefined) return {};
  const input = inputTokens ?? 0;
  const output = outputTokens ?? 0;
  const image = inputImageTokens ?? 0;
  return {
    usage: {
      input_tokens: input,
      output_tokens: output,
      total_tokens: totalTokens ?? input + output,
      input_tokens_details: { image_tokens: image, text_tokens: Math.max(0, input - image) },
    },
  };
}

function open({ path }: MadePicture): OpenPicture {
  try {
    const descriptor = openSync(path, "r");
    return { descriptor, bytes: fstatSync(descriptor).size };
  } catch (error) {
    throw new LimnError("artifact_not_found", {
      message: "The picture was made, and is no longer in the history.",
      cause: error,
    });
  }
}

function lengthOf(parts: readonly Part[]): number {
  return parts.reduce(
    (sum, part) => sum + (typeof part === "string" ? Buffer.byteLength(part) : base64Length(part.bytes)),
    0,
  );
}

async function writeParts(response: ServerResponse, parts: readonly Part[]): Promise<void> {
  response.setTimeout(stalledMs, () => response.destroy());
  for (const part of parts) {
    if (typeof part === "string") {
      await write(response, part, "utf8");
      continue;
    }
    const sent = part.charactersSent ?? 0;
    // Groups that were cut are encoded once more, without what is out of them.
    let skipped = sent % 4;
    for (let at = ((sent - skipped) / 4) * 3; at < part.bytes;) {
      const wanted = Math.min(sliceBytes, part.bytes - at);
      const read = fill(part.descriptor, wanted, at);
      if (read < wanted) throw new Error("a picture became shorter while it was sent");
      at += read;
      const text = slice.toString("base64", 0, read);
      await write(response, skipped === 0 ? text : text.slice(skipped), "latin1");
      skipped = 0;
    }
  }
  response.setTimeout(0);
}

function fill(descriptor: number, wanted: number, position: number): number {
  let filled = 0;
  while (filled < wanted) {
    const read = readSync(descriptor, slice, filled, wanted - filled, position + filled);
    if (read === 0) break;
    filled += read;
  }
  return filled;
}

/** Resolves when there is room for more; rejects when the client is gone. */
async function write(response: ServerResponse, text: string, encoding: BufferEncoding): Promise<void> {
  if (response.destroyed) throw new Error("the client left");
  if (response.write(text, encoding)) return;
  await new Promise<void>((resolve, reject) => {
    const drained = (): void => {
      response.off("close", closed);
      resolve();
    };
    const closed = (): void => {
      response.off("drain", drained);
      reject(new Error("the client left"));
    };
    response.once("drain", drained);
    response.once("close", closed);
  });
}
