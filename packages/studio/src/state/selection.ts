import { signal } from "@preact/signals";

/** Ids that a batch works on, in the order in which they were chosen. */
export const selected = signal<ReadonlySet<string>>(new Set());

/** A press on a picture selects instead of opening it. */
export const isSelecting = signal(false);

let anchor: string | null = null;

export function toggleSelected(id: string): void {
  const next = new Set(selected.peek());
  if (!next.delete(id)) next.add(id);
  anchor = id;
  selected.value = next;
}

/** From the last one that was chosen up to `id`; `between` answers the ids in the order that is shown. */
export function selectUpTo(id: string, between: (from: string, to: string) => readonly string[]): void {
  if (anchor === null) return toggleSelected(id);
  selected.value = new Set([...selected.peek(), ...between(anchor, id)]);
}

export function selectAll(ids: readonly string[]): void {
  selected.value = new Set([...selected.peek(), ...ids]);
}

export function deselect(ids: readonly string[]): void {
  if (!ids.some((id) => selected.peek().has(id))) return;
  const next = new Set(selected.peek());
  for (const id of ids) next.delete(id);
  selected.value = next;
}

export function clearSelection(): void {
  anchor = null;
  isSelecting.value = false;
  if (selected.peek().size > 0) selected.value = new Set();
}
