import type { AspectRatio } from "../contracts/request.ts";

/**
 * The sentence that steers the shape: the service obeys words, not the size field. Wording as in the reported measurements, where
 * "Aspect ratio: 16:9, wide landscape (horizontal) canvas." gave exactly 1672x941 (codex-backend contract 3.3).
 */
export function aspectSentence({ width, height }: AspectRatio): string {
  const ratio = `${width}:${height}`;
  if (width === height) return `Aspect ratio: ${ratio}, square canvas.`;
  const isExtreme = Math.max(width / height, height / width) >= 1.7;
  if (width > height)
    return `Aspect ratio: ${ratio}, ${isExtreme ? "wide landscape" : "landscape"} (horizontal) canvas.`;
  return `Aspect ratio: ${ratio}, ${isExtreme ? "tall portrait" : "portrait"} (vertical) canvas.`;
}

/** The prompt verbatim, plus the ratio sentence when a shape is asked. */
export function promptWithAspect(prompt: string, aspect: AspectRatio | null): string {
  return aspect === null ? prompt : `${prompt}\n\n${aspectSentence(aspect)}`;
}
