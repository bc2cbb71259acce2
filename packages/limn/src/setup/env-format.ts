import { ConfigFault, lineEndOf, positionOf } from "./config-format.ts";
import type { ConfigFormat, EntryPlace, Json } from "./config-format.ts";

/** Files of `NAME=value` lines, as `.env`. An entry is one variable. */
export const envFormat: ConfigFormat = {
  title: "a file of variables",
  read: (text, place) => {
    const line = findLine(text, nameOf(place));
    return line === null ? undefined : valueOf(line.value);
  },
  put: (text, place, entry) => {
    const name = nameOf(place);
    const line = findLine(text, name);
    const assignment = renderAssignment(place, entry);
    if (line !== null) return { text: text.slice(0, line.start) + assignment + text.slice(line.end), madeParents: 0 };
    const lineEnd = lineEndOf(text);
    const gap = text === "" || text.endsWith("\n") ? "" : lineEnd;
    return { text: `${text}${gap}${assignment}${lineEnd}`, madeParents: 0 };
  },
  remove: (text, place) => withoutLine(text, nameOf(place)),
  rest: (text, place) => withoutLine(text, nameOf(place)).replace(/\r?\n$/, ""),
  isEmpty: (text) => text.trim() === "",
};

/** `NAME=value`; only for values that need no quotes in any of the readers of such files. */
export function renderAssignment(place: EntryPlace, entry: Json): string {
  if (typeof entry !== "string" || !/^[\w.:/<>-]*$/.test(entry)) throw new TypeError("a value that would need quotes");
  return `${nameOf(place)}=${entry}`;
}

function nameOf(place: EntryPlace): string {
  if (place.kind !== "member" || place.path.length > 0) throw new TypeError("entries of such files are variables");
  return place.name;
}

interface Line {
  readonly start: number;
  /** Before the line end. */
  readonly end: number;
  readonly value: string;
}

function findLine(text: string, name: string): Line | null {
  const lines = [...text.matchAll(/^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=([^\r\n]*)/gm)].filter(
    (match) => match[1] === name,
  );
  const [line, second] = lines;
  if (line === undefined) return null;
  if (second !== undefined) throw new ConfigFault(`${name} is set twice`, positionOf(text, second.index));
  return { start: line.index, end: line.index + line[0].length, value: line[2] ?? "" };
}

function withoutLine(text: string, name: string): string {
  const line = findLine(text, name);
  if (line === null) return text;
  const lineEnd = /^\r?\n/.exec(text.slice(line.end))?.[0].length ?? 0;
  return text.slice(0, line.start) + text.slice(line.end + lineEnd);
}

function valueOf(written: string): string {
  const value = written.trim();
  const quoted = /^(["'])(.*?)\1/.exec(value);
  return quoted === null ? value.replace(/(?:^|\s)#.*$/, "").trim() : (quoted[2] ?? "");
}
