import { createCanvas, fillGradient, type Canvas } from "./canvas.ts";
import type { Color } from "./color.ts";

/** What lies behind a subject in a picture without alpha. */
export type Ground =
  | { readonly kind: "flat"; readonly color: Color }
  | { readonly kind: "checkerboard" }
  | { readonly kind: "gradient" };

const FULL = 251;

/**
 * Puts a cut-out on a ground and makes everything opaque: where the cut-out is empty the ground is exact, its edges are
 * mixed.
 */
export function putOnGround(canvas: Canvas, ground: Ground): void {
  const { pixels } = canvas;
  const behind = paintGround(canvas.width, canvas.height, ground).pixels;
  for (let offset = 0; offset < pixels.length; offset += 4) {
    const share = Math.min(1, (pixels[offset + 3] ?? 0) / FULL);
    for (let channel = 0; channel < 3; channel += 1) {
      const back = behind[offset + channel] ?? 0;
      pixels[offset + channel] = Math.round(back + ((pixels[offset + channel] ?? 0) - back) * share);
    }
    pixels[offset + 3] = 255;
  }
}

/** Reads `#rrggbb`; undefined for anything else. */
export function parseColor(text: string): Color | undefined {
  const [, red, green, blue] = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text) ?? [];
  if (red === undefined || green === undefined || blue === undefined) return undefined;
  return [Number.parseInt(red, 16), Number.parseInt(green, 16), Number.parseInt(blue, 16)];
}

function paintGround(width: number, height: number, ground: Ground): Canvas {
  const canvas = createCanvas(width, height);
  if (ground.kind === "gradient") {
    const stops: readonly Color[] = [
      [24, 38, 92],
      [214, 96, 72],
      [246, 222, 140],
      [60, 160, 120],
    ];
    fillGradient(canvas, stops, 35);
    return canvas;
  }
  const tile = Math.max(4, Math.round(Math.min(width, height) / 48));
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const dark = (Math.floor(x / tile) + Math.floor(y / tile)) % 2 === 1;
      const checker: Color = dark ? [204, 204, 204] : [255, 255, 255];
      canvas.pixels.set(ground.kind === "flat" ? ground.color : checker, (y * width + x) * 4);
    }
  }
  return canvas;
}
