import { elementScroll, observeElementOffset, observeElementRect, Virtualizer } from "@tanstack/virtual-core";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

export interface VirtualOptions {
  readonly count: number;
  readonly lanes: number;
  readonly gap: number;
  readonly padding: number;
  readonly estimateSize: (index: number) => number;
  readonly scrollElement: () => HTMLElement | null;
  /** Stays rendered wherever the reader scrolls, because it holds the focus; -1 = none. */
  readonly pinned: number;
  /** Another value means that sizes changed and everything is placed anew. */
  readonly layoutKey: string;
  readonly onScroll: (virtualizer: WallVirtualizer) => void;
}

/** With the one in focus still below sixty. */
const mostCards = 56;

export type WallVirtualizer = Virtualizer<HTMLElement, HTMLElement>;

/** The headless virtualiser, bound to a component: rendered again when the range that is seen changes. */
export function useVirtual(options: VirtualOptions): WallVirtualizer {
  const [, render] = useState(0);
  const made = useRef<WallVirtualizer | null>(null);
  const full = {
    count: options.count,
    lanes: options.lanes,
    gap: options.gap,
    paddingStart: 8,
    paddingEnd: options.padding,
    scrollPaddingStart: options.padding,
    scrollPaddingEnd: options.padding,
    overscan: 1,
    estimateSize: options.estimateSize,
    getScrollElement: options.scrollElement,
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    rangeExtractor: ({ startIndex, endIndex, count }: { startIndex: number; endIndex: number; count: number }) => {
      // A row more on either side, as long as that stays a small number.
      const room = Math.floor((mostCards - (endIndex - startIndex + 1)) / 2);
      const more = Math.max(0, Math.min(options.lanes, room));
      const from = Math.max(0, startIndex - more);
      const to = Math.min(count - 1, endIndex + more);
      const indexes = Array.from({ length: Math.max(0, to - from + 1) }, (_, place) => from + place);
      const { pinned } = options;
      if (pinned < 0 || pinned >= count || (pinned >= from && pinned <= to)) return indexes;
      return pinned < from ? [pinned, ...indexes] : [...indexes, pinned];
    },
    onChange: (instance: WallVirtualizer) => {
      options.onScroll(instance);
      render((times) => times + 1);
    },
  };
  made.current ??= new Virtualizer<HTMLElement, HTMLElement>(full);
  const virtualizer = made.current;
  virtualizer.setOptions(full);
  useLayoutEffect(() => virtualizer._didMount(), []);
  useLayoutEffect(() => virtualizer._willUpdate());
  useLayoutEffect(() => virtualizer.measure(), [options.layoutKey]);
  return virtualizer;
}
