import { LimnError } from "../errors/index.ts";
import { capitalised } from "./words.ts";
import type { InputName } from "./words.ts";

/** Characters that are decoded at once; a multiple of four. */
const sliceChars = 64 * 1024;

/**
 * Decodes a `data:` address, base64 or percent-encoded, slice by slice. Its declared type must be an image; which one the content says.
 * @throws input_not_an_image, input_too_large (before anything is decoded)
 */
export function* decodeDataAddress(
  text: string,
  name: InputName,
  maxBytes: number,
  tooLarge: (bytes: number) => LimnError,
): Generator<Uint8Array, void, undefined> {
  const comma = text.indexOf(",");
  if (comma < 0) throw malformed(name, "has no comma between its type and its content");
  const [type = "", ...parameters] = text
    .slice("data:".length, comma)
    .split(";")
    .map((part) => part.trim().toLowerCase());
  if (!type.startsWith("image/")) {
    const said = /^[\w.+-]{1,40}\/[\w.+-]{1,60}$/.test(type)
      ? `says that it is ${type}`
      : "does not say that it is an image";
    throw malformed(name, said);
  }
  const payload = text.slice(comma + 1);
  if (parameters.includes("base64")) yield* decodeBase64(payload, name, maxBytes, tooLarge);
  else yield* decodePercent(payload, maxBytes, tooLarge);
}

function* decodeBase64(
  payload: string,
  name: InputName,
  maxBytes: number,
  tooLarge: (bytes: number) => LimnError,
): Generator<Uint8Array, void, undefined> {
  let plain = payload;
  if (plain.includes("%"))
    plain = plain.replaceAll(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  if (/\s/.test(plain)) plain = plain.replaceAll(/\s+/g, "");
  const padding = plain.endsWith("==") ? 2 : plain.endsWith("=") ? 1 : 0;
  const digits = plain.length - padding;
  const bytes = Math.floor((digits * 3) / 4);
  if (bytes > maxBytes) throw tooLarge(bytes);
  const isWhole = digits % 4 !== 1 && (padding === 0 || plain.length % 4 === 0);
  if (!isWhole) throw malformed(name, "is not whole base64");
  for (let at = 0; at < digits; at += sliceChars) {
    const slice = plain.slice(at, Math.min(digits, at + sliceChars));
    if (!/^[A-Za-z\d+/]*$/.test(slice)) throw malformed(name, "is not valid base64");
    yield Buffer.from(slice, "base64");
  }
}

function* decodePercent(
  payload: string,
  maxBytes: number,
  tooLarge: (bytes: number) => LimnError,
): Generator<Uint8Array, void, undefined> {
  const encoded = Buffer.from(payload, "utf8");
  const decoded = Buffer.allocUnsafe(encoded.length);
  let length = 0;
  for (let at = 0; at < encoded.length; at += 1) {
    const byte = encoded[at] ?? 0;
    const hex = byte === 0x25 ? encoded.toString("latin1", at + 1, at + 3) : "";
    const isEscape = /^[\da-f]{2}$/i.test(hex);
    decoded[length] = isEscape ? Number.parseInt(hex, 16) : byte;
    length += 1;
    if (isEscape) at += 2;
  }
  if (length > maxBytes) throw tooLarge(length);
  yield decoded.subarray(0, length);
}

function malformed(name: InputName, what: string): LimnError {
  return new LimnError("input_not_an_image", {
    message: `${capitalised(name.label)} ${what}. Nothing of it was sent.`,
    hint: "Write it as data:image/png;base64,… or give a file: -i FILE",
  });
}
