import type { PixelSize } from "@limn/core";
import { at } from "../pictures/raster.ts";
import type { Backdrop } from "./backdrop.ts";
import { neighbours } from "./layers.ts";

/** Strands of hair or grass are no thicker: a share of the picture's shorter side, and some pixels at least. */
const strand = { share: 1 / 150, least: 4 } as const;
/** Larger enclosed areas may be the subject's own, as a share of the picture. */
const largestPocket = 0.003;
/** Fewer are eyes, buttons and teeth. */
const fewestPockets = 6;
const rounds = 4;

/**
 * Backdrop shows between hairs that cross. Such pockets are many, small and a hair's breadth away from the backdrop outside; they are
 * added to `flooded`, as is what can be nothing but backdrop. Anything else that is enclosed stays with the subject.
 */
export function openPockets(flooded: Uint8Array, backdrop: Backdrop, size: PixelSize): void {
  const enclosed = pocketsOf(flooded, backdrop, size);
  for (const index of enclosed.filter(backdrop.isUnmistakable).flat()) flooded[index] = 1;
  const reach = Math.max(strand.least, Math.round(Math.min(size.width, size.height) * strand.share)) + 1;
  let pockets = enclosed.filter((pocket) => pocket.length <= largestPocket * flooded.length);
  for (let round = 0; round < rounds && pockets.length > 0; round += 1) {
    const reached = pockets.filter((pocket) => pocket.some((index) => isNear(index, flooded, size, reach)));
    if (round === 0 && reached.length < fewestPockets) return;
    for (const index of reached.flat()) flooded[index] = 1;
    pockets = pockets.filter((pocket) => !reached.includes(pocket));
  }
}

function pocketsOf(flooded: Uint8Array, { difference, tolerance }: Backdrop, size: PixelSize): number[][] {
  const seen = new Uint8Array(flooded.length);
  const pockets: number[][] = [];
  for (let start = 0; start < flooded.length; start += 1) {
    if (seen[start] === 1 || flooded[start] === 1 || at(difference, start) > tolerance) continue;
    const pocket = [start];
    seen[start] = 1;
    for (let next = 0; next < pocket.length; next += 1) {
      for (const near of neighbours(at(pocket, next), size)) {
        if (seen[near] === 1 || at(difference, near) > tolerance) continue;
        seen[near] = 1;
        pocket.push(near);
      }
    }
    pockets.push(pocket);
  }
  return pockets;
}

/** Flooded pixels lie straight to one of the four sides, not farther than a strand. */
function isNear(index: number, flooded: Uint8Array, { width, height }: PixelSize, reach: number): boolean {
  const [x, y] = [index % width, Math.floor(index / width)];
  for (let step = 1; step <= reach; step += 1) {
    if (x >= step && flooded[index - step] === 1) return true;
    if (x + step < width && flooded[index + step] === 1) return true;
    if (y >= step && flooded[index - step * width] === 1) return true;
    if (y + step < height && flooded[index + step * width] === 1) return true;
  }
  return false;
}
