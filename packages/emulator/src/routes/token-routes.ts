import { errorReply, jsonReply, strictRefusal, type Outgoing } from "../exchange.ts";
import { madeUpSecret } from "../identifiers.ts";
import { perform, takeStep, type Performers } from "../scenarios/service-turn.ts";
import { challengeOf } from "../sign-in/authorizations.ts";
import type { IssuedLogin, RefreshVerdict, RotationChange } from "../sign-in/logins.ts";
import { checkNames, readFields, type RequestFields } from "../sign-in/request-fields.ts";
import { revokeToken } from "../state.ts";
import type { Route, RouteContext } from "./route.ts";

/** Tokens for a code, tokens for a refresh token, and their end (codex-backend contract 6.4 to 6.7). */
export const tokenRoutes: readonly Route[] = [
  { name: "oauth.token", group: "token", method: "POST", paths: ["/oauth/token"], bearer: false, handle: answerToken },
  {
    name: "oauth.revoke",
    group: "revoke",
    method: "POST",
    paths: ["/oauth/revoke"],
    bearer: false,
    handle: answerRevoke,
  },
];

const API_KEY_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange";
const REASONS: readonly string[] = ["proactive_expiry", "scheduled", "unauthorized_recovery", "forced"];
const SCOPE = "openid profile email offline_access";

const GRANTS: ReadonlyMap<string, (context: RouteContext, fields: RequestFields) => Outgoing | Promise<Outgoing>> =
  new Map([
    ["authorization_code", exchangeCode],
    ["refresh_token", refresh],
    [API_KEY_GRANT, exchangeForKey],
  ]);

function answerToken(context: RouteContext): Outgoing | Promise<Outgoing> {
  const { state, call } = context;
  const read = readFields(context, ["form", "json"]);
  if (read.refusal !== undefined) return read.refusal;
  const { fields } = read;
  const { grant_type: grant = "", client_id: clientId = "" } = fields.values;
  if (grant === "refresh_token") call.group = "refresh";
  else if (grant === API_KEY_GRANT) call.group = "api-key";
  const answer = GRANTS.get(grant);
  if (answer === undefined) {
    const expected = "authorization_code or refresh_token";
    return strictRefusal(
      "grant_type",
      `Invalid value for 'grant_type': expected ${expected}.`,
      "unsupported_grant_type",
    );
  }
  if (clientId !== "" && !state.options.clientIds.includes(clientId))
    return jsonReply(401, { error: "invalid_client", error_description: "The emulator does not know this client." });
  return answer(context, fields);
}

function exchangeCode(context: RouteContext, { values, encoding }: RequestFields): Outgoing | Promise<Outgoing> {
  const { state, incoming, call } = context;
  const names = ["grant_type", "client_id", "code", "redirect_uri", "code_verifier"];
  const refusal = checkNames(values, names);
  if (refusal !== undefined) return refusal;
  if (encoding === "json") call.remarks.push("a code is exchanged with a form, not with JSON");
  const { client_id: clientId, code = "", redirect_uri: redirectURI, code_verifier: verifier = "" } = values;
  const { authorizations, logins } = state;
  const check = (): Outgoing | undefined => {
    const judged = authorizations.judgeCode(code);
    if (judged.verdict !== "good") return invalidGrant(`The code is ${judged.verdict}.`);
    const { grant } = judged;
    call.account = grant.account.accountId;
    // As a service would: whoever presents a code wrongly has spent it.
    if (challengeOf(verifier) !== grant.challenge) {
      authorizations.useCode(code);
      return invalidGrant("The code_verifier does not belong to the code_challenge.");
    }
    if (grant.clientId !== clientId) return invalidGrant("The code was issued to another client.");
    const { host = "" } = incoming.headers;
    const expected = grant.redirectURI === null ? deviceCallbacks(host) : [grant.redirectURI];
    if (!expected.includes(redirectURI ?? "")) return invalidGrant("The redirect_uri is not that of the code.");
    return undefined;
  };
  return answerExchange(context, "token", check, () => {
    const judged = authorizations.judgeCode(code);
    if (judged.verdict !== "good") throw new Error("a code was exchanged that was not judged good");
    authorizations.useCode(code);
    return logins.open(judged.grant.account, judged.grant.clientId);
  });
}

/** The client writes the service's address as it knows it; behind a TLS proxy that is https. */
function deviceCallbacks(host: string): readonly string[] {
  return ["http", "https"].map((scheme) => `${scheme}://${host}/deviceauth/callback`);
}

const REFUSED: Readonly<Record<Exclude<RefreshVerdict, "good" | "tolerated">, () => Outgoing>> = {
  reused: () => refreshRefusal("refresh_token_reused", "Your refresh token was already used."),
  expired: () => refreshRefusal("refresh_token_expired", "Your refresh token has expired."),
  invalidated: () => refreshRefusal("refresh_token_invalidated", "Your refresh token was revoked."),
  "other-client": () => invalidGrant("The refresh token was issued to another client."),
  unknown: () => invalidGrant("The refresh token is unknown."),
};

const REFRESH_SCENARIOS: Performers = {
  "refresh-token-reused": REFUSED.reused,
  "refresh-token-expired": REFUSED.expired,
  "refresh-token-invalidated": REFUSED.invalidated,
};

function refresh(context: RouteContext, { values, encoding }: RequestFields): Outgoing | Promise<Outgoing> {
  const { state, call } = context;
  const refusal = checkNames(values, ["grant_type", "client_id", "refresh_token"], ["refresh_reason"]);
  if (refusal !== undefined) return refusal;
  const { client_id: clientId = "", refresh_token: token = "", refresh_reason: reason } = values;
  if (reason !== undefined && !REASONS.includes(reason))
    return strictRefusal(
      "refresh_reason",
      `Invalid value for 'refresh_reason': expected one of ${REASONS.join(", ")}.`,
    );
  if (encoding === "form") call.remarks.push("a refresh is sent as JSON, not as a form");
  call.account = state.logins.accountOf(token)?.accountId ?? null;
  const check = (): Outgoing | undefined => {
    const verdict = state.logins.judgeRefresh(token, clientId);
    const remark = "the refresh token was used before; tolerated";
    if (verdict === "tolerated" && !call.remarks.includes(remark)) call.remarks.push(remark);
    return verdict === "good" || verdict === "tolerated" ? undefined : REFUSED[verdict]();
  };
  return answerExchange(
    context,
    "refresh",
    check,
    (change) => state.logins.rotate(token, clientId, change),
    REFRESH_SCENARIOS,
  );
}

// Scenarios that send an answer or a part of it: then the token or the code is used up unless the step says otherwise.
const CHANGES: Readonly<Record<string, RotationChange>> = {
  ok: {},
  slow: {},
  "cut-body": {},
  "stalled-body": {},
  "broken-json": {},
  "clock-skew": {},
  "other-account": { otherAccount: true },
  "only-access-token": { keepRefreshToken: true },
};

async function answerExchange(
  context: RouteContext,
  group: "token" | "refresh",
  check: () => Outgoing | undefined,
  commit: (change: RotationChange) => IssuedLogin,
  own: Performers = {},
): Promise<Outgoing> {
  const refusal = check();
  if (refusal !== undefined) return refusal;
  const step = takeStep(context, group);
  const change = CHANGES[step.name];
  let answer: Outgoing | undefined;
  // Checked again: two may have waited with the same token.
  const exchange = (): Outgoing => (answer ??= check() ?? tokenReply(context, commit(change ?? {}), change));
  if (step.values["spent"] ?? change !== undefined) exchange();
  return perform(context, step, exchange, {
    "other-account": exchange,
    "only-access-token": exchange,
    "invalid-grant": () => invalidGrant("The emulator was told to refuse."),
    ...own,
  });
}

function tokenReply({ state }: RouteContext, tokens: IssuedLogin, change: RotationChange = {}): Outgoing {
  const body = {
    id_token: tokens.idToken,
    access_token: tokens.accessToken,
    refresh_token: tokens.refreshToken,
    token_type: "Bearer",
    expires_in: Math.floor(state.options.accessTokenLifeMs / 1000),
    scope: SCOPE,
  };
  const shown = change.keepRefreshToken === true ? { access_token: tokens.accessToken } : body;
  return jsonReply(200, shown, { "cache-control": "no-store" });
}

/** The Codex CLI tries this after a browser login; limn never may (codex-backend contract 6.6). */
function exchangeForKey({ state, call }: RouteContext, { values }: RequestFields): Outgoing {
  call.remarks.push("asked for an API key");
  const names = ["grant_type", "client_id", "requested_token", "subject_token", "subject_token_type"];
  const refusal = checkNames(values, names);
  if (refusal !== undefined) return refusal;
  if (!state.options.allowApiKeyExchange)
    return jsonReply(400, { error: "invalid_request", error_description: "The emulator gives no API keys." });
  const key = `sk-emulator-${madeUpSecret(state.options.seed, "api-key", call.index).slice(0, 24)}`;
  return jsonReply(200, { access_token: key });
}

function answerRevoke(context: RouteContext): Outgoing | Promise<Outgoing> {
  const { state, call } = context;
  const read = readFields(context, ["json"]);
  if (read.refusal !== undefined) return read.refusal;
  const { values } = read.fields;
  const refusal = checkNames(values, ["token"], ["token_type_hint", "client_id"]);
  if (refusal !== undefined) return refusal;
  const { token = "", token_type_hint: hint, client_id: clientId } = values;
  if (hint !== undefined && hint !== "refresh_token" && hint !== "access_token")
    return strictRefusal(
      "token_type_hint",
      "Invalid value for 'token_type_hint': expected refresh_token or access_token.",
    );
  if (hint === "refresh_token" && clientId === undefined) call.remarks.push("client_id is missing");
  const owner = state.logins.clientOf(token);
  if (clientId !== undefined && typeof owner === "string" && owner !== clientId)
    return jsonReply(400, { error: "invalid_client", error_description: "The token was issued to another client." });
  call.account = state.logins.accountOf(token)?.accountId ?? null;
  return perform(context, takeStep(context, "revoke"), () => {
    // A token that nobody knows is as good as revoked (RFC 7009).
    if (!revokeToken(state, token)) call.remarks.push("the token is unknown");
    return jsonReply(200, {});
  });
}

function refreshRefusal(code: string, message: string): Outgoing {
  return errorReply(401, { message, code });
}

function invalidGrant(description: string): Outgoing {
  return jsonReply(400, { error: "invalid_grant", error_description: description });
}
