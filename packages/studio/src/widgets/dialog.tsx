import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { t } from "../texts/index.ts";
import { IconButton } from "./button.tsx";

export interface DialogProps {
  readonly title: string;
  readonly children: ComponentChildren;
  /** Escape, the cross, and a press beside it. */
  readonly onClose: () => void;
  /** Buttons at its foot. */
  readonly actions?: ComponentChildren;
  /** `full` takes the whole window. */
  readonly size?: "small" | "large" | "full";
}

/** A modal dialog: there while it is rendered. The browser keeps the focus in it and gives it back at the end. */
export function Dialog({ title, children, onClose, actions, size = "small" }: DialogProps): JSX.Element {
  const element = useRef<HTMLDialogElement>(null);
  const body = useRef<HTMLDivElement>(null);
  const [isScrollable, setIsScrollable] = useState(false);
  const titleId = useId();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    if (dialog !== null && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
    };
  }, []);
  // What is too long for the window can be scrolled by keyboard, also where nothing in it takes the focus. Measured once it is shown.
  useEffect(() => {
    const look = (): void => setIsScrollable(body.current !== null && isTooLong(body.current));
    look();
    addEventListener("resize", look);
    return () => removeEventListener("resize", look);
  });
  return (
    <dialog
      ref={element}
      class={`dialog dialog-${size}`}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === element.current) onClose();
      }}
    >
      <div class="dialog-box">
        <div class="dialog-head">
          <h2 id={titleId}>{title}</h2>
          <IconButton icon="close" label={t("app.close")} onClick={onClose} />
        </div>
        <div
          ref={body}
          class="dialog-body"
          {...(isScrollable ? { tabIndex: 0, role: "group", "aria-labelledby": titleId } : {})}
        >
          {children}
        </div>
        {actions !== undefined && <div class="dialog-foot">{actions}</div>}
      </div>
    </dialog>
  );
}

function isTooLong({ scrollHeight, clientHeight }: HTMLElement): boolean {
  return scrollHeight > clientHeight;
}
