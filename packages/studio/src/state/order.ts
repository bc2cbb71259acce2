import type { LibraryEntry } from "@limn/core";

type Placed = Pick<LibraryEntry, "id" | "createdAt">;

/** Newest first; of the same moment, the larger id first. */
function compareEntries(one: Placed, other: Placed): number {
  if (one.createdAt !== other.createdAt) return one.createdAt < other.createdAt ? 1 : -1;
  return one.id === other.id ? 0 : one.id < other.id ? 1 : -1;
}

/** Where an entry belongs among ordered ones, by halving. */
export function placeOf(entry: Placed, count: number, at: (index: number) => Placed): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareEntries(at(middle), entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
