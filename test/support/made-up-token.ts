/** An unsigned JWT with these claims (codex-backend contract 6.1). */
export function madeUpToken(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.${Buffer.from("made up").toString("base64url")}`;
}

/** The claims that ChatGPT tokens carry; `exp` in seconds. */
export function chatGptClaims(accountId: string, exp: number, plan = "plus"): Readonly<Record<string, unknown>> {
  return {
    iss: "https://auth.openai.com",
    exp,
    iat: exp - 864_000,
    email: "someone@example.test",
    "https://api.openai.com/auth": { chatgpt_account_id: accountId, chatgpt_plan_type: plan },
    "https://api.openai.com/profile": { email: "someone@example.test" },
  };
}
