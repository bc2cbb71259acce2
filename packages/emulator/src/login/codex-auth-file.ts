import { makeToken, type TokenSubject } from "./json-web-token.ts";

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
  /** Tokens whose `exp` lies an hour back. Default false. */
  readonly expired?: boolean;
  /** Default: the emulator's current token. */
  readonly accessToken?: string;
  /** Default `rt_emulator_0001`. */
  readonly refreshToken?: string;
  /** Default: the emulator's; null writes null, and then clients send no account header. */
  readonly accountId?: string | null;
  readonly email?: string;
  readonly plan?: string;
  /** RFC 3339; default the clock's time; null leaves the field out (clients then send no bearer at all). */
  readonly lastRefresh?: string | null;
  /** Where refreshes go; default the live issuer. Only loopback addresses make sense in tests. */
  readonly issuer?: string;
}

/** What the emulator itself knows. */
export interface AuthFileSource extends TokenSubject {
  readonly accessToken: string;
  readonly nowMs: number;
}

const EXPIRED_AGE_MS = 10 * 86_400_000 + 3_600_000;

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
  const accountId = options.accountId === undefined ? source.accountId : options.accountId;
  const subject = {
    accountId: accountId ?? source.accountId,
    email: options.email ?? source.email,
    plan: options.plan ?? source.plan,
  };
  const issuedAtMs = options.expired === true ? source.nowMs - EXPIRED_AGE_MS : source.nowMs;
  const accessToken =
    options.accessToken ?? (options.expired === true ? makeToken(subject, issuedAtMs, 9000) : source.accessToken);
  const lastRefresh = options.lastRefresh === undefined ? new Date(issuedAtMs).toISOString() : options.lastRefresh;
  return {
    auth_mode: kind,
    OPENAI_API_KEY: null,
    tokens: {
      id_token: makeToken(subject, issuedAtMs, 8000),
      access_token: accessToken,
      refresh_token: options.refreshToken ?? "rt_emulator_0001",
      account_id: accountId,
      oauth_provenance: { issuer: options.issuer ?? "https://auth.openai.com", client_id: "app_emulator" },
    },
    ...(lastRefresh === null ? {} : { last_refresh: lastRefresh }),
  };
}
