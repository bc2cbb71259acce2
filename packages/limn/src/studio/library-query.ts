import type { LibraryQuery } from "@limn/core";
import { invalidRequest } from "./answers.ts";

/** A page of the library as the address asks for it. */
export interface AskedPage {
  readonly query: LibraryQuery;
  readonly cursor: string | null;
  readonly limit: number;
}

const defaultPageSize = 100;
const maxPageSize = 1000;

const texts = ["text", "since", "until", "model", "size", "parent", "folder", "kit", "tag"] as const;
const choices = {
  engine: ["images", "responses", "codex"],
  status: ["done", "partial", "failed", "running", "unknown", "cancelled"],
  operation: ["generate", "edit"],
  emulated: ["with", "without", "only"],
} as const;
const flags = ["favourite", "trash"] as const;
/** A filter is typed or picked by a person. */
const maxTextLength = 1000;

/** @throws Refusal 400 */
export function readLibraryQuery(parameters: URLSearchParams, emulated: LibraryQuery["emulated"]): AskedPage {
  const query: Record<string, unknown> = { emulated };
  let cursor: string | null = null;
  let limit = defaultPageSize;
  for (const [name, value] of parameters) {
    if (value.length > maxTextLength && name !== "cursor")
      throw invalidRequest(`The filter ${name.slice(0, 40)} has more than ${maxTextLength} characters.`);
    if (name === "cursor") cursor = value;
    else if (name === "limit") limit = readLimit(value);
    else if (isOneOf(texts, name)) query[name] = value;
    else if (isOneOf(flags, name)) {
      if (value !== "1" && value !== "0") throw invalidRequest(`The filter ${name} must be 1 or 0.`);
      query[name] = value === "1";
    } else if (isChoice(name)) {
      if (!isOneOf(choices[name], value))
        throw invalidRequest(`The filter ${name} must be one of ${choices[name].join(", ")}.`);
      query[name] = value;
    } else throw invalidRequest(`There is no filter "${name.slice(0, 40)}".`);
  }
  // False is what is asked for when nothing is.
  if (query.favourite === false) delete query.favourite;
  return { query, cursor, limit };
}

function readLimit(value: string): number {
  const limit = /^\d{1,4}$/.test(value) ? Number(value) : 0;
  if (limit >= 1 && limit <= maxPageSize) return limit;
  throw invalidRequest(`The limit must be a whole number from 1 to ${maxPageSize}.`);
}

function isChoice(name: string): name is keyof typeof choices {
  return Object.hasOwn(choices, name);
}

function isOneOf<Name extends string>(names: readonly Name[], value: string): value is Name {
  return names.some((name) => name === value);
}
