import type { PixelSize } from "@limn/core";

/** As `sizeLimits` of the contract. */
export const sizeLimits = { minSide: 16, maxSide: 8192, maxPixels: 34_000_000 } as const;
/** `1K`, `2K`, `4K`: the longest side in pixels. */
const longestSides = { "1K": 1024, "2K": 2048, "4K": 3840 } as const;

export type WantedSize = PixelSize | { readonly longestSide: number };
export type SizeFault = "form" | "side" | "area";

/** What is meant by a text such as `1200x630` or `2K`; null for none and `auto`, else what is wrong with it. */
export function parseSize(text: string): WantedSize | null | { readonly fault: SizeFault } {
  const plain = text.trim();
  if (plain === "" || plain === "auto") return null;
  const named = plain.toUpperCase();
  if (named === "1K" || named === "2K" || named === "4K") return { longestSide: longestSides[named] };
  const parts = /^(\d{1,6})\s*[x×*]\s*(\d{1,6})$/i.exec(plain);
  if (parts === null) return { fault: "form" };
  const [width, height] = [Number(parts[1]), Number(parts[2])];
  const { minSide, maxSide, maxPixels } = sizeLimits;
  if (Math.min(width, height) < minSide || Math.max(width, height) > maxSide) return { fault: "side" };
  return width * height > maxPixels ? { fault: "area" } : { width, height };
}

/** As the request has it: no spaces, and `x` between the sides. */
export function writtenSize(text: string): string {
  const size = parseSize(text);
  return size !== null && "width" in size ? `${size.width}x${size.height}` : text.trim();
}

const words: Readonly<Record<string, string>> = { square: "1:1", landscape: "3:2", portrait: "2:3" };

/** Width by height; null for none, else what is wrong with it. */
export function parseAspect(text: string): number | null | { readonly fault: "form" | "side" | "steep" } {
  const plain = text.trim();
  if (plain === "") return null;
  const parts = /^(\d{1,4}):(\d{1,4})$/.exec(words[plain] ?? plain);
  if (parts === null) return { fault: "form" };
  const [width, height] = [Number(parts[1]), Number(parts[2])];
  if (Math.min(width, height) < 1 || Math.max(width, height) > 100) return { fault: "side" };
  return Math.max(width / height, height / width) > 8 ? { fault: "steep" } : width / height;
}

/** Whether pixels have another shape than the asked one, beyond half a pixel of rounding. */
export function contradicts({ width, height }: PixelSize, ratio: number): boolean {
  return Math.abs(width / height / ratio - 1) > 0.5 / Math.min(width, height) + 1e-9;
}

/** What a person most often needs, with the words for it under `compose.preset…`. */
export const sizePresets = [
  { size: "", name: "auto" },
  { size: "1024x1024", name: "square" },
  { size: "1536x1024", name: "landscape" },
  { size: "1024x1536", name: "portrait" },
  { size: "1920x1080", name: "screen" },
  { size: "1080x1920", name: "phone" },
  { size: "1200x630", name: "social" },
  { size: "512x512", name: "icon" },
  { size: "2K", name: "2K" },
  { size: "4K", name: "4K" },
] as const;
