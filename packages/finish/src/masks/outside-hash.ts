import { createHash } from "node:crypto";
import { at } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";

/** SHA-256 over the RGBA bytes of all pixels of weight 0, row by row. */
export function outsideHash(raster: Raster, weights: Uint8Array): string {
  const hash = createHash("sha256");
  for (let index = 0; index < weights.length;) {
    if (at(weights, index) !== 0) {
      index += 1;
      continue;
    }
    const start = index;
    while (index < weights.length && at(weights, index) === 0) index += 1;
    hash.update(raster.data.subarray(start * 4, index * 4));
  }
  return hash.digest("hex");
}
