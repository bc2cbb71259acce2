import { createHash } from "node:crypto";
import type { Hash } from "node:crypto";
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { maxBodyBytes, maxInputBytes, maxInputImages } from "@limn/core";
import type { ImageInput } from "@limn/core";
import busboy from "busboy";
import { invalid, saveUpload } from "../loopback/index.ts";
import type { HttpError } from "../loopback/index.ts";
import { hasModestShape } from "./json-shape.ts";

/** A body without pictures: the longest prompt with every letter escaped has 200 kB. */
const maxWordsBytes = 1024 * 1024;
/** A text part of a form. */
const maxFieldBytes = 512 * 1024;
const maxFields = 64;

/** A request as it came over the wire: nothing is understood yet, everything is within the limits. */
export interface WireRequest {
  readonly fields: ReadonlyMap<string, unknown>;
  readonly images: readonly ImageInput[];
  readonly mask: ImageInput | null;
  /** Equal for equal requests of one route, whatever the boundary of the form is. */
  readonly fingerprint: string;
  /** Removes the temporary files. */
  close(): void;
}

/** The client left before its request was whole. There is nobody to answer. */
export class ClientLeft extends Error {
  override readonly name: string = "ClientLeft";
}

/** @throws HttpError with nothing kept; ClientLeft */
export async function readBody(request: IncomingMessage, operation: "generate" | "edit"): Promise<WireRequest> {
  const type = (request.headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase();
  const encoding = request.headers["content-encoding"] ?? "identity";
  if (encoding !== "identity") throw invalid(undefined, "A compressed body is not taken.", "unsupported_encoding", 415);
  const limit = operation === "edit" ? maxBodyBytes : maxWordsBytes;
  if (Number(request.headers["content-length"] ?? 0) > limit) throw bodyTooLarge(limit);
  const upload = new Upload();
  upload.hash.update(`${operation}\n`);
  try {
    if (type === "application/json") await readJson(request, upload, operation, limit);
    else if (type === "multipart/form-data" && operation === "edit") await readForm(request, upload);
    else
      throw invalid(
        undefined,
        operation === "edit"
          ? "The body must be multipart/form-data, or application/json with data: addresses."
          : "The body must be application/json.",
        "unsupported_media_type",
        415,
      );
    return upload.finish();
  } catch (error) {
    upload.close();
    throw error;
  }
}

function bodyTooLarge(limit: number): HttpError {
  return invalid(
    undefined,
    `The request has more than ${limit.toLocaleString("en")} bytes, which is the limit.`,
    "input_too_large",
    413,
  );
}

function fileTooLarge(param: string): HttpError {
  return invalid(
    param,
    `A picture has more than ${maxInputBytes.toLocaleString("en")} bytes (25 MiB), which is the limit.`,
    "input_too_large",
    413,
  );
}

/** A picture on the disk, whose bytes are in memory only while they are looked at. */
class UploadedPicture {
  readonly name: string;
  readonly #file: string;

  constructor(name: string, file: string) {
    this.name = name;
    this.#file = file;
  }

  get bytes(): Uint8Array {
    return readFileSync(this.#file);
  }
}

/** What was read until now. */
class Upload {
  readonly fields: Map<string, unknown> = new Map();
  readonly hash: Hash = createHash("sha256");
  /** Of a form, in the order of its parts; what is saved side by side ends in any order. */
  readonly parts: string[] = [];
  readonly #images: UploadedPicture[] = [];
  readonly #names: Set<string> = new Set();
  #mask: UploadedPicture | null = null;
  #folder: string | null = null;
  #files = 0;
  #isClosed = false;

  /** A new file for one picture. @throws HttpError for one too many */
  place(role: "image" | "mask", param: string): string {
    if (role === "mask" && this.#mask !== null) throw invalid(param, "There is more than one mask.");
    if (role === "image") {
      const form = param.startsWith("image[") ? "image[]" : param;
      this.#names.add(form);
      if (this.#names.has("image") && this.#names.has("image[]"))
        throw invalid("image", "The pictures are named image and image[]; give all of them one of the two names.");
      if (this.#images.length >= maxInputImages)
        throw invalid(
          "image",
          `More than ${maxInputImages} pictures were given, which is the most.`,
          "too_many_inputs",
        );
    }
    this.#folder ??= mkdtempSync(join(tmpdir(), "limn-serve-"));
    this.#files += 1;
    const file = join(this.#folder, String(this.#files));
    const picture = new UploadedPicture(role === "mask" ? "the mask" : `picture ${this.#images.length + 1}`, file);
    if (role === "mask") this.#mask = picture;
    else this.#images.push(picture);
    return file;
  }

  /** Space for a body that is too long to be held. */
  spool(): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), "limn-serve-"));
    return join(this.#folder, "body");
  }

  finish(): WireRequest {
    for (const part of this.parts) this.hash.update(part);
    return {
      fields: this.fields,
      images: this.#images,
      mask: this.#mask,
      fingerprint: this.hash.digest("hex"),
      close: () => this.close(),
    };
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#folder !== null) rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function readJson(
  request: IncomingMessage,
  upload: Upload,
  operation: "generate" | "edit",
  limit: number,
): Promise<void> {
  const given = parseJson(await readText(request, upload, limit));
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw invalid(undefined, "The body must be a JSON object.");
  for (const [name, value] of Object.entries(given)) {
    // A field that is null is one that was left out.
    if (value === null) continue;
    if (operation === "edit" && (name === "image" || name === "images" || name === "image[]"))
      for (const picture of Array.isArray(value) ? value : [value]) savePicture(upload, "image", name, picture);
    else if (operation === "edit" && name === "mask") savePicture(upload, "mask", name, value);
    else upload.fields.set(name, value);
  }
}

function parseJson(text: string): unknown {
  if (!hasModestShape(text))
    throw invalid(undefined, "The JSON is nested deeper or holds more than any request needs.", "invalid_json");
  try {
    return JSON.parse(text);
  } catch {
    throw invalid(undefined, "The body is not valid JSON.", "invalid_json");
  }
}

/** Short bodies stay in memory; others wait on the disk until they are whole, so that slow ones cost no memory. */
async function readText(request: IncomingMessage, upload: Upload, limit: number): Promise<string> {
  const pieces: Buffer[] = [];
  let held = 0;
  let total = 0;
  let file: ReturnType<typeof createWriteStream> | null = null;
  try {
    for await (const piece of piecesOf(request)) {
      total += piece.length;
      if (total > limit) throw bodyTooLarge(limit);
      upload.hash.update(piece);
      if (file === null && held + piece.length <= maxWordsBytes) {
        pieces.push(piece);
        held += piece.length;
        continue;
      }
      if (file === null) {
        file = createWriteStream(upload.spool(), { mode: 0o600 });
        // A failed write is told by the callbacks of the next one.
        file.on("error", () => undefined);
        await write(file, Buffer.concat(pieces));
        pieces.length = 0;
      }
      await write(file, piece);
    }
    if (file === null) return Buffer.concat(pieces).toString("utf8");
    const spooled = file;
    await new Promise<void>((resolve) => spooled.end(() => resolve()));
    const text = readFileSync(upload.spool(), "utf8");
    rmSync(upload.spool(), { force: true });
    return text;
  } finally {
    file?.destroy();
  }
}

async function write(file: ReturnType<typeof createWriteStream>, piece: Buffer): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    file.write(piece, (error) => (error === null || error === undefined ? resolve() : reject(error)));
  });
}

async function* piecesOf(request: IncomingMessage): AsyncIterable<Buffer> {
  try {
    // Leaving early must not destroy the socket: an answer goes out on it.
    for await (const piece of request.iterator({ destroyOnReturn: false })) if (Buffer.isBuffer(piece)) yield piece;
  } catch (error) {
    throw new ClientLeft("the client left", { cause: error });
  }
}

/** `data:…`, `{ "image_url": "data:…" }` or `{ "image_url": { "url": "data:…" } }`. Never an address that would have to be read. */
function savePicture(upload: Upload, role: "image" | "mask", param: string, given: unknown): void {
  const text = addressOf(given);
  if (text === null || !/^data:/i.test(text.slice(0, 5)))
    throw invalid(
      param,
      'A picture in JSON must be a data: address (images: [{ image_url: "data:image/png;base64,…" }]); other addresses, paths and file ids are not read.',
      "input_url_refused",
    );
  const comma = text.indexOf(",");
  const head = comma < 0 || comma > 200 ? "" : text.slice(5, comma).toLowerCase();
  if (!head.endsWith(";base64")) throw invalid(param, "A data: address must be base64.", "input_not_an_image");
  if ((text.length - comma) * 0.75 > maxInputBytes + 4) throw fileTooLarge(param);
  const bytes = Buffer.from(text.slice(comma + 1), "base64");
  if (bytes.length === 0) throw empty(param);
  writeFileSync(upload.place(role, param === "images" ? "image" : param), bytes, { mode: 0o600 });
}

function addressOf(given: unknown): string | null {
  if (typeof given === "string") return given;
  if (typeof given !== "object" || given === null) return null;
  const inner = "image_url" in given ? given.image_url : "url" in given ? given.url : null;
  if (typeof inner === "string") return inner;
  return typeof inner === "object" && inner !== null && "url" in inner && typeof inner.url === "string"
    ? inner.url
    : null;
}

function empty(param: string): HttpError {
  return invalid(param, `A picture in ${param} has no bytes.`, "input_not_an_image");
}

const pictureField = /^(image|mask)(?:\[\d{0,3}\])?$/;

async function readForm(request: IncomingMessage, upload: Upload): Promise<void> {
  const parser = createParser(request);
  const saving: Promise<void>[] = [];
  let total = 0;
  const read = new Promise<void>((resolve, reject) => {
    const fail = (error: unknown): void => {
      request.unpipe(parser);
      reject(error);
      parser.destroy();
    };
    parser.on("field", (name, value, { valueTruncated }) => {
      if (pictureField.test(name))
        return fail(invalid(name, `${name} must be a file, and is a text.`, "input_not_an_image"));
      if (valueTruncated)
        return fail(invalid(name.slice(0, 60), `A field has more than ${maxFieldBytes} bytes.`, "invalid_value", 413));
      // busboy gives none where a part's own charset does not fit its bytes.
      const given: unknown = value;
      if (typeof given !== "string")
        return fail(invalid(name.slice(0, 60), "A field is not in the charset that it names.", "invalid_value"));
      upload.parts.push(`\n${name}\n${Buffer.byteLength(value)}\n${value}`);
      upload.fields.set(name, value);
    });
    parser.on("file", (name, file) => {
      // Told by whoever saves it; one that is thrown away has nobody, and an error without a listener ends the process.
      file.on("error", () => undefined);
      const role = pictureField.exec(name)?.[1];
      if (role !== "image" && role !== "mask") {
        upload.fields.set(name, "file");
        file.resume();
        return;
      }
      try {
        const path = upload.place(role, name);
        const place = upload.parts.push("") - 1;
        const saved = savePart(file, path, name).then((sha256) => {
          upload.parts[place] = `\n${name}\n${sha256}`;
        });
        saving.push(saved);
        // What is wrong with the form ends the saving first; the disk has its own errors.
        saved.catch((error: unknown) => fail(parser.errored === null ? error : brokenForm()));
      } catch (error) {
        file.resume();
        fail(error);
      }
    });
    for (const limit of ["filesLimit", "fieldsLimit", "partsLimit"] as const)
      parser.on(limit, () =>
        fail(invalid("image", "The form has more parts than any request needs.", "too_many_inputs")),
      );
    parser.on("error", () => fail(brokenForm()));
    parser.on("close", () => resolve());
    request.on("data", (piece: Buffer) => {
      total += piece.length;
      if (total > maxBodyBytes) fail(bodyTooLarge(maxBodyBytes));
    });
    request.on("error", (error) => fail(new ClientLeft("the client left", { cause: error })));
    request.on("close", () => {
      if (!request.complete) fail(new ClientLeft("the client left"));
    });
    request.pipe(parser);
  });
  try {
    await read;
    await Promise.all(saving);
  } finally {
    // What is still being written would be written beside the removal of its folder.
    await Promise.allSettled(saving);
  }
}

function brokenForm(): HttpError {
  return invalid(undefined, "The form is broken: it does not hold what its header says.", "invalid_multipart");
}

function createParser(request: IncomingMessage): ReturnType<typeof busboy> {
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: "utf8",
      // The parser calls a file too long that has exactly the limit.
      limits: {
        fileSize: maxInputBytes + 1,
        files: maxInputImages + 4,
        fields: maxFields,
        fieldSize: maxFieldBytes,
        fieldNameSize: 200,
        parts: maxFields + maxInputImages + 4,
        headerPairs: 50,
      },
    });
  } catch {
    throw invalid(undefined, "The form's content type names no boundary.", "invalid_multipart");
  }
}

/** Returns the hash of what was saved. */
async function savePart(file: Readable, path: string, param: string): Promise<string> {
  const { sha256, bytes, isCut } = await saveUpload(file, path);
  if (isCut) throw fileTooLarge(param);
  if (bytes === 0) throw empty(param);
  return sha256;
}
