import type { LibraryEntry, LibraryQuery } from "@limn/core";

/**
 * Whether an entry that changed belongs to what is shown, by the server's own rules. The revised prompt is not in an entry, so a new
 * picture that only its revised prompt would find appears with the next load.
 */
export function matches(entry: LibraryEntry, query: LibraryQuery): boolean {
  if ((entry.trashedAt !== null) !== (query.trash ?? false)) return false;
  const emulated = query.emulated ?? "without";
  if (emulated !== "with" && entry.emulated !== (emulated === "only")) return false;
  if (query.since !== undefined && entry.createdAt < query.since) return false;
  if (query.until !== undefined && entry.createdAt >= query.until) return false;
  if (query.engine !== undefined && entry.engine !== query.engine) return false;
  if (query.model !== undefined && entry.model !== query.model) return false;
  if (query.status !== undefined && entry.status !== query.status) return false;
  if (query.operation !== undefined && entry.operation !== query.operation) return false;
  if (query.kit !== undefined && entry.kit !== query.kit) return false;
  if (query.tag !== undefined && !entry.tags.includes(query.tag)) return false;
  if (query.favourite !== undefined && entry.favourite !== query.favourite) return false;
  if (query.parent !== undefined && !entry.parents.includes(query.parent)) return false;
  if (query.size !== undefined && !entry.images.some(({ width, height }) => `${width}x${height}` === query.size)) {
    return false;
  }
  if (query.folder !== undefined && !isBelow(entry.folder, query.folder)) return false;
  return query.text === undefined || hasWords(entry, query.text);
}

function isBelow(folder: string, above: string): boolean {
  return (
    folder === above || folder.startsWith(/[/\\]$/.test(above) ? above : `${above}/`) || folder.startsWith(`${above}\\`)
  );
}

function hasWords(entry: LibraryEntry, text: string): boolean {
  const there = [entry.prompt ?? "", ...entry.tags, entry.kit ?? "", ...Object.values(entry.altTexts)].flatMap(wordsOf);
  return wordsOf(text).every((word) => there.some((candidate) => candidate.startsWith(word)));
}

/** Letters and digits, without case and accents; each run is a word. */
function wordsOf(text: string): string[] {
  return (
    text
      .normalize("NFKD")
      .replace(/\p{M}/gu, "")
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? []
  );
}
