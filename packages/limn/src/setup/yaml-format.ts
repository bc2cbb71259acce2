import { YAMLMap, isMap, isScalar, parseDocument } from "yaml";
import type { Document, Pair } from "yaml";
import { ConfigFault, indentAt, isFirstOnLine, isObject, lineEndOf, positionOf, sameValue } from "./config-format.ts";
import type { ConfigFormat, Edited, EntryPlace, Json } from "./config-format.ts";

/**
 * YAML of one document whose root is a map. Edits are made in the text at the places that the parser finds: the parser's own writer
 * would fold and indent the rest of the file anew.
 */
export const yamlFormat: ConfigFormat = {
  title: "YAML",
  read: (text, place) => {
    const document = parseYaml(text);
    const found = findPair(document, fullPath(place));
    return found === null ? undefined : plain(valueOf(document, found));
  },
  put,
  remove: (text, place, madeParents) => {
    let result = removePair(text, fullPath(place));
    for (let index = 0; index < madeParents; index += 1) {
      const path = place.path.slice(0, place.path.length - index);
      const above = findPair(parseYaml(result), path);
      if (above === null || !isEmptyValue(above.value)) break;
      result = removePair(result, path);
    }
    return result;
  },
  rest: (text, place) => {
    const document = parseYaml(text);
    return show(document === null ? new Map() : toValue(document), fullPath(place)) ?? "{}";
  },
  isEmpty: (text) => text.trim() === "" || text.trim() === "{}",
};

type Tree = Document.Parsed;

/** Null when there is no content. */
function parseYaml(text: string): Tree | null {
  const document: Tree = parseDocument(text);
  const [first] = document.errors;
  if (first !== undefined) {
    const reason = first.message.split(/ at line \d+|\n/)[0] ?? "it cannot be read";
    throw new ConfigFault(reason, positionOf(text, first.pos[0]));
  }
  if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) return null;
  if (!isMap(document.contents)) throw new ConfigFault("it is not a map", positionOf(text, document.contents.range[0]));
  return document;
}

function toValue(document: Tree): unknown {
  try {
    return document.toJS({ mapAsMap: true });
  } catch (error) {
    throw new ConfigFault(error instanceof Error ? error.message : "it cannot be read");
  }
}

function fullPath(place: EntryPlace): readonly string[] {
  if (place.kind !== "member") throw new TypeError("YAML entries are members of a map");
  return [...place.path, place.name];
}

interface FoundPair {
  readonly map: YAMLMap;
  readonly pair: Pair;
  readonly value: unknown;
}

/** @throws ConfigFault when a part of the way is something else than a map */
function findPair(document: Tree | null, path: readonly string[]): FoundPair | null {
  let node: unknown = document?.contents ?? null;
  let found: FoundPair | null = null;
  for (const [index, name] of path.entries()) {
    if (isEmptyValue(node)) return null;
    if (!(node instanceof YAMLMap)) throw new ConfigFault(`"${path.slice(0, index).join(".")}" is not a map`);
    const map: YAMLMap = node;
    const pair = map.items.find(({ key }) => isScalar(key) && key.value === name);
    if (pair === undefined) return null;
    found = { map, pair, value: pair.value };
    node = pair.value;
  }
  return found;
}

/** Nothing, `null` or `{}`. */
function isEmptyValue(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return isScalar(value) ? value.value === null : value instanceof YAMLMap && value.items.length === 0;
}

function valueOf(document: Tree | null, { value }: FoundPair): unknown {
  if (document === null || value === null || value === undefined) return null;
  return typeof value === "object" && "toJS" in value && typeof value.toJS === "function" ? value.toJS(document) : null;
}

function plain(value: unknown): Json {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
  if (typeof value === "bigint") return value.toString();
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? value : null;
}

function show(value: unknown, without: readonly string[] | null): string | null {
  if (without !== null && without.length === 0) return null;
  if (Array.isArray(value)) return `[${value.map((element) => show(element, null)).join()}]`;
  if (!(value instanceof Map)) {
    if (without !== null && value === null) return null;
    return typeof value === "string"
      ? JSON.stringify(value)
      : `${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`;
  }
  const members = [...value]
    .map(([name, member]) => {
      const shown = show(member, without !== null && without[0] === name ? without.slice(1) : null);
      return shown === null ? null : `${show(name, null)}:${shown}`;
    })
    .filter((shown) => shown !== null);
  return members.length === 0 && without !== null ? null : `{${members.join()}}`;
}

function put(text: string, place: EntryPlace, entry: Json): Edited {
  const path = fullPath(place);
  const current = yamlFormat.read(text, place);
  if (current === undefined) return add(text, place, entry);
  if (!isObject(current) || !isObject(entry)) throw new ConfigFault(`"${path.join(".")}" is not a map`);
  let edited = text;
  for (const [name, value] of Object.entries(entry))
    if (!sameValue(current[name], value))
      edited =
        isFilled(current[name]) && isFilled(value)
          ? put(edited, { kind: "member", path, name }, value).text
          : putMember(edited, path, name, value);
  for (const name of Object.keys(current))
    if (!Object.hasOwn(entry, name)) edited = removePair(edited, [...path, name]);
  return { text: edited, madeParents: 0 };
}

function isFilled(value: Json | undefined): boolean {
  return isObject(value) && Object.keys(value).length > 0;
}

function putMember(text: string, path: readonly string[], name: string, value: Json): string {
  const document = parseYaml(text);
  const found = findPair(document, [...path, name]);
  const { value: map } = findPair(document, path) ?? {};
  if (!(map instanceof YAMLMap)) throw new ConfigFault("its entry is written in a form that limn does not change");
  if (found === null)
    return insertPair(
      text,
      map,
      (indent) => pairLines(name, value, indent, unitOf(text)),
      `${renderKey(name)}: ${flow(value)}`,
    );
  const range = rangeOf(found.value);
  if (range === null) throw new ConfigFault("its entry is written in a form that limn does not change");
  // The range of a block value ends behind its last line end.
  const end = range[0] + text.slice(range[0], range[1]).trimEnd().length;
  return text.slice(0, range[0]) + flow(value) + text.slice(end);
}

function add(text: string, place: EntryPlace, entry: Json): Edited {
  const document = parseYaml(text);
  const lineEnd = lineEndOf(text);
  const unit = unitOf(text);
  const missing = missingNames(document, place);
  if (missing === place.path.length) {
    // Nothing of the way exists: at the end of the root map.
    const [first = "", ...names] = fullPath(place);
    let value: Json = entry;
    for (const name of names.toReversed()) value = { [name]: value };
    const lines = pairLines(first, value, "", unit).join(lineEnd);
    if (
      document !== null &&
      isMap(document.contents) &&
      document.contents.flow === true &&
      document.contents.items.length > 0
    )
      return {
        text: insertPair(text, document.contents, () => [], `${first}: ${flow(value)}`),
        madeParents: missing,
      };
    const base =
      document === null || isEmptyValue(document.contents) ? text.replace(/^\s*\{\s*\}[ \t]*(?=\r?\n|$)/, "") : text;
    const gap = base === "" || base.endsWith("\n") ? "" : lineEnd;
    return { text: `${base}${gap}${lines}${lineEnd}`, madeParents: missing };
  }
  const above = findPair(document, place.path);
  if (above === null || place.kind !== "member" || missing > 0)
    throw new ConfigFault("its entry is written in a form that limn does not add to");
  if (above.value instanceof YAMLMap && above.value.items.length > 0) {
    const inserted = insertPair(
      text,
      above.value,
      (indent) => pairLines(place.name, entry, indent, unit),
      `${place.name}: ${flow(entry)}`,
    );
    return { text: inserted, madeParents: 0 };
  }
  // `mcp_servers:` without anything, with null or with {}.
  const key = rangeOf(above.pair.key);
  if (key === null) throw new ConfigFault("its entry is written in a form that limn does not add to");
  const colon = text.indexOf(":", key[1]);
  const value = rangeOf(above.value);
  // A value that is not written has its place behind the comment.
  const isWritten = value !== null && value[1] > value[0];
  const valueEnd = isWritten ? value[1] : colon + 1;
  const rest = text.slice(valueEnd, endOfLine(text, valueEnd));
  const after = text.slice(endOfLine(text, valueEnd));
  const lines = pairLines(place.name, entry, indentAt(text, key[0]) + unit, unit).join(lineEnd);
  return { text: `${text.slice(0, colon + 1)}${rest}${lineEnd}${lines}${after}`, madeParents: 0 };
}

function missingNames(document: Tree | null, place: EntryPlace): number {
  for (let known = place.path.length; known > 0; known -= 1)
    if (findPair(document, place.path.slice(0, known)) !== null) return place.path.length - known;
  return place.path.length;
}

/** Behind the last pair of a map that has some. */
function insertPair(text: string, map: YAMLMap, block: (indent: string) => readonly string[], inline: string): string {
  const last = map.items.at(-1);
  const first = map.items[0];
  const key = rangeOf(first?.key);
  const end = rangeOf(last?.value) ?? rangeOf(last?.key);
  if (last === undefined || key === null || end === null)
    throw new ConfigFault("its entry is written in a form that limn does not add to");
  const contentEnd = lastContent(text, end);
  if (map.flow === true) return `${text.slice(0, contentEnd)}, ${inline}${text.slice(contentEnd)}`;
  const lineEnd = lineEndOf(text);
  const at = endOfLine(text, contentEnd);
  const indent = isFirstOnLine(text, key[0]) ? indentAt(text, key[0]) : " ".repeat(positionOf(text, key[0]).column - 1);
  return `${text.slice(0, at)}${lineEnd}${block(indent).join(lineEnd)}${text.slice(at)}`;
}

/** Behind the last character of a value; block texts end with their own line end. */
function lastContent(text: string, [start, end]: readonly [number, number]): number {
  return start + text.slice(start, end).trimEnd().length;
}

function removePair(text: string, path: readonly string[]): string {
  const found = findPair(parseYaml(text), path);
  if (found === null) return text;
  const { map, pair } = found;
  const key = rangeOf(pair.key);
  if (key === null) throw new ConfigFault("its entry is written in a form that limn does not change");
  const valueRange = rangeOf(pair.value);
  const contentEnd = valueRange === null || valueRange[1] <= key[1] ? key[1] : lastContent(text, valueRange);
  if (map.flow === true) {
    const index = map.items.indexOf(pair);
    const before = rangeOf(map.items[index - 1]?.value) ?? rangeOf(map.items[index - 1]?.key);
    const after = rangeOf(map.items[index + 1]?.key);
    if (before !== null) return text.slice(0, before[1]) + text.slice(contentEnd);
    return after === null
      ? text.slice(0, key[0]).trimEnd() + text.slice(contentEnd).trimStart()
      : text.slice(0, key[0]) + text.slice(after[0]);
  }
  const lineStart = text.lastIndexOf("\n", key[0] - 1) + 1;
  let to = endOfLine(text, Math.max(contentEnd, endOfColon(text, key[1])));
  to += text.startsWith("\r\n", to) ? 2 : text.startsWith("\n", to) ? 1 : 0;
  return text.slice(0, lineStart) + text.slice(to);
}

function endOfColon(text: string, offset: number): number {
  return text.indexOf(":", offset) + 1;
}

function rangeOf(node: unknown): readonly [number, number] | null {
  if (typeof node !== "object" || node === null || !("range" in node) || !Array.isArray(node.range)) return null;
  const [start, end]: unknown[] = node.range;
  return typeof start === "number" && typeof end === "number" ? [start, end] : null;
}

function endOfLine(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset);
  if (newline === -1) return text.length;
  return text[newline - 1] === "\r" && newline > offset ? newline - 1 : newline;
}

/** YAML is not indented with tabs. */
function unitOf(text: string): string {
  return /^[^\s#-][^\n]*:[ \t]*(?:#[^\n]*)?\r?\n( +)[^\s#-]/m.exec(text)?.[1] ?? "  ";
}

function pairLines(name: string, value: Json, indent: string, unit: string): string[] {
  if (!isObject(value) || Object.keys(value).length === 0) return [`${indent}${renderKey(name)}: ${flow(value)}`];
  return [
    `${indent}${renderKey(name)}:`,
    ...Object.entries(value).flatMap(([inner, member]) => pairLines(inner, member, indent + unit, unit)),
  ];
}

function renderKey(name: string): string {
  return /^[A-Za-z_][\w-]*$/.test(name) ? name : JSON.stringify(name);
}

/** JSON is YAML; a space behind commas and colons keeps old parsers content. */
function flow(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(", ")}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const members = Object.entries(value).map(([name, member]) => `${renderKey(name)}: ${flow(member)}`);
  return members.length === 0 ? "{}" : `{ ${members.join(", ")} }`;
}

/** For `--print`. */
export function renderYaml(place: EntryPlace, entry: Json): string {
  const [first = "", ...names] = fullPath(place);
  let value: Json = entry;
  for (const name of names.toReversed()) value = { [name]: value };
  return pairLines(first, value, "", "  ").join("\n");
}
