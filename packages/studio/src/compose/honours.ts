import type { CapabilityRow, StudioEngine } from "@limn/core";
import { maskOf, optionsOf, type Draft } from "./draft.ts";
import { parseSize } from "./size.ts";

/**
 * Who sees to a wish. `service`: asked of the service, which is known to obey. `words`: asked in words. `limn`: limn finishes the picture
 * itself. `reported`: asked of the service, which says afterwards what it used. `ignored`: the service is known not to obey. `unknown`.
 */
export type Honoured = "service" | "words" | "limn" | "reported" | "ignored" | "unknown";

export interface Wish {
  readonly property: string;
  readonly honoured: Honoured;
  /** The capability row that says so; null where limn does it in any case. */
  readonly row: CapabilityRow | null;
}

/** What becomes of each thing that the draft asks for, on this engine. */
export function wishesOf(draft: Draft, engine: Pick<StudioEngine, "rows">): Wish[] {
  const { size, aspect, background, format, compression, n, quality, model, partials } = optionsOf(draft);
  const row = (property: string): CapabilityRow | null => engine.rows.find((one) => one.property === property) ?? null;
  const asked = (property: string): Wish => ({ property, honoured: byRow(row(property)), row: row(property) });
  /** Where the service does not see to it, limn does. */
  const finished = (property: string): Wish =>
    row(property)?.honoured === "yes" ? asked(property) : { property, honoured: "limn", row: row(property) };
  const wishes: Wish[] = [];
  if (size.trim() !== "" && parseSize(size) !== null) wishes.push(finished("size"));
  if (aspect.trim() !== "") wishes.push(asked("aspect"));
  if (background !== "" && background !== "auto") wishes.push(asked("background"));
  if (format !== "" && format !== "png") wishes.push(finished("format"));
  if (compression.trim() !== "") wishes.push({ property: "compression", honoured: "limn", row: null });
  if (n > 1) wishes.push(finished("n"));
  if (quality !== "" && quality !== "auto") wishes.push(asked("quality"));
  if (model.trim() !== "") wishes.push(asked("model"));
  if (partials > 0) wishes.push(asked("partials"));
  if (maskOf(draft) !== null) wishes.push({ property: "mask", honoured: "limn", row: row("mask") });
  return wishes;
}

function byRow(row: CapabilityRow | null): Honoured {
  switch (row?.honoured) {
    case "yes":
      return "service";
    case "by-words":
      return "words";
    case "reported":
      return "reported";
    case "ignored":
      return "ignored";
    case "unknown":
      return "unknown";
    case undefined:
      // No row: nobody has said that the engine has it at all.
      return "ignored";
  }
}

/** How many pictures may go in: what the chosen engine takes, and with `auto` the most that a usable one takes. */
export function mostImages(engines: readonly StudioEngine[], chosen: string): number {
  const meant = engines.filter(({ id, isUsable }) => (chosen === "auto" ? isUsable && id !== "codex" : id === chosen));
  return meant.length === 0 ? 16 : Math.max(...meant.map(({ maxImages }) => maxImages));
}
