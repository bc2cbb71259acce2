import { findCheckerboard } from "../look/find-checkerboard.ts";
import type { Raster } from "../pictures/raster.ts";
import { checkerBackdrop } from "./checker-backdrop.ts";
import { flatBackdrop } from "./flat-backdrop.ts";
import type { Layers } from "./layers.ts";

export type Rgb = readonly [number, number, number];

/** What stands behind the subject, where the border shows it. */
export interface Backdrop {
  /** Such as "white background". */
  readonly words: string;
  /** Of each pixel from the backdrop there: the largest of the three channels' differences. */
  readonly difference: Uint8Array;
  /** Up to this difference a pixel may be backdrop. */
  readonly tolerance: number;
  /** Up to this difference it is noise (95 of 100 of the backdrop's pixels at the border). */
  readonly noise: number;
  /** Of the border's pixels, those that are backdrop. */
  readonly borderShare: number;
  readonly colourAt: (index: number) => Rgb;
  /** It was painted to be taken away, so it is backdrop wherever it shows. */
  readonly isKey: boolean;
  /** One colour all over. */
  readonly isEven: boolean;
  /** Whether these pixels, enclosed by the subject, can be nothing else: a white one may be an eye, a checkered one is no part of it. */
  readonly isUnmistakable: (pixels: readonly number[]) => boolean;
  /** 0..1: how much speaks against `flooded` being all of the backdrop and nothing else, by what only this kind of backdrop knows. */
  readonly doubt: (flooded: Uint8Array, layers: Layers) => number;
}

/** Null where the border is a gradient, a texture or a scene. */
export function findBackdrop(raster: Raster, keyColor: Rgb | null): Backdrop | null {
  // The board first: one of its colours may cover more than half of the border.
  const board = keyColor === null ? findCheckerboard(raster) : null;
  return board === null ? flatBackdrop(raster, keyColor) : checkerBackdrop(raster, board);
}
