import type { RequestParts } from "./studio-request.ts";

/**
 * One wish to have something made: it is sent under one key however often it is tried, so that no try is paid twice. Another wish gets
 * another key.
 */
export interface Intent {
  readonly key: string;
  /** Says whether a draft is still the same wish. */
  readonly fingerprint: string;
  /** A try of it may have reached the server, which did not tell. From then on only success frees the key. */
  readonly isUnclear: boolean;
}

/** Two files of one name differ by size or time of change. */
export function fingerprintOf({ request, files }: RequestParts): string {
  return JSON.stringify([request, files.map(({ part, file }) => [part, file.name, file.size, file.lastModified])]);
}

/** The pending intent when the draft is what it was made for, else a new one. */
export function intentFor(parts: RequestParts, pending: Intent | null, makeKey: () => string): Intent {
  const fingerprint = fingerprintOf(parts);
  return pending !== null && pending.fingerprint === fingerprint
    ? pending
    : { key: makeKey(), fingerprint, isUnclear: false };
}

export type SendOutcome = "accepted" | "refused" | "unclear";

/**
 * What an answer says about the wish. `accepted`: done with; the next press is a new wish. `refused`: the server did nothing, so the key is
 * free to go on. `unclear`: no answer, or one that does not say; the key is kept, and the same key gives the same generation.
 */
export function outcomeOf(status: number): SendOutcome {
  if (status >= 200 && status < 300) return "accepted";
  return status >= 400 && status < 500 && status !== 408 ? "refused" : "unclear";
}

/** What is still pending after a try. */
export function intentAfter(intent: Intent, outcome: SendOutcome): Intent | null {
  if (outcome === "unclear") return { ...intent, isUnclear: true };
  return outcome === "refused" && intent.isUnclear ? intent : null;
}
