import type { Color } from "./color.ts";

/** Pixels as they are drawn on: 8-bit RGBA, row after row, not premultiplied. */
export interface Canvas {
  readonly width: number;
  readonly height: number;
  readonly pixels: Uint8Array;
}

/** A canvas of transparent black. */
export function createCanvas(width: number, height: number): Canvas {
  return { width, height, pixels: new Uint8Array(width * height * 4) };
}

/** 8x8 ordered dither thresholds, -0.5..0.5: hides the steps of an 8-bit gradient and still compresses well. */
function ditherMatrix(): Float32Array {
  const matrix = new Float32Array(64);
  for (let y = 0; y < 8; y += 1) {
    for (let x = 0; x < 8; x += 1) {
      const crossed = x ^ y;
      let value = 0;
      for (let bit = 0; bit < 3; bit += 1) value = (value << 2) | (((crossed >> bit) & 1) << 1) | ((y >> bit) & 1);
      matrix[y * 8 + x] = (value + 0.5) / 64 - 0.5;
    }
  }
  return matrix;
}

/**
 * Fills the whole canvas with a gradient through the given colours along an angle (degrees, 90 = downwards), opaque and
 * dithered.
 */
export function fillGradient(canvas: Canvas, colors: readonly Color[], angle: number): void {
  const { width, height, pixels } = canvas;
  const words = new Uint32Array(pixels.buffer, pixels.byteOffset, width * height);
  const steps = 4096;
  const table = new Float32Array((steps + 1) * 3);
  const last = Math.max(1, colors.length - 1);
  for (let step = 0; step <= steps; step += 1) {
    const position = (step / steps) * last;
    const index = Math.min(last - 1, Math.floor(position));
    const from = colors[index] ?? [0, 0, 0];
    const to = colors[index + 1] ?? from;
    // Smoothstep between the stops, so that no stop shows as an edge.
    const part = position - index;
    const eased = part * part * (3 - 2 * part);
    for (let channel = 0; channel < 3; channel += 1) {
      const low = from[channel] ?? 0;
      table[step * 3 + channel] = low + ((to[channel] ?? low) - low) * eased + 0.5;
    }
  }
  const radians = (angle * Math.PI) / 180;
  const directionX = Math.cos(radians);
  const directionY = Math.sin(radians);
  const reach = (Math.abs(directionX) * width + Math.abs(directionY) * height) / 2;
  const dither = ditherMatrix();
  const scale = steps / (2 * reach);
  for (let y = 0; y < height; y += 1) {
    const base = ((y - height / 2) * directionY - (width / 2) * directionX + reach) * scale;
    const slope = directionX * scale;
    const ditherRow = (y & 7) * 8;
    const row = y * width;
    for (let x = 0; x < width; x += 1) {
      const step = Math.max(0, Math.min(steps, (base + x * slope) | 0)) * 3;
      const noise = dither[ditherRow + (x & 7)] ?? 0;
      const red = Math.max(0, Math.min(255, (table[step] ?? 0) + noise)) | 0;
      const green = Math.max(0, Math.min(255, (table[step + 1] ?? 0) + noise)) | 0;
      const blue = Math.max(0, Math.min(255, (table[step + 2] ?? 0) + noise)) | 0;
      words[row + x] = 0xff000000 | (blue << 16) | (green << 8) | red;
    }
  }
}

/** Blends one colour into one pixel; alpha 0..256. The pixel stays opaque. */
export function blendPixel(
  pixels: Uint8Array,
  offset: number,
  red: number,
  green: number,
  blue: number,
  alpha: number,
): void {
  const oldRed = pixels[offset] ?? 0;
  const oldGreen = pixels[offset + 1] ?? 0;
  const oldBlue = pixels[offset + 2] ?? 0;
  pixels[offset] = oldRed + (((red - oldRed) * alpha + 128) >> 8);
  pixels[offset + 1] = oldGreen + (((green - oldGreen) * alpha + 128) >> 8);
  pixels[offset + 2] = oldBlue + (((blue - oldBlue) * alpha + 128) >> 8);
}
