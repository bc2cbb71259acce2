/** Tokens that the sign-in service handed out. Absent ones keep their old value (codex-backend contract 6.4). */
export interface TokenGrant {
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly idToken: string | null;
}

/** Why the service will never take a refresh token again. */
export type RefreshRejection = "expired" | "reused" | "revoked" | "refused";

/** What the sign-in service said when a login was to be renewed. */
export type RefreshOutcome =
  | { readonly kind: "granted"; readonly grant: TokenGrant }
  | { readonly kind: "rejected"; readonly reason: RefreshRejection };

/** What limn's own login needs of the sign-in service. */
export interface TokenService {
  /** Where the tokens come from and may go to; an origin with path, without a trailing slash. */
  readonly issuer: string;
  readonly clientId: string;
  /**
   * Spend a single-use refresh token. A permanent refusal is an outcome; trouble on the way is thrown and leaves the token as good as before.
   * @throws connection_failed, timeout, network_blocked, rate_limited, service_error, unexpected_response
   */
  refresh(
    refreshToken: string,
    reason: "proactive_expiry" | "unauthorized_recovery",
    signal: AbortSignal,
  ): Promise<RefreshOutcome>;
}
