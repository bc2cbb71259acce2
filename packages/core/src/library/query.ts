import { isAbsolute, sep } from "node:path";
import { isGenerationId } from "../artifacts/index.ts";
import type { Facet, LibraryEntry, LibraryFacets, LibraryPage, LibraryQuery } from "../contracts/library.ts";
import { LimnError } from "../errors/index.ts";
import { parseJson } from "../json/index.ts";
import type { PlainEntry } from "./entry.ts";
import { matchExpression } from "./search-text.ts";
import { DamagedRow, numberAt, textAt } from "./sqlite.ts";
import type { Connection, Row, Value } from "./sqlite.ts";

const mostOfAPage = 1000;

interface Condition {
  readonly sql: string;
  readonly values: readonly Value[];
}

/** What an entry must be, as SQL about `entries`. Null: nothing can be that. @throws invalid_option */
function conditionOf(query: LibraryQuery): Condition | null {
  const parts: string[] = [];
  const values: Value[] = [];
  const add = (sql: string, ...more: readonly Value[]): void => {
    parts.push(sql);
    values.push(...more);
  };
  add("trashed = ?", query.trash === true ? 1 : 0);
  if (query.emulated !== "with") add("emulated = ?", query.emulated === "only" ? 1 : 0);
  if (query.text !== undefined && query.text.trim() !== "") {
    const match = matchExpression(query.text);
    if (match === null) return null;
    add("key IN (SELECT rowid FROM search WHERE search MATCH ?)", match);
  }
  if (query.since !== undefined) add("created_ms >= ?", timeOf(query.since, "since"));
  if (query.until !== undefined) add("created_ms < ?", timeOf(query.until, "until"));
  for (const column of ["engine", "model", "status", "kit", "operation"] as const) {
    const value = query[column];
    if (value !== undefined) add(`${column} = ?`, value);
  }
  if (query.favourite !== undefined) add("favourite = ?", query.favourite ? 1 : 0);
  const labels = { size: query.size?.toLowerCase(), parent: query.parent, tag: query.tag };
  for (const [kind, value] of Object.entries(labels))
    if (value !== undefined) add("key IN (SELECT entry FROM labels WHERE kind = ? AND value = ?)", kind, value);
  if (query.folder !== undefined) {
    if (!isAbsolute(query.folder)) throw invalid("The folder must be an absolute path.");
    const folder = query.folder.length > 1 && query.folder.endsWith(sep) ? query.folder.slice(0, -1) : query.folder;
    const below = folder.endsWith(sep) ? folder : folder + sep;
    // What begins with the folder and a separator is between that and the next character.
    const after = below.slice(0, -1) + String.fromCharCode(below.charCodeAt(below.length - 1) + 1);
    add("(folder = ? OR (folder >= ? AND folder < ?))", folder, below, after);
  }
  return { sql: parts.join(" AND "), values };
}

function timeOf(text: string, name: string): number {
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw invalid(`The time of "${name}" is none that is understood.`);
}

/** Newest first. @throws invalid_option */
export function findPage(
  connection: Connection,
  query: LibraryQuery,
  cursor: string | null,
  limit: number,
): LibraryPage {
  if (!Number.isInteger(limit) || limit < 1 || limit > mostOfAPage)
    throw invalid(`The limit must be a whole number from 1 to ${mostOfAPage}.`);
  const before = cursor === null ? null : readCursor(cursor);
  const condition = conditionOf(query);
  if (condition === null) return { entries: [], nextCursor: null, total: 0 };
  const { sql, values } = condition;
  const rows = connection.all(
    `SELECT revision, content FROM entries JOIN contents USING (key)
     WHERE ${sql}${before === null ? "" : " AND id < ?"} ORDER BY id DESC LIMIT ?`,
    ...values,
    ...(before === null ? [] : [before]),
    limit + 1,
  );
  const entries = rows.slice(0, limit).map(entryOfRow);
  const last = entries.at(-1);
  const hasMore = rows.length > limit;
  const total =
    before === null && !hasMore
      ? entries.length
      : numberAt(connection.one(`SELECT count(*) AS total FROM entries WHERE ${sql}`, ...values), "total");
  return { entries, nextCursor: hasMore && last !== undefined ? cursorOf(last.id) : null, total };
}

/** Newest first, with the trash. */
export function findAll(connection: Connection): readonly LibraryEntry[] {
  return connection
    .all("SELECT revision, content FROM entries JOIN contents USING (key) ORDER BY id DESC")
    .map(entryOfRow);
}

export function findEntry(connection: Connection, id: string): LibraryEntry | null {
  const row = connection.one("SELECT revision, content FROM entries JOIN contents USING (key) WHERE id = ?", id);
  return row === null ? null : entryOfRow(row);
}

/** Oldest first, without what is in the trash. */
export function findChildren(connection: Connection, id: string): readonly LibraryEntry[] {
  return connection
    .all(
      `SELECT revision, content FROM labels JOIN entries ON key = entry JOIN contents USING (key)
       WHERE kind = 'parent' AND value = ? AND trashed = 0 ORDER BY id`,
      id,
    )
    .map(entryOfRow);
}

export function findFacets(connection: Connection, emulated: LibraryQuery["emulated"]): LibraryFacets {
  const condition = conditionOf(emulated === undefined ? {} : { emulated });
  const { sql, values } = condition ?? { sql: "0", values: [] };
  const columns = (column: string): readonly Facet[] =>
    connection
      .all(
        `SELECT ${column} AS value, count(*) AS count FROM entries
         WHERE ${sql} AND ${column} IS NOT NULL GROUP BY ${column} ORDER BY count DESC, value`,
        ...values,
      )
      .map(facetOf);
  const labels = (kind: string): readonly Facet[] =>
    connection
      .all(
        `SELECT value, count(*) AS count FROM labels JOIN entries ON key = entry
         WHERE kind = ? AND ${sql} GROUP BY value ORDER BY count DESC, value`,
        kind,
        ...values,
      )
      .map(facetOf);
  const count = (more: string): number =>
    numberAt(connection.one(`SELECT count(*) AS count FROM entries WHERE ${sql}${more}`, ...values), "count");
  const trash = conditionOf({ trash: true, ...(emulated === undefined ? {} : { emulated }) });
  return {
    engines: columns("engine"),
    models: columns("model"),
    sizes: labels("size"),
    statuses: columns("status"),
    tags: labels("tag"),
    kits: columns("kit"),
    folders: columns("folder"),
    favourites: count(" AND favourite = 1"),
    trashed: numberAt(
      connection.one(`SELECT count(*) AS count FROM entries WHERE ${trash?.sql ?? "0"}`, ...(trash?.values ?? [])),
      "count",
    ),
  };
}

function facetOf(row: Row): Facet {
  return { value: textAt(row, "value"), count: numberAt(row, "count") };
}

export function entryOfRow(row: Row): LibraryEntry {
  const entry = parseJson(textAt(row, "content"));
  if (!isEntry(entry)) throw new DamagedRow("an entry of the index that is none");
  return { ...entry, revision: numberAt(row, "revision") };
}

/** Written by this program, of this version; a damaged file can hold anything. */
function isEntry(value: unknown): value is PlainEntry {
  return typeof value === "object" && value !== null && "id" in value && "images" in value && "altTexts" in value;
}

const cursorMark = "1";

function cursorOf(id: string): string {
  return Buffer.from(`${cursorMark}${id}`).toString("base64url");
}

function readCursor(cursor: string): string {
  const text = Buffer.from(cursor, "base64url").toString("latin1");
  const id = text.slice(cursorMark.length);
  if (text.startsWith(cursorMark) && isGenerationId(id)) return id;
  throw invalid("The cursor is none that limn made; begin again without one.");
}

function invalid(message: string): LimnError {
  return new LimnError("invalid_option", { message, hint: "See: limn history --help" });
}
