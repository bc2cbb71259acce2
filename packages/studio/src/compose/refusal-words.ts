import type { ApiError } from "@limn/core";
import type { TextValues } from "../texts/fill.ts";
import { t, type TextKey } from "../texts/index.ts";
import type { Draft, Reference } from "./draft.ts";

interface Words {
  readonly message: TextKey;
  readonly hint: TextKey;
  /** What it can be about. */
  readonly kind: Reference["kind"];
}

const words: Readonly<Partial<Record<string, Words>>> = {
  input_not_an_image: {
    message: "compose.refusedNotPicture",
    hint: "compose.refusedNotPictureHint",
    kind: "upload",
  },
  input_too_large: { message: "compose.refusedTooLarge", hint: "compose.refusedTooLargeHint", kind: "upload" },
  input_not_found: { message: "compose.refusedGone", hint: "compose.refusedGoneHint", kind: "library" },
};

/** The picture that a refusal is about, where only one can be meant. */
export function refusedReference(error: ApiError | null, { references, mask }: Draft): Reference | null {
  const kind = error === null ? undefined : words[error.code]?.kind;
  const [first, ...others] = references.filter((reference) => reference.kind === kind);
  // The region goes up as a file too.
  const isSure = others.length === 0 && (kind !== "upload" || mask === null);
  return first !== undefined && isSure ? first : null;
}

/** A refusal in words for somebody at the page: limn's own next steps for these are commands. */
export function refusalWords(error: ApiError, draft: Draft): ApiError {
  if (error.category !== "input" && error.category !== "request") return error;
  const known = words[error.code];
  if (known === undefined) return { ...error, hint: null };
  const refused = refusedReference(error, draft);
  const values: TextValues = { name: refused?.name ?? "" };
  return { ...error, message: refused === null ? error.message : t(known.message, values), hint: t(known.hint) };
}
