import { createHash } from "node:crypto";
import { madeUpSecret } from "../identifiers.ts";
import type { Account } from "../login/account.ts";

/** What a client asked for at `/oauth/authorize`, until somebody decides. */
export interface AuthorizationRequest {
  readonly id: string;
  readonly clientId: string;
  readonly redirectURI: string;
  readonly challenge: string;
  readonly clientState: string;
  /** What goes wrong at the redirect. */
  readonly fault: "wrong-state" | "missing-code" | undefined;
}

/** What a code was issued for. */
export interface CodeGrant {
  readonly account: Account;
  readonly clientId: string;
  /** Null for the device flow, whose redirect address depends on where the client found the service. */
  readonly redirectURI: string | null;
  readonly challenge: string;
}

/** What a code is worth. */
export type CodeVerdict =
  | { readonly verdict: "good"; readonly grant: CodeGrant }
  | { readonly verdict: "unknown" | "used" | "expired" };

/** Open requests and the codes that came of them. A code is good once and for five minutes. */
export interface Authorizations {
  begin(request: Omit<AuthorizationRequest, "id">): AuthorizationRequest;
  find(id: string): AuthorizationRequest | undefined;
  /** The request was decided: its page does not work a second time. */
  finish(id: string): void;
  issueCode(grant: CodeGrant): string;
  judgeCode(code: string): CodeVerdict;
  useCode(code: string): void;
  reset(): void;
}

const CODE_LIFE_MS = 5 * 60_000;

/** Creates the register. */
export function createAuthorizations(seed: number, clock: () => number): Authorizations {
  let count = 0;
  const requests = new Map<string, AuthorizationRequest>();
  const codes = new Map<string, { readonly grant: CodeGrant; readonly expiresAtMs: number; used: boolean }>();
  return {
    begin: (asked) => {
      count += 1;
      const request = { ...asked, id: madeUpSecret(seed, "authorization", count) };
      requests.set(request.id, request);
      return request;
    },
    find: (id) => requests.get(id),
    finish: (id) => void requests.delete(id),
    issueCode: (grant) => {
      count += 1;
      const code = `ac_${madeUpSecret(seed, "code", count)}`;
      codes.set(code, { grant, expiresAtMs: clock() + CODE_LIFE_MS, used: false });
      return code;
    },
    judgeCode: (code) => {
      const known = codes.get(code);
      if (known === undefined) return { verdict: "unknown" };
      if (known.used) return { verdict: "used" };
      if (known.expiresAtMs <= clock()) return { verdict: "expired" };
      return { verdict: "good", grant: known.grant };
    },
    useCode: (code) => {
      const known = codes.get(code);
      if (known !== undefined) known.used = true;
    },
    reset: () => {
      count = 0;
      requests.clear();
      codes.clear();
    },
  };
}

/** The S256 challenge of a verifier (RFC 7636). */
export function challengeOf(verifier: string): string {
  return createHash("sha256").update(verifier).digest("base64url");
}
