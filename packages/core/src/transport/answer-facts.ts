import type { TransportAnswer } from "./transport.ts";

/** Account ids are kept out of files; a hash is enough to tell accounts apart. The same id at another address is another account. */
export function accountKeyOf(accountId: string | null, baseURL: string): string | null {
  if (accountId === null) return null;
  return process
    .getBuiltinModule("node:crypto")
    .createHash("sha256")
    .update(`${accountId} ${baseURL}`)
    .digest("hex")
    .slice(0, 16);
}

/** This machine's clock minus the service's, in ms, by the `date` header; null when not stated. */
export function clockSkewOf(answer: TransportAnswer): number | null {
  const date = Date.parse(answer.headers.get("date") ?? "");
  return Number.isNaN(date) ? null : answer.receivedAtMs - date;
}
