import { createHash, randomBytes } from "node:crypto";
import { isRecord } from "../values.ts";

/** The Codex CLI's public client (codex-backend contract 6.6). */
export const CODEX_CLIENT = "app_EMoamEEZ73f0CkXaXp7hrann";
export const CALLBACK = "http://127.0.0.1:1455/auth/callback";

/** A verifier, its challenge and a state, made as the contract says and without the package's own code. */
export function makePkce(): { verifier: string; challenge: string; state: string } {
  const verifier = randomBytes(64).toString("base64url");
  const challenge = createHash("sha256").update(verifier, "ascii").digest("base64url");
  return { verifier, challenge, state: randomBytes(32).toString("base64url") };
}

/** The query that the Codex CLI sends (codex-backend contract 6.6), with changes; null leaves a parameter out. */
export function authorizeQuery(
  pkce: { challenge: string; state: string },
  change: Record<string, string | null> = {},
): URLSearchParams {
  const usual = {
    response_type: "code",
    client_id: CODEX_CLIENT,
    redirect_uri: CALLBACK,
    code_challenge: pkce.challenge,
    code_challenge_method: "S256",
    state: pkce.state,
    scope: "openid profile email offline_access",
    id_token_add_organizations: "true",
    codex_cli_simplified_flow: "true",
    originator: "limn",
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries<string | null>({ ...usual, ...change }))
    if (value !== null) query.set(name, value);
  return query;
}

/** Opens the authorize page; redirects are not followed. */
export function openAuthorize(url: string, query: URLSearchParams): Promise<Response> {
  return fetch(`${url}/oauth/authorize?${query.toString()}`, { redirect: "manual" });
}

/** The address that an answer redirects to. */
export function redirectOf(response: Response): URL {
  if (response.status !== 302) throw new Error(`status ${response.status} is no redirect`);
  return new URL(response.headers.get("location") ?? "");
}

/** Sends a form as a page or a program does. */
export function postForm(
  address: string,
  fields: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Response> {
  return fetch(address, { method: "POST", body: new URLSearchParams(fields), headers, redirect: "manual" });
}

/** Sends JSON. */
export function postJson(address: string, value: unknown): Promise<Response> {
  return fetch(address, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(value),
  });
}

/** Exchanges a code as the Codex CLI does. */
export function exchangeCode(url: string, code: string, verifier: string, change: Record<string, string> = {}) {
  return postForm(`${url}/oauth/token`, {
    grant_type: "authorization_code",
    client_id: CODEX_CLIENT,
    code,
    redirect_uri: CALLBACK,
    code_verifier: verifier,
    ...change,
  });
}

/** Refreshes as the Codex CLI does. */
export function refresh(url: string, refreshToken: string, change: Record<string, unknown> = {}): Promise<Response> {
  return postJson(`${url}/oauth/token`, {
    client_id: CODEX_CLIENT,
    grant_type: "refresh_token",
    refresh_reason: "proactive_expiry",
    refresh_token: refreshToken,
    ...change,
  });
}

/** The three tokens of an answer. */
export async function readTokens(
  response: Response,
): Promise<{ accessToken: string; idToken: string; refreshToken: string }> {
  const body: unknown = await response.json();
  if (!isRecord(body)) throw new Error("no JSON object");
  const { access_token: accessToken, id_token: idToken, refresh_token: refreshToken } = body;
  if (typeof accessToken !== "string" || typeof idToken !== "string" || typeof refreshToken !== "string")
    throw new Error(`status ${response.status} brought no tokens`);
  return { accessToken, idToken, refreshToken };
}

/** The claims of a JWT. */
export function claimsOf(token: unknown): Readonly<Record<string, unknown>> {
  const claims: unknown = JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString("utf8"));
  if (!isRecord(claims)) throw new Error("no claims");
  return claims;
}

/** Asks `wham/usage` with a token; gives the status. */
export async function statusWith(url: string, accessToken: string): Promise<number> {
  const response = await fetch(`${url}/backend-api/wham/usage`, {
    headers: { authorization: `Bearer ${accessToken}` },
  });
  await response.arrayBuffer();
  return response.status;
}
