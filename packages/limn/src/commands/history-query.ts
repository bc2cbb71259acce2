import { resolve } from "node:path";
import { engineIds } from "@limn/core";
import type { Fault, LibraryQuery } from "@limn/core";

/** Option texts of `limn history` as the command line gives them. */
export interface HistoryOptions {
  readonly since?: string;
  readonly until?: string;
  readonly engine?: string;
  readonly model?: string;
  readonly size?: string;
  readonly parent?: string;
  readonly status?: string;
  /** True: the option without a path. */
  readonly folder?: string | true;
  readonly kit?: string;
  readonly tag?: string;
  readonly favourites?: boolean;
  readonly operation?: string;
  readonly trash?: boolean;
  readonly sandbox?: boolean;
  readonly limit?: string;
  readonly cursor?: string;
  readonly json?: boolean;
  readonly rebuild?: boolean;
}

const statuses = ["done", "partial", "failed", "running", "unknown", "cancelled"] as const;
const operations = ["generate", "edit"] as const;

const unitsMs: Readonly<Record<string, number>> = {
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
  y: 365 * 86_400_000,
};

/** From 1970; JavaScript knows no other times. */
const furthestMs = 8.64e15;

const unitBytes: Readonly<Record<string, number>> = { "": 1, b: 1, kb: 1e3, mb: 1e6, gb: 1e9 };

/** What is asked for; every fault is told. `parent` and the sandbox setting are the caller's. */
export function readHistoryQuery(
  words: readonly string[],
  options: HistoryOptions,
  workingFolder: string,
  nowMs: number,
  faults: Fault[],
): LibraryQuery {
  const oneOf = <T extends string>(name: string, given: string | undefined, known: readonly T[]): T | undefined => {
    const value = known.find((candidate) => candidate === given);
    if (given !== undefined && value === undefined)
      faults.push({ field: name, message: `must be one of ${known.join(", ")}` });
    return value;
  };
  const time = (name: string, given: string | undefined): string | undefined => {
    const ms = given === undefined ? null : readTime(given, nowMs);
    if (given !== undefined && (ms === null || Math.abs(ms) > furthestMs))
      faults.push({ field: name, message: "must be an age such as 7d, 12h, 2w or 1y, or a date such as 2026-11-01" });
    return ms === null || Math.abs(ms) > furthestMs ? undefined : new Date(ms).toISOString();
  };
  const size = options.size?.toLowerCase().replace("×", "x");
  if (size !== undefined && !/^\d{1,5}x\d{1,5}$/.test(size))
    faults.push({ field: "--size", message: "must be pixels such as 1024x1024" });
  const text = words.join(" ");
  const query = {
    text: text.trim() === "" ? undefined : text,
    since: time("--since", options.since),
    until: time("--until", options.until),
    engine: oneOf("--engine", options.engine, engineIds),
    model: options.model,
    size,
    status: oneOf("--status", options.status, statuses),
    folder:
      options.folder === undefined ? undefined : resolve(workingFolder, options.folder === true ? "." : options.folder),
    kit: options.kit,
    tag: options.tag,
    favourite: options.favourites === true ? true : undefined,
    operation: oneOf("--operation", options.operation, operations),
    trash: options.trash === true ? true : undefined,
  };
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined));
}

/** An age before now or a date of this machine's zone, in ms since 1970; null when it is neither. */
function readTime(text: string, nowMs: number): number | null {
  const age = readAge(text);
  if (age !== null) return nowMs - age;
  const [, date, rest] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?))?$/.exec(text) ?? [];
  if (date === undefined) return null;
  // A date alone would be read as one of Greenwich.
  const ms = Date.parse(`${date}T${rest ?? "00:00"}`);
  return Number.isNaN(ms) ? null : ms;
}

/** `7d` -> ms; null when it is none. */
export function readAge(text: string): number | null {
  const [, count, unit = ""] = /^(\d{1,6}(?:\.\d+)?)([hdwy])$/i.exec(text) ?? [];
  return count === undefined ? null : Number(count) * (unitsMs[unit.toLowerCase()] ?? Number.NaN);
}

/** `20MB` -> bytes; null when it is none. */
export function readBytes(text: string): number | null {
  const [, count, unit = ""] = /^(\d{1,15}(?:\.\d+)?) ?(b|kb|mb|gb)?$/i.exec(text) ?? [];
  return count === undefined ? null : Math.round(Number(count) * (unitBytes[unit.toLowerCase()] ?? Number.NaN));
}
