import type { RefreshOutcome, RefreshRejection, TokenGrant, TokenService } from "../contracts/sign-in.ts";
import { LimnError } from "../errors/index.ts";
import { member, numberOf, parseJson, textOf } from "../json/index.ts";
import { sendPlain } from "../transport/index.ts";
import type { HttpClient, PlainAnswer } from "../transport/index.ts";
import type { PkcePair } from "./pkce.ts";
import { oauthErrorCode, signInError } from "./service-errors.ts";

/** Codex's public client: the only one there is for this backend (codex-backend contract 6.4). Tolerated, not guaranteed. */
const publicClientId = "app_EMoamEEZ73f0CkXaXp7hrann";
/** What images need, and no more: the connector scopes of Codex are left out (6.6). */
const scopes = "openid profile email offline_access";

export interface DeviceCode {
  readonly deviceAuthId: string;
  readonly userCode: string;
  readonly verificationUrl: string;
  readonly intervalMs: number;
  readonly expiresAtMs: number;
}

export type DevicePoll =
  | { readonly kind: "pending" }
  | { readonly kind: "slow-down" }
  | { readonly kind: "approved"; readonly code: string; readonly verifier: string };

/** Everything that limn asks of the sign-in service. */
export interface SignInService extends TokenService {
  authorizeUrl(parameters: { readonly redirectUri: string; readonly state: string; readonly pkce: PkcePair }): URL;
  /** @throws login_refused, and the codes of {@link TokenService.refresh} */
  exchangeCode(code: string, redirectUri: string, verifier: string, signal: AbortSignal): Promise<TokenGrant>;
  /** @throws login_refused when device codes are not enabled for the account */
  startDevice(signal: AbortSignal): Promise<DeviceCode>;
  pollDevice(device: DeviceCode, signal: AbortSignal): Promise<DevicePoll>;
  /** The redirect address that belongs to a device login's code. */
  readonly deviceRedirectUri: string;
  /** Best effort: true when the service confirmed. */
  revoke(refreshToken: string, signal: AbortSignal): Promise<boolean>;
}

export interface SignInServiceOptions {
  readonly http: HttpClient;
  /** Without a trailing slash. */
  readonly authURL: string;
  readonly userAgent: string;
  readonly clock: () => number;
}

const deviceLifetimeMs = 15 * 60_000;
const shortestIntervalMs = 1000;

export function createSignInService({ http, authURL, userAgent, clock }: SignInServiceOptions): SignInService {
  const post = async (
    path: string,
    type: "json" | "form",
    fields: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<PlainAnswer> =>
    sendPlain(http, {
      url: new URL(authURL + path),
      method: "POST",
      headers: {
        "content-type": type === "json" ? "application/json" : "application/x-www-form-urlencoded",
        accept: "*/*",
        originator: "limn",
        "user-agent": userAgent,
      },
      body: type === "json" ? JSON.stringify(fields) : new URLSearchParams(fields).toString(),
      signal,
    });

  return {
    issuer: authURL,
    clientId: publicClientId,
    deviceRedirectUri: `${authURL}/deviceauth/callback`,

    authorizeUrl: ({ redirectUri, state, pkce }) => {
      const url = new URL(`${authURL}/oauth/authorize`);
      url.search = new URLSearchParams({
        response_type: "code",
        client_id: publicClientId,
        redirect_uri: redirectUri,
        scope: scopes,
        code_challenge: pkce.challenge,
        code_challenge_method: "S256",
        state,
        id_token_add_organizations: "true",
        codex_cli_simplified_flow: "true",
        originator: "limn",
      }).toString();
      return url;
    },

    exchangeCode: async (code, redirectUri, verifier, signal) => {
      const fields = {
        grant_type: "authorization_code",
        client_id: publicClientId,
        code,
        redirect_uri: redirectUri,
        code_verifier: verifier,
      };
      const answer = await post("/oauth/token", "form", fields, signal);
      if (answer.status === 200) return readGrant(answer);
      if (answer.status === 400 || answer.status === 401) {
        throw new LimnError("login_refused", {
          message: `The sign-in service did not take the code (${oauthErrorCode(parseJson(answer.text)) ?? answer.status}). It is good once and for a few minutes only.`,
          hint: "Start over: limn login",
          details: { status: answer.status, kind: "rejected_by_service" },
        });
      }
      throw signInError(answer, "the exchange of the code");
    },

    startDevice: async (signal) => {
      const answer = await post("/api/accounts/deviceauth/usercode", "json", { client_id: publicClientId }, signal);
      if (answer.status === 404) {
        throw new LimnError("login_refused", {
          message: "Signing in with a device code is not enabled for this account.",
          hint: "Turn it on in ChatGPT under Settings → Security, or sign in with the browser: limn login",
          details: { status: 404, kind: "device_code_disabled" },
        });
      }
      if (answer.status !== 200) throw signInError(answer, "the request for a device code");
      return readDeviceCode(answer, authURL, clock());
    },

    pollDevice: async ({ deviceAuthId, userCode }, signal) => {
      const answer = await post(
        "/api/accounts/deviceauth/token",
        "json",
        { device_auth_id: deviceAuthId, user_code: userCode },
        signal,
      );
      const body = parseJson(answer.text);
      const serviceCode = oauthErrorCode(body);
      if (answer.status === 429 || serviceCode === "slow_down") return { kind: "slow-down" };
      if (serviceCode === "access_denied" || serviceCode === "expired_token") {
        throw new LimnError("login_refused", {
          message:
            serviceCode === "access_denied" ? "The sign-in was denied in the browser." : "The device code has expired.",
          hint: "Start over: limn login --device",
          details: { status: answer.status, kind: serviceCode },
        });
      }
      // Both mean that nobody has entered the code yet (codex-backend contract 6.5).
      if (answer.status === 403 || answer.status === 404) {
        if (answer.headers.get("content-type")?.includes("text/html") === true)
          throw signInError(answer, "the device code");
        return { kind: "pending" };
      }
      const code = textOf(member(body, "authorization_code"));
      const verifier = textOf(member(body, "code_verifier"));
      if (answer.status !== 200 || code === null || verifier === null) throw signInError(answer, "the device code");
      return { kind: "approved", code, verifier };
    },

    refresh: async (refreshToken, reason, signal): Promise<RefreshOutcome> => {
      const fields = {
        client_id: publicClientId,
        grant_type: "refresh_token",
        refresh_reason: reason,
        refresh_token: refreshToken,
      };
      const answer = await post("/oauth/token", "json", fields, signal);
      if (answer.status === 200) return { kind: "granted", grant: readGrant(answer) };
      const rejection = permanentRejection(answer);
      if (rejection !== null) return { kind: "rejected", reason: rejection };
      throw signInError(answer, "the renewal");
    },

    revoke: async (refreshToken, signal) => {
      try {
        const answer = await post(
          "/oauth/revoke",
          "json",
          { token: refreshToken, token_type_hint: "refresh_token", client_id: publicClientId },
          signal,
        );
        return answer.status >= 200 && answer.status < 300;
      } catch (error) {
        if (signal.aborted) throw error;
        return false;
      }
    },
  };
}

/** The table of codex-backend contract 6.4: what will never work again, as against what may work in a minute. */
function permanentRejection({ status, text }: PlainAnswer): RefreshRejection | null {
  const code = oauthErrorCode(parseJson(text));
  if (status === 400) return code === "invalid_grant" ? "refused" : null;
  if (status !== 401) return null;
  switch (code) {
    case "refresh_token_expired":
      return "expired";
    case "refresh_token_reused":
      return "reused";
    case "refresh_token_invalidated":
      return "revoked";
    default:
      return "refused";
  }
}

function readGrant({ text, status }: PlainAnswer): TokenGrant {
  const body = parseJson(text);
  const accessToken = textOf(member(body, "access_token"));
  if (accessToken === null || !/^[\x21-\x7e]+$/.test(accessToken)) {
    throw new LimnError("unexpected_response", {
      message: "The sign-in service answered without an access token.",
      hint: "Try again; your login is unchanged.",
      details: { status },
      retryable: true,
    });
  }
  return {
    accessToken,
    refreshToken: textOf(member(body, "refresh_token")),
    idToken: textOf(member(body, "id_token")),
  };
}

function readDeviceCode({ text, status }: PlainAnswer, authURL: string, nowMs: number): DeviceCode {
  const body = parseJson(text);
  const deviceAuthId = textOf(member(body, "device_auth_id"));
  const userCode = textOf(member(body, "user_code"));
  if (deviceAuthId === null || userCode === null) {
    throw new LimnError("unexpected_response", {
      message: "The sign-in service answered without a device code.",
      hint: "Sign in with the browser: limn login",
      details: { status },
    });
  }
  const interval = member(body, "interval");
  const seconds = numberOf(interval) ?? Number(textOf(interval) ?? "5");
  const expiresAtMs = Date.parse(textOf(member(body, "expires_at")) ?? "");
  return {
    deviceAuthId,
    userCode,
    verificationUrl: `${authURL}/codex/device`,
    intervalMs: Number.isFinite(seconds) ? Math.max(shortestIntervalMs, seconds * 1000) : 5000,
    // The service's own time, unless this machine's clock makes nonsense of it.
    expiresAtMs:
      Number.isFinite(expiresAtMs) && expiresAtMs > nowMs && expiresAtMs < nowMs + 2 * deviceLifetimeMs
        ? expiresAtMs
        : nowMs + deviceLifetimeMs,
  };
}
