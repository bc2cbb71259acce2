import type { LibraryEntry, LibraryImage } from "@limn/core";
import { imageAddress } from "../api/addresses.ts";
import { t } from "../texts/index.ts";
import { toast } from "../widgets/index.ts";

/** Puts the picture on the clipboard, as PNG: the only type that clipboards take everywhere. */
export async function copyPicture(entry: LibraryEntry, image: LibraryImage): Promise<void> {
  try {
    // The promise goes in, so that the press that allowed it still counts when the bytes are there.
    await navigator.clipboard.write([new ClipboardItem({ "image/png": readAsPng(entry, image) })]);
    toast({ message: t("app.copied", { what: t("detail.aPicture") }) });
  } catch {
    toast({ message: t("detail.copyPictureRefused"), isError: true });
  }
}

async function readAsPng(entry: LibraryEntry, image: LibraryImage): Promise<Blob> {
  const response = await fetch(imageAddress(entry, image));
  if (!response.ok) throw new Error(`status ${response.status}`);
  const blob = await response.blob();
  if (blob.type === "image/png") return blob;
  const bitmap = await createImageBitmap(blob);
  const canvas = document.createElement("canvas");
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
  bitmap.close();
  return new Promise((resolve, reject) => {
    canvas.toBlob((png) => (png === null ? reject(new Error("no PNG")) : resolve(png)), "image/png");
  });
}
