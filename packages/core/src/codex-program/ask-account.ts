import { member, textOf } from "../json/index.ts";
import type { AppServer } from "./app-server.ts";

/** Who Codex says is signed in. */
export type CodexAccount =
  | { readonly kind: "chatgpt"; readonly plan: string | null; readonly userId: string | null }
  | { readonly kind: "other"; readonly type: string }
  | { readonly kind: "none"; readonly requiresOpenaiAuth: boolean };

/**
 * Codex's own word about its login, wherever it is kept; for a ChatGPT login it asks the service first, for up to 15 s (codex-backend
 * contract 2.4, 7.3). Nothing is refreshed on purpose. @throws engine_exited, engine_unavailable
 */
export async function readCodexAccount(server: AppServer): Promise<CodexAccount> {
  const answer = await server.request("account/read", { refreshToken: false });
  const account = member(answer, "account");
  const type = textOf(member(account, "type"));
  if (type === null) return { kind: "none", requiresOpenaiAuth: member(answer, "requiresOpenaiAuth") !== false };
  if (type !== "chatgpt") return { kind: "other", type };
  return { kind: "chatgpt", plan: textOf(member(account, "planType")), userId: textOf(member(answer, "userId")) };
}
