import { signal } from "@preact/signals";
import { keep, kept } from "../app/keep.ts";
import { en } from "./en/index.ts";
import { fill, type Text, type TextValues } from "./fill.ts";
import type { AllTexts, TextKey } from "./types.ts";

export type { TextKey } from "./types.ts";

export type Language = "en" | "de" | "zh";
/** Each in its own words. */
export const languages: readonly { readonly id: Language; readonly name: string }[] = [
  { id: "en", name: "English" },
  { id: "de", name: "Deutsch" },
  { id: "zh", name: "中文" },
];

/** The language that is shown. */
export const language = signal<Language>("en");
const texts = signal<AllTexts>(en);

/** The text in the language of now; components that call it follow a change. A `count` chooses the form. */
export function t(key: TextKey, values: TextValues = {}): string {
  const [area = "", name = ""] = key.split(".");
  const table: Readonly<Record<string, Readonly<Record<string, Text>>>> = texts.value;
  const text = table[area]?.[name];
  return text === undefined ? key : fill(text, values, language.value);
}

/** Loads the table if need be; the choice is kept. */
export async function chooseLanguage(chosen: Language): Promise<void> {
  keep("language", chosen);
  await show(chosen);
}

/** As chosen before, else as the browser wishes. */
export async function startLanguage(): Promise<void> {
  const wishes = [kept("language") ?? "", ...navigator.languages];
  const known = wishes.map((wish) => languages.find(({ id }) => wish.toLowerCase().startsWith(id)));
  await show(known.find((found) => found !== undefined)?.id ?? "en");
}

async function show(chosen: Language): Promise<void> {
  texts.value = await load(chosen);
  language.value = chosen;
}

async function load(chosen: Language): Promise<AllTexts> {
  switch (chosen) {
    case "en":
      return en;
    case "de":
      return (await import("./de/index.ts")).de;
    case "zh":
      return (await import("./zh/index.ts")).zh;
  }
}
