import type { Box, PixelSize } from "@limn/core";
import { at } from "../pictures/raster.ts";

/** An edge is hard where the mask goes from nothing to full weight within so many pixels: as far as smoothing or JPEG spread a drawn one. */
const hardReach = 3;

/**
 * Weights that rise softly from the region's hard edges inwards, over `radius` pixels. An edge that was painted soft stays as it was
 * painted. Pixels of weight 0 keep it, and where the region ends at the picture's own border it stays full. `region` holds all other
 * pixels.
 */
export function featherInwards(weights: Uint8Array, size: PixelSize, region: Box, radius: number): Uint8Array {
  const soft = Uint8Array.from(weights);
  const outer = withRim(region, size);
  const distances = distancesToHardEdge(weights, size, outer);
  for (let y = 0; y < outer.height; y += 1) {
    for (let x = 0; x < outer.width; x += 1) {
      const index = (outer.top + y) * size.width + outer.left + x;
      const rise = Math.min(1, at(distances, y * outer.width + x) / (radius + 1));
      soft[index] = Math.round(at(weights, index) * rise * rise * (3 - 2 * rise));
    }
  }
  return soft;
}

/** The box and the pixels around it, as far as the picture goes. */
function withRim(box: Box, size: PixelSize): Box {
  const left = Math.max(0, box.left - 1);
  const top = Math.max(0, box.top - 1);
  const right = Math.min(size.width, box.left + box.width + 1);
  const bottom = Math.min(size.height, box.top + box.height + 1);
  return { left, top, width: right - left, height: bottom - top };
}

const far = 1e6;

/** Chamfer distance (1 and √2) of every pixel of the box to the nearest one of weight 0 at a hard edge in it; 0 there. */
function distancesToHardEdge(weights: Uint8Array, size: PixelSize, box: Box): Float32Array {
  const { width, height } = box;
  // A rim of its own, so that no step has to ask whether it leaves the box.
  const across = width + 2;
  const distances = new Float32Array(across * (height + 2)).fill(far);
  const place = (x: number, y: number): number => (y + 1) * across + x + 1;
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      if (isHardEdge(weights, size, box.left + x, box.top + y)) distances[place(x, y)] = 0;
    }
  }
  const pass = (index: number, back: number): void => {
    const beside = Math.min(at(distances, index - back), at(distances, index - back * across)) + 1;
    const diagonal = Math.min(at(distances, index - back * (across + 1)), at(distances, index - back * (across - 1)));
    distances[index] = Math.min(at(distances, index), beside, diagonal + Math.SQRT2);
  };
  for (let y = 0; y < height; y += 1) for (let x = 0; x < width; x += 1) pass(place(x, y), 1);
  for (let y = height - 1; y >= 0; y -= 1) for (let x = width - 1; x >= 0; x -= 1) pass(place(x, y), -1);
  return Float32Array.from({ length: width * height }, (_, index) =>
    at(distances, place(index % width, Math.floor(index / width))),
  );
}

/** Whether a pixel of weight 0 has one of full weight near it. */
function isHardEdge(weights: Uint8Array, size: PixelSize, x: number, y: number): boolean {
  const weight = (across: number, down: number): number =>
    across < 0 || across >= size.width || down < 0 || down >= size.height ? 0 : at(weights, down * size.width + across);
  if (weight(x, y) !== 0) return false;
  if (weight(x - 1, y) + weight(x + 1, y) + weight(x, y - 1) + weight(x, y + 1) === 0) return false;
  for (let down = y - hardReach; down <= y + hardReach; down += 1)
    for (let across = x - hardReach; across <= x + hardReach; across += 1)
      if (weight(across, down) === 255) return true;
  return false;
}
