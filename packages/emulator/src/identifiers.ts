import { createHash } from "node:crypto";

/** A UUID-shaped identifier that is the same for the same seed, purpose and count. */
export function madeUpUuid(seed: number, purpose: string, count: number): string {
  const hex = createHash("sha256").update(`${seed}/${purpose}/${count}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** A Cloudflare ray id: 16 hexadecimal digits and an airport. */
export function madeUpRay(seed: number, count: number): string {
  return `${createHash("sha256").update(`${seed}/ray/${count}`).digest("hex").slice(0, 16)}-FRA`;
}

/** A made-up secret or code: 43 characters of base64url, the same for the same seed, purpose and count. */
export function madeUpSecret(seed: number, purpose: string, count: number): string {
  return createHash("sha256").update(`${seed}/${purpose}/${count}`).digest("base64url");
}
