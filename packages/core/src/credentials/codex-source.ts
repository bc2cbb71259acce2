import { join } from "node:path";
import type { Credential, CredentialSource } from "../contracts/credential.ts";
import { LimnError, isLimnError } from "../errors/index.ts";
import { ChatGptCredential } from "./chatgpt-credential.ts";
import { readCodexLogin } from "./codex-login-file.ts";
import type { CodexLogin } from "./codex-login-file.ts";
import { readCodexSettings } from "./codex-settings.ts";
import { expiredError, isExpired } from "./expiry.ts";
import { readBorrowedFile, unreadableLogin } from "./read-login-file.ts";
import { recoverBorrowed } from "./recover-borrowed.ts";
import { describeProblem } from "./report.ts";
import { readTokenClaims } from "./token-claims.ts";

export interface CodexSourceOptions {
  /** `$CODEX_HOME`, absolute; null when there is no home folder. */
  readonly codexHome: string | null;
  readonly clock: () => number;
  /** Asks the Codex program for the token of a login in the OS keychain; null when there is no program or no login. */
  readonly askForToken: () => Promise<string | null>;
  /** Lets Codex renew an expired login; null unless the user wants that (the setting `borrow.renew`). */
  readonly renew: (() => Promise<unknown>) | null;
}

/**
 * Codex's login, borrowed: its file is read, never written, locked or renewed.
 * Renewing is Codex's affair, since its refresh tokens are single-use (codex-backend contract 6.4).
 */
export function createCodexSource({ codexHome, clock, askForToken, renew }: CodexSourceOptions): CredentialSource {
  const place = codexHome === null ? "~/.codex/auth.json" : join(codexHome, "auth.json");

  const askProgram = async (): Promise<CodexLogin | null> => {
    const token = await askForToken();
    return token === null ? null : { kind: "chatgpt", accessToken: token, ...readTokenClaims(token) };
  };

  const find = async (): Promise<Credential | null> => {
    try {
      return await look();
    } catch (error) {
      if (renew === null || !isLimnError(error) || error.code !== "login_expired") throw error;
      await renew();
      return look();
    }
  };

  const look = async (): Promise<Credential | null> => {
    if (codexHome === null) return null;
    const settings = await readCodexSettings(codexHome);
    const login =
      (await readBorrowedFile(place, readCodexLogin, ({ kind }) => kind === "malformed")) ??
      (settings.mayUseKeychain ? await askProgram() : null);
    if (login === null) return null;
    if (login.kind !== "chatgpt") throw refusal(login, place);
    const { thirdPartyProvider } = settings;
    if (thirdPartyProvider !== null) {
      throw new LimnError("login_refused", {
        message: `Codex is set to the model provider "${thirdPartyProvider}" (model_provider in ${join(codexHome, "config.toml")}), which has no ChatGPT plan to use.`,
        hint: 'Remove model_provider there, or set it to "openai", and sign in with: codex login — or sign in with limn: limn login',
        details: { kind: "third_party_provider", provider: thirdPartyProvider },
      });
    }
    if (login.expiresAtMs !== null && isExpired(login.expiresAtMs, clock())) {
      throw expiredError(
        "The ChatGPT login of Codex",
        login.expiresAtMs,
        clock(),
        'Let Codex renew it with any command, for example: codex exec "hi" — let limn ask it to: limn login --renew codex',
      );
    }
    return new ChatGptCredential({ ...login, source: "codex", token: login.accessToken });
  };

  return {
    id: "codex",
    find,
    recover: async (refused) => recoverBorrowed(find, refused, "Codex"),
    report: async () => describeProblem("codex", place, look),
  };
}

function refusal(login: Exclude<CodexLogin, { kind: "chatgpt" }>, path: string): LimnError {
  switch (login.kind) {
    case "api_key":
      return new LimnError("login_refused", {
        message: "Codex is signed in with an API key. limn never spends one: it uses the ChatGPT plan.",
        hint: "Sign in with ChatGPT: codex login",
        details: { kind: "api_key", path },
      });
    case "other_mode":
      return new LimnError("login_refused", {
        message: `Codex is signed in in the mode "${login.mode}", which has no ChatGPT plan to use.`,
        hint: "Sign in with ChatGPT: codex login",
        details: { kind: "other_mode", mode: login.mode, path },
      });
    case "signed_out":
      return new LimnError("login_missing", {
        message: `Codex has a login file (${path}) without a ChatGPT token in it.`,
        hint: "Sign in with ChatGPT: codex login",
        details: { path },
      });
    case "accounts_differ":
      return new LimnError("login_refused", {
        message: `The login file ${path} names one account and its token another, so neither is used.`,
        hint: "Sign in again: codex logout && codex login",
        details: { kind: "accounts_differ", path },
      });
    case "malformed":
      return unreadableLogin(path, login.problem);
  }
}
