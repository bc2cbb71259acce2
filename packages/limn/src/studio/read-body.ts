import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { LimnError, maxBodyBytes, maxInputBytes, maxInputImages } from "@limn/core";
import busboy from "busboy";
import { saveUpload } from "../loopback/index.ts";
import { ReaderLeft, Refusal, invalidRequest } from "./answers.ts";

/** The longest prompt with every letter escaped has 200 kB. */
const maxWordsBytes = 1024 * 1024;

/** @throws Refusal 400, 413, 415; ReaderLeft */
export async function readJson(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  if (mediaTypeOf(request) !== "application/json") throw invalidRequest("The body must be application/json.", 415);
  if (Number(request.headers["content-length"] ?? 0) > maxWordsBytes) throw tooLarge(maxWordsBytes);
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    // Leaving early must not destroy the socket: an answer goes out on it.
    for await (const piece of request.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(piece)) continue;
      size += piece.length;
      if (size > maxWordsBytes) throw tooLarge(maxWordsBytes);
      pieces.push(piece);
    }
  } catch (error) {
    throw error instanceof Refusal ? error : new ReaderLeft("the client left", { cause: error });
  }
  return parseObject(Buffer.concat(pieces).toString("utf8"));
}

/** A picture on the disk, whose bytes are in memory only while they are looked at. */
export class UploadedPicture {
  readonly name: string;
  readonly sha256: string;
  readonly #file: string;

  constructor(name: string, sha256: string, file: string) {
    this.name = name;
    this.sha256 = sha256;
    this.#file = file;
  }

  get bytes(): Uint8Array {
    return readFileSync(this.#file);
  }
}

/** A request with its pictures; nothing is understood yet, everything is within the limits. */
export interface Upload {
  readonly words: Readonly<Record<string, unknown>>;
  /** By the name of the part. */
  readonly pictures: ReadonlyMap<string, UploadedPicture>;
  /** Removes the temporary files. */
  close(): void;
}

/** The form of `POST /api/generations`, or JSON for one without pictures. @throws Refusal with nothing kept; ReaderLeft */
export async function readUpload(request: IncomingMessage): Promise<Upload> {
  const type = mediaTypeOf(request);
  if (type === "application/json")
    return { words: await readJson(request), pictures: new Map(), close: () => undefined };
  if (type !== "multipart/form-data") throw invalidRequest("The body must be multipart/form-data.", 415);
  if (Number(request.headers["content-length"] ?? 0) > maxBodyBytes) throw tooLarge(maxBodyBytes);
  const folder = mkdtempSync(join(tmpdir(), "limn-studio-"));
  const close = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    return { ...(await readForm(request, folder)), close };
  } catch (error) {
    close();
    throw error;
  }
}

async function readForm(request: IncomingMessage, folder: string): Promise<Omit<Upload, "close">> {
  const parser = createParser(request);
  const pictures = new Map<string, UploadedPicture>();
  const saving: Promise<void>[] = [];
  let words: Readonly<Record<string, unknown>> | null = null;
  let total = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      const fail = (error: unknown): void => {
        request.unpipe(parser);
        reject(error);
        parser.destroy();
      };
      parser.on("field", (name, value, { valueTruncated }) => {
        try {
          if (name !== "request" || words !== null) throw invalidRequest("The form has one text part, request.");
          if (valueTruncated) throw tooLarge(maxWordsBytes);
          words = parseObject(value);
        } catch (error) {
          fail(error);
        }
      });
      parser.on("file", (part, file, { filename }) => {
        // Told by whoever saves it; one that is thrown away has nobody, and an error without a listener ends the process.
        file.on("error", () => undefined);
        if (words === null || pictures.has(part) || saving.length >= maxInputImages + 1) {
          file.resume();
          fail(
            invalidRequest(
              words === null
                ? "The part request must come first."
                : `The form has a part twice, or more than ${maxInputImages + 1} pictures.`,
            ),
          );
          return;
        }
        const place = join(folder, String(saving.length + 1));
        const saved = save(file, place).then((sha256) => {
          pictures.set(part, new UploadedPicture(shownName(filename), sha256, place));
        });
        saving.push(saved);
        saved.catch(fail);
      });
      for (const limit of ["filesLimit", "fieldsLimit", "partsLimit"] as const)
        parser.on(limit, () => fail(invalidRequest("The form has more parts than any request needs.")));
      parser.on("error", () => fail(invalidRequest("The form is broken: it does not hold what its header says.")));
      parser.on("close", () => resolve());
      request.on("data", (piece: Buffer) => {
        total += piece.length;
        if (total > maxBodyBytes) fail(tooLarge(maxBodyBytes));
      });
      request.on("error", (error) => fail(new ReaderLeft("the client left", { cause: error })));
      request.on("close", () => {
        if (!request.complete) fail(new ReaderLeft("the client left"));
      });
      request.pipe(parser);
    });
    await Promise.all(saving);
  } finally {
    // Nothing is written into a folder that goes.
    await Promise.allSettled(saving);
  }
  if (words === null) throw invalidRequest("The form has no part request.");
  return { words, pictures };
}

function createParser(request: IncomingMessage): ReturnType<typeof busboy> {
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: "utf8",
      // The parser calls a file too long that has exactly the limit.
      limits: {
        fileSize: maxInputBytes + 1,
        files: maxInputImages + 2,
        fields: 2,
        fieldSize: maxWordsBytes,
        fieldNameSize: 100,
        parts: maxInputImages + 4,
        headerPairs: 50,
      },
    });
  } catch {
    throw invalidRequest("The form's content type names no boundary.");
  }
}

/** Returns the hash of what was saved. */
async function save(file: Readable, path: string): Promise<string> {
  const { sha256, bytes, isCut } = await saveUpload(file, path);
  if (isCut)
    throw new LimnError("input_too_large", {
      message: `A picture has more than ${maxInputBytes.toLocaleString("en")} bytes (25 MiB), which is the limit.`,
      hint: "Scale it down first.",
    });
  if (bytes === 0)
    throw new LimnError("input_not_an_image", { message: "A picture has no bytes.", hint: "Choose another file." });
  return sha256;
}

/** For the record: no folder, nothing that a terminal could take for a command. */
function shownName(name: string | undefined): string {
  const bare =
    (name ?? "")
      .split(/[/\\]/)
      .at(-1)
      ?.replaceAll(/[\p{C}]/gu, "")
      .trim() ?? "";
  return bare === "" ? "picture" : bare.slice(0, 200);
}

function mediaTypeOf({ headers }: IncomingMessage): string {
  if ((headers["content-encoding"] ?? "identity") !== "identity")
    throw invalidRequest("A compressed body is not taken.", 415);
  return (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

function tooLarge(limit: number): Refusal {
  return new Refusal(
    413,
    new LimnError("input_too_large", {
      message: `The request has more than ${limit.toLocaleString("en")} bytes, which is the limit.`,
      hint: "Send fewer or smaller pictures.",
    }),
  );
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalidRequest("The body is not valid JSON.");
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  throw invalidRequest("The body must be a JSON object.");
}
