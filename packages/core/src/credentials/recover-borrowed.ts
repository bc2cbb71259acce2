import type { Credential } from "../contracts/credential.ts";
import { LimnError } from "../errors/index.ts";

/**
 * After the service refused a borrowed token: the owner may have renewed it meanwhile. The same account and another token are worth one
 * more try; anything else is not. @throws login_account_changed
 */
export async function recoverBorrowed(
  find: () => Promise<Credential | null>,
  refused: Credential,
  owner: string,
): Promise<Credential | null> {
  const again = await find();
  if (again === null || again.revealToken() === refused.revealToken()) return null;
  if (again.accountId === refused.accountId) return again;
  throw new LimnError("login_account_changed", {
    message: `${owner} was signed in to another account while limn was at work.`,
    hint: "Start the command again to use the new account.",
  });
}
