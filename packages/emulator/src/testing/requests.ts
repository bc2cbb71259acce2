import type { Emulator } from "../create-emulator.ts";
import { decodePng, type DecodedPng } from "../picture/png-decode.ts";
import { isRecord } from "../values.ts";

/** Headers of a well-behaved client. */
export function clientHeaders(emulator: Emulator): Record<string, string> {
  return {
    authorization: `Bearer ${emulator.accessToken}`,
    "chatgpt-account-id": emulator.accountId,
    "content-type": "application/json",
    originator: "limn",
    "user-agent": "limn/0.1.0",
    "x-codex-image-turn-id": "01a1fb5b-0fca-7dc2-bdf8-aa6f050342ce",
  };
}

/** The body that the Codex CLI sends (codex-backend contract 3.1). */
export function generationBody(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    prompt: "A red fox in a snowy forest, watercolor",
    background: "opaque",
    model: "gpt-image-2",
    quality: "auto",
    size: "auto",
    ...change,
  };
}

/** A request to an image route; to a port when a base URL is given, else for the in-process handler. */
export function imageRequest(
  emulator: Emulator,
  options: {
    body?: unknown;
    edit?: boolean;
    baseURL?: string;
    headers?: Record<string, string | undefined>;
    signal?: AbortSignal;
  } = {},
): Request {
  const { body = generationBody(), edit = false, baseURL = "http://127.0.0.1/backend-api/codex", signal } = options;
  const headers = new Headers();
  for (const [name, value] of Object.entries({ ...clientHeaders(emulator), ...options.headers }))
    if (value !== undefined) headers.set(name, value);
  return new Request(`${baseURL}/images/${edit ? "edits" : "generations"}`, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
    redirect: "manual",
    ...(signal === undefined ? {} : { signal }),
  });
}

/** A data URL of bytes. */
export function dataURL(bytes: Uint8Array, mediaType = "image/png"): string {
  return `data:${mediaType};base64,${Buffer.from(bytes).toString("base64")}`;
}

/** The JSON object of an answer. */
export async function readObject(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const value: unknown = await response.json();
  if (!isRecord(value)) throw new Error("not a JSON object");
  return value;
}

/** The `error` object of an answer. */
export async function readError(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const { error } = await readObject(response);
  if (!isRecord(error)) throw new Error("no error object");
  return error;
}

/** The bytes of the pictures of an answer's document. */
export function picturesOf(document: Readonly<Record<string, unknown>>): Buffer[] {
  const { data } = document;
  if (!Array.isArray(data)) throw new Error("no data");
  return data.map((item: unknown) => {
    if (!isRecord(item) || typeof item["b64_json"] !== "string") throw new Error("no b64_json");
    return Buffer.from(item["b64_json"], "base64");
  });
}

/** The first picture of an answer, decoded. */
export async function readPicture(response: Response): Promise<DecodedPng> {
  const [picture] = picturesOf(await readObject(response));
  const decoded = picture === undefined ? undefined : await decodePng(picture);
  if (decoded === undefined) throw new Error("not a picture");
  return decoded;
}

/** Types and checksums of a PNG's chunks, read without the package's own decoder. */
export function listChunks(png: Buffer): { type: string; length: number }[] {
  const zlib = process.getBuiltinModule("node:zlib");
  const chunks: { type: string; length: number }[] = [];
  for (let offset = 8; offset < png.length;) {
    const length = png.readUInt32BE(offset);
    const sum = png.readUInt32BE(offset + 8 + length);
    if (zlib.crc32(png.subarray(offset + 4, offset + 8 + length)) !== sum) throw new Error("bad checksum");
    chunks.push({ type: png.toString("latin1", offset + 4, offset + 8), length });
    offset += length + 12;
  }
  return chunks;
}
