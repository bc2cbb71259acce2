import { beginningBytes, beginsLikePicture } from "./begins-like-picture.ts";
import type { UploadReference } from "./draft.ts";

/** Whether it begins like a file that limn takes, whatever its name says; the server looks at all of it. */
export async function isPicture(file: File): Promise<boolean> {
  try {
    return beginsLikePicture(new Uint8Array(await file.slice(0, beginningBytes).arrayBuffer()));
  } catch {
    // A folder, or a file that is gone.
    return false;
  }
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
