import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { deleteEntries } from "../state/library.ts";
import { t } from "../texts/index.ts";
import { Button, Dialog } from "../widgets/index.ts";

/** The only step that cannot be taken back; so it asks. */
export function DeleteDialog(props: { readonly ids: readonly string[]; readonly onClose: () => void }): JSX.Element {
  const [isBusy, setBusy] = useState(false);
  return (
    <Dialog
      title={t("trash.deleteTitle", { count: props.ids.length })}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{t("app.cancel")}</Button>
          <Button
            kind="danger"
            icon="trash"
            isBusy={isBusy}
            onClick={() => {
              setBusy(true);
              void deleteEntries(props.ids).finally(props.onClose);
            }}
          >
            {t("trash.deleteForGood")}
          </Button>
        </>
      }
    >
      <p>{t("trash.deleteExplained")}</p>
    </Dialog>
  );
}
