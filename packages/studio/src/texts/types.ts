import type { en } from "./en/index.ts";
import type { Plural, Text } from "./fill.ts";

type Translation<T> = { readonly [K in keyof T]: T[K] extends Plural ? Plural : T[K] extends Text ? string : never };

export type Area = keyof typeof en;

/** Every text of an area in another language: a missing key does not compile. */
export type AreaTexts<A extends Area> = Translation<(typeof en)[A]>;

export type AllTexts = { readonly [A in Area]: AreaTexts<A> };

/** `area.name`. */
export type TextKey = { [A in Area]: `${A}.${keyof (typeof en)[A] & string}` }[Area];
