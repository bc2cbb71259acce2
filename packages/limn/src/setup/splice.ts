/** The one stretch in which two texts differ: at `offset`, `removed` was replaced by `inserted`. */
export interface Splice {
  readonly offset: number;
  readonly removed: string;
  readonly inserted: string;
}

export function spliceBetween(before: string, after: string): Splice {
  const most = Math.min(before.length, after.length);
  let offset = 0;
  while (offset < most && before[offset] === after[offset]) offset += 1;
  let tail = 0;
  while (tail < most - offset && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return {
    offset,
    removed: before.slice(offset, before.length - tail),
    inserted: after.slice(offset, after.length - tail),
  };
}

/** The text before the splice. */
export function undoSplice(after: string, { offset, removed, inserted }: Splice): string {
  return after.slice(0, offset) + removed + after.slice(offset + inserted.length);
}

/** The text without the splice when other edits moved it; null when it is not there exactly once. */
export function undoMovedSplice(text: string, { removed, inserted }: Splice): string | null {
  if (inserted === "") return null;
  const at = text.indexOf(inserted);
  if (at === -1 || text.includes(inserted, at + 1)) return null;
  return text.slice(0, at) + removed + text.slice(at + inserted.length);
}
