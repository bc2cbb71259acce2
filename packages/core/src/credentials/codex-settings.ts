import { join } from "node:path";
import { member, textOf } from "../json/index.ts";
import { readBorrowedFile } from "./read-login-file.ts";

/** What of Codex's `config.toml` matters to its login. */
export interface CodexSettings {
  /** The model provider when it is not OpenAI's (open-design-provider O42). */
  readonly thirdPartyProvider: string | null;
  /** The login may be in the OS keychain, where only Codex can read it (codex-backend contract 6.2). */
  readonly mayUseKeychain: boolean;
}

const defaults: CodexSettings = { thirdPartyProvider: null, mayUseKeychain: false };

export async function readCodexSettings(codexHome: string): Promise<CodexSettings> {
  // No settings, or none that can be read: Codex's defaults.
  const path = join(codexHome, "config.toml");
  const content = await readBorrowedFile(
    path,
    (text) => text,
    () => false,
  ).catch(() => null);
  if (content === null) return defaults;
  if (!content.includes("model_provider") && !content.includes("cli_auth_credentials_store")) return defaults;
  const { parse } = await import("smol-toml");
  let settings: unknown;
  try {
    settings = parse(content);
  } catch {
    // Codex itself refuses to start with such a file; the login is not affected.
    return defaults;
  }
  const provider = textOf(member(settings, "model_provider"));
  const store = textOf(member(settings, "cli_auth_credentials_store"));
  return {
    thirdPartyProvider: provider === null || provider.toLowerCase() === "openai" ? null : provider,
    mayUseKeychain: store === "keyring" || store === "auto",
  };
}
