/** What a user may ask for. Unknown fields are refused by name (`client/validate-request.ts`). */

export type EngineId = "images" | "responses" | "codex";
/** Every {@link EngineId}. */
export const engineIds: readonly EngineId[] = ["images", "responses", "codex"];

/** Wish for what is behind the subject; `auto` leaves it to the service. */
export type Background = "transparent" | "opaque" | "auto";
/** Every {@link Background}. */
export const backgrounds: readonly Background[] = ["transparent", "opaque", "auto"];

/** A wish for quality; the service decides, and the result says which it was. */
export type Quality = "low" | "medium" | "high" | "xhigh" | "max" | "auto";
/** Every {@link Quality}. */
export const qualities: readonly Quality[] = ["low", "medium", "high", "xhigh", "max", "auto"];

/** Words for common shapes: square 1:1, landscape 3:2, portrait 2:3. */
export const aspectWords: Readonly<Record<"square" | "landscape" | "portrait", string>> = {
  square: "1:1",
  landscape: "3:2",
  portrait: "2:3",
};

/** How a picture gets to the asked pixels; it is never stretched. `native` = as it came. */
export type Fit = "cover" | "contain" | "pad" | "native";
/** Every {@link Fit}. */
export const fits: readonly Fit[] = ["cover", "contain", "pad", "native"];

/** File types that can be delivered. */
export type PictureFormat = "png" | "jpeg" | "webp" | "avif" | "gif";
/** Every {@link PictureFormat}. */
export const pictureFormats: readonly PictureFormat[] = ["png", "jpeg", "webp", "avif", "gif"];

/** What happens when transparency did not come: a warning, or an error. The picture is kept either way. */
export type AlphaPolicy = "best" | "strict";
/** Every {@link AlphaPolicy}. */
export const alphaPolicies: readonly AlphaPolicy[] = ["best", "strict"];

/** Ways to drive the Codex program. */
export type CodexDriver = "auto" | "app-server" | "exec";
/** Every {@link CodexDriver}. */
export const codexDrivers: readonly CodexDriver[] = ["auto", "app-server", "exec"];

/** Pixels. */
export interface PixelSize {
  readonly width: number;
  readonly height: number;
}

/**
 * A picture that goes in. A text is `@last`, `@ID` or `@ID:2` (a picture of the history), a `data:` or `http(s):` address, or else the
 * path of a file, counted from the client's working folder; bytes are taken as they are.
 */
export type ImageInput = string | Uint8Array | { readonly bytes: Uint8Array; readonly name?: string };

/** What both operations take. */
export interface CommonRequestFields {
  /** What to draw, verbatim; 1..32,000 characters. */
  readonly prompt: string;
  /** Images wanted, 1..10. @default 1 */
  readonly n?: number;
  /**
   * The pixels of the delivered file: `WxH` with sides 16..8192 and at most 34 megapixels, or `1K`, `2K`, `4K` for a longest side of
   * 1024, 2048, 3840, or `auto`. The nearest native shape is asked for, the rest is done locally. @default "auto"
   */
  readonly size?: string;
  /** How the picture gets to the asked pixels or shape. @default "cover" with a size, "native" without */
  readonly fit?: Fit;
  /** Shape: `square`, `landscape`, `portrait` or `W:H` with W and H in 1..100 and a ratio of at most 8:1. Unset: the service decides. */
  readonly aspect?: string;
  /** File type of the delivered picture. @default as it comes */
  readonly format?: PictureFormat;
  /** Quality of JPEG, WebP and AVIF, 0..100, as the public images API's `output_compression`; 100 is the best. @default 90 */
  readonly compression?: number;
  /** @default "auto"; `auto` is sent as `opaque`, as Codex itself does (codex-backend contract 3.1) */
  readonly background?: Background;
  /** When transparency did not come. @default "best" */
  readonly alpha?: AlphaPolicy;
  /** Images that may be spent beyond those asked for, 0..10, to get transparency by a key colour. @default 0 */
  readonly allowExtraImages?: number;
  /** A wish. What the service drew with is in the result; see `limn capabilities`. */
  readonly quality?: Quality;
  /** `gpt-image-2`, or a tier `gpt-image-2-low|-medium|-high` (the model and a quality in one word). */
  readonly model?: string;
  /** @default "auto" */
  readonly engine?: EngineId | "auto";
  /** Way to drive the Codex program; needs the engine `codex`. @default "auto" */
  readonly codexDriver?: CodexDriver;
  /** Previews while it is drawn, 0..3; needs an engine that sends them. @default 0 */
  readonly partials?: number;
  /** Sources and references, at most 16, order kept. */
  readonly images?: readonly ImageInput[];
  /** Scale inputs down to fit the limits instead of refusing them. @default false */
  readonly shrinkInputs?: boolean;
  /** Turn "not honoured" into an error; the picture is kept. @default false */
  readonly strict?: boolean;
}

/** Make images from words. */
export interface GenerateRequest extends CommonRequestFields {
  readonly operation: "generate";
}

/** Change images. */
export interface EditRequest extends CommonRequestFields {
  readonly operation: "edit";
  /** At least one; the first is the one to change. */
  readonly images: readonly ImageInput[];
  /**
   * Only this region of the first image changes; every pixel outside stays bit-identical. A picture of the first image's size: with an
   * alpha channel its transparent part is the region (as in the public images API), else its light part.
   */
  readonly mask?: ImageInput;
}

/** What a client is asked for; `operation` says which of the two it is. */
export type ImageRequest = GenerateRequest | EditRequest;

/** An input image after its checks: what will be sent, byte for byte. */
export interface LoadedImage extends PixelSize {
  readonly mediaType: "image/png" | "image/jpeg" | "image/webp";
  /** Bytes. */
  readonly length: number;
  /** Lower-case hex, of these bytes. */
  readonly sha256: string;
  /** Absolute path of a file with these bytes; for programs that read inputs themselves. */
  readonly file: string;
  /**
   * The bytes, read again for every attempt, in slices whose lengths are multiples of three but for the last; a slice is only valid
   * until the next one is read. @throws input_not_found when the file is no longer what was checked
   */
  slices(): Iterable<Uint8Array>;
}

/** Width to height, in small whole numbers. */
export interface AspectRatio {
  readonly width: number;
  readonly height: number;
}

/** What the engine is asked for in its own terms; made from the capability table, so that no engine decides it. */
export interface NativeAsk {
  /** Steer the shape by the ratio sentence. */
  readonly aspect: AspectRatio | null;
  /** Sent as `WxH`, where the table says that it is honoured; null = `auto`. */
  readonly size: PixelSize | null;
  /** Sent, where the table says that it is honoured; null = `auto`. */
  readonly quality: Quality | null;
}

/** What the delivered file must be; null where the picture may stay as it comes. */
export interface DeliveryWish {
  /** Exact pixels, or the longest side. */
  readonly size: PixelSize | { readonly longestSide: number } | null;
  readonly aspect: AspectRatio | null;
  readonly fit: Fit;
  readonly format: PictureFormat | null;
  readonly compression: number | null;
}

/** A request after validation, with every default filled in and an engine chosen. */
export interface ResolvedRequest {
  readonly operation: "generate" | "edit";
  readonly prompt: string;
  readonly n: number;
  /** As it was asked, or as the asked size implies. */
  readonly aspect: AspectRatio | null;
  readonly native: NativeAsk;
  readonly wish: DeliveryWish;
  readonly background: Background;
  readonly alpha: AlphaPolicy;
  readonly allowExtraImages: number;
  readonly quality: Quality | null;
  readonly model: string | null;
  readonly engine: EngineId;
  readonly codexDriver: CodexDriver;
  readonly partials: number;
  readonly strict: boolean;
  readonly images: readonly LoadedImage[];
}

/** The longest prompt, in UTF-16 code units: what the public images API takes. */
export const maxPromptLength = 32_000;
/** The largest `n`. */
export const maxImagesPerRequest = 10;
/** The most images that go in, on any engine. */
export const maxInputImages = 16;
/** One input file. */
export const maxInputBytes = 25 * 1024 * 1024;
/** The encoded body of a request: above about 80 MB the service drops or misjudges it (codex-backend contract 3.5). */
export const maxBodyBytes = 64_000_000;
/** The most previews of one image. */
export const maxPartials = 3;
/** The largest `allowExtraImages`. */
export const maxExtraImages = 10;
/** Sides and area of a delivered picture. */
export const sizeLimits = { minSide: 16, maxSide: 8192, maxPixels: 34_000_000 } as const;
/** `1K`, `2K`, `4K`: the longest side in pixels. */
export const longestSides: Readonly<Record<"1K" | "2K" | "4K", number>> = { "1K": 1024, "2K": 2048, "4K": 3840 };
