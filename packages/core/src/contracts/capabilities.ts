import type { EngineId } from "./request.ts";

/** How an engine treats one property of a request. */
export type Honour = "yes" | "by-words" | "reported" | "ignored" | "unknown";

/**
 * One row of the capability table: what an engine does with one property, since when that is known and from whom.
 * `yes`: sent and obeyed. `by-words`: steered by a sentence in the prompt. `reported`: accepted; the result says what was used.
 * `ignored`: accepted and not obeyed.
 */
export interface CapabilityRow {
  readonly property: string;
  readonly honoured: Honour;
  /** What that means for a user, in one sentence. */
  readonly note: string;
  /** ISO date of the newest observation. */
  readonly date: string;
  readonly source: string;
  /** Set where the table was corrected by what really came back on this account. */
  readonly corrected?: boolean;
}

/** What one engine honours, property by property, with the date and the source of each row. */
export interface EngineCapabilities {
  readonly engine: EngineId;
  readonly title: string;
  readonly operations: readonly ("generate" | "edit")[];
  /** Images that one call yields; more are fanned out. */
  readonly imagesPerCall: number;
  readonly maxInputImages: number;
  /** Only taken when it is named; `auto` passes it over. */
  readonly explicitOnly: boolean;
  /** What it spends beside the plan's images, in one sentence; null = nothing. */
  readonly alsoSpends: string | null;
  readonly partials: boolean;
  readonly models: readonly string[];
  /** Takes a host model by name beside the listed ones: anything that the account's own list has. */
  readonly takesHostModels: boolean;
  readonly rows: readonly CapabilityRow[];
}
