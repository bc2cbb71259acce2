import { TomlDate, TomlError, parse } from "smol-toml";
import { ConfigFault, isObject, lineEndOf, sameValue } from "./config-format.ts";
import type { ConfigFormat, Edited, EntryPlace, Json } from "./config-format.ts";

/**
 * TOML, for entries that are a table of plain values, lists and one level of tables. Edits are made in the text of the one table;
 * smol-toml reads the text before and after, to prove that nothing else changed.
 */
export const tomlFormat: ConfigFormat = {
  title: "TOML",
  read: (text, place) => plain(lookUp(parseToml(text), fullPath(place))),
  put,
  remove: (text, place) => remove(text, fullPath(place)),
  rest: (text, place) => {
    const path = fullPath(place);
    return show(parseToml(text), path) ?? "{}";
  },
  isEmpty: (text) => text.trim() === "",
};

type Table = Readonly<Record<string, unknown>>;

function parseToml(text: string): Table {
  try {
    return parse(text, { integersAsBigInt: "asNeeded" });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const reason = error.message.split("\n")[0]?.replace(/^Invalid TOML document: /, "") ?? "it cannot be read";
    throw new ConfigFault(reason, { line: error.line, column: error.column });
  }
}

function fullPath(place: EntryPlace): readonly string[] {
  if (place.kind !== "member") throw new TypeError("TOML entries are tables");
  return [...place.path, place.name];
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function lookUp(root: Table, path: readonly string[]): unknown {
  let value: unknown = root;
  for (const [index, name] of path.entries()) {
    if (value === undefined) return undefined;
    if (!isTable(value)) throw new ConfigFault(`"${path.slice(0, index).join(".")}" is not a table`);
    value = Object.hasOwn(value, name) ? value[name] : undefined;
  }
  return value;
}

/** What limn writes is JSON's kind of values; others are shown as text. */
function plain(value: unknown): Json | undefined {
  if (value === undefined) return undefined;
  if (Array.isArray(value)) return value.map((element) => plain(element) ?? null);
  if (isTable(value))
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member) ?? null]));
  if (value instanceof Date) return value.toISOString();
  if (typeof value === "bigint") return value.toString();
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

/** In the order of the text, without the entry at `without` and without empty tables above it; null when nothing is left of it. */
function show(value: unknown, without: readonly string[] | null): string | null {
  if (without?.length === 0) return null;
  if (Array.isArray(value)) return `[${value.map((element) => show(element, null)).join()}]`;
  if (!isTable(value)) {
    if (value instanceof TomlDate) return `date ${value.toISOString()}`;
    return typeof value === "string"
      ? JSON.stringify(value)
      : `${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`;
  }
  // A table may be reopened elsewhere in the text, so the order of its members says nothing.
  const members = Object.keys(value)
    .sort()
    .map((name) => {
      const shown = show(value[name], without?.[0] === name ? without.slice(1) : null);
      return shown === null ? null : `${JSON.stringify(name)}=${shown}`;
    })
    .filter((shown) => shown !== null);
  return members.length === 0 && without !== null ? null : `{${members.join()}}`;
}

/** A header or a `key = value`, with where it stands. */
interface Statement {
  readonly kind: "table" | "tables" | "value";
  /** From the root for headers, from the header for values. */
  readonly key: readonly string[];
  readonly start: number;
  /** Of the line's content, before the line end; a comment behind it is inside. */
  readonly end: number;
  readonly valueStart: number;
  readonly valueEnd: number;
}

/** The statements of a text that is known to be valid. */
function statements(text: string): Statement[] {
  const found: Statement[] = [];
  let at = 0;
  while (at < text.length) {
    const start = at;
    const content = skipBlanks(text, at);
    const first = text[content];
    if (first === undefined || first === "#" || first === "\n" || first === "\r") {
      at = nextLine(text, content);
      continue;
    }
    if (first === "[") {
      const kind = text[content + 1] === "[" ? "tables" : "table";
      const { key, end } = readKey(text, content + (kind === "tables" ? 2 : 1));
      const lineEnd = endOfLine(text, end);
      found.push({ kind, key, start, end: lineEnd, valueStart: lineEnd, valueEnd: lineEnd });
      at = nextLine(text, end);
      continue;
    }
    const { key, end } = readKey(text, content);
    const valueStart = skipBlanks(text, text.indexOf("=", end) + 1);
    const valueEnd = skipValue(text, valueStart);
    found.push({ kind: "value", key, start, end: endOfLine(text, valueEnd), valueStart, valueEnd });
    at = nextLine(text, valueEnd);
  }
  return found;
}

function skipBlanks(text: string, offset: number): number {
  let at = offset;
  while (text[at] === " " || text[at] === "\t") at += 1;
  return at;
}

function endOfLine(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset);
  if (newline === -1) return text.length;
  return text[newline - 1] === "\r" && newline > offset ? newline - 1 : newline;
}

function nextLine(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset);
  return newline === -1 ? text.length : newline + 1;
}

/** A bare, quoted or dotted key; `end` is behind its last part. */
function readKey(text: string, offset: number): { readonly key: readonly string[]; readonly end: number } {
  const key: string[] = [];
  let at = skipBlanks(text, offset);
  for (;;) {
    const quote = text[at];
    let end = at;
    if (quote === '"' || quote === "'") {
      end = skipString(text, at);
      const [name] = Object.keys(parse(`${text.slice(at, end)} = 0`));
      key.push(name ?? "");
    } else {
      end = at + (/^[\w-]+/.exec(text.slice(at))?.[0].length ?? 0);
      key.push(text.slice(at, end));
    }
    const dot = skipBlanks(text, end);
    if (text[dot] !== ".") return { key, end };
    at = skipBlanks(text, dot + 1);
  }
}

function skipString(text: string, offset: number): number {
  const quote = text[offset] ?? "";
  const mark = text.startsWith(quote.repeat(3), offset) ? quote.repeat(3) : quote;
  let at = offset + mark.length;
  while (at < text.length) {
    if (quote === '"' && text[at] === "\\") at += 2;
    else if (text.startsWith(mark, at)) {
      at += mark.length;
      // Up to two quotes may stand before the closing three.
      while (mark.length === 3 && text[at] === quote) at += 1;
      return at;
    } else at += 1;
  }
  return at;
}

function skipValue(text: string, offset: number): number {
  const first = text[offset];
  if (first === '"' || first === "'") return skipString(text, offset);
  if (first !== "[" && first !== "{") {
    const content = text.slice(offset, endOfLine(text, offset)).split("#")[0] ?? "";
    return offset + content.trimEnd().length;
  }
  let depth = 0;
  let at = offset;
  while (at < text.length) {
    const character = text[at];
    if (character === '"' || character === "'") at = skipString(text, at) - 1;
    else if (character === "#") at = endOfLine(text, at) - 1;
    else if (character === "[" || character === "{") depth += 1;
    else if (character === "]" || character === "}") depth -= 1;
    at += 1;
    if (depth === 0) return at;
  }
  return at;
}

/** The statements of the one table at `path` when it has a header of its own. */
function tableAt(all: readonly Statement[], path: readonly string[]): readonly Statement[] | null {
  const header = all.findIndex(({ kind, key }) => kind === "table" && isSame(key, path));
  if (header === -1) return null;
  const next = all.findIndex(({ kind }, index) => index > header && kind !== "value");
  return all.slice(header, next === -1 ? undefined : next);
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((name, index) => name === right[index]);
}

function beginsWith(key: readonly string[], path: readonly string[]): boolean {
  return key.length >= path.length && path.every((name, index) => name === key[index]);
}

const unusualForm = "its entry is written in a form that limn does not change";

function put(text: string, place: EntryPlace, entry: Json): Edited {
  if (!isObject(entry)) throw new TypeError("TOML entries are tables");
  const path = fullPath(place);
  const current = tomlFormat.read(text, place);
  const lineEnd = lineEndOf(text);
  if (current === undefined) {
    const lines = tableLines(path, entry);
    const gap = text === "" ? "" : text.endsWith("\n") ? lineEnd : lineEnd + lineEnd;
    const edited = `${text}${gap}${lines.join(lineEnd)}${lineEnd}`;
    try {
      parseToml(edited);
    } catch (error) {
      if (error instanceof ConfigFault)
        throw new ConfigFault(`"${place.path.join(".")}" is written in a form that limn does not add to`);
      throw error;
    }
    return { text: edited, madeParents: 0 };
  }
  if (!isObject(current)) throw new ConfigFault(`"${path.join(".")}" is not a table`);
  let edited = text;
  for (const [name, value] of Object.entries(entry))
    if (!sameValue(current[name], value)) edited = putValue(edited, path, name, value);
  for (const name of Object.keys(current)) if (!Object.hasOwn(entry, name)) edited = remove(edited, [...path, name]);
  return { text: edited, madeParents: 0 };
}

function putValue(text: string, path: readonly string[], name: string, value: Json): string {
  const all = statements(text);
  const inner = isObject(value) ? tableAt(all, [...path, name]) : null;
  if (inner !== null && isObject(value)) {
    let edited = text;
    for (const [innerName, innerValue] of Object.entries(value))
      edited = putValue(edited, [...path, name], innerName, innerValue);
    return edited;
  }
  const table = tableAt(all, path);
  if (table === null) throw new ConfigFault(unusualForm);
  const found = table.find(({ kind, key }) => kind === "value" && isSame(key, [name]));
  if (found !== undefined) return text.slice(0, found.valueStart) + render(value) + text.slice(found.valueEnd);
  if (table.some(({ kind, key }) => kind === "value" && key[0] === name)) throw new ConfigFault(unusualForm);
  const last = table.at(-1);
  if (last === undefined) return text;
  const indent = text.slice(last.start, skipBlanks(text, last.start));
  return `${text.slice(0, last.end)}${lineEndOf(text)}${indent}${renderKey(name)} = ${render(value)}${text.slice(last.end)}`;
}

/** Every statement that is part of what is at `path`, with its lines. */
function remove(text: string, path: readonly string[]): string {
  const cuts: [from: number, to: number][] = [];
  let header: readonly string[] = [];
  let inside = false;
  for (const statement of statements(text)) {
    if (statement.kind !== "value") {
      header = statement.key;
      inside = beginsWith(header, path);
    }
    const isPart = inside || (statement.kind === "value" && beginsWith([...header, ...statement.key], path));
    if (!isPart) continue;
    const to = nextLine(text, statement.end);
    const last = cuts.at(-1);
    // What stands between two of its statements goes with them.
    if (inside && statement.kind === "value" && last !== undefined) last[1] = to;
    else cuts.push([statement.start, to]);
  }
  let result = text;
  for (const [from, to] of cuts.reverse()) {
    const before = result.slice(0, from);
    const after = result.slice(to);
    // One of the empty lines around a table goes with it.
    const isBetweenGaps = /(?:^|\n)\r?\n$/.test(before) && /^(?:\r?\n|$)/.test(after);
    result = (isBetweenGaps ? before.replace(/\r?\n$/, "") : before) + after;
  }
  if (lookUp(parseToml(result), path) !== undefined) throw new ConfigFault(unusualForm);
  return result;
}

function tableLines(path: readonly string[], entry: Readonly<Record<string, Json>>): string[] {
  return [
    `[${path.map(renderKey).join(".")}]`,
    ...Object.entries(entry).map(([name, value]) => `${renderKey(name)} = ${render(value)}`),
  ];
}

function renderKey(name: string): string {
  return /^[\w-]+$/.test(name) ? name : quoted(name);
}

function quoted(text: string): string {
  // JSON's escapes are TOML's, except that TOML forbids DEL as it is.
  return JSON.stringify(text).replaceAll("\u007F", String.raw`\u007F`);
}

function render(value: Json): string {
  if (typeof value === "string") return quoted(value);
  if (Array.isArray(value)) return `[${value.map(render).join(", ")}]`;
  if (isObject(value)) {
    const members = Object.entries(value).map(([name, member]) => `${renderKey(name)} = ${render(member)}`);
    return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
  }
  if (typeof value !== "number" && typeof value !== "boolean") throw new TypeError("TOML has no null");
  return String(value);
}

/** For `--print`. */
export function renderToml(place: EntryPlace, entry: Readonly<Record<string, Json>>): string {
  return tableLines(fullPath(place), entry).join("\n");
}
