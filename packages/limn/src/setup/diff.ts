import { redactSecrets } from "@limn/core";
import { spliceBetween } from "./splice.ts";

const contextLines = 3;
/** Longer lines, such as a whole file in one line, are shown around the change only. */
const longLine = 240;

export interface DiffLine {
  readonly sign: " " | "-" | "+" | "@";
  readonly text: string;
}

/**
 * The change as lines. Lines around it, which are the user's, are shown without what looks like a secret; and none of `secrets` is
 * shown anywhere.
 */
export function diffOf(before: string, after: string, secrets: readonly string[] = []): readonly DiffLine[] {
  const old = linesOf(without(secrets, before));
  const young = linesOf(without(secrets, after));
  let head = 0;
  while (head < old.length && head < young.length && old[head] === young[head]) head += 1;
  let tail = 0;
  while (tail < old.length - head && tail < young.length - head && old.at(-1 - tail) === young.at(-1 - tail)) tail += 1;
  const gone = old.slice(head, old.length - tail);
  const come = young.slice(head, young.length - tail);
  const lines: DiffLine[] = [];
  const first = Math.max(0, head - contextLines);
  if (before !== after && old.join("\n") === young.join("\n"))
    return [{ sign: "@", text: "a key is replaced; it is not shown" }];
  lines.push({ sign: "@", text: `line ${head + 1}` });
  for (const line of old.slice(first, head)) lines.push({ sign: " ", text: discreet(line) });
  if (gone.length === 0 || come.length === 0) {
    // Whole lines of limn's own.
    for (const line of gone) lines.push({ sign: "-", text: clean(line) });
    for (const line of come) lines.push({ sign: "+", text: clean(line) });
  } else if ([...gone, ...come].some((line) => line.length > longLine)) {
    const { removed, inserted } = spliceBetween(gone.join("\n"), come.join("\n"));
    if (removed !== "") for (const line of `…${removed}…`.split("\n")) lines.push({ sign: "-", text: clean(line) });
    if (inserted !== "") for (const line of `…${inserted}…`.split("\n")) lines.push({ sign: "+", text: clean(line) });
  } else {
    for (const line of gone) lines.push({ sign: "-", text: discreet(line) });
    for (const line of come) lines.push({ sign: "+", text: discreet(line) });
  }
  for (const line of old.slice(old.length - tail, old.length - tail + contextLines))
    lines.push({ sign: " ", text: discreet(line) });
  return lines;
}

function without(secrets: readonly string[], text: string): string {
  let result = text;
  for (const secret of secrets) result = result.replaceAll(secret, "…");
  return result;
}

function linesOf(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

function discreet(line: string): string {
  const short = line.length > longLine ? `${line.slice(0, longLine)}…` : line;
  return clean(
    redactSecrets(short).replace(
      /((?:key|token|secret|passw|credential|auth)[\w-]*["']?\s*[:=]\s*)(?:"[^"]*"?|'[^']*'?|[^\s"',}{[\]][^,}]*)/gi,
      "$1…",
    ),
  );
}

/** Nothing that steers a terminal. */
function clean(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}]/gu, (character) => (character === "\t" ? character : "�"));
}
