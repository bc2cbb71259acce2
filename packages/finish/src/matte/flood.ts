import type { PixelSize } from "@limn/core";
import { at } from "../pictures/raster.ts";
import type { Backdrop } from "./backdrop.ts";

/** Steps over pixels of up to twice the tolerance, which JPEG leaves around edges. */
const ringing = 3;

/** 1 for every pixel of the backdrop that is connected with the border; of a key colour, for every pixel of it. */
export function floodBackdrop(backdrop: Backdrop, size: PixelSize): Uint8Array {
  const { difference, tolerance } = backdrop;
  if (backdrop.isKey) return difference.map((value) => (value <= tolerance ? 1 : 0));
  const { width, height } = size;
  const flooded = new Uint8Array(width * height);
  const queue = new Int32Array(width * height);
  let end = 0;
  let most = tolerance;
  const visit = (index: number): void => {
    if (at(flooded, index) === 1 || at(difference, index) > most) return;
    flooded[index] = 1;
    queue[end] = index;
    end += 1;
  };
  for (let x = 0; x < width; x += 1) {
    visit(x);
    visit((height - 1) * width + x);
  }
  for (let y = 0; y < height; y += 1) {
    visit(y * width);
    visit(y * width + width - 1);
  }
  const visitAround = (index: number): void => {
    const x = index % width;
    if (x > 0) visit(index - 1);
    if (x < width - 1) visit(index + 1);
    if (index >= width) visit(index - width);
    if (index < width * (height - 1)) visit(index + width);
  };
  for (let next = 0; next < end; next += 1) visitAround(at(queue, next));
  if (!backdrop.isEven) return flooded;
  most = 2 * tolerance;
  let from = 0;
  for (let step = 0; step < ringing; step += 1) {
    const until = end;
    for (let next = from; next < until; next += 1) visitAround(at(queue, next));
    from = until;
  }
  return flooded;
}
