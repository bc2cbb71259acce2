import type { AspectRatio, PictureFormat, PixelSize } from "./request.ts";

/**
 * What limn does to pixels itself. `@limn/finish` implements it with sharp; a program without it can do everything that needs no
 * pixels. Every job reads files and writes a new one; sources are never changed. A target that exists is overwritten, and removed
 * again when the job fails. Jobs throw LimnError with `image_corrupt` (a source that cannot be decoded), `input_not_an_image` (for
 * inputs), or `artifact_write_failed`.
 */
export interface ImageTools {
  /** Make an input sendable: see {@link PrepareInputJob}. @throws input_not_an_image, input_too_large, artifact_write_failed */
  prepareInput(job: PrepareInputJob): Promise<PreparedInput>;
  /** What the pixels say about transparency. */
  lookAtAlpha(path: string): Promise<AlphaLook>;
  /** How alike two pictures are, whatever their sizes and types. */
  compare(left: string, right: string): Promise<Resemblance>;
  /** Exact pixels and file type. */
  finish(job: FinishJob): Promise<FinishedPicture>;
  /** Take the background away where it allows that; null when it does not, and then no target is left. */
  matte(job: MatteJob): Promise<Matte | null>;
  /** A colour that the picture does not hold, as a background to be keyed out. */
  chooseKeyColor(path: string): Promise<{ readonly hex: string; readonly name: string }>;
  /** @throws input_not_an_image; invalid_option when its size is not `base`'s or it selects nothing or everything */
  readMask(job: { readonly mask: string; readonly base: string }): Promise<MaskFacts>;
  /** The part of the base around the masked region, with room for context, as PNG. */
  cutForMask(job: CutForMaskJob): Promise<CutRegion>;
  /** Put the edited part back; every pixel outside the mask stays what it was, and that is checked in the written file. */
  blendMask(job: BlendMaskJob): Promise<BlendedPicture>;
}

/** Loads the tools when first needed: they cost tens of milliseconds and megabytes. */
export type LoadImageTools = () => Promise<ImageTools>;

/** An input file that the service does not take as it is. */
export interface PrepareInputJob {
  readonly source: string;
  readonly target: string;
  /** Of the source, read from its content. */
  readonly mediaType: string;
  /** Scale down until both hold; null = keep the pixels. */
  readonly shrink: { readonly longestSide: number | null; readonly maxBytes: number | null } | null;
}

/**
 * PNG for what was PNG, GIF (first frame), TIFF, AVIF or SVG; JPEG and WebP stay JPEG and WebP. Orientation is applied, colours are
 * sRGB with 8 bits, of several frames the first is taken. `steps` lists what was done, in words.
 */
export interface PreparedInput extends PixelSize {
  readonly mediaType: "image/png" | "image/jpeg" | "image/webp";
  readonly bytes: number;
  readonly steps: readonly string[];
}

/** What the alpha channel of a picture really holds. */
export interface AlphaLook {
  /** The file has an alpha channel. */
  readonly hasAlpha: boolean;
  /** Share of pixels (0..1) that are more than half transparent. */
  readonly transparentShare: number;
  /** Share of pixels (0..1) that are not fully opaque; the service's opaque areas have alpha 251..254, which count as opaque here. */
  readonly translucentShare: number;
  /** A checkerboard is painted where transparency should be. */
  readonly checkerboard: boolean;
}

/** How alike two pictures are. */
export interface Resemblance {
  /** Bits of 64 in which the difference hashes differ; 0..3 = the same picture to the eye, when the mean difference is small too. */
  readonly hashDistance: number;
  /** Mean absolute difference of the pixels at a common small size, 0..1. */
  readonly meanDifference: number;
  /** The two are the same picture to the eye. */
  readonly same: boolean;
}

/** A picture and what it has to become. */
export interface FinishJob {
  readonly source: string;
  readonly target: string;
  /** Exact pixels, or the longest side; null = the pixels stay (but for `aspect`). */
  readonly size: PixelSize | { readonly longestSide: number } | null;
  /** With a null size or a longest side: cut or pad to this shape. */
  readonly aspect: AspectRatio | null;
  /** `cover` crops where attention is least, `contain` stays inside the size, `pad` fills the rest. */
  readonly fit: "cover" | "contain" | "pad";
  readonly format: PictureFormat;
  /** 0..100 for jpeg, webp, avif; null = 90 (avif 60). */
  readonly compression: number | null;
}

export interface FinishedPicture extends PixelSize {
  readonly mediaType: string;
  readonly hasAlpha: boolean;
  readonly bytes: number;
  readonly sha256: string;
  /** In order, such as "crop 1672x878", "resize 1200x630", "convert webp"; empty when nothing had to change (then no target is written). */
  readonly steps: readonly string[];
  /** Factor by which pixels were made up; 1 = none. */
  readonly upscaledBy: number;
  /** The picture had transparency that the type cannot hold; it was laid on white. */
  readonly flattened: boolean;
  /** What the source carried and the target does not, such as "C2PA provenance". */
  readonly lost: readonly string[];
}

/** A picture whose ground is to be taken away. */
export interface MatteJob {
  readonly source: string;
  /** PNG. */
  readonly target: string;
  /** `#rrggbb` of a background that is known to be flat; null = look for one. */
  readonly keyColor: string | null;
}

export interface Matte extends PixelSize {
  /** 0..1: how sure it is that only the background went, judged on light and on dark ground. Below 0.7 nothing is written. */
  readonly score: number;
  /** What was taken away, such as "white background" or "painted checkerboard". */
  readonly background: string;
  readonly bytes: number;
  readonly sha256: string;
  readonly steps: readonly string[];
}

export interface Box extends PixelSize {
  readonly left: number;
  readonly top: number;
}

export interface MaskFacts extends PixelSize {
  readonly kind: "alpha" | "luminance";
  /** Of the picture, 0..1. */
  readonly share: number;
  readonly region: Box;
}

/** A picture, and the mask around which it is to be cut out. */
export interface CutForMaskJob {
  readonly base: string;
  readonly mask: string;
  readonly target: string;
}

/** The cut-out and where it was, in pixels of the whole picture. */
export interface CutRegion {
  /** In pixels of the base. */
  readonly box: Box;
  /** Of the written part, which may be scaled down. */
  readonly size: PixelSize;
  readonly bytes: number;
  readonly steps: readonly string[];
}

/** An edited cut-out, to be put back where the mask allows it. */
export interface BlendMaskJob {
  readonly base: string;
  readonly mask: string;
  readonly box: Box;
  readonly edited: string;
  /** PNG of the base's size. */
  readonly target: string;
}

export interface BlendedPicture extends PixelSize {
  readonly hasAlpha: boolean;
  readonly bytes: number;
  readonly sha256: string;
  /** SHA-256 of all pixels outside the mask: of the base and, read back, of the target. They are equal. */
  readonly outsideSha256: string;
  readonly steps: readonly string[];
}
