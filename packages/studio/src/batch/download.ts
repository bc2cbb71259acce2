import type { DownloadRequest, LibraryEntry } from "@limn/core";
import { sendJson } from "../api/request.ts";
import { list } from "../state/library.ts";
import { t } from "../texts/index.ts";
import { toast, toastError } from "../widgets/index.ts";

/** All pictures of the entries: one file as it is, several as ZIP. The server sends it; nothing is held in the page. */
export async function downloadEntries(
  entries: readonly LibraryEntry[],
  which: DownloadRequest["which"],
): Promise<void> {
  await download(
    entries.flatMap(({ id, images }) => images.map(({ index }) => ({ id, index }))),
    which,
  );
}

export async function download(items: DownloadRequest["items"], which: DownloadRequest["which"]): Promise<void> {
  if (items.length === 0) {
    toast({ message: t("batch.nothingToDownload"), isError: true });
    return;
  }
  try {
    const request: DownloadRequest = { items, which };
    const { address } = await sendJson<{ readonly address: string }>("POST", "/api/downloads", request);
    const link = document.createElement("a");
    link.href = address;
    link.download = "";
    document.body.append(link);
    link.click();
    link.remove();
  } catch (error) {
    toastError(error);
  }
}

/** Those of the ids that are loaded, in the order that is shown. */
export function entriesOf(ids: ReadonlySet<string>): readonly LibraryEntry[] {
  const shown = list.peek();
  return [...ids]
    .map((id) => shown.indexOf(id))
    .filter((index) => index >= 0)
    .toSorted((one, other) => one - other)
    .map((index) => shown.at(index))
    .filter((entry) => entry !== null);
}
