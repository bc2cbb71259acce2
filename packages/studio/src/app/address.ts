import type { LibraryQuery } from "@limn/core";

/** Where the person is; the whole of it is in the address, so that it can be kept, sent and gone back to. */
export interface Route {
  readonly view: "wall" | "trash" | "detail" | "compose";
  /** Generation, in `detail`. */
  readonly id: string | null;
  /** 0-based picture, in `detail`. */
  readonly image: number;
  /** What the wall shows; also behind a detail view. */
  readonly query: LibraryQuery;
}

const words = ["text", "since", "until", "model", "size", "parent", "folder", "kit", "tag"] as const;
const engines = ["images", "responses", "codex"] as const;
const statuses = ["done", "partial", "failed", "running", "unknown", "cancelled"] as const;
const operations = ["generate", "edit"] as const;
const emulatedChoices = ["with", "without", "only"] as const;

/** Reads a path with its query; what is unknown in it is passed over. */
export function parseAddress(address: string): Route {
  const { pathname, searchParams } = new URL(address, "http://studio");
  const detail = /^\/g\/([^/]+)$/.exec(pathname);
  const isTrash = pathname === "/trash" || searchParams.get("in") === "trash";
  const query = { ...parseQuery(searchParams), ...(isTrash ? { trash: true } : {}) };
  if (detail?.[1] !== undefined) {
    const image = Number(searchParams.get("image") ?? "1");
    const index = Number.isInteger(image) && image > 0 ? image - 1 : 0;
    return { view: "detail", id: decode(detail[1]), image: index, query };
  }
  const view = pathname === "/trash" ? "trash" : pathname === "/compose" ? "compose" : "wall";
  return { view, id: null, image: 0, query };
}

export function wallAddress(query: LibraryQuery): string {
  const { trash: isTrash, ...rest } = query;
  return withQuery(isTrash === true ? "/trash" : "/", formatQuery(rest));
}

/** The query of the wall goes along, so that going back finds the same wall. */
export function detailAddress(id: string, query: LibraryQuery = {}, image = 0): string {
  const { trash: isTrash, ...rest } = query;
  const parameters = formatQuery(rest);
  if (isTrash === true) parameters.set("in", "trash");
  if (image > 0) parameters.set("image", String(image + 1));
  return withQuery(`/g/${encodeURIComponent(id)}`, parameters);
}

/** As `GET /api/generations` takes it. */
export function formatQuery(query: LibraryQuery): URLSearchParams {
  const parameters = new URLSearchParams();
  for (const name of [...words, "engine", "status", "operation", "emulated"] as const) {
    const value = query[name];
    if (value !== undefined && value !== "") parameters.set(name, value);
  }
  if (query.favourite === true) parameters.set("favourite", "1");
  if (query.trash === true) parameters.set("trash", "1");
  return parameters;
}

/** Two queries that mean the same have one form. */
export function queryKey(query: LibraryQuery): string {
  return formatQuery(query).toString();
}

function parseQuery(parameters: URLSearchParams): LibraryQuery {
  const given = words.flatMap((name) => {
    const value = parameters.get(name);
    return value === null || value === "" ? [] : [[name, value] as const];
  });
  const engine = oneOf(engines, parameters.get("engine"));
  const status = oneOf(statuses, parameters.get("status"));
  const operation = oneOf(operations, parameters.get("operation"));
  const emulated = oneOf(emulatedChoices, parameters.get("emulated"));
  return {
    ...Object.fromEntries(given),
    ...(engine === null ? {} : { engine }),
    ...(status === null ? {} : { status }),
    ...(operation === null ? {} : { operation }),
    ...(emulated === null ? {} : { emulated }),
    ...(parameters.get("favourite") === "1" ? { favourite: true } : {}),
  };
}

function oneOf<T extends string>(known: readonly T[], value: string | null): T | null {
  return known.find((candidate) => candidate === value) ?? null;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function withQuery(path: string, parameters: URLSearchParams): string {
  const text = parameters.toString();
  return text === "" ? path : `${path}?${text}`;
}
