import type { LibraryEntry, LibraryImage } from "@limn/core";

/** As `thumbnailWidths` of the contract: the server makes no others. */
const widths = [160, 320, 640, 1280] as const;

/** The smallest thumbnail that is sharp at `width` CSS pixels on this screen. */
export function thumbnailAddress(entry: Pick<LibraryEntry, "id">, image: LibraryImage, width: number): string {
  const wanted = width * Math.min(globalThis.devicePixelRatio, 3);
  const made = widths.find((candidate) => candidate >= wanted) ?? 1280;
  return `/api/thumbnails/${encodeURIComponent(entry.id)}/${image.index}?v=${image.sha256}&width=${made}`;
}

export function imageAddress(
  entry: Pick<LibraryEntry, "id">,
  image: Pick<LibraryImage, "index" | "sha256">,
  which: "finished" | "original" = "finished",
): string {
  const suffix = which === "original" ? "&which=original" : "";
  return `/api/images/${encodeURIComponent(entry.id)}/${image.index}?v=${image.sha256}${suffix}`;
}

/** While it is drawn. */
export function previewAddress(id: string, index: number, partial: number): string {
  return `/api/previews/${encodeURIComponent(id)}/${index}/${partial}`;
}

export function generationAddress(id: string): string {
  return `/api/generations/${encodeURIComponent(id)}`;
}

/** What a picture shows, in words: the text that was given to it, else the prompt; null when there is neither. */
export function altTextOf(entry: LibraryEntry, index: number): string | null {
  return entry.altTexts[String(index)] ?? entry.prompt;
}
