import type { ComponentChildren, JSX } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Button, IconButton, type ButtonProps } from "./button.tsx";
import { Icon, type IconName } from "./icon.tsx";
import { placeMenu } from "./place-menu.ts";

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
}): JSX.Element {
  const { label, icon, items, children, kind = "plain" } = props;
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const listBox = useRef<HTMLDivElement>(null);

  useLayoutEffect(() => {
    const list = listBox.current;
    if (!isOpen || list === null) return;
    // Above everything, so that no scrolled part of the page cuts it off.
    list.showPopover();
    const place = (): void => {
      const opener = box.current?.querySelector("button")?.getBoundingClientRect();
      if (opener === undefined) return;
      list.style.maxHeight = "";
      const size = { width: list.offsetWidth, height: list.offsetHeight };
      const { clientWidth: width, clientHeight: height } = document.documentElement;
      const { left, top, maxHeight } = placeMenu(opener, size, { width, height });
      Object.assign(list.style, { left: `${left}px`, top: `${top}px`, maxHeight: `${maxHeight}px` });
    };
    place();
    addEventListener("resize", place);
    addEventListener("scroll", place, true);
    return () => {
      removeEventListener("resize", place);
      removeEventListener("scroll", place, true);
    };
  }, [isOpen]);

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
    <div class="menu" ref={box}>
      {children === undefined ? (
        <IconButton {...opener} label={label} />
      ) : (
        <Button {...opener} kind={kind} aria-label={label}>
          {children}
        </Button>
      )}
      {isOpen && (
        <div class="menu-list" role="menu" aria-label={label} popover="manual" ref={listBox}>
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
