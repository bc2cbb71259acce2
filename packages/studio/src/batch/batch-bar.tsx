import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { MarksChange } from "@limn/core";
import { facets, list, loadFacets, markAll, restoreEntries, trashEntries } from "../state/library.ts";
import { clearSelection, isSelecting, selectAll, selected } from "../state/selection.ts";
import { t } from "../texts/index.ts";
import { Button, IconButton, Menu, toast } from "../widgets/index.ts";
import { DeleteDialog } from "../trash/delete-dialog.tsx";
import { downloadEntries, entriesOf } from "./download.ts";
import { WordsDialog } from "./words-dialog.tsx";
import "./batch.css";

/** The bar went away with the focus. */
function focusWall(): void {
  requestAnimationFrame(() => {
    if (document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>('#wall [data-id][tabindex="0"], #main')?.focus({ preventScroll: true });
  });
}

/** What can be done with the chosen ones. */
export function BatchBar(): JSX.Element | null {
  const ids = selected.value;
  const [asking, setAsking] = useState<"tag" | "kit" | "delete" | null>(null);
  const shown = list.value;
  void shown.version.value;
  const isTrash = shown.query.trash === true;
  useEffect(() => {
    if (asking !== null && facets.peek() === null) void loadFacets();
  }, [asking]);
  if (ids.size === 0 && !isSelecting.value) return null;
  const all = [...ids];
  const change = async (words: MarksChange): Promise<void> => {
    setAsking(null);
    const count = await markAll(all, words);
    if (count > 0) toast({ message: t("batch.changed", { count }) });
  };
  const isNone = ids.size === 0;
  const pictures = entriesOf(ids).reduce((sum, { images }) => sum + images.length, 0);
  return (
    <section class="batch" aria-label={t("batch.title")}>
      <p class="batch-count" role="status">
        {t("batch.selected", { count: ids.size })}
        {pictures !== ids.size && `, ${t("wall.pictures", { count: pictures })}`}
      </p>
      <div class="batch-buttons">
        <Button kind="quiet" icon="select" onClick={() => selectAll(shown.idsBetween(0, shown.loaded))}>
          {t("batch.selectAll")}
        </Button>
        {isTrash ? (
          <>
            <Button kind="quiet" icon="restore" disabled={isNone} onClick={() => void restoreEntries(all)}>
              {t("trash.restore")}
            </Button>
            <Button kind="danger" icon="trash" disabled={isNone} onClick={() => setAsking("delete")}>
              {t("trash.deleteForGood")}
            </Button>
          </>
        ) : (
          !isNone && (
            <>
              <Menu
                kind="quiet"
                label={t("batch.download")}
                icon="download"
                items={[
                  { label: t("batch.downloadFinished"), run: () => void downloadEntries(entriesOf(ids), "finished") },
                  { label: t("batch.downloadOriginal"), run: () => void downloadEntries(entriesOf(ids), "original") },
                ]}
              >
                {t("batch.download")}
              </Menu>
              <Menu
                kind="quiet"
                label={t("batch.mark")}
                icon="tag"
                items={[
                  { label: t("batch.favourite"), icon: "heart", run: () => void change({ favourite: true }) },
                  { label: t("batch.noFavourite"), icon: "close", run: () => void change({ favourite: false }) },
                  { label: t("batch.addTag"), icon: "tag", run: () => setAsking("tag") },
                  { label: t("batch.setKit"), icon: "kit", run: () => setAsking("kit") },
                ]}
              >
                {t("batch.mark")}
              </Menu>
              <Button kind="quiet" icon="trash" onClick={() => void trashEntries(all).then(focusWall)}>
                {t("batch.trash")}
              </Button>
            </>
          )
        )}
      </div>
      <IconButton icon="close" label={t("batch.end")} onClick={clearSelection} />
      {asking === "tag" && (
        <WordsDialog
          title={t("batch.addTag")}
          label={t("batch.tag")}
          hint={t("batch.tagHint")}
          kind="tags"
          action={t("batch.add")}
          onDone={(value) => void change({ addTags: [value] })}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === "kit" && (
        <WordsDialog
          title={t("batch.setKit")}
          label={t("batch.kit")}
          hint={t("batch.kitHint")}
          kind="kits"
          action={t("app.save")}
          mayBeEmpty
          onDone={(value) => void change({ kit: value === "" ? null : value })}
          onClose={() => setAsking(null)}
        />
      )}
      {asking === "delete" && <DeleteDialog ids={all} onClose={() => setAsking(null)} />}
    </section>
  );
}
