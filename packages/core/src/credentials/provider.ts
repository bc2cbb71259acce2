import type { Credential, CredentialProvider, CredentialSource } from "../contracts/credential.ts";
import { LimnError } from "../errors/index.ts";

export interface ProviderOptions {
  /** In order of preference. */
  readonly sources: readonly CredentialSource[];
  /** Set when stored logins may not be sent to the configured address: which address, and where it was set. */
  readonly withheldFor?: string;
}

/**
 * The first source that has a login decides: a login that is there and cannot be used is told, not silently passed over.
 * Read again for every request, since the owner may have renewed it (login-stores 0.5).
 */
export function createCredentialProvider({ sources, withheldFor }: ProviderOptions): CredentialProvider {
  const get = async (): Promise<Credential> => {
    for (const source of sources) {
      const credential = await source.find();
      if (credential !== null) return credential;
    }
    if (withheldFor !== undefined) {
      throw new LimnError("login_missing", {
        message: `No stored login is sent to ${withheldFor}, because that address was not set in your own settings.`,
        hint: `If you trust it: limn config set baseUrl ${withheldFor} — or hand in a token for it: LIMN_ACCESS_TOKEN=… limn …`,
      });
    }
    throw new LimnError("login_missing", {
      message: "Nobody is signed in: neither LIMN_ACCESS_TOKEN nor a ChatGPT login of Codex was found.",
      hint: 'Sign in with the Codex program: codex login — or try without a login: limn generate "a red fox" --sandbox',
    });
  };

  const recover = async (refused: Credential): Promise<Credential | null> => {
    const source = sources.find((candidate) => candidate.id === refused.source);
    return source === undefined ? null : source.recover(refused);
  };

  return { get, recover, reports: async () => Promise.all(sources.map(async (source) => source.report())) };
}
