import { member, numberOf, parseJson, textOf } from "../json/index.ts";

/** What a ChatGPT token says about itself. Display and routing only: no signature is checked, nothing is decided by trust in it. */
export interface TokenClaims {
  readonly accountId: string | null;
  readonly plan: string | null;
  readonly email: string | null;
  readonly expiresAtMs: number | null;
  readonly issuedAtMs: number | null;
  /** Headers that a request for this account must carry (codex-backend contract 2.2): FedRAMP and data residency. */
  readonly accountHeaders: Readonly<Record<string, string>>;
}

const noClaims: TokenClaims = {
  accountId: null,
  plan: null,
  email: null,
  expiresAtMs: null,
  issuedAtMs: null,
  accountHeaders: {},
};

/** Claims of a JWT (codex-backend contract 6.1); all null for an opaque token, which is legitimate. */
export function readTokenClaims(token: string): TokenClaims {
  const payload = token.split(".")[1];
  if (payload === undefined) return noClaims;
  const claims = parseJson(Buffer.from(payload, "base64url").toString("utf8"));
  const auth = member(claims, "https://api.openai.com/auth");
  return {
    accountId: textOf(member(auth, "chatgpt_account_id")),
    plan: textOf(member(auth, "chatgpt_plan_type")),
    email: textOf(member(claims, "email")) ?? textOf(member(member(claims, "https://api.openai.com/profile"), "email")),
    expiresAtMs: seconds(member(claims, "exp")),
    issuedAtMs: seconds(member(claims, "iat")),
    accountHeaders: accountHeaders(auth),
  };
}

/** Milliseconds; null for a number that is no time, which would break every report about it. */
function seconds(value: unknown): number | null {
  const found = numberOf(value);
  return found === null || Math.abs(found) > 8.64e12 ? null : found * 1000;
}

/** A residency that binds nothing is not sent. */
function accountHeaders(auth: unknown): Readonly<Record<string, string>> {
  const residency = textOf(member(auth, "chatgpt_compute_residency")) ?? textOf(member(auth, "chatgpt_data_residency"));
  const isBound = residency !== null && /^[a-z][a-z_-]{1,15}$/.test(residency) && residency !== "no_constraint";
  return {
    ...(member(auth, "chatgpt_account_is_fedramp") === true ? { "x-openai-fedramp": "true" } : {}),
    ...(isBound ? { "x-openai-internal-codex-residency": residency } : {}),
  };
}
