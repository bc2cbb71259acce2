import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createEmulator, type Emulator, type EmulatorOptions, type RunningEmulator } from "../index.ts";
import { readError, readObject } from "../testing/requests.ts";
import {
  authorizeQuery,
  claimsOf,
  CODEX_CLIENT,
  exchangeCode,
  makePkce,
  openAuthorize,
  postForm,
  postJson,
  readTokens,
  redirectOf,
  refresh,
  statusWith,
} from "../testing/sign-in.ts";

const MINUTE = 60_000;
let now = 0;
let emulator: Emulator;
let running: RunningEmulator;

async function start(options: EmulatorOptions = {}): Promise<void> {
  await emulator?.close();
  now = 1_795_218_411_000;
  emulator = createEmulator({ clock: () => now, autoApprove: true, ...options });
  running = await emulator.listen();
}

beforeEach(() => start());
afterEach(() => emulator.close());

async function obtainCode(): Promise<{ code: string; verifier: string }> {
  const pkce = makePkce();
  const { searchParams } = redirectOf(await openAuthorize(running.authURL, authorizeQuery(pkce)));
  return { code: searchParams.get("code") ?? "", verifier: pkce.verifier };
}

async function errorOf(response: Response): Promise<unknown> {
  return [response.status, (await readObject(response))["error"]];
}

describe("a code", () => {
  test("gives the tokens in the shape of codex-backend contract 6.5, with the claims of 6.1", async () => {
    const { code, verifier } = await obtainCode();
    const response = await exchangeCode(running.authURL, code, verifier);
    const body = await readObject(response);
    expect([response.status, response.headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(body).toEqual({
      id_token: expect.any(String),
      access_token: expect.any(String),
      refresh_token: expect.stringMatching(/^rt_/),
      token_type: "Bearer",
      expires_in: 864_000,
      scope: "openid profile email offline_access",
    });
    const claims = {
      iss: "https://auth.openai.com",
      aud: [CODEX_CLIENT],
      sub: "auth0|user-emulator-0001",
      email: "someone@example.test",
      email_verified: true,
      iat: now / 1000,
      exp: now / 1000 + 864_000,
      "https://api.openai.com/auth": {
        chatgpt_account_id: "acc-emulator-0001",
        chatgpt_user_id: "user-emulator-0001",
        user_id: "user-emulator-0001",
        chatgpt_plan_type: "plus",
        chatgpt_account_is_fedramp: false,
        organizations: [{ id: "org-emulator", is_default: true, role: "owner", title: "Personal" }],
        groups: [],
      },
      "https://api.openai.com/profile": { email: "someone@example.test", email_verified: true },
    };
    expect([claimsOf(body["id_token"]), claimsOf(body["access_token"])]).toEqual([claims, claims]);
    expect(body["id_token"]).not.toBe(body["access_token"]);
    expect(await statusWith(running.url, String(body["access_token"]))).toBe(200);
  });

  test("is good once", async () => {
    const { code, verifier } = await obtainCode();
    expect((await exchangeCode(running.authURL, code, verifier)).status).toBe(200);
    expect(await errorOf(await exchangeCode(running.authURL, code, verifier))).toEqual([400, "invalid_grant"]);
  });

  test("is good for five minutes of the clock", async () => {
    const [early, late] = [await obtainCode(), await obtainCode()];
    now += 5 * MINUTE - 1;
    expect((await exchangeCode(running.authURL, early.code, early.verifier)).status).toBe(200);
    now += 1;
    expect(await errorOf(await exchangeCode(running.authURL, late.code, late.verifier))).toEqual([
      400,
      "invalid_grant",
    ]);
  });

  test("with the wrong verifier is refused, and spent", async () => {
    const { code, verifier } = await obtainCode();
    const wrong = await exchangeCode(running.authURL, code, makePkce().verifier);
    expect(await errorOf(wrong)).toEqual([400, "invalid_grant"]);
    expect(await errorOf(await exchangeCode(running.authURL, code, verifier))).toEqual([400, "invalid_grant"]);
  });

  test.each([
    ["another redirect address", { redirect_uri: "http://127.0.0.1:1457/auth/callback" }, [400, "invalid_grant"]],
    ["another client", { client_id: "app_emulator" }, [400, "invalid_grant"]],
    ["an unknown client", { client_id: "app_stranger" }, [401, "invalid_client"]],
    ["an unknown code", { code: "ac_nobody" }, [400, "invalid_grant"]],
  ])("with %s is refused", async (_, change, expected) => {
    const { code, verifier } = await obtainCode();
    expect(await errorOf(await exchangeCode(running.authURL, code, verifier, change))).toEqual(expected);
  });

  test("is exchanged with a form; JSON works with a remark", async () => {
    const { code, verifier } = await obtainCode();
    const redirect_uri = "http://127.0.0.1:1455/auth/callback";
    const fields = { grant_type: "authorization_code", client_id: CODEX_CLIENT, code, redirect_uri };
    const response = await postJson(`${running.authURL}/oauth/token`, { ...fields, code_verifier: verifier });
    expect(response.status).toBe(200);
    expect(emulator.calls.at(-1)?.remarks).toEqual(["a code is exchanged with a form, not with JSON"]);
  });
});

describe("a request that is not as the contract has it is 400 and names the field", () => {
  test.each<[string, Record<string, unknown>, string, string]>([
    ["an unknown field", { scope: "openid" }, "scope", "unknown_parameter"],
    ["a missing field", { refresh_token: undefined }, "refresh_token", "missing_required_parameter"],
    ["an empty field", { refresh_token: "" }, "refresh_token", "missing_required_parameter"],
    ["a field that is no text", { refresh_token: 7 }, "refresh_token", "invalid_value"],
    ["an unknown reason", { refresh_reason: "boredom" }, "refresh_reason", "invalid_value"],
    ["another grant", { grant_type: "password" }, "grant_type", "unsupported_grant_type"],
    ["a grant that JavaScript knows", { grant_type: "constructor" }, "grant_type", "unsupported_grant_type"],
  ])("%s", async (_, change, param, code) => {
    const response = await refresh(running.authURL, "rt_emulator_0001", change);
    expect(response.status).toBe(400);
    expect(await readError(response)).toMatchObject({ param, code });
  });

  test("another content type, a list, a field that comes twice", async () => {
    const post = (body: string, type: string): Promise<Response> =>
      fetch(`${running.authURL}/oauth/token`, { method: "POST", body, headers: { "content-type": type } });
    expect(await readError(await post("{}", "text/plain"))).toMatchObject({ code: "unsupported_content_type" });
    expect(await readError(await post("[]", "application/json"))).toMatchObject({ code: "invalid_json" });
    const twice = await post("grant_type=refresh_token&grant_type=x", "application/x-www-form-urlencoded");
    expect(await readError(twice)).toMatchObject({ param: "grant_type", code: "invalid_value" });
  });
});

describe("a refresh", () => {
  test("gives three new tokens of the same account; the access tokens before stay good", async () => {
    const first = emulator.signIn();
    now += MINUTE;
    const response = await refresh(running.authURL, first.refreshToken);
    const second = await readTokens(response);
    const all = [first, second].flatMap((login) => [login.accessToken, login.idToken, login.refreshToken]);
    expect(new Set(all).size).toBe(6);
    expect(claimsOf(second.accessToken)).toMatchObject({
      iat: now / 1000,
      "https://api.openai.com/auth": { chatgpt_account_id: "acc-emulator-0001" },
    });
    for (const { accessToken } of [first, second]) expect(await statusWith(running.url, accessToken)).toBe(200);
    const third = await readTokens(await refresh(running.authURL, second.refreshToken));
    expect(third.refreshToken).not.toBe(second.refreshToken);
  });

  test("two refreshes in the same moment of the clock give different tokens", async () => {
    const first = emulator.signIn();
    const second = await readTokens(await refresh(running.authURL, first.refreshToken));
    expect(new Set([first.accessToken, first.idToken, second.accessToken, second.idToken]).size).toBe(4);
  });

  test("takes every reason of the contract, and none", async () => {
    let { refreshToken } = emulator.signIn();
    for (const refresh_reason of ["proactive_expiry", "scheduled", "unauthorized_recovery", "forced", undefined]) {
      const response = await refresh(running.authURL, refreshToken, { refresh_reason });
      ({ refreshToken } = await readTokens(response));
    }
    expect(emulator.count("refresh", 200)).toBe(5);
  });

  test("as a form works with a remark", async () => {
    const { refreshToken } = emulator.signIn();
    const response = await postForm(`${running.authURL}/oauth/token`, {
      grant_type: "refresh_token",
      client_id: CODEX_CLIENT,
      refresh_token: refreshToken,
    });
    expect(response.status).toBe(200);
    expect(emulator.calls[0]?.remarks).toEqual(["a refresh is sent as JSON, not as a form"]);
  });

  test("with a used token is 401 refresh_token_reused, and the successor stays good", async () => {
    const first = emulator.signIn();
    const second = await readTokens(await refresh(running.authURL, first.refreshToken));
    const reused = await refresh(running.authURL, first.refreshToken);
    expect(reused.status).toBe(401);
    expect(await readError(reused)).toMatchObject({ code: "refresh_token_reused", message: expect.any(String) });
    expect((await refresh(running.authURL, second.refreshToken)).status).toBe(200);
  });

  test("of many at once with the same token, exactly one is answered with tokens", async () => {
    const { refreshToken } = emulator.signIn();
    const statuses = await Promise.all(
      Array.from({ length: 20 }, async () => (await refresh(running.authURL, refreshToken)).status),
    );
    expect(statuses.toSorted((a, b) => a - b)).toEqual([200, ...Array.from({ length: 19 }, () => 401)]);
    expect([emulator.count("refresh"), emulator.count("refresh", 200)]).toEqual([20, 1]);
  });

  test("where reuse is tolerated, a used token gives the same successor for an hour, then 401", async () => {
    await start({ reuse: "tolerated" });
    const { refreshToken } = emulator.signIn();
    const answers = [await refresh(running.authURL, refreshToken)];
    now += 60 * MINUTE - 1;
    answers.push(await refresh(running.authURL, refreshToken));
    const [first, second] = await Promise.all(answers.map((answer) => answer.json()));
    expect(second).toEqual(first);
    expect(emulator.calls.map((call) => call.remarks)).toEqual([[], ["the refresh token was used before; tolerated"]]);
    now += 1;
    expect(await readError(await refresh(running.authURL, refreshToken))).toMatchObject({
      code: "refresh_token_reused",
    });
  });

  test("the time for which reuse is tolerated is an option", async () => {
    await start({ reuse: "tolerated", reuseWindowMs: MINUTE });
    const { refreshToken } = emulator.signIn();
    await refresh(running.authURL, refreshToken);
    now += MINUTE;
    expect((await refresh(running.authURL, refreshToken)).status).toBe(401);
  });

  test("with a token that has expired is 401 refresh_token_expired", async () => {
    await start({ refreshTokenLifeMs: 10 * MINUTE });
    const { refreshToken } = emulator.signIn();
    now += 10 * MINUTE;
    expect(await readError(await refresh(running.authURL, refreshToken))).toMatchObject({
      code: "refresh_token_expired",
    });
  });

  test("with an unknown token, or another client's, is 400 invalid_grant", async () => {
    const { refreshToken } = emulator.signIn({ clientId: "app_emulator" });
    expect(await errorOf(await refresh(running.authURL, "rt_of_nobody"))).toEqual([400, "invalid_grant"]);
    expect(await errorOf(await refresh(running.authURL, refreshToken))).toEqual([400, "invalid_grant"]);
  });

  test("renews the login of codexAuthFile, for any client", async () => {
    expect((await refresh(running.authURL, "rt_emulator_0001")).status).toBe(200);
    expect((await refresh(running.authURL, "rt_emulator_0001")).status).toBe(401);
    expect(await statusWith(running.url, emulator.accessToken)).toBe(200);
  });

  test("ends the scenario refresh-needed", async () => {
    emulator.setScenario("refresh-needed");
    const { accessToken, refreshToken } = emulator.signIn();
    emulator.setScenario("refresh-needed");
    expect(await statusWith(running.url, accessToken)).toBe(401);
    await refresh(running.authURL, refreshToken);
    expect(await statusWith(running.url, accessToken)).toBe(200);
  });
});

describe("the exchange for an API key", () => {
  const fields = {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    client_id: CODEX_CLIENT,
    requested_token: "openai-api-key",
    subject_token: "eyJhbGciOiJub25lIn0.e30.x",
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
  };

  test("is refused, remarked and counted", async () => {
    const response = await postForm(`${running.authURL}/oauth/token`, fields);
    expect(await errorOf(response)).toEqual([400, "invalid_request"]);
    expect(emulator.calls[0]).toMatchObject({ group: "api-key", remarks: ["asked for an API key"] });
    expect([emulator.count("api-key"), emulator.count("token")]).toEqual([1, 0]);
  });

  test("gives a made-up key where the option allows it", async () => {
    await start({ allowApiKeyExchange: true });
    const body = await readObject(await postForm(`${running.authURL}/oauth/token`, fields));
    expect(body).toEqual({ access_token: expect.stringMatching(/^sk-emulator-/) });
    expect(emulator.calls[0]?.remarks).toEqual(["asked for an API key"]);
  });
});

describe("revoke", () => {
  const revoke = (value: Record<string, unknown>): Promise<Response> =>
    postJson(`${running.authURL}/oauth/revoke`, value);

  test("ends the whole login: access tokens 401, refresh tokens refresh_token_invalidated; other logins stay", async () => {
    const [first, other] = [emulator.signIn(), emulator.signIn()];
    const second = await readTokens(await refresh(running.authURL, first.refreshToken));
    const fields = { token: second.refreshToken, token_type_hint: "refresh_token", client_id: CODEX_CLIENT };
    expect((await revoke(fields)).status).toBe(200);
    for (const { accessToken } of [first, second]) expect(await statusWith(running.url, accessToken)).toBe(401);
    for (const { refreshToken } of [first, second])
      expect(await readError(await refresh(running.authURL, refreshToken))).toMatchObject({
        code: "refresh_token_invalidated",
      });
    expect(await statusWith(running.url, other.accessToken)).toBe(200);
    expect((await refresh(running.authURL, other.refreshToken)).status).toBe(200);
  });

  test("takes an access token without a client", async () => {
    const { accessToken } = emulator.signIn();
    expect((await revoke({ token: accessToken, token_type_hint: "access_token" })).status).toBe(200);
    expect(await statusWith(running.url, accessToken)).toBe(401);
    expect(emulator.calls[0]).toMatchObject({ group: "revoke", remarks: [] });
  });

  test("ends the configured login by either of its tokens, until the token is renewed", async () => {
    for (const token of ["rt_emulator_0001", emulator.accessToken]) {
      emulator.reset();
      await revoke({ token, client_id: CODEX_CLIENT });
      expect(await statusWith(running.url, emulator.accessToken)).toBe(401);
      expect(await statusWith(running.url, emulator.renewAccessToken())).toBe(200);
    }
  });

  test("of an unknown token is 200 with a remark; of another client's 400", async () => {
    expect((await revoke({ token: "rt_of_nobody", token_type_hint: "refresh_token" })).status).toBe(200);
    expect(emulator.calls[0]?.remarks).toEqual(["client_id is missing", "the token is unknown"]);
    const { refreshToken, accessToken } = emulator.signIn();
    expect((await revoke({ token: refreshToken, client_id: "app_emulator" })).status).toBe(400);
    expect(await statusWith(running.url, accessToken)).toBe(200);
  });

  test.each([
    [{ token_type_hint: "refresh_token" }, "token"],
    [{ token: "x", token_type_hint: "id_token" }, "token_type_hint"],
    [{ token: "x", all: "yes" }, "all"],
  ])("refuses %o and names the field", async (fields, param) => {
    expect(await readError(await revoke(fields))).toMatchObject({ param });
  });

  test("revokeLogins signs an account out, or everybody", async () => {
    const plan = "plus";
    await start({
      accounts: ["one", "two"].map((name) => ({ accountId: name, email: `${name}@example.test`, plan })),
    });
    const [one, two] = [emulator.signIn(), emulator.signIn({ accountId: "two" })];
    const statuses = async (): Promise<number[]> =>
      Promise.all(
        [one.accessToken, two.accessToken, emulator.accessToken].map((token) => statusWith(running.url, token)),
      );
    emulator.revokeLogins("two");
    expect(await statuses()).toEqual([200, 401, 200]);
    emulator.revokeLogins();
    expect(await statuses()).toEqual([401, 401, 401]);
    expect(() => emulator.revokeLogins("three")).toThrow('The emulator has no account "three".');
  });
});

describe("access tokens", () => {
  test("expire by the clock, after the time of the option", async () => {
    await start({ accessTokenLifeMs: 30 * MINUTE });
    const { accessToken } = emulator.signIn();
    now += 30 * MINUTE - 1000;
    expect(await statusWith(running.url, accessToken)).toBe(200);
    now += 1000;
    expect(await statusWith(running.url, accessToken)).toBe(401);
  });

  test("can be made expired, with a refresh token that works", async () => {
    const { accessToken, refreshToken } = emulator.signIn({ accessTokenLifeMs: -3_600_000 });
    expect(claimsOf(accessToken)).toMatchObject({ exp: now / 1000 - 3600, iat: now / 1000 - 3600 - 864_000 });
    expect(await statusWith(running.url, accessToken)).toBe(401);
    const renewed = await readTokens(await refresh(running.authURL, refreshToken));
    expect(await statusWith(running.url, renewed.accessToken)).toBe(200);
  });
});

test("count knows groups, routes and statuses, and refuses other names", async () => {
  const { refreshToken } = emulator.signIn();
  await refresh(running.authURL, refreshToken);
  await refresh(running.authURL, refreshToken);
  expect(["refresh", "oauth.token", "token", "images"].map((name) => emulator.count(name))).toEqual([2, 2, 0, 0]);
  expect([emulator.count("refresh", 200), emulator.count("refresh", 401)]).toEqual([1, 1]);
  expect(() => emulator.count("refreshes")).toThrow('There is no group or route "refreshes". Did you mean "refresh"?');
  emulator.reset();
  expect(emulator.count("refresh")).toBe(0);
});
