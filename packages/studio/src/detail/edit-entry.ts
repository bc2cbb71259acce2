import type { LibraryEntry, LibraryImage } from "@limn/core";
import { openComposer } from "../compose/index.tsx";
import { t } from "../texts/index.ts";
import { toast } from "../widgets/index.ts";

/** Opens the composer with a picture of the entry as what is to be changed. */
export function editEntry(entry: LibraryEntry, place = 0, withMask = false): void {
  const image: LibraryImage | undefined = entry.images[place] ?? entry.images[0];
  if (image === undefined) {
    toast({ message: t("detail.nothingToEdit"), isError: true });
    return;
  }
  const { index, sha256, width, height } = image;
  openComposer({
    operation: "edit",
    images: [{ id: entry.id, index, sha256, width, height }],
    withMask,
  });
}
