import { constants, createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline } from "node:stream/promises";
import { notFound } from "./answers.ts";
import { hasTag, parseRange } from "./ranges.ts";

/** In one piece: a stream of its own costs more than reading a thumbnail. */
const smallBytes = 64 * 1024;

export interface FileAnswer {
  readonly path: string;
  readonly mediaType: string;
  /** Without quotes; @default made of the file's time and size */
  readonly tag?: string;
  /** Of the size that the file has now. */
  readonly cacheControl: string | ((bytes: number) => string);
  readonly headers?: Readonly<Record<string, string>>;
  /** For people, when the file is gone. */
  readonly missing: string;
}

/** A file as it is now, whole or one range of it, or that the reader's copy is still good. @throws artifact_not_found */
export async function sendFile(request: IncomingMessage, response: ServerResponse, answer: FileAnswer): Promise<void> {
  const file = await openFile(answer);
  try {
    const facts = await file.stat({ bigint: true });
    if (!facts.isFile()) throw notFound(answer.missing);
    const { size: exactSize, mtimeNs, ino } = facts;
    const size = Number(exactSize);
    const tag = `"${answer.tag ?? [ino, mtimeNs, exactSize].map((part) => part.toString(36)).join("-")}"`;
    const { cacheControl } = answer;
    for (const [name, value] of Object.entries({
      ...answer.headers,
      "content-type": answer.mediaType,
      "cache-control": typeof cacheControl === "string" ? cacheControl : cacheControl(size),
      etag: tag,
      "accept-ranges": "bytes",
    }))
      response.setHeader(name, value);
    const { "if-none-match": ifNoneMatch, "if-range": ifRange, range: wanted } = request.headers;
    if (hasTag(ifNoneMatch, tag)) {
      response.removeHeader("content-type");
      response.writeHead(304);
      response.end();
      return;
    }
    // A part of what the reader began is worth something only when it is the same file.
    const range = ifRange === undefined || ifRange === tag ? parseRange(wanted, size) : null;
    if (range === "unsatisfiable") {
      response.writeHead(416, { "content-range": `bytes */${size}`, "content-length": 0 });
      response.end();
      return;
    }
    const { start, end } = range ?? { start: 0, end: size - 1 };
    const length = end - start + 1;
    response.setHeader("content-length", length);
    if (range === null) response.writeHead(200);
    else response.writeHead(206, { "content-range": `bytes ${start}-${end}/${size}` });
    if (request.method === "HEAD" || size === 0) {
      response.end();
      return;
    }
    if (length <= smallBytes) {
      const bytes = Buffer.allocUnsafe(length);
      const { bytesRead } = await file.read(bytes, 0, length, start);
      if (bytesRead === length) response.end(bytes);
      else response.destroy();
      return;
    }
    const source = createReadStream("", { fd: file, autoClose: false, start, end });
    // One that was cut while it is read: the rest of the announced length would be taken from the next answer.
    source.once("end", () => {
      if (source.bytesRead < length) response.destroy();
    });
    await pour(source, response);
  } finally {
    await file.close();
  }
}

/** A reader who leaves is not an error; bytes that can no longer be read are told by a connection that breaks off. */
export async function pour(source: NodeJS.ReadableStream, response: ServerResponse): Promise<void> {
  try {
    await pipeline(source, response);
  } catch {
    response.destroy();
  }
}

async function openFile({ path, missing }: FileAnswer): Promise<FileHandle> {
  try {
    // A pipe would be waited for, by one of the few threads that all files are read with.
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch {
    throw notFound(missing);
  }
}
