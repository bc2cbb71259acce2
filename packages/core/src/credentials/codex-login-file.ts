import { isObject, member, parseJson, textOf } from "../json/index.ts";
import { readTokenClaims } from "./token-claims.ts";

/**
 * What Codex's `auth.json` says (codex-backend contract 6.1). The refresh token is not taken out of it: limn has no use for it,
 * and what is not held cannot leak or be spent.
 */
export type CodexLogin =
  | {
      readonly kind: "chatgpt";
      readonly accessToken: string;
      readonly accountId: string | null;
      readonly plan: string | null;
      readonly email: string | null;
      readonly expiresAtMs: number | null;
    }
  | { readonly kind: "api_key" }
  | { readonly kind: "other_mode"; readonly mode: string }
  | { readonly kind: "signed_out" }
  | { readonly kind: "accounts_differ" }
  | { readonly kind: "malformed"; readonly problem: string };

const chatGptModes: ReadonlySet<string> = new Set(["chatgpt", "chatgptAuthTokens"]);

export function readCodexLogin(content: string): CodexLogin {
  const file = parseJson(content);
  if (file === undefined)
    return { kind: "malformed", problem: content.trim() === "" ? "it is empty" : "it is not valid JSON" };
  if (!isObject(file)) return { kind: "malformed", problem: "it is not a JSON object" };
  const mode = textOf(member(file, "auth_mode"));
  const apiKey = textOf(member(file, "OPENAI_API_KEY"));
  const tokens = member(file, "tokens");
  const accessToken = textOf(member(tokens, "access_token"));
  if (mode === "apikey" || (mode === null && apiKey !== null)) return { kind: "api_key" };
  if (mode !== null && !chatGptModes.has(mode)) return { kind: "other_mode", mode };
  if (accessToken === null) return { kind: "signed_out" };
  if (!/^[\x21-\x7e]+$/.test(accessToken))
    return { kind: "malformed", problem: "its access token holds characters that no token has" };
  const access = readTokenClaims(accessToken);
  const idToken = textOf(member(tokens, "id_token"));
  const identity = idToken === null ? null : readTokenClaims(idToken);
  const stored = textOf(member(tokens, "account_id"));
  // login-stores 0.2: a file whose account and token disagree is mixed up; neither is used.
  if (stored !== null && access.accountId !== null && stored !== access.accountId) return { kind: "accounts_differ" };
  return {
    kind: "chatgpt",
    accessToken,
    accountId: stored ?? access.accountId,
    // The plan comes from the id token, the expiry from the access token (6.1).
    plan: identity?.plan ?? access.plan,
    email: identity?.email ?? access.email,
    expiresAtMs: access.expiresAtMs,
  };
}
