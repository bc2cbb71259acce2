/** Proof Key for Code Exchange, method S256 (RFC 7636), with the lengths that Codex uses (codex-backend contract 6.6). */
export interface PkcePair {
  readonly verifier: string;
  readonly challenge: string;
}

export function createPkcePair(): PkcePair {
  const { createHash, randomBytes } = process.getBuiltinModule("node:crypto");
  const verifier = randomBytes(64).toString("base64url");
  return { verifier, challenge: createHash("sha256").update(verifier).digest("base64url") };
}

/** 32 random bytes; ties a callback to the login that asked for it. */
export function createState(): string {
  return process.getBuiltinModule("node:crypto").randomBytes(32).toString("base64url");
}

/** Compares in constant time, so that a guesser learns nothing from how long it took. */
export function isSameState(left: string, right: string): boolean {
  const { createHash, timingSafeEqual } = process.getBuiltinModule("node:crypto");
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(left), digest(right));
}
