import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createEmulator, type Emulator, type EmulatorAccount, type RunningEmulator } from "../index.ts";
import { imageRequest, readError, readObject } from "../testing/requests.ts";
import { claimsOf } from "../testing/sign-in.ts";
import { isRecord } from "../values.ts";

const HOUR = 3_600_000;
const accounts: EmulatorAccount[] = [
  { accountId: "acc-plus", email: "one@example.test", plan: "plus", userId: "user-one" },
  {
    accountId: "acc-team",
    email: "one@example.test",
    plan: "team",
    userId: "user-one",
    workspaceOrigin: "https://us.chatgpt.com",
    routingOverride: "us",
  },
  { accountId: "acc-free", email: "free@example.test", plan: "free" },
  { accountId: "acc-gov", email: "gov@example.test", plan: "enterprise", fedramp: true },
  { accountId: "acc-us", email: "us@example.test", plan: "business", dataResidency: "us", computeResidency: "us" },
  { accountId: "acc-few", email: "few@example.test", plan: "pro", imagesPerDay: 3 },
];
let now = 0;
let emulator: Emulator;
let running: RunningEmulator;

beforeEach(async () => {
  now = 1_795_218_411_000;
  const scenario = { name: "ok", size: "32x32" };
  emulator = createEmulator({ clock: () => now, accounts, scenario, accessTokenLifeMs: 1000 * HOUR });
  running = await emulator.listen();
});
afterEach(() => emulator.close());

function headersFor(accountId: string): Record<string, string> {
  const { accessToken } = emulator.signIn({ accountId });
  return { authorization: `Bearer ${accessToken}`, "chatgpt-account-id": accountId };
}

function draw(accountId: string, more: Record<string, string> = {}): Promise<Response> {
  const headers = { ...headersFor(accountId), ...more };
  return fetch(imageRequest(emulator, { baseURL: running.baseURL, headers }));
}

async function read(path: string, accountId: string): Promise<Readonly<Record<string, unknown>>> {
  return readObject(await fetch(running.url + path, { headers: headersFor(accountId) }));
}

async function windows(accountId: string): Promise<unknown> {
  const { rate_limit: limit } = await read("/backend-api/wham/usage", accountId);
  if (!isRecord(limit)) throw new Error("no rate limit");
  return [limit["primary_window"], limit["secondary_window"]].map((window) =>
    isRecord(window) ? [window["used_percent"], window["reset_after_seconds"]] : window,
  );
}

test("the bearer decides whose plan an answer names, and the record says whose it was", async () => {
  expect((await draw("acc-team", { "x-openai-account-routing-override": "us" })).headers.get("x-codex-plan-type")).toBe(
    "team",
  );
  expect((await draw("acc-plus")).headers.get("x-codex-plan-type")).toBe("plus");
  expect(await read("/wham/usage", "acc-free")).toMatchObject({ plan_type: "free" });
  expect(emulator.calls.map((call) => [call.group, call.account, call.remarks])).toEqual([
    ["images", "acc-team", []],
    ["images", "acc-plus", []],
    ["usage", "acc-free", ["header originator is missing"]],
  ]);
});

test("an account header of another account is a remark", async () => {
  await draw("acc-plus", { "chatgpt-account-id": "acc-team" });
  expect(emulator.calls[0]?.remarks).toEqual(["header chatgpt-account-id names another account"]);
});

test("accounts/check lists the accounts of the person with their routing", async () => {
  const team = {
    id: "acc-team",
    plan_type: "team",
    workspace_backend_origin: "https://us.chatgpt.com",
    account_routing_override: "us",
    name: null,
    structure: "workspace",
  };
  const { accounts: listed, account_ordering: order } = await read("/backend-api/wham/accounts/check", "acc-team");
  expect(listed).toEqual([expect.objectContaining({ id: "acc-plus", structure: "personal" }), team]);
  expect(order).toEqual(["acc-plus", "acc-team"]);
  expect(await read("/wham/accounts/check", "acc-free")).toMatchObject({ account_ordering: ["acc-free"] });
});

test("tokens carry the FedRAMP and residency claims of the account", () => {
  const claims = (accountId: string): unknown =>
    claimsOf(emulator.signIn({ accountId }).accessToken)["https://api.openai.com/auth"];
  expect(claims("acc-gov")).toMatchObject({ chatgpt_account_is_fedramp: true });
  expect(claims("acc-us")).toMatchObject({ chatgpt_data_residency: "us", chatgpt_compute_residency: "us" });
  expect(claims("acc-plus")).not.toHaveProperty("chatgpt_data_residency");
});

test("an account with a residency needs its header, FedRAMP and routing headers are remarks", async () => {
  expect(await readError(await draw("acc-us"))).toMatchObject({ code: "residency_required" });
  expect((await draw("acc-us", { "x-openai-internal-codex-residency": "us" })).status).toBe(200);
  await draw("acc-gov");
  await draw("acc-gov", { "x-openai-fedramp": "true" });
  await draw("acc-team");
  expect(emulator.calls.map((call) => call.remarks)).toEqual([
    ["header x-openai-internal-codex-residency is missing"],
    [],
    ["header x-openai-fedramp is missing"],
    [],
    ["header x-openai-account-routing-override is not the account's"],
  ]);
});

test("the plan free gets no pictures, and uses up no step of the scenario", async () => {
  emulator.setScenario(["server-error"]);
  const response = await draw("acc-free");
  expect([response.status, await readError(response)]).toEqual([
    429,
    { type: "usage_not_included", message: "not included", plan_type: "free" },
  ]);
  expect((await draw("acc-plus")).status).toBe(500);
});

test("the plan free gets pictures where the option allows it", async () => {
  const generous = createEmulator({ plan: "free", allowFreePlanImages: true, scenario: { name: "ok", size: "32x32" } });
  expect((await generous.fetch(imageRequest(generous))).status).toBe(200);
});

describe("windows", () => {
  const used = async (accountId: string): Promise<string | null> =>
    (await draw(accountId)).headers.get("x-codex-primary-used-percent");

  test("every account has its own image window", async () => {
    expect([await used("acc-plus"), await used("acc-plus"), await used("acc-gov")]).toEqual(["2", "4", "2"]);
  });

  test("an allowance is used up and comes back after a day", async () => {
    expect([await used("acc-few"), await used("acc-few"), await used("acc-few")]).toEqual(["33", "66", "100"]);
    now += 10 * HOUR;
    const refused = await draw("acc-few");
    expect([refused.status, refused.headers.get("x-codex-active-limit")]).toEqual([429, "imagegen_premium"]);
    expect(await readError(refused)).toMatchObject({
      type: "usage_limit_reached",
      plan_type: "pro",
      resets_in_seconds: 14 * 3600,
      resets_at: now / 1000 + 14 * 3600,
    });
    expect((await draw("acc-plus")).status).toBe(200);
    now += 14 * HOUR;
    expect(await used("acc-few")).toBe("33");
  });

  test("wham/usage grows with every picture of the account, and only of that one", async () => {
    for (let count = 0; count < 5; count += 1) await draw("acc-plus");
    expect(await windows("acc-plus")).toEqual([
      [17, 3600],
      [35, 86_400],
    ]);
    expect(await windows("acc-gov")).toEqual([
      [12, 3600],
      [34, 86_400],
    ]);
  });

  test("the windows of wham/usage end by the clock, and the next begins with the next picture", async () => {
    now += HOUR / 2;
    expect(await windows("acc-plus")).toEqual([
      [12, 1800],
      [34, 84_600],
    ]);
    now += HOUR / 2;
    expect(await windows("acc-plus")).toEqual([
      [0, 18_000],
      [34, 82_800],
    ]);
    await draw("acc-plus");
    now += HOUR;
    expect(await windows("acc-plus")).toEqual([
      [1, 14_400],
      [34, 79_200],
    ]);
    now += 22 * HOUR;
    expect(await windows("acc-plus")).toEqual([
      [0, 18_000],
      [0, 604_800],
    ]);
  });

  test("the start and the step are options, and the end is 98 per cent", async () => {
    const usage = { primaryPercent: 90, secondaryPercent: 100, percentPerImage: 50 };
    await emulator.close();
    emulator = createEmulator({ clock: () => now, accounts, usage, scenario: { name: "ok", size: "32x32" } });
    running = await emulator.listen();
    await draw("acc-plus");
    expect(await read("/wham/usage", "acc-plus")).toMatchObject({
      rate_limit: {
        allowed: false,
        limit_reached: true,
        primary_window: { used_percent: 98 },
        secondary_window: { used_percent: 100 },
      },
    });
  });
});

test("codexAuthFile takes a login: its tokens, its account, its client", () => {
  const login = emulator.signIn({ accountId: "acc-team", clientId: "app_emulator" });
  const issuer = running.authURL;
  expect(emulator.codexAuthFile({ login, issuer })).toMatchObject({
    tokens: {
      id_token: login.idToken,
      access_token: login.accessToken,
      refresh_token: login.refreshToken,
      account_id: "acc-team",
      oauth_provenance: { issuer, client_id: "app_emulator" },
    },
  });
  const { tokens } = emulator.codexAuthFile({ login, expired: true });
  if (!isRecord(tokens)) throw new Error("no tokens");
  expect(tokens["refresh_token"]).toBe(login.refreshToken);
  expect(claimsOf(tokens["access_token"])).toMatchObject({
    exp: now / 1000 - 3600,
    "https://api.openai.com/auth": { chatgpt_account_id: "acc-team" },
  });
});
