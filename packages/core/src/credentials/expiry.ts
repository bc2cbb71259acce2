import { LimnError } from "../errors/index.ts";

/** A token this close to its end is not used any more: the request would outlive it (codex-backend contract 6.4). */
const expiryMarginMs = 60_000;

export function isExpired(expiresAtMs: number | null, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs - nowMs <= expiryMarginMs;
}

/** The clock is named, because a wrong one looks exactly like an expired login. */
export function expiredError(whose: string, expiresAtMs: number, nowMs: number, hint: string): LimnError {
  const ended = new Date(expiresAtMs).toISOString().slice(0, 16).replace("T", " ");
  const now = new Date(nowMs).toISOString().slice(0, 16).replace("T", " ");
  return new LimnError("login_expired", {
    message: `${whose} ended at ${ended} UTC; this machine's clock says ${now} UTC.`,
    hint,
    details: { expiresAt: new Date(expiresAtMs).toISOString(), now: new Date(nowMs).toISOString() },
  });
}
