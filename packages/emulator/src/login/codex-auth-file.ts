import type { IssuedLogin } from "../sign-in/logins.ts";
import type { Account } from "./account.ts";
import { makeToken } from "./json-web-token.ts";

/** The kinds of login that `auth.json` knows (codex-backend contract 6.1). */
export type CodexAuthKind =
  | "chatgpt"
  | "apikey"
  | "chatgptAuthTokens"
  | "agentIdentity"
  | "personalAccessToken"
  | "bedrockApiKey"
  | "bedrockAccessKeys"
  | "headers";

/** What to change about the made-up `auth.json`. */
export interface CodexAuthFileOptions {
  /** Default `chatgpt`. */
  readonly kind?: CodexAuthKind;
  /** Whose tokens; default: the configured one's. The other options override single fields. */
  readonly login?: IssuedLogin;
  /** Tokens whose `exp` lies an hour back. Default false. */
  readonly expired?: boolean;
  /** Default: the emulator's current token. */
  readonly accessToken?: string;
  /** Default `rt_emulator_0001`, which `/oauth/token` takes once. */
  readonly refreshToken?: string;
  /** Default: the emulator's; null writes null, and then clients send no account header. */
  readonly accountId?: string | null;
  readonly email?: string;
  readonly plan?: string;
  /** RFC 3339; default the clock's time; null leaves the field out (clients then send no bearer at all). */
  readonly lastRefresh?: string | null;
  /** Where refreshes go; default the live issuer. Only loopback addresses make sense in tests. */
  readonly issuer?: string;
  /** Default `app_emulator`, or the login's. */
  readonly clientId?: string;
}

/** What the emulator itself knows. */
export interface AuthFileSource {
  readonly account: Account;
  readonly accessToken: string;
  readonly nowMs: number;
  readonly lifeMs: number;
}

const EXPIRED_AGO_MS = 3_600_000;

/** An `auth.json` as the Codex CLI writes it (codex-backend contract 6.1), ready for `JSON.stringify`. */
export function makeCodexAuthFile(source: AuthFileSource, options: CodexAuthFileOptions = {}): Record<string, unknown> {
  const kind = options.kind ?? "chatgpt";
  if (kind === "chatgpt" || kind === "chatgptAuthTokens") return tokenFile(kind, source, options);
  if (kind === "apikey") return { auth_mode: kind, OPENAI_API_KEY: "sk-emulator-0000-not-a-key" };
  const fields: Record<string, string> = {
    agentIdentity: "agent_identity",
    personalAccessToken: "personal_access_token",
    bedrockApiKey: "bedrock_api_key",
    bedrockAccessKeys: "bedrock_access_keys",
  };
  const field = fields[kind];
  return {
    auth_mode: kind,
    OPENAI_API_KEY: null,
    ...(field === undefined ? {} : { [field]: "made-up-by-the-emulator" }),
  };
}

function tokenFile(
  kind: CodexAuthKind,
  source: AuthFileSource,
  options: CodexAuthFileOptions,
): Record<string, unknown> {
  const { login, expired = false } = options;
  const accountId = options.accountId === undefined ? source.account.accountId : options.accountId;
  const account: Account = {
    ...source.account,
    accountId: accountId ?? source.account.accountId,
    email: options.email ?? source.account.email,
    plan: options.plan ?? source.account.plan,
  };
  const clientId = options.clientId ?? login?.clientId ?? "app_emulator";
  const expiresAtMs = expired ? source.nowMs - EXPIRED_AGO_MS : source.nowMs + source.lifeMs;
  const issuedAtMs = expiresAtMs - source.lifeMs;
  const make = (serial: string): string => makeToken(account, { clientId, issuedAtMs, expiresAtMs, serial });
  const kept = login ?? { accessToken: source.accessToken, idToken: make("id"), refreshToken: "rt_emulator_0001" };
  const own = expired ? { ...kept, accessToken: make("expired"), idToken: make("id") } : kept;
  const lastRefresh = options.lastRefresh === undefined ? new Date(issuedAtMs).toISOString() : options.lastRefresh;
  return {
    auth_mode: kind,
    OPENAI_API_KEY: null,
    tokens: {
      id_token: own.idToken,
      access_token: options.accessToken ?? own.accessToken,
      refresh_token: options.refreshToken ?? own.refreshToken,
      account_id: accountId,
      oauth_provenance: { issuer: options.issuer ?? "https://auth.openai.com", client_id: clientId },
    },
    ...(lastRefresh === null ? {} : { last_refresh: lastRefresh }),
  };
}
