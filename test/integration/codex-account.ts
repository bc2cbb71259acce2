import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Emulator } from "@limn/emulator";

/** Whom a Codex home belongs to, and where its service is. */
export interface EmulatedCodexAccount {
  /** `auth.json`; null = nobody is signed in. */
  readonly login: string | null;
  /** `config.toml` */
  readonly settings: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** The real Codex program of test/judges. */
const realCodex = resolve(import.meta.dirname, "../judges/node_modules/.bin/codex");
export const whyNoRealCodex = existsSync(realCodex)
  ? null
  : "the real Codex program is not installed (npm ci --prefix test/judges)";

/** A home for the real program whose service is the emulator (codex-backend contract 8, recipe A). */
export function accountAtEmulator(emulator: Emulator, baseURL: string): EmulatedCodexAccount {
  const { origin } = new URL(baseURL);
  return {
    login: JSON.stringify(emulator.codexAuthFile()),
    // Two origins, so that Codex does not move its traffic to the workspace's own.
    settings: [
      `chatgpt_base_url = "${origin.replace("127.0.0.1", "localhost")}/backend-api/"`,
      `openai_base_url = "${origin}/backend-api/codex"`,
      "check_for_update_on_startup = false",
      "",
    ].join("\n"),
    variables: {
      LIMN_CODEX_BIN: realCodex,
      CODEX_REFRESH_TOKEN_URL_OVERRIDE: `${origin}/oauth/token`,
      CODEX_REVOKE_TOKEN_URL_OVERRIDE: `${origin}/oauth/revoke`,
    },
  };
}
