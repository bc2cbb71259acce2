import type { Background, EngineId, Fit, PictureFormat, Quality } from "@limn/core";

/** What a person is composing, as they typed it: nothing here is checked yet. */
export interface Draft {
  readonly operation: "generate" | "edit";
  readonly prompt: string;
  /** In the order in which they are sent; in an edit the first is the one that is changed. */
  readonly references: readonly Reference[];
  readonly mask: DraftMask | null;
  readonly options: DraftOptions;
}

/** An empty text = not asked for: the default of limn, or the service's choice. */
export interface DraftOptions {
  /** `WxH`, `1K`, `2K`, `4K`. */
  readonly size: string;
  readonly aspect: string;
  readonly fit: Fit | "";
  readonly background: Background | "";
  readonly format: PictureFormat | "";
  readonly compression: string;
  readonly n: number;
  readonly quality: Quality | "";
  readonly model: string;
  readonly engine: EngineId | "auto";
  readonly partials: number;
  readonly shrinkInputs: boolean;
}

interface ReferenceCommon {
  /** Of this page; tells two uses of one picture apart. */
  readonly key: string;
  readonly name: string;
  /** Null until the browser has read it, and for types that it cannot show. */
  readonly width: number | null;
  readonly height: number | null;
}

export interface UploadReference extends ReferenceCommon {
  readonly kind: "upload";
  readonly file: File;
}

export interface LibraryReference extends ReferenceCommon {
  readonly kind: "library";
  readonly id: string;
  readonly index: number;
  readonly sha256: string;
}

export type Reference = UploadReference | LibraryReference;

/** The region that may change, as a PNG of the source's size. */
export interface DraftMask {
  readonly file: File;
  /** Key of the reference that it was painted on. */
  readonly of: string;
  /** Of the picture, 0..1. */
  readonly share: number;
}

export const emptyOptions: DraftOptions = {
  size: "",
  aspect: "",
  fit: "",
  background: "",
  format: "",
  compression: "",
  n: 1,
  quality: "",
  model: "",
  engine: "auto",
  partials: 0,
  shrinkInputs: false,
};

export const emptyDraft: Draft = {
  operation: "generate",
  prompt: "",
  references: [],
  mask: null,
  options: emptyOptions,
};

/** The picture that an edit changes; null when nothing is changed. */
export function sourceOf({ operation, references }: Draft): Reference | null {
  return operation === "edit" ? (references[0] ?? null) : null;
}

/** The mask, where it belongs to the picture that will be changed. */
export function maskOf(draft: Draft): DraftMask | null {
  return draft.mask !== null && sourceOf(draft)?.key === draft.mask.of ? draft.mask : null;
}

/** What is asked for: with a mask the picture keeps its size, shape and type, so what was chosen for those rests. */
export function optionsOf(draft: Draft): DraftOptions {
  if (maskOf(draft) === null) return draft.options;
  return { ...draft.options, size: "", aspect: "", fit: "", format: "", compression: "" };
}

export function addReferences(draft: Draft, added: readonly Reference[]): Draft {
  return { ...draft, references: [...draft.references, ...added] };
}

/** A change that loses its last picture waits for another one. */
export function removeReference(draft: Draft, key: string): Draft {
  const references = draft.references.filter((reference) => reference.key !== key);
  return settle({ ...draft, references });
}

/** `by` places towards the end; it stops at either end. */
export function moveReference(draft: Draft, key: string, by: number): Draft {
  const from = draft.references.findIndex((reference) => reference.key === key);
  const moved = draft.references[from];
  if (moved === undefined) return draft;
  const rest = draft.references.filter((reference) => reference !== moved);
  const to = Math.min(rest.length, Math.max(0, from + by));
  return { ...draft, references: [...rest.slice(0, to), moved, ...rest.slice(to)] };
}

/** `source`: this is the picture to change, so it goes first. `reference`: it only helps. */
export function setRole(draft: Draft, key: string, role: "source" | "reference"): Draft {
  const at = draft.references.findIndex((reference) => reference.key === key);
  if (at < 0) return draft;
  if (role === "source") return { ...moveReference(draft, key, -at), operation: "edit" };
  if (at > 0 || draft.operation === "generate") return draft;
  // The next one is changed instead; where there is none, a new picture is made after this one.
  return draft.references.length > 1 ? moveReference(draft, key, 1) : settle({ ...draft, operation: "generate" });
}

function settle(draft: Draft): Draft {
  const isMaskUseful = draft.mask !== null && draft.references.some(({ key }) => key === draft.mask?.of);
  return { ...draft, mask: isMaskUseful ? draft.mask : null };
}
