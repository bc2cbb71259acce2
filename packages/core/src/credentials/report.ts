import type { Credential, CredentialReport } from "../contracts/credential.ts";
import { shorten, toLimnError } from "../errors/index.ts";

/** Tell what a source holds without throwing and without a secret. */
export async function describeProblem(
  source: string,
  place: string,
  find: () => Promise<Credential | null>,
): Promise<CredentialReport> {
  const nothing = { source, place, plan: null, accountSuffix: null, email: null, expiresAt: null, problem: null };
  try {
    const credential = await find();
    if (credential === null) return { ...nothing, state: "absent" };
    return {
      ...nothing,
      state: "usable",
      plan: credential.plan,
      accountSuffix: credential.accountId === null ? null : shorten(credential.accountId),
      email: credential.email,
      expiresAt: credential.expiresAtMs === null ? null : new Date(credential.expiresAtMs).toISOString(),
    };
  } catch (error) {
    const { code, message, hint } = toLimnError(error);
    const state = code === "login_expired" ? "expired" : code === "login_unreadable" ? "unreadable" : "refused";
    return { ...nothing, state, problem: { code, message, hint } };
  }
}
