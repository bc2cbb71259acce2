import type { JSX } from "preact";
import { useId, useState } from "preact/hooks";
import { facets } from "../state/library.ts";
import { t } from "../texts/index.ts";
import { Button, Dialog } from "../widgets/index.ts";

/** Asks for one word or name, and proposes those that are in use. */
export function WordsDialog(props: {
  readonly title: string;
  readonly label: string;
  readonly hint: string;
  readonly kind: "tags" | "kits";
  readonly action: string;
  readonly onDone: (value: string) => void;
  readonly onClose: () => void;
  /** An empty answer means something too. */
  readonly mayBeEmpty?: boolean;
}): JSX.Element {
  const [value, setValue] = useState("");
  const id = useId();
  const form = `${id}-form`;
  const trimmed = value.trim();
  return (
    <Dialog
      title={props.title}
      onClose={props.onClose}
      actions={
        <>
          <Button onClick={props.onClose}>{t("app.cancel")}</Button>
          <Button kind="primary" type="submit" form={form} disabled={trimmed === "" && props.mayBeEmpty !== true}>
            {props.action}
          </Button>
        </>
      }
    >
      <form
        id={form}
        class="field"
        onSubmit={(event) => {
          event.preventDefault();
          if (trimmed !== "" || props.mayBeEmpty === true) props.onDone(trimmed);
        }}
      >
        <label for={id}>{props.label}</label>
        <input
          id={id}
          autofocus
          value={value}
          maxLength={50}
          list={`${id}-list`}
          autocomplete="off"
          aria-describedby={`${id}-hint`}
          onInput={(event) => setValue(event.currentTarget.value)}
        />
        <datalist id={`${id}-list`}>
          {facets.value?.[props.kind].map((facet) => (
            <option key={facet.value} value={facet.value} />
          ))}
        </datalist>
        <p id={`${id}-hint`} class="muted small">
          {props.hint}
        </p>
      </form>
    </Dialog>
  );
}
