import { isRecord } from "../values.ts";

/** Who a made-up token is about. */
export interface TokenSubject {
  readonly accountId: string;
  readonly email: string;
  readonly plan: string;
}

const TOKEN_LIFE_SECONDS = 10 * 24 * 3600;

/**
 * A made-up, unsigned JWT with the claims that clients read (codex-backend contract 6.1). It lives ten days from
 * `issuedAtMs`, as the live tokens are reported to. `serial` makes two tokens of the same second differ.
 */
export function makeToken(subject: TokenSubject, issuedAtMs: number, serial: number): string {
  const issuedAt = Math.floor(issuedAtMs / 1000);
  const userId = "user-emulator-0001";
  const claims = {
    iss: "https://auth.openai.com",
    aud: ["app_emulator"],
    sub: "auth0|emulator",
    jti: `emulator-${serial}`,
    email: subject.email,
    email_verified: true,
    iat: issuedAt,
    exp: issuedAt + TOKEN_LIFE_SECONDS,
    "https://api.openai.com/auth": {
      chatgpt_account_id: subject.accountId,
      chatgpt_user_id: userId,
      user_id: userId,
      chatgpt_plan_type: subject.plan,
      chatgpt_account_is_fedramp: false,
      organizations: [{ id: "org-emulator", is_default: true, role: "owner", title: "Personal" }],
      groups: [],
    },
    "https://api.openai.com/profile": { email: subject.email, email_verified: true },
  };
  return [encode({ alg: "none", typ: "JWT" }), encode(claims), Buffer.from("emulated").toString("base64url")].join(".");
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
