import type { UploadReference } from "./draft.ts";

const sendable = /^image\/(png|jpeg|webp|gif|avif|tiff|svg\+xml|bmp)$/;
const sendableNames = /\.(png|jpe?g|webp|gif|avif|tiff?|svg)$/i;

/** Whether limn can take it; the bytes decide in the end, on the server. */
export function isPicture(file: File): boolean {
  return sendable.test(file.type) || (file.type === "" && sendableNames.test(file.name));
}

const previews = new WeakMap<File, string>();

/** An address that shows the file, while the page is there. */
export function previewOf(file: File): string {
  const known = previews.get(file);
  if (known !== undefined) return known;
  const made = URL.createObjectURL(file);
  previews.set(file, made);
  return made;
}

/** With its size in pixels, orientation applied; null sizes where this browser cannot show it, or where it has none of its own. */
export async function readUpload(file: File): Promise<UploadReference> {
  const common = { kind: "upload", key: crypto.randomUUID(), file, name: file.name || "picture.png" } as const;
  const nothing = { ...common, width: null, height: null };
  if (file.type === "image/svg+xml") return nothing;
  const size = await naturalSize(previewOf(file));
  return size === null ? nothing : { ...common, ...size };
}

/** Its size in pixels, orientation applied, without decoding all of it; null where this browser cannot show it. */
export function naturalSize(address: string): Promise<{ readonly width: number; readonly height: number } | null> {
  const image = new Image();
  return new Promise((resolve) => {
    image.addEventListener("load", () => resolve({ width: image.naturalWidth, height: image.naturalHeight }));
    image.addEventListener("error", () => resolve(null));
    image.src = address;
  });
}
