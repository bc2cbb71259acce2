import type { Box, MaskRaster } from "./mask-raster.ts";

/** Strong on any picture, and not the accent colour, which means something else. */
const mark = { red: 255, green: 30, blue: 120, mostAlpha: 150 } as const;

/** Shows the mask over the picture: what is marked is tinted by its weight. */
export function drawOverlay(context: CanvasRenderingContext2D, mask: MaskRaster, box: Box): void {
  const pixels = context.createImageData(box.width, box.height);
  const words = new Uint32Array(pixels.data.buffer);
  for (let y = 0; y < box.height; y += 1) {
    const row = (box.top + y) * mask.width + box.left;
    for (let x = 0; x < box.width; x += 1) words[y * box.width + x] = tints[mask.weights[row + x] ?? 0] ?? 0;
  }
  context.putImageData(pixels, box.left, box.top);
}

/** For each weight the four bytes of a pixel, in this machine's order. */
const tints = Uint32Array.from({ length: 256 }, (_, weight) => {
  const bytes = Uint8Array.of(mark.red, mark.green, mark.blue, Math.round((weight / 255) * mark.mostAlpha));
  return new Uint32Array(bytes.buffer)[0] ?? 0;
});
