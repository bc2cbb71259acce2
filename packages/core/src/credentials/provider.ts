import type { Credential, CredentialProvider, CredentialSource } from "../contracts/credential.ts";
import { LimnError, isLimnError } from "../errors/index.ts";

/** A source and what becomes of the search when its login cannot be used. */
export interface RankedSource {
  readonly source: CredentialSource;
  /** `stop`: it was chosen on purpose, so its trouble is told. `next`: another one may serve. */
  readonly onProblem: "stop" | "next";
}

export interface ProviderOptions {
  /** In order of preference. */
  readonly sources: readonly RankedSource[];
  /** Set when stored logins may not be sent to the configured address: which address. */
  readonly withheldFor?: string;
  /** Set when one of limn's own logins was named, so that no other one counts. */
  readonly profile?: string;
}

/**
 * The first usable login in a fixed order. When there is none, the first trouble that was met is told, because that is the login which
 * its user most likely means. Sources are asked anew for every request, since their owners may have renewed them (login-stores 0.5).
 */
export function createCredentialProvider({ sources, withheldFor, profile }: ProviderOptions): CredentialProvider {
  const get = async (): Promise<Credential> => {
    let firstProblem: LimnError | null = null;
    for (const { source, onProblem } of sources) {
      try {
        const credential = await source.find();
        if (credential !== null) return credential;
      } catch (error) {
        if (onProblem === "stop" || !isLimnError(error)) throw error;
        firstProblem ??= error;
      }
    }
    throw firstProblem ?? nobody(withheldFor, profile);
  };

  const recover = async (refused: Credential): Promise<Credential | null> => {
    const ranked = sources.find(({ source }) => source.id === refused.source);
    return ranked === undefined ? null : ranked.source.recover(refused);
  };

  return { get, recover, reports: async () => Promise.all(sources.map(async ({ source }) => source.report())) };
}

function nobody(withheldFor: string | undefined, profile: string | undefined): LimnError {
  if (withheldFor !== undefined) {
    return new LimnError("login_missing", {
      message: `No stored login is sent to ${withheldFor}, because that address was not set in your own settings.`,
      hint: `If you trust it: limn config set baseUrl ${withheldFor} — or hand in a token for it: LIMN_ACCESS_TOKEN=… limn …`,
    });
  }
  if (profile !== undefined) {
    return new LimnError("login_missing", {
      message: `Nobody is signed in to limn under the profile "${profile}", and no other login counts when one is named.`,
      hint: `Sign in: limn login --profile ${profile}`,
    });
  }
  return new LimnError("login_missing", {
    message: "Nobody is signed in: there is no login of limn, and none of Codex, Pi, opencode or Hermes to borrow.",
    hint: 'Sign in: limn login — or try without a login: limn generate "a red fox" --sandbox',
  });
}
