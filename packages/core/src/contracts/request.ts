/** What a user may ask for. Unknown fields are refused by name (`client/validate-request.ts`). */

export type EngineId = "images";
export const engineIds: readonly EngineId[] = ["images"];

export type Background = "transparent" | "opaque" | "auto";
export const backgrounds: readonly Background[] = ["transparent", "opaque", "auto"];

export type Quality = "low" | "medium" | "high" | "xhigh" | "max" | "auto";
export const qualities: readonly Quality[] = ["low", "medium", "high", "xhigh", "max", "auto"];

/** Words for common shapes: square 1:1, landscape 3:2, portrait 2:3. */
export const aspectWords: Readonly<Record<"square" | "landscape" | "portrait", string>> = {
  square: "1:1",
  landscape: "3:2",
  portrait: "2:3",
};

/** What both operations take. */
export interface CommonRequestFields {
  /** What to draw, verbatim; 1..32,000 characters. */
  readonly prompt: string;
  /** Images wanted, 1..10. @default 1 */
  readonly n?: number;
  /** Shape: `square`, `landscape`, `portrait` or `W:H` with W and H in 1..100 and a ratio of at most 8:1. Unset: the service decides. */
  readonly aspect?: string;
  /** @default "auto"; `auto` is sent as `opaque`, as Codex itself does (codex-backend contract 3.1) */
  readonly background?: Background;
  /** A wish. What the service drew with is in the result; see `limn capabilities`. */
  readonly quality?: Quality;
  /** `gpt-image-2`, or a tier `gpt-image-2-low|-medium|-high` (the model and a quality in one word). */
  readonly model?: string;
  /** @default "auto" */
  readonly engine?: EngineId | "auto";
  /** Turn "not honoured" into an error; the picture is kept. @default false */
  readonly strict?: boolean;
}

/** Make images from words. */
export interface GenerateRequest extends CommonRequestFields {
  readonly operation: "generate";
}

/** An image that goes along with an edit, already read and checked. */
export interface LoadedImage {
  /** Read again for every attempt; encoded as it is read, never held as a string. */
  readonly bytes: Uint8Array;
  readonly mediaType: string;
}

/** Change images. */
export interface EditRequest extends CommonRequestFields {
  readonly operation: "edit";
  /** Sources and references, order kept. */
  readonly images: readonly LoadedImage[];
}

export type ImageRequest = GenerateRequest | EditRequest;

export interface AspectRatio {
  readonly width: number;
  readonly height: number;
}

/** A request after validation, with every default filled in and an engine chosen. */
export interface ResolvedRequest {
  readonly operation: "generate" | "edit";
  readonly prompt: string;
  readonly n: number;
  readonly aspect: AspectRatio | null;
  readonly background: Background;
  readonly quality: Quality | null;
  readonly model: string | null;
  readonly engine: EngineId;
  readonly strict: boolean;
  readonly images: readonly LoadedImage[];
}

/** The longest prompt, in UTF-16 code units: what the public images API takes. */
export const maxPromptLength = 32_000;
export const maxImagesPerRequest = 10;
