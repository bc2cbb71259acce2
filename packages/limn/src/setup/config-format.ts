/** What JSON, TOML and YAML have in common. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: Json;
}

/** Where limn's entry stands in a config file. */
export type EntryPlace =
  /** `path.name`: a member of a map. */
  | { readonly kind: "member"; readonly path: readonly string[]; readonly name: string }
  /** One element of the list at `path`. */
  | { readonly kind: "element"; readonly path: readonly string[]; readonly isEntry: (value: Json) => boolean };

/** A text after an edit. */
export interface Edited {
  readonly text: string;
  /** How many of the maps (or the list) above the entry had to be made for it, counted from the entry. */
  readonly madeParents: number;
}

/**
 * Edits of a config file's text that leave everything but one entry as it is: comments, order, indentation, line ends. Every method
 * throws {@link ConfigFault} for a text that is not valid or cannot be edited.
 */
export interface ConfigFormat {
  /** For messages. */
  readonly title: string;
  /** The entry's value; undefined when it is not there. */
  read(text: string, place: EntryPlace): Json | undefined;
  /** Add the entry, or change the members of `entry` that differ. Members that `entry` does not name must not be there. */
  put(text: string, place: EntryPlace, entry: Json): Edited;
  /** Remove the entry, and the nearest `madeParents` of what is above it when they are empty then. */
  remove(text: string, place: EntryPlace, madeParents: number): string;
  /** Everything but the entry, to compare: equal before and after an edit. Empty maps on the way to the entry do not count. */
  rest(text: string, place: EntryPlace): string;
  /** Nothing is in it, so that a file that setup made can go. */
  isEmpty(text: string): boolean;
}

/** One entry of limn's in a program's config file, made from `Parts`. */
export interface ConfigTarget<Parts> {
  /** The program's, for messages and hints. */
  readonly id: string;
  readonly title: string;
  readonly format: ConfigFormat;
  /** Where the entry stands in this content; some programs know several shapes. */
  place(text: string): EntryPlace;
  entry(parts: Parts, place: EntryPlace): Json;
  /** Members of the entry that are least values: a larger one of the user's is kept. */
  readonly limits?: readonly string[];
  /** Texts of an entry that nobody may see. A file with such an entry is for its owner alone. */
  secrets?(entry: Json): readonly string[];
  /** What of an entry that limn wrote is kept when it is written again. */
  adopt?(existing: Json, parts: Parts): Parts;
  /** Why an entry that limn did not write is somebody's decision and stays; null when it may be changed. */
  isTaken?(existing: Json, parts: Parts): string | null;
}

/** A config file's text that cannot be read, or not be edited safely. */
export class ConfigFault extends Error {
  override readonly name = "ConfigFault";
  /** Counted from 1; null when the text is valid and only its form is in the way. */
  readonly line: number | null;
  readonly column: number | null;

  constructor(reason: string, at: { readonly line: number; readonly column: number } | null = null) {
    super(reason);
    this.line = at?.line ?? null;
    this.column = at?.column ?? null;
  }
}

export function positionOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { line: before.split("\n").length, column: offset - lineStart + 1 };
}

/** The line end that most lines have. */
export function lineEndOf(text: string): "\r\n" | "\n" {
  const lines = text.split("\n").length - 1;
  const withReturn = text.split("\r\n").length - 1;
  return withReturn > lines / 2 ? "\r\n" : "\n";
}

/** What the line that holds `offset` begins with. */
export function indentAt(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return /^[ \t]*/.exec(text.slice(start, offset))?.[0] ?? "";
}

export function isFirstOnLine(text: string, offset: number): boolean {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  return text.slice(start, offset).trim() === "";
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function sameValue(left: Json | undefined, right: Json | undefined): boolean {
  if (left === right) return true;
  if (Array.isArray(left) && Array.isArray(right))
    return left.length === right.length && left.every((value, index) => sameValue(value, right[index]));
  if (!isObject(left) || !isObject(right)) return false;
  const names = Object.keys(left);
  return (
    names.length === Object.keys(right).length &&
    names.every((name) => Object.hasOwn(right, name) && sameValue(left[name], right[name]))
  );
}
