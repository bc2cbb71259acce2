import type { LimnError } from "../errors/index.ts";

/** What is known about an attempt that failed. */
export interface FailedAttempt {
  /** How far it came. `answered`: a complete head arrived. */
  readonly reached: "connecting" | "sent" | "answered";
  readonly error: LimnError;
  readonly status: number | null;
  readonly emptyBody: boolean;
  /** From the last request byte to the head of the answer; null when none came. */
  readonly answeredAfterMs: number | null;
  readonly hasImageRequestId: boolean;
  /** How many empty 404s came before this one. */
  readonly earlierEmpty404s: number;
  /** 0 for the first attempt. */
  readonly attempt: number;
}

/** A server error that comes this fast, without an image request id, was turned away before any drawing began. */
const certainRefusalMs = 5000;
const firstDelayMs = 500;
const longestDelayMs = 30_000;

/**
 * Whether an attempt certainly did nothing and may be repeated, and how long to wait first; null = do not repeat.
 * The only place that decides it (docs/decisions/0003-retries-and-quota.md). `random` is 0..1, for jitter.
 */
export function retryDelayMs(failed: FailedAttempt, random: number): number | null {
  const backoff = Math.min(longestDelayMs, firstDelayMs * 2 ** failed.attempt) * (0.5 + random / 2);
  if (failed.reached === "connecting") return backoff;
  if (failed.reached === "sent") return null;
  switch (failed.status) {
    case 429:
      if (failed.error.code !== "rate_limited" && failed.error.code !== "service_overloaded") return null;
      // The named delay is a minimum: all who were turned away must not come back at the same moment.
      return failed.error.retryAfterMs === null ? backoff : failed.error.retryAfterMs + random * 1000;
    case 404:
      return failed.emptyBody && failed.earlierEmpty404s === 0 ? backoff : null;
    default:
      return isCertainRefusal(failed) ? backoff : null;
  }
}

/** A gateway that gave up waiting (504, 52x) proves nothing, however fast it is. */
export function isCertainRefusal({
  status,
  answeredAfterMs,
  hasImageRequestId,
}: Pick<FailedAttempt, "status" | "answeredAfterMs" | "hasImageRequestId">): boolean {
  const isRefusal = status === 500 || status === 502 || status === 503;
  return isRefusal && answeredAfterMs !== null && answeredAfterMs < certainRefusalMs && !hasImageRequestId;
}
