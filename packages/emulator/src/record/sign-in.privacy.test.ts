import { expect, test } from "vitest";
import { createEmulator } from "../index.ts";
import { imageRequest, readObject } from "../testing/requests.ts";
import {
  authorizeQuery,
  CODEX_CLIENT,
  exchangeCode,
  makePkce,
  openAuthorize,
  postForm,
  postJson,
  readTokens,
  redirectOf,
  refresh,
} from "../testing/sign-in.ts";

test("no code, verifier, state, token or key of a sign-in appears in a record or a control answer", async () => {
  const emulator = createEmulator({
    autoApprove: true,
    allowApiKeyExchange: true,
    scenario: { name: "ok", size: "32x32" },
  });
  const { url } = await emulator.listen();
  const secrets: string[] = [];
  const answers: string[] = [];
  const keep = async (response: Response): Promise<void> => {
    answers.push(JSON.stringify([...response.headers]), await response.text());
  };

  // A browser.
  const pkce = makePkce();
  const code = redirectOf(await openAuthorize(url, authorizeQuery(pkce))).searchParams.get("code") ?? "";
  const tokens = await readTokens(await exchangeCode(url, code, pkce.verifier));
  secrets.push(code, pkce.verifier, pkce.state, ...Object.values(tokens));
  await keep(await exchangeCode(url, code, pkce.verifier));
  await keep(await openAuthorize(url, authorizeQuery(pkce, { prompt: tokens.accessToken })));
  await keep(await openAuthorize(url, authorizeQuery(pkce, { scope: `openid ${code}` })));
  await keep(
    await postForm(`${url}/oauth/authorize/decision`, { request: pkce.state, decision: "allow", account: code }),
  );

  // A device.
  const begun = await postJson(`${url}/api/accounts/deviceauth/usercode`, { client_id: CODEX_CLIENT });
  const { device_auth_id, user_code } = await readObject(begun);
  emulator.approveDevice(String(user_code));
  const device = await readObject(
    await postJson(`${url}/api/accounts/deviceauth/token`, { device_auth_id, user_code }),
  );
  secrets.push(String(device_auth_id), String(user_code));
  secrets.push(String(device["authorization_code"]), String(device["code_verifier"]));
  const headers = {
    referer: `${url}/codex/device?user_code=${String(user_code)}`,
    "x-note": Object.values({ ...tokens, ...device }).join(" "),
  };
  await keep(await postForm(`${url}/codex/device/decision`, { user_code: "none", decision: "deny" }, headers));
  await keep(await fetch(`${url}/codex/device?user_code=${String(user_code)}`));

  // Refresh, key, revoke; secrets in places where none belongs.
  const renewed = await readTokens(await refresh(url, tokens.refreshToken));
  secrets.push(...Object.values(renewed), "surprise-0815-planted");
  await keep(await refresh(url, tokens.refreshToken));
  await keep(await refresh(url, renewed.refreshToken, { surprise: "surprise-0815-planted" }));
  await keep(await refresh(url, renewed.refreshToken, { [renewed.accessToken]: "x" }));
  await keep(await refresh(url, renewed.refreshToken, { refresh_reason: renewed.idToken }));
  const exchange = await postForm(`${url}/oauth/token`, {
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    client_id: CODEX_CLIENT,
    requested_token: "openai-api-key",
    subject_token: renewed.idToken,
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
  });
  secrets.push(String((await readObject(exchange))["access_token"]));
  const authorization = `Bearer ${renewed.accessToken}`;
  await keep(await fetch(imageRequest(emulator, { baseURL: `${url}/backend-api/codex`, headers: { authorization } })));
  await keep(await postJson(`${url}/oauth/revoke`, { token: renewed.refreshToken, client_id: CODEX_CLIENT }));
  await keep(await postJson(`${url}/oauth/revoke`, { token: renewed.accessToken }));
  const control = (path: string, body: string): Promise<Response> =>
    fetch(`${url}/__emulator/${path}`, { method: "POST", body });
  await keep(await control("device/approve", JSON.stringify({ userCode: user_code, accountId: renewed.accessToken })));
  await keep(await control("logins/revoke", JSON.stringify({ accountId: renewed.refreshToken })));
  await keep(await fetch(`${url}/__emulator/calls`));
  await emulator.close();

  const everything = answers.join("\n") + JSON.stringify(emulator.calls);
  expect(secrets.filter((secret) => secret.length < 8 || everything.includes(secret))).toEqual([]);
});

test("a record of a refresh says which login and which rotation it was", async () => {
  const emulator = createEmulator();
  const { url } = await emulator.listen();
  const first = emulator.signIn();
  const second = await readTokens(await refresh(url, first.refreshToken));
  await refresh(url, second.refreshToken);
  await refresh(url, first.refreshToken);
  await refresh(url, "rt_emulator_0001");
  await refresh(url, "rt_of_nobody");
  await emulator.close();
  expect(emulator.calls[0]?.body).toEqual({
    client_id: CODEX_CLIENT,
    grant_type: "refresh_token",
    refresh_reason: "proactive_expiry",
    refresh_token: "<REFRESH_TOKEN 1.0>",
  });
  expect(emulator.calls.map(({ body }) => JSON.stringify(body).match(/<REFRESH_TOKEN ([^>]+)>/)?.[1])).toEqual([
    "1.0",
    "1.1",
    "1.0",
    "0.0",
    "unknown",
  ]);
});
