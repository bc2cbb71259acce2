import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createEmulator, type Emulator, type RunningEmulator } from "../index.ts";
import {
  authorizeQuery,
  CALLBACK,
  claimsOf,
  exchangeCode,
  makePkce,
  openAuthorize,
  postForm,
  readTokens,
  redirectOf,
} from "../testing/sign-in.ts";

const NOW = 1_795_218_411_000;
const accounts = [
  { accountId: "acc-one", email: "one@example.test", plan: "plus" },
  { accountId: "acc-two", email: 'two"<b>@example.test', plan: "team" },
];
let emulator: Emulator;
let running: RunningEmulator;

beforeEach(async () => {
  emulator = createEmulator({ clock: () => NOW, accounts });
  running = await emulator.listen();
});
afterEach(() => emulator.close());

/** The hidden field of the consent page. */
async function askFor(pkce: { challenge: string; state: string }, change = {}): Promise<string> {
  const page = await (await openAuthorize(running.authURL, authorizeQuery(pkce, change))).text();
  return /name="request" value="([^"]+)"/.exec(page)?.[1] ?? "";
}

function decide(fields: Record<string, string>, headers = {}): Promise<Response> {
  return postForm(`${running.authURL}/oauth/authorize/decision`, fields, headers);
}

describe("the page", () => {
  test("says that it is the emulator, who asks for what, and lists the accounts and both answers", async () => {
    const response = await openAuthorize(running.authURL, authorizeQuery(makePkce()));
    const page = await response.text();
    expect([response.status, response.headers.get("content-type")]).toEqual([200, "text/html; charset=utf-8"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(page).toContain("This is the limn EMULATOR");
    expect(page).toContain("<strong>limn</strong>");
    expect(page).toContain("openid profile email offline_access");
    expect(page).toContain("one@example.test (plus, acc-one)");
    expect(page).toContain("two&#34;&#60;b&#62;@example.test (team, acc-two)");
    expect(page).toContain('<button name="decision" value="allow">Allow</button>');
    expect(page).toContain('<button name="decision" value="deny">Deny</button>');
    expect(page).toMatch(/<html lang="en">[\s\S]*<main>[\s\S]*<h1>[\s\S]*<legend>Account<\/legend>/);
    expect(page).not.toContain("<script");
  });

  test("its policy runs nothing and lets the form go to this address and to callbacks only", async () => {
    const response = await openAuthorize(running.authURL, authorizeQuery(makePkce()));
    const policy = response.headers.get("content-security-policy");
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'self' http://127.0.0.1:* http://localhost:*");
  });

  test("Allow redirects with a code for the chosen account and the state", async () => {
    const pkce = makePkce();
    const response = await decide({ request: await askFor(pkce), account: "acc-two", decision: "allow" });
    const { origin, pathname, searchParams } = redirectOf(response);
    expect(origin + pathname).toBe(CALLBACK);
    expect([...searchParams.keys()]).toEqual(["code", "state"]);
    expect(searchParams.get("state")).toBe(pkce.state);
    const { idToken } = await readTokens(
      await exchangeCode(running.authURL, searchParams.get("code") ?? "", pkce.verifier),
    );
    expect(claimsOf(idToken)).toMatchObject({
      "https://api.openai.com/auth": { chatgpt_account_id: "acc-two", chatgpt_plan_type: "team" },
    });
    expect(emulator.calls.map((call) => [call.route, call.account])).toEqual([
      ["oauth.authorize", null],
      ["oauth.decision", "acc-two"],
      ["oauth.token", "acc-two"],
    ]);
  });

  test("Deny redirects with access_denied and the state", async () => {
    const pkce = makePkce();
    const response = await decide({ request: await askFor(pkce), account: "acc-one", decision: "deny" });
    expect(Object.fromEntries(redirectOf(response).searchParams)).toEqual({
      error: "access_denied",
      error_description: "The user denied the request.",
      state: pkce.state,
    });
  });

  test("decides once", async () => {
    const request = await askFor(makePkce());
    await decide({ request, account: "acc-one", decision: "deny" });
    const again = await decide({ request, account: "acc-one", decision: "allow" });
    expect([again.status, again.headers.get("location")]).toEqual([400, null]);
    expect(await again.text()).toContain("was decided before");
  });

  test.each([
    [{ account: "acc-three", decision: "allow" }, "Choose one of the accounts."],
    [{ account: "acc-one", decision: "perhaps" }, "other fields than the page"],
    [{ account: "acc-one", decision: "allow", more: "1" }, "other fields than the page"],
  ])("refuses the form %o", async (fields, words) => {
    const response = await decide({ request: await askFor(makePkce()), ...fields });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain(words);
  });

  test("a form of another site is refused, the page's own is not", async () => {
    const request = await askFor(makePkce());
    const fields = { request, account: "acc-one", decision: "allow" };
    expect((await decide(fields, { origin: "https://evil.example.test" })).status).toBe(403);
    expect((await decide(fields, { origin: "null" })).status).toBe(403);
    expect((await decide(fields, { origin: running.url })).status).toBe(302);
  });
});

describe("a parameter that is wrong is 400 on a page that names it, and never redirects", () => {
  test.each<[string, Record<string, string | null>, string]>([
    ["another response type", { response_type: "token" }, "'response_type'"],
    ["an unknown client", { client_id: "app_stranger" }, "'client_id'"],
    ["no redirect address", { redirect_uri: null }, "Missing required parameter: &#39;redirect_uri&#39;"],
    ["another port", { redirect_uri: "http://127.0.0.1:1456/auth/callback" }, "'redirect_uri'"],
    ["another path", { redirect_uri: "http://127.0.0.1:1455/auth/callback/x" }, "'redirect_uri'"],
    ["another host", { redirect_uri: "http://evil.example.test:1455/auth/callback" }, "'redirect_uri'"],
    ["a plain challenge", { code_challenge_method: "plain" }, "'code_challenge_method'"],
    ["no challenge", { code_challenge: null }, "'code_challenge'"],
    ["a short challenge", { code_challenge: "abc" }, "'code_challenge'"],
    ["no state", { state: null }, "'state'"],
    ["a state that can be guessed", { state: "1" }, "'state'"],
    ["a scope too few", { scope: "openid profile email" }, "'scope'"],
    ["an unknown scope", { scope: "openid profile email offline_access admin" }, "'scope'"],
    ["no originator", { originator: null }, "'originator'"],
    ["a flag that is not true", { codex_cli_simplified_flow: "yes" }, "'codex_cli_simplified_flow'"],
    ["an unknown parameter", { prompt: "login" }, "Unknown parameter: &#39;prompt&#39;"],
  ])("%s", async (_, change, words) => {
    const response = await openAuthorize(running.authURL, authorizeQuery(makePkce(), change));
    expect([response.status, response.headers.get("location")]).toEqual([400, null]);
    expect(await response.text()).toContain(words.replaceAll("'", "&#39;"));
  });

  test("a parameter that comes twice", async () => {
    const query = authorizeQuery(makePkce());
    query.append("state", "another-state-of-somebody");
    const page = await (await openAuthorize(running.authURL, query)).text();
    expect(page).toContain("The parameter &#39;state&#39; comes more than once.");
  });
});

test("both hosts and both ports are callbacks, and connector scopes are allowed with a remark", async () => {
  for (const host of ["127.0.0.1:1455", "127.0.0.1:1457", "localhost:1455", "localhost:1457"]) {
    const query = authorizeQuery(makePkce(), { redirect_uri: `http://${host}/auth/callback` });
    expect((await openAuthorize(running.authURL, query)).status).toBe(200);
  }
  const scope = "openid profile email offline_access api.connectors.read api.connectors.invoke";
  await openAuthorize(running.authURL, authorizeQuery(makePkce(), { scope }));
  expect(emulator.calls.map((call) => call.remarks)).toEqual([
    [],
    [],
    [],
    [],
    ["scope asks for more than images need: api.connectors.read api.connectors.invoke"],
  ]);
});

test("autoApprove redirects at once, for the first account or a named one", async () => {
  for (const [autoApprove, account] of [
    [true, "acc-one"],
    ["acc-two", "acc-two"],
  ] as const) {
    const pretend = createEmulator({ accounts, autoApprove });
    const { authURL } = await pretend.listen();
    const pkce = makePkce();
    const { searchParams } = redirectOf(await openAuthorize(authURL, authorizeQuery(pkce)));
    expect(searchParams.get("state")).toBe(pkce.state);
    expect(searchParams.get("code")).toMatch(/^ac_/);
    expect(pretend.calls[0]?.account).toBe(account);
    await pretend.close();
  }
});

test("redirectURIs may take any port, for callbacks on port zero", async () => {
  const redirectURIs = ["http://127.0.0.1:*/auth/callback"];
  const pretend = createEmulator({ redirectURIs, autoApprove: true });
  const { authURL } = await pretend.listen();
  const statusFor = async (redirect_uri: string): Promise<number> =>
    (await openAuthorize(authURL, authorizeQuery(makePkce(), { redirect_uri }))).status;
  expect(await statusFor("http://127.0.0.1:49321/auth/callback")).toBe(302);
  expect(await statusFor("http://127.0.0.1:1@evil.example.test/auth/callback")).toBe(400);
  expect(await statusFor("http://127.0.0.1:/auth/callback")).toBe(400);
  expect(await statusFor("http://localhost:49321/auth/callback")).toBe(400);
  await pretend.close();
});
