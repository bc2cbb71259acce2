import { longestSides, sizeLimits } from "../contracts/request.ts";
import type { AspectRatio, PixelSize } from "../contracts/request.ts";

export type WantedSize = PixelSize | { readonly longestSide: number };

/** `1200x630` or `2K` as numbers, null for `auto`; a sentence about what is wrong otherwise. */
export function parseSize(text: string): WantedSize | null | string {
  if (text === "auto") return null;
  const named = text.toUpperCase();
  if (isLongestSide(named)) return { longestSide: longestSides[named] };
  const parts = /^(\d{1,6})[x×](\d{1,6})$/i.exec(text);
  if (parts === null) return "must be WxH such as 1200x630, or 1K, 2K, 4K or auto";
  const width = Number(parts[1]);
  const height = Number(parts[2]);
  const { minSide, maxSide, maxPixels } = sizeLimits;
  if (Math.min(width, height) < minSide || Math.max(width, height) > maxSide)
    return `must have sides from ${minSide} to ${maxSide} pixels, and ${width}x${height} has not`;
  if (width * height > maxPixels)
    return `must have at most ${maxPixels / 1e6} megapixels, and ${width}x${height} has ${((width * height) / 1e6).toFixed(1)}`;
  return { width, height };
}

function isLongestSide(text: string): text is keyof typeof longestSides {
  return Object.hasOwn(longestSides, text);
}

/** Shapes that the service was seen to draw when it was told in words (codex-backend contract 3.3), and their common neighbours. */
const shapesInWords: readonly AspectRatio[] = [
  [1, 1],
  [5, 4],
  [4, 5],
  [4, 3],
  [3, 4],
  [3, 2],
  [2, 3],
  [16, 9],
  [9, 16],
  [21, 9],
  [9, 21],
].map(([width, height]) => ({ width: width ?? 1, height: height ?? 1 }));

/** The shape to ask for in words when the delivered file must have this size. */
export function nearestShape({ width, height }: PixelSize): AspectRatio {
  const distance = (shape: AspectRatio): number => Math.abs(Math.log((shape.width / shape.height / width) * height));
  return shapesInWords.reduce((best, shape) => (distance(shape) < distance(best) ? shape : best));
}

/** The public rule for `size` (codex-backend contract 3.1): sides are multiples of 16, and so on. */
const native = { step: 16, maxSide: 3840, steepest: 3, minPixels: 655_360, maxPixels: 8_294_400 };

/** The smallest size of the service's own rule from which the wanted one can be cut without enlarging; as near as the rule allows. */
export function nearestNativeSize(wanted: PixelSize): PixelSize {
  const ratio = Math.min(native.steepest, Math.max(1 / native.steepest, wanted.width / wanted.height));
  let width = Math.max(wanted.width, wanted.height * ratio);
  let height = width / ratio;
  const shrink = Math.min(1, native.maxSide / Math.max(width, height), Math.sqrt(native.maxPixels / (width * height)));
  const grow = Math.max(1, Math.sqrt(native.minPixels / (width * height)));
  width *= shrink * grow;
  height *= shrink * grow;
  const up = (side: number): number => Math.ceil(side / native.step - 1e-9) * native.step;
  const down = (side: number): number => Math.floor(side / native.step) * native.step;
  const size = { width: up(width), height: up(height) };
  if (isNative(size)) return size;
  const smaller = { width: down(width), height: down(height) };
  return isNative(smaller) ? smaller : nearestByRule(width, height);
}

function isNative({ width, height }: PixelSize): boolean {
  const pixels = width * height;
  return (
    Math.max(width, height) <= native.maxSide &&
    Math.max(width / height, height / width) <= native.steepest &&
    pixels >= native.minPixels &&
    pixels <= native.maxPixels
  );
}

/** At the corners of the rule rounding can leave it; then the neighbours are tried, the nearest shape first. */
function nearestByRule(width: number, height: number): PixelSize {
  const base = { width: Math.round(width / native.step), height: Math.round(height / native.step) };
  const candidates: PixelSize[] = [];
  for (let right = -3; right <= 3; right += 1)
    for (let down = -3; down <= 3; down += 1) {
      const size = { width: (base.width + right) * native.step, height: (base.height + down) * native.step };
      if (isNative(size)) candidates.push(size);
    }
  const distance = (size: PixelSize): number => Math.abs(Math.log((size.width / size.height / width) * height));
  const [first, ...rest] = candidates;
  if (first === undefined) return { width: 1024, height: 1024 };
  return rest.reduce((best, size) => (distance(size) < distance(best) ? size : best), first);
}
