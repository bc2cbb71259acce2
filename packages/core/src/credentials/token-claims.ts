import { member, numberOf, parseJson, textOf } from "../json/index.ts";

/** What a ChatGPT token says about itself. Display and routing only: no signature is checked, nothing is decided by trust in it. */
export interface TokenClaims {
  readonly accountId: string | null;
  readonly plan: string | null;
  readonly email: string | null;
  readonly expiresAtMs: number | null;
  readonly issuedAtMs: number | null;
}

const noClaims: TokenClaims = { accountId: null, plan: null, email: null, expiresAtMs: null, issuedAtMs: null };

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
  };
}

function seconds(value: unknown): number | null {
  const found = numberOf(value);
  return found === null ? null : found * 1000;
}
