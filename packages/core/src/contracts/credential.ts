/** A login that can be used now. Holds its token privately: printing, serialising or inspecting it shows no secret. */
export interface Credential {
  /** Whose login: `token` (LIMN_ACCESS_TOKEN), `limn`, `codex`, `pi`, `opencode`, `hermes`, `sandbox`. */
  readonly source: string;
  readonly accountId: string | null;
  /** As the login claims it; unknown names are kept as they are. */
  readonly plan: string | null;
  readonly email: string | null;
  /** Milliseconds since the epoch, or null when the token does not say. */
  readonly expiresAtMs: number | null;
  /** Further headers that requests for this account must carry: FedRAMP, data residency. */
  readonly accountHeaders: Readonly<Record<string, string>>;
  /** The only way to the token; for request headers. */
  revealToken(): string;
}

/** What a source holds, told without any secret; for `status` and `doctor`. */
export interface CredentialReport {
  readonly source: string;
  /** Where it was looked for: a path or a variable's name. */
  readonly place: string;
  readonly state: "usable" | "absent" | "expired" | "refused" | "unreadable";
  readonly plan: string | null;
  readonly accountSuffix: string | null;
  readonly email: string | null;
  readonly expiresAt: string | null;
  /** Why it is not usable, with the next step. */
  readonly problem: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
}

/**
 * One place where a login may be. Never writes, never refreshes what it does not own.
 */
export interface CredentialSource {
  readonly id: string;
  /** Null when there is none here. @throws login_expired, login_refused, login_unreadable when there is one that cannot be used */
  find(): Promise<Credential | null>;
  /**
   * Called once after the service refused `refused`: look again.
   * Null when there is nothing newer. @throws login_account_changed when the account is another one
   */
  recover(refused: Credential): Promise<Credential | null>;
  /** What it has, for people; reads no more than it must. */
  report(): Promise<CredentialReport>;
}

/** Chooses among the sources. What the transport knows of logins. */
export interface CredentialProvider {
  /** @throws login_missing, login_expired, login_refused, login_unreadable */
  get(): Promise<Credential>;
  /** Another credential after a refusal; null when there is none. */
  recover(refused: Credential): Promise<Credential | null>;
  /** Every source, in the order in which they are asked. */
  reports(): Promise<readonly CredentialReport[]>;
}
