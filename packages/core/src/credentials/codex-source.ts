import { open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Credential, CredentialSource } from "../contracts/credential.ts";
import { LimnError } from "../errors/index.ts";
import { errno } from "../files/index.ts";
import { member, textOf } from "../json/index.ts";
import { ChatGptCredential } from "./chatgpt-credential.ts";
import { readCodexLogin } from "./codex-login-file.ts";
import type { CodexLogin } from "./codex-login-file.ts";
import { expiredError, isExpired } from "./expiry.ts";
import { describeProblem } from "./report.ts";

/** A login file is a few kilobytes; more is something else (login-stores 0.7). */
const maxFileBytes = 1024 * 1024;
/** Older Codex versions write the file in place, so a reader can see it cut: look again (login-stores 0.4). */
const rereadDelaysMs = [50, 100, 200];

export interface CodexSourceOptions {
  /** `$CODEX_HOME`, absolute; null when there is no home folder. */
  readonly codexHome: string | null;
  readonly clock: () => number;
}

/**
 * Codex's login, borrowed: its file is read, never written, locked or renewed.
 * Renewing is Codex's affair, since its refresh tokens are single-use (codex-backend contract 6.4).
 */
export function createCodexSource({ codexHome, clock }: CodexSourceOptions): CredentialSource {
  const place = codexHome === null ? "~/.codex/auth.json" : join(codexHome, "auth.json");

  const find = async (): Promise<Credential | null> => {
    if (codexHome === null) return null;
    const login = await readLogin(place);
    if (login === null) return null;
    if (login.kind !== "chatgpt") throw refusal(login, place);
    const provider = await thirdPartyProvider(codexHome);
    if (provider !== null) {
      throw new LimnError("login_refused", {
        message: `Codex is set to the model provider "${provider}" (model_provider in ${join(codexHome, "config.toml")}), which has no ChatGPT plan to use.`,
        hint: 'Remove model_provider there, or set it to "openai", and sign in with: codex login',
        details: { kind: "third_party_provider", provider },
      });
    }
    if (login.expiresAtMs !== null && isExpired(login.expiresAtMs, clock())) {
      throw expiredError(
        "The ChatGPT login of Codex",
        login.expiresAtMs,
        clock(),
        'Let Codex renew it with any command, for example: codex exec "hi" — or sign in again: codex login',
      );
    }
    return new ChatGptCredential({ ...login, source: "codex", token: login.accessToken });
  };

  const recover = async (refused: Credential): Promise<Credential | null> => {
    const again = await find();
    if (again === null || again.revealToken() === refused.revealToken()) return null;
    if (again.accountId === refused.accountId) return again;
    throw new LimnError("login_account_changed", {
      message: "Codex was signed in to another account while limn was at work.",
      hint: "Start the command again to use the new account.",
    });
  };

  return { id: "codex", find, recover, report: async () => describeProblem("codex", place, find) };
}

async function readLogin(path: string): Promise<CodexLogin | null> {
  for (let attempt = 0; ; attempt += 1) {
    const content = await readLoginFile(path);
    if (content === null) return null;
    const login = readCodexLogin(content);
    const pause = rereadDelaysMs[attempt];
    if (login.kind !== "malformed" || pause === undefined) return login;
    await delay(pause);
  }
}

async function readLoginFile(path: string): Promise<string | null> {
  try {
    const file = await open(path, "r");
    try {
      const facts = await file.stat();
      if (!facts.isFile() || facts.size > maxFileBytes) {
        throw unreadable(
          path,
          facts.isFile() ? `it has ${facts.size} bytes, more than any login file` : "it is not a file",
        );
      }
      return await file.readFile("utf8");
    } finally {
      await file.close();
    }
  } catch (error) {
    const name = errno(error);
    if (name === "ENOENT" || name === "ENOTDIR") return null;
    if (name === "EACCES" || name === "EPERM") throw unreadable(path, "permission denied");
    if (name === "ELOOP") throw unreadable(path, "it is a symbolic link to itself");
    throw error;
  }
}

function unreadable(path: string, why: string): LimnError {
  return new LimnError("login_unreadable", {
    message: `The login file ${path} cannot be used: ${why}.`,
    hint: "Check the file, or sign in again: codex login",
    details: { path },
  });
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
      return unreadable(path, login.problem);
  }
}

/** The `model_provider` of Codex's `config.toml` when it is not OpenAI's (open-design-provider O42). */
async function thirdPartyProvider(codexHome: string): Promise<string | null> {
  let content: string;
  try {
    content = await readFile(join(codexHome, "config.toml"), "utf8");
  } catch {
    // No settings, or none that can be read: Codex's default provider.
    return null;
  }
  if (!content.includes("model_provider")) return null;
  const { parse } = await import("smol-toml");
  let settings: unknown;
  try {
    settings = parse(content);
  } catch {
    // Codex itself refuses to start with such a file; the login is not affected.
    return null;
  }
  const provider = textOf(member(settings, "model_provider"));
  return provider === null || provider.toLowerCase() === "openai" ? null : provider;
}
