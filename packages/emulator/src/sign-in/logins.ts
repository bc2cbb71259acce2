import { madeUpSecret } from "../identifiers.ts";
import type { Account, Accounts } from "../login/account.ts";
import { makeToken, tokenExpiryMs } from "../login/json-web-token.ts";

/** The tokens of a login, as its owner keeps them. */
export interface IssuedLogin {
  readonly accountId: string;
  readonly clientId: string;
  readonly accessToken: string;
  readonly idToken: string;
  readonly refreshToken: string;
}

/** What a refresh token is worth. */
export type RefreshVerdict = "good" | "tolerated" | "reused" | "expired" | "invalidated" | "other-client" | "unknown";

/** What an access token that this emulator issued is worth, and whose it is. */
export interface AccessVerdict {
  readonly verdict: "accepted" | "expired" | "revoked";
  readonly account: Account;
}

/** How a refresh differs from the usual one. */
export interface RotationChange {
  /** The tokens are another account's. */
  readonly otherAccount?: boolean;
  /** The refresh token stays good. */
  readonly keepRefreshToken?: boolean;
}

/** Everything that was signed in: refresh tokens rotate, access tokens live until they expire or their login is revoked. */
export interface Logins {
  open(account: Account, clientId: string, lifeMs?: number): IssuedLogin;
  judgeRefresh(refreshToken: string, clientId: string): RefreshVerdict;
  /** Spends a refresh token that was judged good; for a tolerated one the same successor comes again. */
  rotate(refreshToken: string, clientId: string, change?: RotationChange): IssuedLogin;
  judgeAccess(accessToken: string): AccessVerdict | undefined;
  /** Whose refresh token it is. */
  accountOf(refreshToken: string): Account | undefined;
  /** The client that a refresh or access token was issued to; null for the first login, which has none. */
  clientOf(token: string): string | null | undefined;
  /** Revokes the whole login of a refresh or access token. False: no such token. */
  revoke(token: string): boolean;
  revokeAll(accountId: string | undefined): void;
  /** A refresh token as a record may name it: number of the login, dot, number of the rotation. */
  label(refreshToken: string): string;
  /** The login of `codexAuthFile()`, whose access token is the configured one. */
  readonly firstRevoked: boolean;
  /** How often tokens were issued. */
  readonly issued: number;
  reset(): void;
}

/** The refresh token of `codexAuthFile()`. */
export const FIRST_REFRESH_TOKEN = "rt_emulator_0001";

/** What the register needs to know. */
export interface LoginRules {
  readonly seed: number;
  readonly clock: () => number;
  readonly accounts: Accounts;
  readonly accessTokenLifeMs: number;
  readonly refreshTokenLifeMs: number;
  readonly reuse: "refused" | "tolerated";
  readonly reuseWindowMs: number;
}

interface Login {
  readonly number: number;
  readonly account: Account;
  /** Undefined: any client may refresh it. */
  readonly clientId: string | undefined;
  revoked: boolean;
}

interface RefreshToken {
  readonly login: Login;
  readonly rotation: number;
  readonly issuedAtMs: number;
  spent?: { readonly atMs: number; readonly successor: IssuedLogin };
}

/** Creates the register. */
export function createLogins(rules: LoginRules): Logins {
  const { seed, clock, accounts, reuse } = rules;
  let issued = 0;
  let logins: Login[] = [];
  const refreshTokens = new Map<string, RefreshToken>();
  const accessTokens = new Map<string, Login>();

  const openLogin = (account: Account, clientId: string | undefined): Login => {
    const login = { number: logins.length, account, clientId, revoked: false };
    logins.push(login);
    return login;
  };
  const issue = (login: Login, clientId: string, rotation: number, lifeMs: number, keep?: string): IssuedLogin => {
    const now = clock();
    const expiresAtMs = now + lifeMs;
    // A token that was never good must not have been issued in the future.
    const issuedAtMs = lifeMs > 0 ? now : expiresAtMs - rules.accessTokenLifeMs;
    const make = (kind: string): string =>
      makeToken(login.account, { clientId, issuedAtMs, expiresAtMs, serial: `${kind} ${issued}` });
    const refreshToken = keep ?? `rt_emulator_${madeUpSecret(seed, "refresh-token", issued)}`;
    const tokens = {
      accountId: login.account.accountId,
      clientId,
      accessToken: make("access"),
      idToken: make("id"),
      refreshToken,
    };
    issued += 1;
    accessTokens.set(tokens.accessToken, login);
    if (keep === undefined) refreshTokens.set(refreshToken, { login, rotation, issuedAtMs: now });
    return tokens;
  };
  const otherThan = (account: Account): Account =>
    accounts.find((other) => other.accountId !== account.accountId) ?? {
      ...account,
      accountId: "acc-emulator-other",
      userId: "user-emulator-other",
      email: "someone.else@example.test",
    };
  const findLogin = (token: string): Login | undefined => refreshTokens.get(token)?.login ?? accessTokens.get(token);
  const start = (): void => {
    issued = 0;
    logins = [];
    refreshTokens.clear();
    accessTokens.clear();
    refreshTokens.set(FIRST_REFRESH_TOKEN, {
      login: openLogin(accounts[0], undefined),
      rotation: 0,
      issuedAtMs: clock(),
    });
  };
  start();
  return {
    open: (account, clientId, lifeMs = rules.accessTokenLifeMs) =>
      issue(openLogin(account, clientId), clientId, 0, lifeMs),
    judgeRefresh: (refreshToken, clientId) => {
      const known = refreshTokens.get(refreshToken);
      if (known === undefined) return "unknown";
      const { login, spent, issuedAtMs } = known;
      if (login.clientId !== undefined && login.clientId !== clientId) return "other-client";
      if (login.revoked) return "invalidated";
      if (issuedAtMs + rules.refreshTokenLifeMs <= clock()) return "expired";
      if (spent === undefined) return "good";
      return reuse === "tolerated" && clock() < spent.atMs + rules.reuseWindowMs ? "tolerated" : "reused";
    },
    rotate: (refreshToken, clientId, change = {}) => {
      const known = refreshTokens.get(refreshToken);
      if (known === undefined) throw new Error("rotate was called for an unknown refresh token");
      if (known.spent !== undefined) return known.spent.successor;
      const { login } = known;
      if (change.keepRefreshToken === true)
        return issue(login, clientId, known.rotation, rules.accessTokenLifeMs, refreshToken);
      const heir = change.otherAccount === true ? openLogin(otherThan(login.account), login.clientId) : login;
      const successor = issue(heir, clientId, known.rotation + 1, rules.accessTokenLifeMs);
      known.spent = { atMs: clock(), successor };
      return successor;
    },
    judgeAccess: (accessToken) => {
      const login = accessTokens.get(accessToken);
      if (login === undefined) return undefined;
      const { account } = login;
      if (login.revoked) return { verdict: "revoked", account };
      return { verdict: (tokenExpiryMs(accessToken) ?? 0) <= clock() ? "expired" : "accepted", account };
    },
    accountOf: (refreshToken) => refreshTokens.get(refreshToken)?.login.account,
    clientOf: (token) => {
      const login = findLogin(token);
      return login === undefined ? undefined : (login.clientId ?? null);
    },
    revoke: (token) => {
      const login = findLogin(token);
      if (login !== undefined) login.revoked = true;
      return login !== undefined;
    },
    revokeAll: (accountId) => {
      for (const login of logins)
        if (accountId === undefined || login.account.accountId === accountId) login.revoked = true;
    },
    label: (refreshToken) => {
      const known = refreshTokens.get(refreshToken);
      return known === undefined ? "unknown" : `${known.login.number}.${known.rotation}`;
    },
    get firstRevoked() {
      return logins[0]?.revoked === true;
    },
    get issued() {
      return issued;
    },
    reset: start,
  };
}
