/** Kinds of picture that are decoded; everything else libvips might open (SVG, PDF, …) is refused before it sees it. */
export type PictureKind = "png" | "jpeg" | "webp" | "gif" | "tiff" | "avif";

/** Bytes of a file's beginning that {@link sniff} wants. */
export const sniffBytes = 32;

/** What the first bytes say that it is. */
export function sniff(head: Buffer): PictureKind | null {
  const text = head.toString("latin1", 0, 12);
  if (text.startsWith("\x89PNG\r\n\x1a\n")) return "png";
  if (text.startsWith("\xff\xd8\xff")) return "jpeg";
  if (text.startsWith("RIFF") && text.endsWith("WEBP")) return "webp";
  if (text.startsWith("GIF87a") || text.startsWith("GIF89a")) return "gif";
  if (/^(?:II[*+]\0|MM\0[*+])/.test(text)) return "tiff";
  // HEIC begins alike; libheif as sharp ships it has no decoder for it and says so.
  return text.slice(4, 8) === "ftyp" ? "avif" : null;
}
