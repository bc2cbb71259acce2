import { undecodable } from "../pictures/failures.ts";
import { decode } from "../pictures/open-picture.ts";
import type { Picture } from "../pictures/open-picture.ts";

/** From here on a pixel is opaque: areas that the service means to be have alpha 251..254. */
export const opaqueFrom = 250;

/** Shares of all pixels, 0..1. */
export interface AlphaShares {
  /** More than half transparent. */
  readonly transparent: number;
  /** Not opaque. */
  readonly translucent: number;
  /** Neither opaque nor fully transparent. */
  readonly soft: number;
}

export async function alphaShares(picture: Picture): Promise<AlphaShares> {
  if (!picture.metadata.hasAlpha) return { transparent: 0, translucent: 0, soft: 0 };
  try {
    const alpha = await decode(picture).extractChannel("alpha").raw({ depth: "uchar" }).toBuffer();
    return sharesOf(alpha, 0, 1);
  } catch (error) {
    throw undecodable(picture.role, picture.path, error);
  }
}

/** Alpha values lie at `offset`, `offset + step`, … */
export function sharesOf(values: Uint8Array, offset: number, step: number): AlphaShares {
  const counts = new Uint32Array(256);
  for (let index = offset; index < values.length; index += step) {
    const value = values[index] ?? 0;
    counts[value] = (counts[value] ?? 0) + 1;
  }
  const total = Math.max(1, Math.ceil((values.length - offset) / step));
  const below = (limit: number): number => counts.subarray(0, limit).reduce((sum, count) => sum + count, 0) / total;
  return { transparent: below(128), translucent: below(opaqueFrom), soft: below(opaqueFrom) - below(6) };
}
