import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createEmulator, type Emulator, type RunningEmulator } from "../index.ts";
import { readError, readObject } from "../testing/requests.ts";
import { claimsOf, CODEX_CLIENT, exchangeCode, postForm, postJson, readTokens } from "../testing/sign-in.ts";

const MINUTE = 60_000;
const accounts = [
  { accountId: "acc-one", email: "one@example.test", plan: "plus" },
  { accountId: "acc-two", email: "two@example.test", plan: "pro" },
];
let now = 0;
let emulator: Emulator;
let running: RunningEmulator;

beforeEach(async () => {
  now = 1_795_218_411_000;
  emulator = createEmulator({ clock: () => now, accounts });
  running = await emulator.listen();
});
afterEach(() => emulator.close());

async function begin(): Promise<{ device_auth_id: string; user_code: string }> {
  const answer = await postJson(`${running.authURL}/api/accounts/deviceauth/usercode`, { client_id: CODEX_CLIENT });
  const { device_auth_id, user_code } = await readObject(answer);
  return { device_auth_id: String(device_auth_id), user_code: String(user_code) };
}

function poll(device: Record<string, unknown>): Promise<Response> {
  return postJson(`${running.authURL}/api/accounts/deviceauth/token`, device);
}

function decide(fields: Record<string, string>): Promise<Response> {
  return postForm(`${running.authURL}/codex/device/decision`, fields);
}

async function errorOf(response: Response): Promise<unknown> {
  return [response.status, (await readObject(response))["error"]];
}

test("a device gets a code in the shape of codex-backend contract 6.5", async () => {
  const response = await postJson(`${running.authURL}/api/accounts/deviceauth/usercode`, { client_id: CODEX_CLIENT });
  expect(await readObject(response)).toEqual({
    device_auth_id: expect.stringMatching(/^deviceauth_/),
    user_code: expect.stringMatching(/^[A-Z]{4}-\d{5}$/),
    interval: "1",
    expires_at: new Date(now + 15 * MINUTE).toISOString(),
  });
  expect((await begin()).user_code).not.toBe((await begin()).user_code);
});

test("the interval is an option, and asking sooner is a remark", async () => {
  const slow = createEmulator({ clock: () => now, deviceIntervalSeconds: 5 });
  const { authURL } = await slow.listen();
  const begun = await postJson(`${authURL}/api/accounts/deviceauth/usercode`, { client_id: CODEX_CLIENT });
  const { device_auth_id, user_code, interval } = await readObject(begun);
  expect(interval).toBe("5");
  const ask = (): Promise<Response> =>
    postJson(`${authURL}/api/accounts/deviceauth/token`, { device_auth_id, user_code });
  await ask();
  now += 4999;
  await ask();
  now += 5000;
  await ask();
  expect(slow.calls.slice(1).map((call) => call.remarks)).toEqual([
    [],
    ["asked again after 4999 ms; the interval is 5 s"],
    [],
  ]);
  expect([slow.count("device-poll"), slow.count("device-code")]).toEqual([3, 1]);
  await slow.close();
});

test("until somebody decides it is 403, then a code with its PKCE pair, once; the exchange gives the account's tokens", async () => {
  const device = await begin();
  const pending = await poll(device);
  expect(pending.status).toBe(403);
  expect(await readError(pending)).toMatchObject({ code: "authorization_pending" });
  emulator.approveDevice(device.user_code, "acc-two");
  const answer = await readObject(await poll(device));
  expect(answer).toEqual({
    authorization_code: expect.stringMatching(/^ac_/),
    code_challenge: expect.stringMatching(/^[\w-]{43}$/),
    code_verifier: expect.stringMatching(/^[\w-]{43}$/),
  });
  expect(await errorOf(await poll(device))).toEqual([400, "invalid_grant"]);
  const redirect_uri = `${running.authURL}/deviceauth/callback`;
  const [code, verifier] = [String(answer["authorization_code"]), String(answer["code_verifier"])];
  const { accessToken } = await readTokens(await exchangeCode(running.authURL, code, verifier, { redirect_uri }));
  expect(claimsOf(accessToken)).toMatchObject({
    email: "two@example.test",
    "https://api.openai.com/auth": { chatgpt_account_id: "acc-two", chatgpt_plan_type: "pro" },
  });
});

test("the exchange needs the device callback of this service", async () => {
  for (const redirect_uri of ["http://127.0.0.1:1455/auth/callback", "http://elsewhere.test/deviceauth/callback"]) {
    const device = await begin();
    emulator.approveDevice(device.user_code);
    const answer = await readObject(await poll(device));
    const [code, verifier] = [String(answer["authorization_code"]), String(answer["code_verifier"])];
    const response = await exchangeCode(running.authURL, code, verifier, { redirect_uri });
    expect(await errorOf(response)).toEqual([400, "invalid_grant"]);
  }
});

test("a denied device is 400 access_denied", async () => {
  const device = await begin();
  emulator.denyDevice(device.user_code);
  expect(await errorOf(await poll(device))).toEqual([400, "access_denied"]);
});

test("a code expires after fifteen minutes of the clock, decided or not", async () => {
  const [undecided, approved] = [await begin(), await begin()];
  emulator.approveDevice(approved.user_code);
  now += 15 * MINUTE - 1;
  expect((await poll(undecided)).status).toBe(403);
  now += 1;
  for (const device of [undecided, approved]) expect(await errorOf(await poll(device))).toEqual([400, "expired_token"]);
  expect(() => emulator.approveDevice(undecided.user_code)).toThrow(new TypeError("This code has expired."));
});

test("a code is entered once, in any case and with or without its dash, for an account that exists", async () => {
  const device = await begin();
  expect(() => emulator.approveDevice("AAAA-00000")).toThrow(new TypeError("No device shows this code."));
  expect(() => emulator.approveDevice(device.user_code, "acc-tow")).toThrow(
    new TypeError('The emulator has no account "acc-tow". Did you mean "acc-two"?'),
  );
  emulator.approveDevice(` ${device.user_code.toLowerCase().replace("-", "")} `);
  expect(() => emulator.denyDevice(device.user_code)).toThrow(new TypeError("This code was entered before."));
});

test.each<[string, Record<string, unknown>, string]>([
  ["usercode", {}, "client_id"],
  ["usercode", { client_id: "app_stranger" }, "client_id"],
  ["usercode", { client_id: CODEX_CLIENT, scope: "openid" }, "scope"],
  ["token", { device_auth_id: "deviceauth_unknown", user_code: "AAAA-00000" }, "device_auth_id"],
  ["token", { device_auth_id: "deviceauth_unknown" }, "user_code"],
  ["token", { device_auth_id: "a", user_code: "b", client_id: "c" }, "client_id"],
])("%s refuses %o and names the field", async (route, fields, param) => {
  const response = await postJson(`${running.authURL}/api/accounts/deviceauth/${route}`, fields);
  expect(response.status).toBe(400);
  expect(await readError(response)).toMatchObject({ param });
});

describe("the page", () => {
  test("asks for the code and the account, labelled", async () => {
    const page = await (await fetch(`${running.authURL}/codex/device`)).text();
    expect(page).toContain("This is the limn EMULATOR");
    expect(page).toContain('<label for="user_code">Code that the device shows</label>');
    expect(page).toContain("two@example.test (pro, acc-two)");
  });

  test("Allow connects the device for the chosen account", async () => {
    const device = await begin();
    const page = await decide({ user_code: device.user_code, account: "acc-two", decision: "allow" });
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("<h1>Device connected</h1>")]);
    expect((await poll(device)).status).toBe(200);
    expect(emulator.calls.at(-1)?.account).toBe("acc-two");
  });

  test("Deny refuses the device", async () => {
    const device = await begin();
    const page = await decide({ user_code: device.user_code, account: "acc-one", decision: "deny" });
    expect(await page.text()).toContain("<h1>Device refused</h1>");
    expect((await poll(device)).status).toBe(400);
  });

  test("a wrong code is said at the field, and can be entered again", async () => {
    const page = await decide({ user_code: "ZZZZ-99999", account: "acc-one", decision: "allow" });
    const text = await page.text();
    expect(page.status).toBe(400);
    expect(text).toContain('<p role="alert" id="problem">No device shows this code.</p>');
    expect(text).toContain('aria-describedby="problem"');
    expect(text).not.toContain("ZZZZ-99999");
  });

  test("a form of another site is refused", async () => {
    const { user_code } = await begin();
    const fields = { user_code, account: "acc-one", decision: "allow" };
    const address = `${running.authURL}/codex/device/decision`;
    expect((await postForm(address, fields, { origin: "https://evil.example.test" })).status).toBe(403);
  });
});

describe("the control routes", () => {
  const control = (path: string, value?: unknown): Promise<Response> =>
    fetch(`${running.url}/__emulator/${path}`, {
      method: "POST",
      ...(value === undefined ? {} : { body: JSON.stringify(value) }),
    });

  test("approve and deny devices", async () => {
    const [first, second] = [await begin(), await begin()];
    expect((await control("device/approve", { userCode: first.user_code, accountId: "acc-two" })).status).toBe(200);
    expect((await control("device/deny", { userCode: second.user_code })).status).toBe(200);
    expect([(await poll(first)).status, (await poll(second)).status]).toEqual([200, 400]);
    const unknown = await control("device/approve", { userCode: "AAAA-00000" });
    expect([unknown.status, (await readError(unknown))["message"]]).toEqual([400, "No device shows this code."]);
    expect((await control("device/approve", { code: first.user_code })).status).toBe(400);
  });

  test("revoke logins and count calls", async () => {
    const { accessToken } = emulator.signIn();
    const ask = async (): Promise<number> => {
      const headers = { authorization: `Bearer ${accessToken}` };
      return (await fetch(`${running.url}/wham/usage`, { headers })).status;
    };
    expect(await ask()).toBe(200);
    expect((await control("logins/revoke", { accountId: "acc-two" })).status).toBe(200);
    expect(await ask()).toBe(200);
    expect((await control("logins/revoke")).status).toBe(200);
    expect(await ask()).toBe(401);
    expect((await control("logins/revoke", { accountId: "acc-three" })).status).toBe(400);
    const { counts } = await readObject(await fetch(`${running.url}/__emulator/counts`));
    expect(counts).toMatchObject({ usage: 3, refresh: 0, images: 0 });
  });
});
