import type { Canvas } from "./canvas.ts";
import { scanPolygon } from "./polygon.ts";
import { between, type RandomSource } from "./random.ts";

/**
 * Makes everything outside a soft, irregular round shape transparent. Inside, alpha is 251..254 as the live service's
 * transparent pictures have it (codex-backend contract 3.3); outside it is 0, and so is the colour.
 */
export function cutOut(canvas: Canvas, random: RandomSource): void {
  const { width, height, pixels } = canvas;
  const waves = [2, 3, 5].map((count) => ({ count, size: between(random, 0.008, 0.03), phase: between(random, 0, 7) }));
  const points: number[] = [];
  for (let index = 0; index < 240; index += 1) {
    const angle = (index / 240) * 2 * Math.PI;
    const wobble = waves.reduce((sum, wave) => sum + wave.size * Math.sin(angle * wave.count + wave.phase), 0.9);
    // A superellipse: fuller than a circle, so that the caption has room.
    const power = (value: number): number => Math.sign(value) * Math.abs(value) ** 0.62;
    points.push(
      width / 2 + (width / 2) * wobble * power(Math.cos(angle)),
      height / 2 + (height / 2) * wobble * power(Math.sin(angle)),
    );
  }
  const opacity = new Uint8Array(width * height);
  scanPolygon(points, width, height, (y, from, to, coverage) => {
    for (let x = from; x <= to; x += 1) opacity[y * width + x] = Math.round((coverage[x] ?? 0) * alphaAt(x, y));
  });
  applyAlpha(pixels, opacity);
}

/** Gives a canvas the transparency of another picture of the same size. */
export function copyAlpha(canvas: Canvas, source: Canvas): void {
  const opacity = new Uint8Array(canvas.width * canvas.height);
  for (let cell = 0; cell < opacity.length; cell += 1) {
    const alpha = source.pixels[cell * 4 + 3] ?? 0;
    opacity[cell] = alpha === 255 ? alphaAt(cell % canvas.width, Math.floor(cell / canvas.width)) : alpha;
  }
  applyAlpha(canvas.pixels, opacity);
}

function alphaAt(x: number, y: number): number {
  return 251 + (((x >> 4) + (y >> 4) * 3) & 3);
}

function applyAlpha(pixels: Uint8Array, opacity: Uint8Array): void {
  for (let cell = 0; cell < opacity.length; cell += 1) {
    const alpha = opacity[cell] ?? 0;
    if (alpha === 0) pixels.fill(0, cell * 4, cell * 4 + 4);
    else pixels[cell * 4 + 3] = alpha;
  }
}
