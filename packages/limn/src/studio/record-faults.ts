import type { Manifest } from "@limn/core";

/**
 * What a record has that no limn writes, where the studio relies on it; null for a good one. Core looks at the fields that every reader
 * needs; the others come as they were found, and may be anybody's.
 */
export function recordFault({ prompt, inputs, images }: Pick<Manifest, "prompt" | "inputs" | "images">): string | null {
  if (!isTextOrNothing(prompt)) return "its prompt is no text";
  if (!isNothing(inputs) && !(Array.isArray(inputs) && inputs.every(isInput))) return "its inputs are none";
  if (!images.every(({ delivered }) => delivered.every(isCopy))) return "its delivered copies are none";
  return null;
}

function isInput(value: unknown): boolean {
  if (!isFields(value) || !isFields(value.origin) || typeof value.sha256 !== "string") return false;
  const { kind, path, id, index, url } = value.origin;
  if (kind === "file") return typeof path === "string";
  if (kind === "generation") return typeof id === "string" && typeof index === "number";
  if (kind === "url") return typeof url === "string";
  return typeof kind === "string";
}

function isCopy(value: unknown): boolean {
  return isFields(value) && typeof value.path === "string" && typeof value.sha256 === "string";
}

function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

function isTextOrNothing(value: unknown): boolean {
  return isNothing(value) || typeof value === "string";
}

function isFields(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
