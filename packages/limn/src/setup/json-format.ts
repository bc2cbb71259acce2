import { parseTree, printParseErrorCode } from "jsonc-parser";
import type { Node, ParseError } from "jsonc-parser";
import { ConfigFault, indentAt, isFirstOnLine, isObject, lineEndOf, positionOf, sameValue } from "./config-format.ts";
import type { ConfigFormat, Edited, EntryPlace, Json, JsonObject } from "./config-format.ts";

interface JsonRules {
  readonly comments: boolean;
  readonly trailingCommas: boolean;
}

/**
 * JSON, and with `rules` the looser kinds that some programs read. jsonc-parser finds the places; its own `modify` is not used, because
 * it moves a comment behind the last member to the new one.
 */
export function jsonFormat(rules: JsonRules): ConfigFormat {
  return {
    title: rules.comments ? "JSON with comments" : "JSON",
    read: (text, place) => {
      const entry = findEntry(parse(text, rules), place);
      return entry === null ? undefined : valueOf(entry.value);
    },
    put: (text, place, entry) => put(text, place, entry, rules),
    remove: (text, place, madeParents) => remove(text, place, madeParents, rules),
    rest: (text, place) => rest(parse(text, rules), place, text),
    isEmpty: (text) => /^\s*(?:\{\s*\}\s*)?$/.test(text),
  };
}

const reasons: Readonly<Record<string, string>> = {
  InvalidSymbol: "there is a word that JSON does not know",
  InvalidNumberFormat: "a number is written wrongly",
  PropertyNameExpected: "a name in double quotes is missing",
  ValueExpected: "a value is missing",
  ColonExpected: "a colon is missing",
  CommaExpected: "a comma is missing",
  CloseBraceExpected: "a closing } is missing",
  CloseBracketExpected: "a closing ] is missing",
  EndOfFileExpected: "there is something after its end",
  InvalidCommentToken: "there is a comment, and this program reads none",
  UnexpectedEndOfComment: "a comment is not closed",
  UnexpectedEndOfString: "a text is not closed",
  UnexpectedEndOfNumber: "a number is not complete",
  InvalidUnicode: "a \\u escape is wrong",
  InvalidEscapeCharacter: "a \\ escape is wrong",
  InvalidCharacter: "there is a character that has to be escaped",
};

/** The root object; null when there is no content yet. */
function parse(text: string, rules: JsonRules): Node | null {
  if (text.trim() === "") return null;
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, {
    disallowComments: !rules.comments,
    allowTrailingComma: rules.trailingCommas,
    allowEmptyContent: true,
  });
  const [first] = errors;
  if (first !== undefined) {
    const code = printParseErrorCode(first.error);
    throw new ConfigFault(reasons[code] ?? code, positionOf(text, first.offset));
  }
  if (root === undefined) return null;
  if (root.type !== "object") throw new ConfigFault("it is not an object", positionOf(text, root.offset));
  return root;
}

interface FoundEntry {
  readonly container: Node;
  /** The member, or the element, with its name. */
  readonly child: Node;
  readonly value: Node;
}

/** Of equal names the last counts, as it does for programs that read the file. */
function member(object: Node, name: string): { readonly property: Node; readonly value: Node } | null {
  for (const property of (object.children ?? []).toReversed()) {
    const [key, value] = property.children ?? [];
    if (key?.value === name && value !== undefined) return { property, value };
  }
  return null;
}

function findEntry(root: Node | null, place: EntryPlace): FoundEntry | null {
  const { container, missing } = descend(root, place);
  if (container === null || missing > 0) return null;
  if (place.kind === "member") {
    const found = member(container, place.name);
    return found === null ? null : { container, child: found.property, value: found.value };
  }
  const element = (container.children ?? []).findLast((candidate) => place.isEntry(valueOf(candidate)));
  return element === undefined ? null : { container, child: element, value: element };
}

interface Way {
  /** The deepest part of the way that exists. */
  readonly container: Node | null;
  /** How many names of the way are not there. */
  readonly missing: number;
  /** Members that lead to `container`, the deepest last, each with the object it is in. */
  readonly steps: readonly { readonly container: Node; readonly property: Node }[];
}

function descend(root: Node | null, { kind, path }: Pick<EntryPlace, "kind" | "path">): Way {
  const steps: { container: Node; property: Node }[] = [];
  let container = root;
  for (const [index, name] of path.entries()) {
    const found = container === null ? null : member(container, name);
    if (container === null || found === null) return { container, missing: path.length - index, steps };
    const wanted = index === path.length - 1 && kind === "element" ? "array" : "object";
    if (found.value.type !== wanted)
      throw new ConfigFault(
        `"${path.slice(0, index + 1).join(".")}" is not ${wanted === "array" ? "a list" : "an object"}`,
      );
    steps.push({ container, property: found.property });
    container = found.value;
  }
  return { container, missing: 0, steps };
}

function put(text: string, place: EntryPlace, entry: Json, rules: JsonRules): Edited {
  const root = parse(text, rules);
  const found = findEntry(root, place);
  if (found === null) return add(text, root, place, entry);
  const current = valueOf(found.value);
  if (!isObject(current) || !isObject(entry)) {
    const style = styleOf(text, root);
    const from = found.value.offset;
    return {
      text: replace(text, from, from + found.value.length, render(entry, style, indentAt(text, from))),
      madeParents: 0,
    };
  }
  for (const [name, value] of Object.entries(entry)) {
    if (sameValue(current[name], value)) continue;
    return put(putMember(text, place, name, value, rules), place, entry, rules);
  }
  const left = Object.keys(current).find((name) => !Object.hasOwn(entry, name));
  if (left === undefined) return { text, madeParents: 0 };
  const child = member(found.value, left)?.property;
  return child === undefined
    ? { text, madeParents: 0 }
    : put(removeChild(text, found.value, child), place, entry, rules);
}

/** Set one member of the entry. */
function putMember(text: string, place: EntryPlace, name: string, value: Json, rules: JsonRules): string {
  const root = parse(text, rules);
  const entry = findEntry(root, place);
  if (entry === null) return text;
  const style = styleOf(text, root);
  const found = member(entry.value, name);
  if (found === null)
    return insertChild(
      text,
      entry.value,
      style,
      (indent) => `${JSON.stringify(name)}${style.colon}${render(value, style, indent)}`,
    );
  const { offset, length } = found.value;
  return replace(
    text,
    offset,
    offset + length,
    render(value, style, isSpread(text, entry.value) ? indentAt(text, offset) : null),
  );
}

function add(text: string, root: Node | null, place: EntryPlace, entry: Json): Edited {
  const style = styleOf(text, root);
  if (root === null) {
    let value: Json = place.kind === "element" ? [entry] : { [place.name]: entry };
    for (const name of place.path.toReversed()) value = { [name]: value };
    const before = text.trimEnd() === "" ? "" : `${text.trimEnd()}${style.lineEnd}`;
    return { text: `${before}${render(value, style, "")}${style.lineEnd}`, madeParents: place.path.length };
  }
  const { container, missing } = descend(root, place);
  if (container === null) throw new ConfigFault("it is not an object");
  const names = place.path.slice(place.path.length - missing);
  let value: Json = entry;
  if (missing > 0) {
    value = place.kind === "element" ? [entry] : { [place.name]: entry };
    for (const name of names.slice(1).toReversed()) value = { [name]: value };
  }
  const name = missing > 0 ? names[0] : place.kind === "member" ? place.name : undefined;
  const key = name === undefined ? "" : `${JSON.stringify(name)}${style.colon}`;
  return {
    text: insertChild(text, container, style, (indent) => key + render(value, style, indent)),
    madeParents: missing,
  };
}

function remove(text: string, place: EntryPlace, madeParents: number, rules: JsonRules): string {
  const found = findEntry(parse(text, rules), place);
  if (found === null) return text;
  let result = removeChild(text, found.container, found.child);
  for (let index = 0; index < madeParents; index += 1) {
    const path = place.path.slice(0, place.path.length - index);
    const { container, steps } = descend(parse(result, rules), { kind: index === 0 ? place.kind : "member", path });
    const step = steps.at(-1);
    if (container === null || step === undefined) break;
    if (result.slice(container.offset + 1, container.offset + container.length - 1).trim() !== "") break;
    result = removeChild(result, step.container, step.property);
  }
  return result;
}

/** Every value in its order, numbers as they are written. */
function rest(root: Node | null, place: EntryPlace, text: string): string {
  if (root === null) return "{}";
  const entry = findEntry(root, place);
  const { steps } = descend(root, place);
  const way = new Set(steps.map(({ property }) => property));
  const show = (node: Node): string => {
    if (node.type === "array") return `[${children(node).join()}]`;
    if (node.type === "object") return `{${children(node).join()}}`;
    if (node.type !== "property") return text.slice(node.offset, node.offset + node.length);
    const [key, value] = node.children ?? [];
    const shown = value === undefined ? "" : show(value);
    return way.has(node) && (shown === "{}" || shown === "[]") ? "" : `${JSON.stringify(key?.value)}:${shown}`;
  };
  const children = (node: Node): string[] =>
    (node.children ?? [])
      .filter((child) => child !== entry?.child)
      .map(show)
      .filter((shown) => shown !== "");
  return show(root);
}

function valueOf(node: Node): Json {
  if (node.type === "array") return (node.children ?? []).map(valueOf);
  if (node.type !== "object") return node.value;
  return Object.fromEntries(
    (node.children ?? []).flatMap(({ children: [key, value] = [] }) =>
      value === undefined ? [] : [[String(key?.value), valueOf(value)]],
    ),
  );
}

interface Style {
  readonly lineEnd: string;
  readonly unit: string;
  readonly colon: string;
  /** The whole file is one line. */
  readonly oneLine: boolean;
}

function styleOf(text: string, root: Node | null): Style {
  const oneLine = root !== null && (root.children ?? []).length > 0 && !text.trim().includes("\n");
  const isTight = oneLine && /"\s*:\S/.test(text) && !/"\s*:\s/.test(text);
  return {
    lineEnd: lineEndOf(text),
    unit: /\n([ \t]+)"/.exec(text)?.[1] ?? "  ",
    colon: isTight ? ":" : ": ",
    oneLine,
  };
}

/** `indent` of the line it stands on; null for one line. Lists of plain values stay on one line. */
function render(value: Json, style: Style, indent: string | null): string {
  const tight = style.colon === ":";
  const comma = tight ? "," : ", ";
  if (Array.isArray(value)) {
    const plain = value.every((element) => typeof element !== "object" || element === null);
    if (indent === null || plain) return `[${value.map((element) => render(element, style, null)).join(comma)}]`;
    const inner = indent + style.unit;
    const lines = value.map((element) => `${style.lineEnd}${inner}${render(element, style, inner)}`);
    return `[${lines.join(",")}${style.lineEnd}${indent}]`;
  }
  if (!isObject(value)) return JSON.stringify(value);
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  if (indent === null || style.oneLine) {
    const members = entries.map(
      ([name, inner]) => `${JSON.stringify(name)}${style.colon}${render(inner, style, null)}`,
    );
    return tight ? `{${members.join(comma)}}` : `{ ${members.join(comma)} }`;
  }
  const inner = indent + style.unit;
  const lines = entries.map(
    ([name, member_]) =>
      `${style.lineEnd}${inner}${JSON.stringify(name)}${style.colon}${render(member_, style, inner)}`,
  );
  return `{${lines.join(",")}${style.lineEnd}${indent}}`;
}

/** Each child of it begins a line. */
function isSpread(text: string, container: Node): boolean {
  const last = container.children?.at(-1);
  return last !== undefined && isFirstOnLine(text, last.offset);
}

function insertChild(text: string, container: Node, style: Style, child: (indent: string | null) => string): string {
  const open = container.offset + 1;
  const close = container.offset + container.length - 1;
  const last = container.children?.at(-1);
  if (last === undefined) {
    const inner = text.slice(open, close);
    if (style.oneLine && inner.trim() === "") {
      const space = style.colon === ":" || container.type === "array" ? "" : " ";
      return replace(text, open, close, `${space}${child(null)}${space}`);
    }
    const outer = indentAt(text, container.offset);
    const indent = outer + style.unit;
    // Comments that stand alone in it stay, and stay first.
    const from = open + inner.trimEnd().length;
    return replace(text, from, close, `${style.lineEnd}${indent}${child(indent)}${style.lineEnd}${outer}`);
  }
  const end = last.offset + last.length;
  const comma = commaAfter(text, end, close);
  if (!isFirstOnLine(text, last.offset)) {
    const space = style.colon === ":" ? "" : " ";
    return comma === null
      ? replace(text, end, end, `,${space}${child(null)}`)
      : replace(text, comma + 1, comma + 1, `${space}${child(null)},`);
  }
  const indent = indentAt(text, last.offset);
  const at = afterRemarks(text, comma === null ? end : comma + 1);
  const separator = comma === null ? "," : "";
  return `${text.slice(0, end)}${separator}${text.slice(end, at)}${style.lineEnd}${indent}${child(indent)}${comma === null ? "" : ","}${text.slice(at)}`;
}

function removeChild(text: string, container: Node, child: Node): string {
  const open = container.offset + 1;
  const close = container.offset + container.length - 1;
  const siblings = container.children ?? [];
  const index = siblings.indexOf(child);
  const end = child.offset + child.length;
  const comma = commaAfter(text, end, close);
  // With the end of the line before, when it has its lines for itself. A comment up there must not reach what is behind.
  const hasLines =
    isFirstOnLine(text, child.offset) &&
    /^[ \t]*\r?$/.test(text.slice(comma === null ? end : comma + 1).split("\n", 1)[0] ?? "");
  const lead = hasLines ? lineEndBefore(text, child.offset, open) : child.offset;
  const previous = siblings[index - 1];
  if (siblings.length === 1) {
    const inner = text.slice(open, lead) + text.slice(comma === null ? end : comma + 1, close);
    return replace(text, open, close, inner.trim() === "" ? "" : inner);
  }
  if (index < siblings.length - 1 || previous === undefined) {
    const to = comma === null ? end : comma + 1;
    const gap = lead === child.offset ? (/^[ \t]*/.exec(text.slice(to))?.[0].length ?? 0) : 0;
    return replace(text, lead, to + gap, "");
  }
  const previousEnd = previous.offset + previous.length;
  const separator = commaAfter(text, previousEnd, child.offset) ?? previousEnd;
  const isBare = text.slice(separator + 1, child.offset).trim() === "";
  if (comma !== null) return replace(text, isBare && lead === child.offset ? separator + 1 : lead, comma + 1, "");
  if (isBare) return replace(text, separator, end, "");
  return text.slice(0, separator) + text.slice(separator + 1, lead) + text.slice(end);
}

function lineEndBefore(text: string, offset: number, least: number): number {
  const newline = text.lastIndexOf("\n", offset - 1);
  if (newline < least) return offset;
  return text[newline - 1] === "\r" && newline - 1 >= least ? newline - 1 : newline;
}

/** Where the comma is that follows `offset`; null when something else follows. */
function commaAfter(text: string, offset: number, close: number): number | null {
  let at = offset;
  while (at < close) {
    if (text.startsWith("//", at)) at = lineEnd(text, at);
    else if (text.startsWith("/*", at)) at = text.indexOf("*/", at) + 2;
    else if (/\s/.test(text[at] ?? "")) at += 1;
    else return text[at] === "," ? at : null;
  }
  return null;
}

/** Behind the comments that follow on the same line. */
function afterRemarks(text: string, offset: number): number {
  let at = offset;
  for (;;) {
    const blank = at + (/^[ \t]*/.exec(text.slice(at, at + 400))?.[0].length ?? 0);
    if (text.startsWith("//", blank)) return lineEnd(text, blank);
    if (!text.startsWith("/*", blank)) return at;
    const end = text.indexOf("*/", blank) + 2;
    if (text.slice(blank, end).includes("\n")) return at;
    at = end;
  }
}

function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf("\n", offset);
  if (newline === -1) return text.length;
  return text[newline - 1] === "\r" ? newline - 1 : newline;
}

function replace(text: string, from: number, to: number, by: string): string {
  return text.slice(0, from) + by + text.slice(to);
}

/** For `--print`. */
export function renderJson(value: JsonObject): string {
  return render(value, { lineEnd: "\n", unit: "  ", colon: ": ", oneLine: false }, "");
}
