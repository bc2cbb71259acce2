import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button, IconButton, type ButtonProps } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";

export interface MenuItem {
  readonly label: string;
  readonly icon?: IconName;
  /** Makes it one of a choice. */
  readonly isChosen?: boolean;
  readonly run: () => void;
}

/** A button with a list of commands: arrows, Home and End move, Escape and a press elsewhere close. */
export function Menu(props: {
  readonly label: string;
  readonly icon: IconName;
  readonly items: readonly (MenuItem | "line")[];
  /** Shown beside the icon. */
  readonly children?: ComponentChildren;
  readonly kind?: ButtonProps["kind"];
  readonly class?: string;
}): JSX.Element {
  const { label, icon, items, children, kind = "plain" } = props;
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    if (!isOpen) return;
    const buttons = (): HTMLElement[] => [...(box.current?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
    buttons()[0]?.focus();
    const onPress = (event: PointerEvent): void => {
      if (event.target instanceof Node && box.current?.contains(event.target) !== true) setOpen(false);
    };
    const onKey = (event: KeyboardEvent): void => {
      const all = buttons();
      const at = all.findIndex((element) => element === document.activeElement);
      const places: Record<string, number> = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
      const next = places[event.key];
      if (next !== undefined) {
        event.preventDefault();
        all[(next + all.length) % all.length]?.focus();
      } else if (event.key === "Escape" || event.key === "Tab") {
        if (event.key === "Escape") event.preventDefault();
        event.stopPropagation();
        setOpen(false);
        box.current?.querySelector("button")?.focus();
      }
    };
    document.addEventListener("pointerdown", onPress);
    const element = box.current;
    element?.addEventListener("keydown", onKey);
    return () => {
      document.removeEventListener("pointerdown", onPress);
      element?.removeEventListener("keydown", onKey);
    };
  }, [isOpen]);

  const opener = { icon, "aria-haspopup": "menu" as const, "aria-expanded": isOpen, onClick: () => setOpen(!isOpen) };
  return (
    <div class={`menu${props.class === undefined ? "" : ` ${props.class}`}`} ref={box}>
      {children === undefined ? (
        <IconButton {...opener} label={label} />
      ) : (
        <Button {...opener} kind={kind} aria-label={label}>
          {children}
        </Button>
      )}
      {isOpen && (
        <div class="menu-list" role="menu" aria-label={label}>
          {items.map((item) =>
            item === "line" ? (
              <hr role="separator" />
            ) : (
              <button
                key={item.label}
                type="button"
                class="menu-item"
                role={item.isChosen === undefined ? "menuitem" : "menuitemradio"}
                {...(item.isChosen === undefined ? {} : { "aria-checked": item.isChosen })}
                tabIndex={-1}
                onClick={() => {
                  setOpen(false);
                  box.current?.querySelector("button")?.focus();
                  item.run();
                }}
              >
                {item.isChosen === true ? (
                  <Icon name="check" />
                ) : item.icon !== undefined ? (
                  <Icon name={item.icon} />
                ) : (
                  <span class="icon" />
                )}
                {item.label}
              </button>
            ),
          )}
        </div>
      )}
    </div>
  );
}
