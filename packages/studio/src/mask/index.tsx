import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { errorOf } from "../api/request.ts";
import type { Reference } from "../compose/draft.ts";
import { change, draft, isMaskOpen } from "../compose/store.ts";
import { t } from "../texts/index.ts";
import { Button, Dialog, Problem } from "../widgets/index.ts";
import { encodeMaskPng } from "./encode-mask-png.ts";
import { loadPicture, type LoadedPicture } from "./load-picture.ts";
import { MaskEditor } from "./mask-editor.tsx";
import { MaskHistory } from "./mask-history.ts";
import { createMask, selectionOf, type MaskRaster } from "./mask-raster.ts";
import { workingSize } from "./mask-scale.ts";
import "./mask.css";

/** What is painted on, and how far; of the newest picture it is kept, so that closing the editor loses nothing. */
export interface MaskWork {
  readonly of: string;
  readonly picture: LoadedPicture;
  readonly mask: MaskRaster;
  readonly history: MaskHistory;
}

let remembered: MaskWork | null = null;

/** Chooses the region of the source that may change. */
export function MaskDialog({ source }: { readonly source: Reference }): JSX.Element {
  const [work, setWork] = useState<MaskWork | null>(remembered?.of === source.key ? remembered : null);
  const [error, setError] = useState<unknown>(null);
  const [isSaving, setSaving] = useState(false);
  const [version, setVersion] = useState(0);
  const close = (): void => {
    isMaskOpen.value = false;
  };
  useEffect(() => {
    if (work !== null) return;
    let isWanted = true;
    loadPicture(source).then(
      (picture) => {
        const mask = createMask(workingSize(picture.size));
        remembered?.picture.bitmap.close();
        remembered = { of: source.key, picture, mask, history: new MaskHistory(mask) };
        if (isWanted) setWork(remembered);
      },
      (thrown: unknown) => isWanted && setError(thrown),
    );
    return () => {
      isWanted = false;
    };
  }, [source.key]);

  const [saving] = useState(() => new AbortController());
  useEffect(() => () => saving.abort(), []);
  void version;
  const selection = work === null ? null : selectionOf(work.mask);
  const save = async (): Promise<void> => {
    if (work === null || selection?.kind !== "part") return;
    setSaving(true);
    try {
      const png = await encodeMaskPng(work.mask, work.picture.size, { signal: saving.signal, breathe });
      const file = new File([png], "region.png", { type: "image/png" });
      change({ ...draft.peek(), mask: { file, of: source.key, share: selection.share } });
      close();
    } catch (thrown) {
      if (!saving.signal.aborted) setError(thrown);
    } finally {
      setSaving(false);
    }
  };
  return (
    <Dialog
      title={t("mask.title")}
      size="full"
      onClose={close}
      actions={
        <>
          <details class="mask-truth">
            <summary>{t("mask.truth")}</summary>
            <p tabIndex={0}>{t("mask.truthMore")}</p>
          </details>
          <Button onClick={close}>{t("app.cancel")}</Button>
          <Button
            kind="primary"
            icon="check"
            isBusy={isSaving}
            disabled={selection?.kind !== "part"}
            onClick={() => void save()}
          >
            {t(isSaving ? "mask.saving" : "mask.use")}
          </Button>
        </>
      }
    >
      {error !== null ? (
        <Problem error={{ ...errorOf(error), message: t("mask.unreadable"), hint: errorOf(error).message }} />
      ) : work === null || selection === null ? (
        <p class="mask-loading">
          <span class="spinner" aria-hidden="true" /> {t("mask.loading")}
        </p>
      ) : (
        <MaskEditor work={work} selection={selection} onChange={() => setVersion((before) => before + 1)} />
      )}
    </Dialog>
  );
}

/** Lets the page answer before the next piece of work. */
function breathe(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}
