import type { ImageInput } from "../contracts/request.ts";
import { addressWithoutSecrets } from "./url-rules.ts";
import { shown } from "./words.ts";
import type { InputName } from "./words.ts";

/** What an input is, told without looking at anything but itself. */
export type InputSource =
  | { readonly kind: "path"; readonly path: string }
  | { readonly kind: "history"; readonly reference: string }
  | { readonly kind: "data"; readonly text: string }
  | { readonly kind: "url"; readonly text: string }
  /** An address of another scheme. */
  | { readonly kind: "other-address"; readonly text: string }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly name: string | null };

/**
 * A text is a reference (`@…`), a `data:` address, an address with `://`, or else a path. A file whose name looks like one of these is
 * given with a folder before it: `./@last`. One letter before the colon is a drive.
 */
export function readSource(input: ImageInput): InputSource {
  if (typeof input !== "string") {
    const isBare = input instanceof Uint8Array;
    return { kind: "bytes", bytes: isBare ? input : input.bytes, name: isBare ? null : (input.name ?? null) };
  }
  if (input.startsWith("@")) return { kind: "history", reference: input };
  if (/^data:/i.test(input)) return { kind: "data", text: input };
  if (/^https?:\/\//i.test(input)) return { kind: "url", text: input };
  if (/^[a-z][a-z\d+.-]+:\/\//i.test(input)) return { kind: "other-address", text: input };
  return { kind: "path", path: input };
}

/** How messages name an input; `position` is such as "input 2" or "the mask". */
export function nameOf(source: InputSource, position: string): InputName {
  switch (source.kind) {
    case "path":
      return source.path === "" ? { label: position, path: null } : { label: shown(source.path), path: source.path };
    case "history":
      return { label: shown(source.reference), path: null };
    case "data":
      return {
        label: position === "the mask" ? "the mask's data: address" : `the data: address of ${position}`,
        path: null,
      };
    case "url":
    case "other-address":
      return { label: shown(addressWithoutSecrets(source.text)), path: null };
    case "bytes":
      return { label: source.name === null || source.name === "" ? position : shown(source.name), path: null };
  }
}
