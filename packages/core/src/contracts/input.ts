import type { LoadedImage, PixelSize } from "./request.ts";

/** Where an input came from, for the record. */
export type InputOrigin =
  | { readonly kind: "file"; /** Absolute. */ readonly path: string }
  /** Without user, password, query and fragment. */
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "data" }
  | { readonly kind: "bytes"; readonly name: string | null }
  /** A picture of the history. */
  | { readonly kind: "generation"; readonly id: string; /** 0-based. */ readonly index: number };

/** One input as the record keeps it. */
export interface InputRecord extends PixelSize {
  readonly role: "image" | "mask";
  readonly origin: InputOrigin;
  readonly mediaType: string;
  readonly bytes: number;
  /** Of the bytes as they were given, before any conversion. */
  readonly sha256: string;
  /** Of the bytes that were sent, where they differ. */
  readonly sentSha256?: string;
  /** Conversions, in words; empty when the bytes go as they are. */
  readonly steps: readonly string[];
}

/** Inputs that were read and checked, and are held until `close`. */
export interface LoadedInputs {
  readonly images: readonly LoadedImage[];
  readonly mask: { readonly file: string } | null;
  readonly records: readonly InputRecord[];
  /** Ids of generations whose pictures went in, each once, in order. */
  readonly parents: readonly string[];
  /** Closes files and removes temporary ones. */
  close(): void;
}
