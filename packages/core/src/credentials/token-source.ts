import type { Credential, CredentialReport, CredentialSource } from "../contracts/credential.ts";
import { LimnError, Secret } from "../errors/index.ts";
import { ChatGptCredential } from "./chatgpt-credential.ts";
import { expiredError, isExpired } from "./expiry.ts";
import { describeProblem } from "./report.ts";
import { readTokenClaims } from "./token-claims.ts";

export const tokenVariable = "LIMN_ACCESS_TOKEN";

/** A token handed in for one run; never stored, never renewed. */
export function createTokenSource(token: string, clock: () => number, source: string = "token"): CredentialSource {
  const secret = new Secret(token);
  const find = async (): Promise<Credential> => {
    const value = secret.reveal().trim();
    // A header value; anything else would make the request itself malformed.
    if (!/^[\x21-\x7e]+$/.test(value)) {
      throw new LimnError("login_unreadable", {
        message: `${tokenVariable} holds characters that no access token has (${value.length} characters).`,
        hint: `Set ${tokenVariable} to the bare token, without "Bearer" and without line breaks.`,
      });
    }
    if (value.startsWith("sk-")) {
      throw new LimnError("login_refused", {
        message: `${tokenVariable} holds an API key. limn never spends one: it uses the ChatGPT plan.`,
        hint: "Sign in with ChatGPT instead: codex login",
        details: { kind: "api_key" },
      });
    }
    const claims = readTokenClaims(value);
    if (claims.expiresAtMs !== null && isExpired(claims.expiresAtMs, clock())) {
      throw expiredError(
        `The access token in ${tokenVariable}`,
        claims.expiresAtMs,
        clock(),
        `Set ${tokenVariable} to a fresh token, or unset it to use the login of Codex.`,
      );
    }
    return new ChatGptCredential({ source, token: value, ...claims });
  };
  return {
    id: source,
    find,
    // The variable cannot change under a running process.
    recover: async () => null,
    report: async (): Promise<CredentialReport> => describeProblem(source, tokenVariable, find),
  };
}
