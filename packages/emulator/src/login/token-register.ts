import { tokenExpiryMs } from "./json-web-token.ts";

/** What a bearer is worth. */
export type BearerVerdict = "accepted" | "missing" | "expired" | "revoked" | "unknown";

/** The configured access tokens of one emulator: one is accepted, earlier ones count as expired. Logins issue others. */
export interface TokenRegister {
  readonly current: string;
  /** Every token that was ever accepted: none of them may appear in a record or an answer. */
  readonly all: readonly string[];
  /** Rises with every renewal. */
  readonly generation: number;
  judge(authorization: string | undefined): BearerVerdict;
  renew(token?: string): string;
  /** The current token counts as revoked until it is renewed. */
  revoke(): void;
  reset(): void;
}

/** Creates the register; `issue` makes up the token of a generation (0 is the first). */
export function createTokenRegister(
  first: string | undefined,
  issue: (generation: number) => string,
  clock: () => number,
): TokenRegister {
  let tokens = [first ?? issue(0)];
  let revoked = false;
  const current = (): string => tokens.at(-1) ?? "";
  return {
    get current() {
      return current();
    },
    get all() {
      return tokens;
    },
    get generation() {
      return tokens.length - 1;
    },
    judge: (authorization) => {
      const token = bearerOf(authorization);
      if (token === undefined) return "missing";
      const expiry = tokenExpiryMs(token);
      if (expiry !== undefined && expiry <= clock()) return "expired";
      if (token === current()) return revoked ? "revoked" : "accepted";
      return tokens.includes(token) ? "expired" : "unknown";
    },
    renew: (token) => {
      tokens.push(token ?? issue(tokens.length));
      revoked = false;
      return current();
    },
    revoke: () => {
      revoked = true;
    },
    reset: () => {
      revoked = false;
      tokens = tokens.slice(0, 1);
    },
  };
}

/** The token of an `Authorization: Bearer …` header. */
export function bearerOf(authorization: string | undefined): string | undefined {
  return /^bearer\s+(\S+)\s*$/i.exec(authorization ?? "")?.[1];
}
