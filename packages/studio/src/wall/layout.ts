import type { LibraryEntry } from "@limn/core";

/** CSS pixels. */
export interface WallShape {
  readonly columns: number;
  readonly columnWidth: number;
  readonly gap: number;
  readonly padding: number;
}

/** Cards of about 260 px; at most six columns, so that a very wide window shows larger pictures and not more cards. */
export function shapeOf(width: number): WallShape {
  const isNarrow = width < 560;
  const gap = isNarrow ? 8 : 14;
  const padding = isNarrow ? 8 : 20;
  const inner = Math.max(width - 2 * padding, 100);
  const columns = Math.min(Math.max(Math.round(inner / 260), 2), 6);
  return { columns, columnWidth: Math.floor((inner - gap * (columns - 1)) / columns), gap, padding };
}

/** The reason in one line, the prompt in two, and the state. */
const leastForWords = 126;

/** Height of a card by its picture's shape, within bounds: what is more extreme is cut in the wall, and whole in its own view. */
export function heightOf(entry: LibraryEntry | null, columnWidth: number): number {
  const image = entry?.images[0];
  // One that has no picture, and gets none, is only words.
  const expected = entry === null || entry.status === "running" ? 1 : 0.6;
  const ratio = image === undefined || image.width === 0 ? expected : image.height / image.width;
  const height = Math.round(columnWidth * Math.min(Math.max(ratio, 0.5), 1.8));
  return image === undefined ? Math.max(height, leastForWords) : height;
}

export interface PlacedCard {
  readonly index: number;
  readonly lane: number;
  readonly start: number;
  readonly end: number;
}

/** The card that an arrow key leads to; null where there is none. `at` answers a card's place by its index. */
export function neighbourOf(
  index: number,
  key: string,
  count: number,
  lanes: number,
  at: (index: number) => PlacedCard | undefined,
): number | null {
  if (count === 0) return null;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const from = at(index);
  if (from === undefined) return null;
  // Columns grow evenly, so a neighbour is never many rows away in the order.
  const near = [...nearby(index, lanes * 6, count, at)].filter((card) => card.index !== index);
  const middle = (from.start + from.end) / 2;
  const closest = (cards: readonly PlacedCard[]): number | null => {
    let best: PlacedCard | null = null;
    for (const card of cards) {
      if (best === null || distance(card, middle) < distance(best, middle)) best = card;
    }
    return best?.index ?? null;
  };
  switch (key) {
    case "ArrowDown":
      return closest(near.filter(({ lane, start }) => lane === from.lane && start > from.start));
    case "ArrowUp":
      return closest(near.filter(({ lane, start }) => lane === from.lane && start < from.start));
    case "ArrowRight":
      if (from.lane < lanes - 1) return closest(near.filter(({ lane }) => lane === from.lane + 1));
      return closest(near.filter(({ lane, start }) => lane === 0 && start > from.start));
    case "ArrowLeft":
      if (from.lane > 0) return closest(near.filter(({ lane }) => lane === from.lane - 1));
      return closest(near.filter(({ lane, start }) => lane === lanes - 1 && start < from.start));
    default:
      return null;
  }
}

function* nearby(
  index: number,
  reach: number,
  count: number,
  at: (index: number) => PlacedCard | undefined,
): Iterable<PlacedCard> {
  for (let other = Math.max(0, index - reach); other <= Math.min(count - 1, index + reach); other += 1) {
    const card = at(other);
    if (card !== undefined) yield card;
  }
}

function distance(card: PlacedCard, middle: number): number {
  return Math.abs((card.start + card.end) / 2 - middle);
}
