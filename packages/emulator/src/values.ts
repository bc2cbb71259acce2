/** True for a JSON object (not null, not a list). */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A name as an error may quote it: never a long one, which could be a credential cut so that nothing recognises it. */
export function quotable(name: string): string {
  return name.length > 60 ? `<${name.length} characters>` : name;
}

/** The valid name that is nearest to what was written, for error messages. */
export function nearestName(written: string, names: readonly string[]): string {
  let best = names[0] ?? "";
  let bestDistance = Infinity;
  for (const name of names) {
    const distance = editDistance(written.toLowerCase().slice(0, 60), name.toLowerCase());
    if (distance < bestDistance) [best, bestDistance] = [name, distance];
  }
  return best;
}

function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? Infinity;
}
