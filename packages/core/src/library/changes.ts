import type { LibraryChanges, LibraryPlace } from "../contracts/library.ts";
import { entryOfRow } from "./query.ts";
import { numberAt, textAt } from "./sqlite.ts";
import type { Connection } from "./sqlite.ts";

/** What changed behind a place, oldest first; the caller asks within one transaction. */
export function findChanges(connection: Connection, place: LibraryPlace | null, limit: number): LibraryChanges {
  const state = connection.one("SELECT epoch, revision, gone_since FROM state");
  const epoch = textAt(state, "epoch");
  const newest = numberAt(state, "revision");
  const isUnknown =
    place === null ||
    place.epoch !== epoch ||
    place.revision < numberAt(state, "gone_since") ||
    place.revision > newest;
  if (isUnknown) return { epoch, revision: newest, entries: [], gone: [], isReset: true };
  const entries = connection
    .all(
      "SELECT revision, content FROM entries JOIN contents USING (key) WHERE revision > ? ORDER BY revision LIMIT ?",
      place.revision,
      limit,
    )
    .map(entryOfRow);
  const gone = connection
    .all("SELECT id, revision FROM gone WHERE revision > ? ORDER BY revision LIMIT ?", place.revision, limit)
    .map((row) => ({ id: textAt(row, "id"), revision: numberAt(row, "revision") }));
  const revisions = [...entries, ...gone].map(({ revision }) => revision).sort((one, other) => one - other);
  // Both lists are cut where their union reaches the limit.
  const until = revisions.length >= limit ? (revisions[limit - 1] ?? newest) : newest;
  return {
    epoch,
    revision: until,
    entries: entries.filter(({ revision }) => revision <= until),
    gone: gone.filter(({ revision }) => revision <= until).map(({ id }) => id),
    isReset: false,
  };
}
