import { isRecord } from "../values.ts";
import type { Account } from "./account.ts";

/** What one token is. */
export interface TokenOptions {
  readonly clientId: string;
  readonly issuedAtMs: number;
  readonly expiresAtMs: number;
  /** Makes two tokens of the same second differ; it stands in the place of the signature. */
  readonly serial: string;
}

/** A made-up, unsigned JWT with exactly the claims that clients read (codex-backend contract 6.1, 2.2). */
export function makeToken(account: Account, options: TokenOptions): string {
  const { email, userId, dataResidency, computeResidency } = account;
  const claims = {
    iss: "https://auth.openai.com",
    aud: [options.clientId],
    sub: `auth0|${userId}`,
    email,
    email_verified: true,
    iat: Math.floor(options.issuedAtMs / 1000),
    exp: Math.floor(options.expiresAtMs / 1000),
    "https://api.openai.com/auth": {
      chatgpt_account_id: account.accountId,
      chatgpt_user_id: userId,
      user_id: userId,
      chatgpt_plan_type: account.plan,
      chatgpt_account_is_fedramp: account.fedramp,
      ...(dataResidency === undefined ? {} : { chatgpt_data_residency: dataResidency }),
      ...(computeResidency === undefined ? {} : { chatgpt_compute_residency: computeResidency }),
      organizations: [{ id: "org-emulator", is_default: true, role: "owner", title: "Personal" }],
      groups: [],
    },
    "https://api.openai.com/profile": { email, email_verified: true },
  };
  const signature = Buffer.from(`emulated ${options.serial}`).toString("base64url");
  return [encode({ alg: "none", typ: "JWT" }), encode(claims), signature].join(".");
}

/** When a JWT expires, in ms since the epoch; undefined for an opaque token or one without `exp`. */
export function tokenExpiryMs(token: string): number | undefined {
  const [, payload = ""] = token.split(".");
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, "base64url").toString("utf8"));
    return isRecord(claims) && typeof claims["exp"] === "number" ? claims["exp"] * 1000 : undefined;
  } catch {
    return undefined;
  }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
