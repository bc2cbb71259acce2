import type { Intent } from "./intent.ts";
import { emptyOptions, type Draft, type DraftOptions, type LibraryReference } from "./draft.ts";
import { emptySlots, type Slot, type Slots } from "./two-drafts.ts";

const place = "limn-drafts";

/** Text of what survives a reload. Uploads cannot be kept there, nor a mask; pictures of the library can. */
export function writeDrafts({ generate, edit }: Slots): string {
  return JSON.stringify({ generate: keptOf(generate), edit: keptOf(edit) });
}

function keptOf({ draft, intent }: Slot): object {
  const references = draft.references.filter((reference) => reference.kind === "library");
  return { ...draft, references, mask: null, intent };
}

/** What was kept, with what is missing or strange left at its default. */
export function readDrafts(text: string | null): Slots {
  const kept = parse(text);
  if (!isRecord(kept)) return emptySlots;
  return { generate: readSlot(kept["generate"], "generate"), edit: readSlot(kept["edit"], "edit") };
}

function readSlot(kept: unknown, operation: Draft["operation"]): Slot {
  if (!isRecord(kept)) return emptySlots[operation];
  const references = Array.isArray(kept["references"]) ? kept["references"].flatMap(readReference) : [];
  const options = isRecord(kept["options"]) ? kept["options"] : {};
  return {
    draft: {
      operation,
      prompt: typeof kept["prompt"] === "string" ? kept["prompt"] : "",
      references,
      mask: null,
      options: readOptions(options),
    },
    intent: readIntent(kept["intent"]),
  };
}

function readOptions(kept: Readonly<Record<string, unknown>>): DraftOptions {
  const text = (name: keyof DraftOptions): string => {
    const value = kept[name];
    return typeof value === "string" ? value : "";
  };
  const oneOf = <Choice extends string, Else extends string>(
    name: keyof DraftOptions,
    choices: readonly Choice[],
    otherwise: Else,
  ): Choice | Else => choices.find((choice) => choice === kept[name]) ?? otherwise;
  const number = (name: keyof DraftOptions, least: number, most: number): number => {
    const value = kept[name];
    return typeof value === "number" && Number.isInteger(value) && value >= least && value <= most ? value : least;
  };
  return {
    ...emptyOptions,
    size: text("size"),
    aspect: text("aspect"),
    fit: oneOf("fit", ["cover", "contain", "pad", "native"], ""),
    background: oneOf("background", ["transparent", "opaque", "auto"], ""),
    format: oneOf("format", ["png", "jpeg", "webp", "avif", "gif"], ""),
    compression: text("compression"),
    n: number("n", 1, 10),
    quality: oneOf("quality", ["low", "medium", "high", "xhigh", "max", "auto"], ""),
    model: text("model"),
    engine: oneOf("engine", ["images", "responses", "codex"], "auto"),
    partials: number("partials", 0, 3),
    shrinkInputs: kept["shrinkInputs"] === true,
  };
}

function readReference(kept: unknown): LibraryReference[] {
  if (!isRecord(kept) || kept["kind"] !== "library") return [];
  const { key, name, id, index, sha256, width, height } = kept;
  if (typeof key !== "string" || typeof name !== "string" || typeof id !== "string" || typeof sha256 !== "string")
    return [];
  if (typeof index !== "number" || typeof width !== "number" || typeof height !== "number") return [];
  return [{ kind: "library", key, name, id, index, sha256, width, height }];
}

/** A page that was left in the middle of a try never heard what became of it. */
function readIntent(kept: unknown): Intent | null {
  if (!isRecord(kept)) return null;
  const { key, fingerprint } = kept;
  return typeof key === "string" && typeof fingerprint === "string" ? { key, fingerprint, isUnclear: true } : null;
}

function parse(text: string | null): unknown {
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Of this tab alone. */
export function storeDrafts(slots: Slots): void {
  try {
    sessionStorage.setItem(place, writeDrafts(slots));
  } catch {
    // Where the browser keeps nothing, the draft lasts as long as the page.
  }
}

export function storedDrafts(): Slots {
  try {
    return readDrafts(sessionStorage.getItem(place));
  } catch {
    return emptySlots;
  }
}
