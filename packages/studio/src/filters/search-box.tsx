import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { narrow, route } from "../app/route.ts";
import { t } from "../texts/index.ts";
import { Icon, IconButton } from "../widgets/index.ts";

const pauseMs = 200;

/** Searches while one types; the words stand in the address. */
export function SearchBox(): JSX.Element {
  const text = route.value.query.text ?? "";
  const [typed, setTyped] = useState(text);
  const timer = useRef(0);
  const input = useRef<HTMLInputElement>(null);
  // The address may change by other hands: going back, a chip taken away.
  useEffect(() => {
    if (typed.trim() !== text) setTyped(text);
  }, [text]);
  const apply = (value: string): void => {
    clearTimeout(timer.current);
    const words = value.trim();
    if (words !== (route.peek().query.text ?? "")) narrow({ text: words === "" ? undefined : words }, true);
  };
  const clear = (): void => {
    setTyped("");
    apply("");
    input.current?.focus();
  };
  return (
    <search class="search">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          apply(typed);
        }}
      >
        <Icon name="search" />
        <input
          ref={input}
          id="search"
          class="input"
          type="search"
          enterkeyhint="search"
          autocomplete="off"
          aria-label={t("app.searchLabel")}
          placeholder={t("app.searchPlaceholder")}
          value={typed}
          onInput={(event) => {
            const { value } = event.currentTarget;
            setTyped(value);
            clearTimeout(timer.current);
            timer.current = window.setTimeout(() => apply(value), pauseMs);
          }}
          onKeyDown={(event) => {
            if (event.key !== "Escape") return;
            event.preventDefault();
            if (typed === "") input.current?.blur();
            else clear();
          }}
        />
        {typed !== "" && <IconButton icon="close" label={t("app.clearSearch")} onClick={clear} />}
      </form>
    </search>
  );
}
