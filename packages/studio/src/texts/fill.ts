/** A text with forms by number; `count` chooses. Languages without forms give `other` alone. */
export interface Plural {
  readonly one?: string;
  readonly other: string;
}

export type Text = string | Plural;
export type TextTable = Readonly<Record<string, Text>>;
export type TextValues = Readonly<Record<string, string | number>>;

/** Puts values into a text's `{places}`; numbers as the language writes them. A place without a value stays visible. */
export function fill(text: Text, values: TextValues, language: string): string {
  const count = values["count"];
  const chosen = typeof text === "string" ? text : formOf(text, typeof count === "number" ? count : 0, language);
  return chosen.replace(/\{(\w+)\}/g, (place, name: string) => {
    const value = values[name];
    if (value === undefined) return place;
    return typeof value === "number" ? new Intl.NumberFormat(language).format(value) : value;
  });
}

function formOf(text: Plural, count: number, language: string): string {
  return new Intl.PluralRules(language).select(count) === "one" ? (text.one ?? text.other) : text.other;
}
