/** An unsigned token with the claims that Codex reads (codex-backend contract 6.1). */
export function jwt({ plan = "plus" }: { readonly plan?: string }): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const auth = { chatgpt_plan_type: plan, chatgpt_account_id: "acc-1" };
  return `${part({ alg: "none" })}.${part({ exp: 4_000_000_000, "https://api.openai.com/auth": auth })}.x`;
}
