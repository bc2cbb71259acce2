import type { LimitWindow, Limits } from "../contracts/result.ts";

type Headers = ReadonlyMap<string, string>;

/**
 * The allowance as an answer's headers state it (codex-backend contract 10). The family named after the active limit is read first,
 * `x-codex-*` second: live image answers put the image window under `x-codex-primary-*` while the active limit says
 * `imagegen_premium`.
 */
export function readLimits(headers: Headers, nowMs: number): Limits {
  const activeLimit = headers.get("x-codex-active-limit");
  const families = activeLimit === undefined ? ["codex"] : [activeLimit.replaceAll("_", "-"), "codex"];
  const windows: LimitWindow[] = [];
  for (const slot of ["primary", "secondary"]) {
    for (const family of families) {
      const window = readWindow(headers, `x-${family}-${slot}`, activeLimit ?? "codex", nowMs);
      if (window === null) continue;
      windows.push(window);
      break;
    }
  }
  const credits = readCredits(headers);
  return {
    ...(activeLimit === undefined ? {} : { activeLimit }),
    ...(windows.length === 0 ? {} : { windows }),
    ...(credits === null ? {} : { credits }),
  };
}

function readWindow(headers: Headers, prefix: string, limit: string, nowMs: number): LimitWindow | null {
  const windowMinutes = number(headers.get(`${prefix}-window-minutes`));
  // Zero minutes means that there is no such window.
  if (windowMinutes === null || windowMinutes <= 0) return null;
  const resetAt = number(headers.get(`${prefix}-reset-at`));
  const resetAfter = number(headers.get(`${prefix}-reset-after-seconds`));
  const resetMs = resetAt !== null ? resetAt * 1000 : resetAfter !== null ? nowMs + resetAfter * 1000 : null;
  return {
    limit,
    usedPercent: number(headers.get(`${prefix}-used-percent`)) ?? 0,
    windowMinutes,
    resetsAt: isoTime(resetMs),
  };
}

function readCredits(headers: Headers): NonNullable<Limits["credits"]> | null {
  const hasCredits = flag(headers.get("x-codex-credits-has-credits"));
  const unlimited = flag(headers.get("x-codex-credits-unlimited"));
  if (hasCredits === null && unlimited === null) return null;
  const balance = headers.get("x-codex-credits-balance");
  return {
    hasCredits: hasCredits ?? false,
    unlimited: unlimited ?? false,
    ...(balance === undefined ? {} : { balance }),
  };
}

function number(text: string | undefined): number | null {
  if (text === undefined || text.trim() === "") return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : null;
}

function flag(text: string | undefined): boolean | null {
  if (text === undefined) return null;
  return text.toLowerCase() === "true" || text === "1";
}

/** ISO 8601, or null for what is no time. */
export function isoTime(ms: number | null): string | null {
  return ms === null || !Number.isFinite(ms) || Math.abs(ms) > 8.64e15 ? null : new Date(ms).toISOString();
}

/** `retry-after` in ms: seconds or an HTTP date. */
export function retryAfterMs(headers: Headers, nowMs: number): number | null {
  const value = headers.get("retry-after");
  if (value === undefined) return null;
  const seconds = number(value);
  if (seconds !== null) return Math.max(0, seconds * 1000);
  const date = Date.parse(value);
  return Number.isNaN(date) ? null : Math.max(0, date - nowMs);
}
