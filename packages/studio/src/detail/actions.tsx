import type { JSX } from "preact";
import { useRef, useState } from "preact/hooks";
import type { AgainRequest, LibraryEntry, LibraryImage } from "@limn/core";
import { generationAddress } from "../api/addresses.ts";
import { sendJson } from "../api/request.ts";
import { closeDetail, openDetail } from "../app/route.ts";
import { download } from "../batch/download.ts";
import { mark, restoreEntries, trashEntries } from "../state/library.ts";
import { t } from "../texts/index.ts";
import { DeleteDialog } from "../trash/delete-dialog.tsx";
import { Button, IconButton, Menu, toast, toastError, type MenuItem } from "../widgets/index.ts";
import { copyPicture } from "./copy-picture.ts";
import { editEntry } from "./edit-entry.ts";

export function Actions(props: {
  readonly entry: LibraryEntry;
  readonly image: LibraryImage | null;
  readonly place: number;
}): JSX.Element {
  const { entry, image, place } = props;
  const [isDeleting, setDeleting] = useState(false);
  const again = useAgain(entry);
  if (entry.trashedAt !== null) {
    return (
      <div class="row">
        <Button kind="primary" icon="restore" onClick={() => void restoreEntries([entry.id])}>
          {t("trash.restore")}
        </Button>
        <Button kind="danger" icon="trash" onClick={() => setDeleting(true)}>
          {t("trash.deleteForGood")}
        </Button>
        {isDeleting && <DeleteDialog ids={[entry.id]} onClose={() => setDeleting(false)} />}
      </div>
    );
  }
  const mayAgain = entry.prompt !== null && entry.status !== "running" && entry.status !== "unknown";
  return (
    <div class="row detail-actions">
      {image !== null && (
        <>
          <Button kind="primary" icon="edit" onClick={() => editEntry(entry, place)}>
            {t("detail.edit")}
          </Button>
          <Button icon="brush" onClick={() => editEntry(entry, place, true)}>
            {t("detail.editRegion")}
          </Button>
        </>
      )}
      {mayAgain && (
        <Menu label={t("detail.again")} icon="again" items={againItems(image, again.run)}>
          {t("detail.again")}
        </Menu>
      )}
      {image !== null && (
        <Menu label={t("batch.download")} icon="download" items={downloadItems(entry, image)}>
          {t("batch.download")}
        </Menu>
      )}
      <IconButton
        icon="heart"
        isIconFilled={entry.favourite}
        aria-pressed={entry.favourite}
        label={t("detail.favourite")}
        onClick={() => void mark(entry.id, { favourite: !entry.favourite })}
      />
      {entry.status === "running" ? (
        <Button icon="stop" onClick={() => void cancel(entry.id)}>
          {t("app.cancel")}
        </Button>
      ) : (
        <IconButton
          icon="trash"
          label={t("batch.trash")}
          onClick={() => void trashEntries([entry.id]).then((isDone) => isDone && closeDetail())}
        />
      )}
    </div>
  );
}

type AgainKind = "again" | "vary";

/** One key for one decision: pressed again after a lost connection, it is still the same generation. */
function useAgain(entry: LibraryEntry): { readonly run: (kind: AgainKind) => void } {
  const pending = useRef<{ readonly of: string; readonly key: string } | null>(null);
  const isBusy = useRef(false);
  const run = async (kind: AgainKind): Promise<void> => {
    if (isBusy.current) return;
    isBusy.current = true;
    const of = `${kind} ${entry.id}`;
    if (pending.current?.of !== of) pending.current = { of, key: crypto.randomUUID() };
    const request: AgainRequest = kind === "vary" ? { vary: true } : {};
    try {
      const { id } = await sendJson<{ readonly id: string }>("POST", `${generationAddress(entry.id)}/again`, request, {
        "Idempotency-Key": pending.current.key,
      });
      pending.current = null;
      toast({
        message: t(kind === "vary" ? "detail.varying" : "detail.drawingAgain"),
        action: { label: t("detail.lookAtIt"), run: () => openDetail(id) },
      });
    } catch (error) {
      toastError(error);
    } finally {
      isBusy.current = false;
    }
  };
  return { run: (kind) => void run(kind) };
}

function againItems(image: LibraryImage | null, run: (kind: AgainKind) => void): MenuItem[] {
  const same: MenuItem = { label: t("detail.sameAgain"), icon: "again", run: () => run("again") };
  return image === null ? [same] : [same, { label: t("detail.vary"), icon: "sparkle", run: () => run("vary") }];
}

function downloadItems(entry: LibraryEntry, image: LibraryImage): MenuItem[] {
  const one = [{ id: entry.id, index: image.index }];
  const all = entry.images.map(({ index }) => ({ id: entry.id, index }));
  return [
    { label: t("batch.downloadFinished"), icon: "download", run: () => void download(one, "finished") },
    { label: t("batch.downloadOriginal"), icon: "download", run: () => void download(one, "original") },
    ...(all.length < 2
      ? []
      : [{ label: t("detail.downloadAll"), icon: "download" as const, run: () => void download(all, "finished") }]),
    { label: t("detail.copyPicture"), icon: "copy", run: () => void copyPicture(entry, image) },
  ];
}

async function cancel(id: string): Promise<void> {
  try {
    await sendJson<undefined>("POST", `${generationAddress(id)}/cancel`, null);
  } catch (error) {
    toastError(error);
  }
}
