import { createHash, timingSafeEqual } from "node:crypto";

/** Compares in the same time for every wrong one, whatever its length is. */
export function isSameSecret(given: string, secret: string): boolean {
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(given), digest(secret));
}
