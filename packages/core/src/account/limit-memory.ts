import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomically } from "../files/index.ts";
import { isObject, parseJson } from "../json/index.ts";

/** A plan limit that the service reported, until it resets. */
export interface KnownLimit {
  /** The service's name of the limit, where it says one. */
  readonly limit: string | null;
  /** ISO 8601 */
  readonly resetsAt: string;
  readonly seenAt: string;
}

/**
 * Limits that are known to be used up, so that asking again is refused here and at once instead of there. A convenience: when the file
 * cannot be read or written the service decides, as it does anyway.
 */
export interface LimitMemory {
  known(accountKey: string, nowMs: number): KnownLimit | null;
  remember(accountKey: string, limit: KnownLimit): void;
  /** A picture came: whatever was known is over. */
  forget(accountKey: string): void;
}

export function createLimitMemory(dataFolder: string): LimitMemory {
  const path = join(dataFolder, "limits.json");

  const read = (): Record<string, KnownLimit> => {
    let content: string;
    try {
      content = readFileSync(path, "utf8");
    } catch {
      return {};
    }
    const stored = parseJson(content);
    if (!isObject(stored) || stored.version !== 1 || !isObject(stored.limits)) return {};
    return Object.fromEntries(
      Object.entries(stored.limits).filter((entry): entry is [string, KnownLimit] => isKnownLimit(entry[1])),
    );
  };

  const write = (limits: Record<string, KnownLimit>): void => {
    try {
      mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
      writeFileAtomically(path, `${JSON.stringify({ version: 1, limits })}\n`);
    } catch {
      // Told in the doc comment: without the file the service decides.
    }
  };

  return {
    known: (accountKey, nowMs) => {
      const limit = read()[accountKey];
      return limit !== undefined && Date.parse(limit.resetsAt) > nowMs ? limit : null;
    },
    remember: (accountKey, limit) => write({ ...read(), [accountKey]: limit }),
    forget: (accountKey) => {
      const limits = read();
      if (!Object.hasOwn(limits, accountKey)) return;
      delete limits[accountKey];
      write(limits);
    },
  };
}

function isKnownLimit(value: unknown): value is KnownLimit {
  return (
    isObject(value) &&
    typeof value.resetsAt === "string" &&
    typeof value.seenAt === "string" &&
    (value.limit === null || typeof value.limit === "string")
  );
}
