import type { PixelSize } from "@limn/core";
import { at } from "../pictures/raster.ts";
import type { Raster } from "../pictures/raster.ts";

const block = 8;
/** Steps in brightness between the means of neighbouring blocks that even ground does not have. */
const visibleStep = 1.5;

/**
 * Length of the contours inside what was taken for backdrop, in pixels: a white shirt on white ground shows as a step too faint for a
 * single pixel. Blocks at the subject's edge are left out.
 */
export function ghostLength(raster: Raster, flooded: Uint8Array): number {
  const means = blockMeans(raster, flooded);
  const { width, height, values } = means;
  let steps = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const here = at(values, y * width + x);
      const right = at(values, y * width + x + 1);
      const below = at(values, (y + 1) * width + x);
      if (here < 0) continue;
      if (right >= 0 && Math.abs(here - right) > visibleStep) steps += 1;
      if (below >= 0 && Math.abs(here - below) > visibleStep) steps += 1;
    }
  }
  return steps * block;
}

/** Mean brightness of the blocks that are backdrop with all their neighbours; -1 for the others. */
function blockMeans(raster: Raster, flooded: Uint8Array): PixelSize & { values: Float32Array } {
  const width = Math.floor(raster.width / block);
  const height = Math.floor(raster.height / block);
  const means = new Float32Array(width * height);
  const whole = new Uint8Array(width * height).fill(1);
  for (let y = 0; y < height * block; y += 1) {
    for (let x = 0; x < width * block; x += 1) {
      const place = Math.floor(y / block) * width + Math.floor(x / block);
      const index = y * raster.width + x;
      if (flooded[index] !== 1) whole[place] = 0;
      const sum = at(raster.data, index * 4) + at(raster.data, index * 4 + 1) + at(raster.data, index * 4 + 2);
      means[place] = at(means, place) + sum / 3 / block ** 2;
    }
  }
  const values = means.map((mean, place) => {
    const near = [place, place - 1, place + 1, place - width, place + width];
    return near.every((other) => (whole[other] ?? 1) === 1) ? mean : -1;
  });
  return { width, height, values };
}
