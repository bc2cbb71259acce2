import { editOptions, generateOptions } from "./generate-options.ts";
import type { OptionRow, RawGenerateOptions } from "./generate-options.ts";

/** `limn generate` or `limn edit`, as read from its line. */
export interface PlainLine {
  readonly operation: "generate" | "edit";
  readonly words: readonly string[];
  readonly options: RawGenerateOptions;
}

/**
 * Reads a line that is `generate` or `edit` with words and known options, each by its whole name. Null for everything else, which is the
 * command framework's: help, mistakes, `--name=value`, `--`. Both read the same table and find the same in a line; without the framework
 * a picture costs 5 ms of CPU less (bench/README.md).
 */
export function readPlainLine([operation, ...parts]: readonly string[]): PlainLine | null {
  if (operation !== "generate" && operation !== "edit") return null;
  const known = namesOf(operation === "edit" ? editOptions : generateOptions);
  const words: string[] = [];
  const options: Record<string, unknown> = {};
  // What can only be switched off is on.
  for (const { name, isNegated } of known.values()) if (isNegated) options[name] = true;
  for (let place = 0; place < parts.length; place += 1) {
    const part = parts[place] ?? "";
    if (!beginsLikeOption(part)) {
      words.push(part);
      continue;
    }
    const option = known.get(part);
    if (option === undefined) return null;
    if (!option.takesValue) {
      options[option.name] = !option.isNegated;
      continue;
    }
    place += 1;
    const value = parts[place];
    if (value === undefined || beginsLikeOption(value)) return null;
    const before = options[option.name];
    options[option.name] = option.isRepeatable ? [...(Array.isArray(before) ? before : []), value] : value;
  }
  return { operation, words, options };
}

/** A hyphen alone is a word: stdin. */
function beginsLikeOption(part: string): boolean {
  return part.length > 1 && part.startsWith("-");
}

interface KnownOption {
  /** As in `RawGenerateOptions`. */
  readonly name: string;
  readonly takesValue: boolean;
  readonly isNegated: boolean;
  readonly isRepeatable: boolean;
}

/** By everything that a line may call them. */
function namesOf(rows: readonly OptionRow[]): ReadonlyMap<string, KnownOption> {
  const known = new Map<string, KnownOption>();
  for (const { flags, isRepeatable = false } of rows) {
    const takesValue = flags.endsWith(">");
    const names = flags.split(" ").flatMap((word) => (word.startsWith("-") ? [word.replace(",", "")] : []));
    const long = names.find((name) => name.startsWith("--")) ?? "";
    const isNegated = long.startsWith("--no-");
    const name = long.slice(isNegated ? 5 : 2).replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
    for (const each of names) known.set(each, { name, takesValue, isNegated, isRepeatable });
  }
  return known;
}
