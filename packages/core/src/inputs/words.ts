import { basename, extname } from "node:path";

/** How messages speak of an input, and its path where commands can name it. */
export interface InputName {
  readonly label: string;
  /** As it was given; null when it is no file of the user's. */
  readonly path: string | null;
}

const longestShown = 160;

/** A path, name or address for a message: one line, and short, since whole files get pasted where a path belongs. */
export function shown(text: string): string {
  const line = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "?");
  return line.length <= longestShown ? line : `${line.slice(0, 60)}…${line.slice(-60)}`;
}

export function shellQuoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/** The input in a command that somebody may copy; a stand-in where a copy would not work. */
export function asArgument({ path }: InputName): string {
  if (path === null || shown(path) !== path) return "FILE";
  return shellQuoted(path.startsWith("-") ? `./${path}` : path);
}

/** For what the command makes of it: `photos/beach.heic` -> `beach.png`, in the current folder. */
export function outputArgument({ path }: InputName, ending: string): string {
  if (path === null || shown(path) !== path) return `picture${ending}`;
  return shellQuoted(`${basename(path, extname(path)).replace(/^-+/, "")}${ending}`);
}

/** Where a label begins a sentence. */
export function capitalised(text: string): string {
  return text.startsWith("the ") || text.startsWith("input ") ? text.slice(0, 1).toUpperCase() + text.slice(1) : text;
}

/** 26214401 -> 26,214,401 */
export function grouped(count: number): string {
  return count.toLocaleString("en-US");
}

export function mebibytes(bytes: number): string {
  return `${Math.round((bytes / 1024 / 1024) * 10) / 10} MiB`;
}
