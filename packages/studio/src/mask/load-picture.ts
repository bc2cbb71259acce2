import type { Reference } from "../compose/draft.ts";
import { naturalSize } from "../compose/uploads.ts";
import type { Size } from "./mask-raster.ts";
import { workingSize } from "./mask-scale.ts";

/** The picture to paint on: its own size, and its pixels at the working size. */
export interface LoadedPicture {
  readonly size: Size;
  readonly bitmap: ImageBitmap;
}

/** Decoded and scaled beside the page's own work, which only happens for bytes: an image element would be decoded in its way. */
export async function loadPicture(source: Reference): Promise<LoadedPicture> {
  const bytes = source.kind === "upload" ? source.file : await fetchPicture(source);
  const address = URL.createObjectURL(bytes);
  try {
    const size = await naturalSize(address);
    if (size === null) throw new Error(source.name);
    const { width, height } = workingSize(size);
    return {
      size,
      bitmap: await createImageBitmap(bytes, { resizeWidth: width, resizeHeight: height, resizeQuality: "medium" }),
    };
  } finally {
    URL.revokeObjectURL(address);
  }
}

async function fetchPicture(source: {
  readonly id: string;
  readonly index: number;
  readonly sha256: string;
}): Promise<Blob> {
  const response = await fetch(`/api/images/${encodeURIComponent(source.id)}/${source.index}?v=${source.sha256}`);
  if (!response.ok) throw new Error(String(response.status));
  return response.blob();
}
