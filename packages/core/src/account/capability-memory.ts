import { mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { CapabilityRow, EngineCapabilities, Honour } from "../contracts/capabilities.ts";
import { writeFileAtomically } from "../files/index.ts";
import { isObject, member, numberOf, parseJson, textOf } from "../json/index.ts";

interface Seen {
  readonly honoured: boolean;
  readonly evidence: string;
  /** ISO date. */
  readonly date: string;
  /** How often in a row it went this way. */
  readonly streak: number;
  readonly isProof: boolean;
}

/** What was steered by words or hinted at can miss now and then; this many misses in a row are no accident. */
const missesThatCount = 3;

/**
 * What results taught about an account, a file for each: `capabilities/<account key>.json`. The table of an engine is what is publicly
 * known; this is what really came back.
 */
export function createCapabilityMemory(dataFolder: string): {
  corrected(capabilities: EngineCapabilities, accountKey: string | null): EngineCapabilities;
  observe(
    accountKey: string,
    engine: string,
    observations: readonly {
      readonly property: string;
      readonly wasHonoured: boolean;
      readonly evidence: string;
      readonly isProof: boolean;
    }[],
    nowMs: number,
  ): void;
} {
  const folder = join(dataFolder, "capabilities");
  const fileOf = (accountKey: string): string => join(folder, `${accountKey}.json`);
  return {
    corrected: (capabilities, accountKey) => {
      const file = accountKey === null ? newestFile(folder) : fileOf(accountKey);
      const seen = file === null ? undefined : member(readSeen(file), capabilities.engine);
      if (!isObject(seen)) return capabilities;
      return { ...capabilities, rows: capabilities.rows.map((row) => correctedRow(row, seenOf(seen[row.property]))) };
    },
    observe: (accountKey, engine, observations, nowMs) => {
      if (observations.length === 0) return;
      const all = readSeen(fileOf(accountKey));
      const known = member(all, engine);
      const date = new Date(nowMs).toISOString().slice(0, 10);
      const changed: Record<string, unknown> = isObject(known) ? { ...known } : {};
      for (const { property, wasHonoured, evidence, isProof } of observations) {
        const before = seenOf(changed[property]);
        const streak = before?.honoured === wasHonoured ? before.streak + 1 : 1;
        changed[property] = { honoured: wasHonoured, evidence, date, streak, isProof } satisfies Seen;
      }
      const content = { ...(isObject(all) ? all : {}), schemaVersion: 1, [engine]: changed };
      try {
        mkdirSync(folder, { recursive: true, mode: 0o700 });
        writeFileAtomically(fileOf(accountKey), `${JSON.stringify(content, null, 1)}\n`);
      } catch {
        // A lesson that cannot be written down is learnt again by the next result; the picture matters more.
      }
    },
  };
}

function correctedRow(row: CapabilityRow, seen: Seen | null): CapabilityRow {
  if (seen === null) return row;
  const honoured = judged(row.honoured, seen);
  if (honoured === row.honoured) return row;
  return {
    ...row,
    honoured,
    note: `${seen.evidence} on this account`,
    date: seen.date,
    source: "measured on this account",
    corrected: true,
  };
}

function judged(table: Honour, seen: Seen): Honour {
  if (seen.isProof) return seen.honoured ? "yes" : table === "yes" ? "ignored" : table;
  return !seen.honoured && seen.streak >= missesThatCount ? "ignored" : table;
}

function readSeen(file: string): unknown {
  try {
    return parseJson(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

function seenOf(value: unknown): Seen | null {
  const honoured = member(value, "honoured");
  const evidence = textOf(member(value, "evidence"));
  const date = textOf(member(value, "date"));
  const streak = numberOf(member(value, "streak"));
  if (typeof honoured !== "boolean" || evidence === null || date === null || streak === null) return null;
  return { honoured, evidence, date, streak, isProof: member(value, "isProof") === true };
}

function newestFile(folder: string): string | null {
  try {
    const files = readdirSync(folder)
      .filter((name) => /^[0-9a-f]{16}\.json$/.test(name))
      .map((name) => join(folder, name));
    return files.sort((left, right) => statSync(right).mtimeMs - statSync(left).mtimeMs)[0] ?? null;
  } catch {
    return null;
  }
}
