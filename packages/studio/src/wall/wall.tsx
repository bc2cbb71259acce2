import type { JSX } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import type { LibraryEntry, LibraryQuery } from "@limn/core";
import { online } from "../api/events.ts";
import { addShortcuts } from "../app/keyboard.ts";
import { go, route } from "../app/route.ts";
import { list, mark, trashEntries } from "../state/library.ts";
import type { EntryList } from "../state/list.ts";
import { clearSelection, selected, selectUpTo, toggleSelected } from "../state/selection.ts";
import { t } from "../texts/index.ts";
import { Button, Problem } from "../widgets/index.ts";
import { Card } from "./card.tsx";
import { editEntry } from "../detail/edit-entry.ts";
import { heightOf, neighbourOf, shapeOf } from "./layout.ts";
import { Nothing } from "./nothing.tsx";
import { useVirtual, type WallVirtualizer } from "./use-virtual.ts";
import "./wall.css";

/** How many entries beyond the ones that are seen are fetched ahead. */
const ahead = 80;

/** All pictures of the query. Only those near the window are in the document; the scroll bar tells how many there are. */
export function Wall(): JSX.Element {
  const shown = list.value;
  const version = shown.version.value;
  const total = shown.total;
  const scroller = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [focused, setFocused] = useState<string | null>(null);
  const [isFast, setFast] = useState(false);
  const pace = useRef({ offset: 0, timer: 0 });
  const shape = shapeOf(width);
  const count = total ?? 0;
  const focusedIndex = focused === null ? -1 : shown.indexOf(focused);

  const virtualizer = useVirtual({
    count: width === 0 ? 0 : count,
    lanes: shape.columns,
    gap: shape.gap,
    padding: shape.padding,
    pinned: focusedIndex,
    layoutKey: `${shown.number}/${version}/${width}`,
    estimateSize: (index) => heightOf(shown.at(index), shape.columnWidth),
    scrollElement: () => scroller.current,
    onScroll: (instance) => {
      const offset = instance.scrollOffset ?? 0;
      const distance = Math.abs(offset - pace.current.offset);
      pace.current.offset = offset;
      shown.isAtTop = offset < 40;
      if (shown.isAtTop) shown.admit();
      if (distance < (instance.scrollRect?.height ?? 0) * 0.8 || !instance.isScrolling) return;
      setFast(true);
      clearTimeout(pace.current.timer);
      pace.current.timer = window.setTimeout(() => setFast(false), 120);
    },
  });
  const items = virtualizer.getVirtualItems();
  const last = items.reduce((most, item) => (item.index === focusedIndex ? most : Math.max(most, item.index)), 0);

  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  useEffect(() => {
    if (width > 0 && last + ahead > shown.loaded) void shown.ensure(last + ahead);
  }, [shown, last, version, width]);
  useEffect(() => {
    if (online.value && shown.error.peek() !== null) void shown.ensure(0);
  }, [online.value]);
  useEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
    setFocused(null);
  }, [shown.query]);
  useFollowingFocus(shown, focused, (id) => {
    setFocused(id);
    if (document.activeElement !== document.body && document.activeElement !== null) return;
    if (id === null) document.querySelector<HTMLElement>("#main")?.focus();
    else focusWhenThere(scroller.current, id);
  });
  const hasSelection = selected.value.size > 0;
  useShortcuts(hasSelection, () => goTo(focusedIndex < 0 ? 0 : focusedIndex));

  // The same as long as the list is, so that cards that only stay are passed over.
  const select = useCallback(
    (id: string, isRange: boolean): void => {
      if (!isRange) return toggleSelected(id);
      selectUpTo(id, (from, to) => shown.idsBetween(shown.indexOf(from), shown.indexOf(to)));
    },
    [shown],
  );

  const goTo = (index: number): void => {
    virtualizer.scrollToIndex(index, { align: "auto" });
    const entry = shown.at(index);
    if (entry === null) return;
    setFocused(entry.id);
    focusWhenThere(scroller.current, entry.id);
  };
  const onKey = (event: KeyboardEvent): void => {
    const isCard = event.target instanceof HTMLElement && event.target.dataset["id"] === focused;
    if (event.ctrlKey || event.metaKey || event.altKey || focused === null || !isCard) return;
    const next = neighbourOf(focusedIndex, event.key, shown.loaded, shape.columns, placesOf(virtualizer));
    const command = commands(shown.at(focusedIndex))[event.key];
    if (event.key === " ") select(focused, event.shiftKey);
    else if (next !== null) goTo(next);
    else if (command !== undefined) command();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  const { query } = route.value;
  const reachable = items.some(({ index }) => index === focusedIndex) ? focusedIndex : (items[0]?.index ?? 0);
  const waiting = shown.waiting.value.length;
  const error = shown.error.value;
  return (
    <div class="wall-box">
      {waiting > 0 && (
        <Button
          kind="primary"
          icon="chevron-up"
          class="wall-new"
          onClick={() => {
            scroller.current?.scrollTo({ top: 0 });
            shown.admit();
          }}
        >
          {t("wall.new", { count: waiting })}
        </Button>
      )}
      {error !== null && (
        <div class="wall-problem">
          {error.code === "invalid_option" ? (
            // The hint names a command of the terminal; here the filters can be taken away.
            <Problem error={{ ...error, hint: null }}>
              <Button icon="close" onClick={() => go(query.trash === true ? "/trash" : "/")}>
                {t("filters.clearAll")}
              </Button>
            </Problem>
          ) : (
            <Problem error={error}>
              <Button icon="again" onClick={() => void shown.ensure(last + ahead)}>
                {t("app.tryAgain")}
              </Button>
            </Problem>
          )}
        </div>
      )}
      <div class="wall-scroll" ref={scroller}>
        {total === 0 && error === null ? (
          <Nothing query={shown.query} />
        ) : (
          <ul
            class="wall"
            id="wall"
            role="list"
            aria-label={t("wall.label")}
            aria-busy={shown.isLoading.value}
            style={{ height: `${virtualizer.getTotalSize()}px` }}
            onKeyDown={onKey}
          >
            {items.map((item) => (
              <Card
                key={shown.at(item.index)?.id ?? item.index}
                entry={shown.at(item.index)}
                index={item.index}
                total={count}
                query={query}
                left={shape.padding + item.lane * (shape.columnWidth + shape.gap)}
                top={item.start}
                width={shape.columnWidth}
                height={item.size}
                isReachable={item.index === reachable}
                isFast={isFast}
                onFocus={setFocused}
                onSelect={select}
              />
            ))}
          </ul>
        )}
        {total === null && error === null && <p class="wall-loading muted">{t("app.loading")}</p>}
      </div>
    </div>
  );
}

/** Arrows lead into the wall from anywhere; Escape ends the selection. The detail view has keys of its own. */
function useShortcuts(hasSelection: boolean, enter: () => void): void {
  const isBehind = route.value.view === "detail";
  useEffect(() => {
    if (isBehind) return;
    return addShortcuts({
      ArrowDown: enter,
      ArrowUp: enter,
      ArrowLeft: enter,
      ArrowRight: enter,
      ...(hasSelection ? { Escape: clearSelection } : {}),
    });
  });
}

/** How many neighbours are remembered, for when many go at once. */
const reach = 200;

/** When the card in focus goes away, its next neighbour that is left takes its place, else the one before; null when none is left. */
function useFollowingFocus(shown: EntryList, focused: string | null, move: (id: string | null) => void): void {
  const near = useRef<{ readonly query: LibraryQuery; readonly ids: readonly string[] }>({ query: {}, ids: [] });
  const version = shown.version.value;
  useEffect(() => {
    if (focused === null) return;
    const index = shown.indexOf(focused);
    if (index >= 0) {
      const before = shown.idsBetween(Math.max(0, index - reach), index - 1).toReversed();
      const ids = [...shown.idsBetween(index + 1, index + reach), ...(index === 0 ? [] : before)];
      near.current = { query: shown.query, ids };
    } else if (near.current.query === shown.query) {
      move(near.current.ids.find((id) => shown.indexOf(id) >= 0) ?? null);
    }
  }, [shown, version, focused]);
}

/** What a key does to the picture in focus. */
function commands(entry: LibraryEntry | null): Readonly<Record<string, () => void>> {
  if (entry === null || entry.trashedAt !== null) return {};
  return {
    f: () => void mark(entry.id, { favourite: !entry.favourite }),
    e: () => editEntry(entry),
    Delete: () => void trashEntries(selected.peek().size > 0 ? [...selected.peek()] : [entry.id]),
  };
}

function placesOf(
  virtualizer: WallVirtualizer,
): (index: number) => WallVirtualizer["measurementsCache"][number] | undefined {
  return (index) => virtualizer.measurementsCache[index];
}

/** The card may only be rendered with the next range. */
function focusWhenThere(root: HTMLElement | null, id: string, tries = 10): void {
  const link = root?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`);
  if (link !== null && link !== undefined) link.focus({ preventScroll: true });
  else if (tries > 0) requestAnimationFrame(() => focusWhenThere(root, id, tries - 1));
}
