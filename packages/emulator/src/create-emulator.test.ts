import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import * as surface from "./index.ts";
import { createEmulator, scenarioNames, scenarios } from "./index.ts";
import { scenarioGroups } from "./scenarios/groups.ts";
import { imageRequest } from "./testing/requests.ts";
import { isRecord } from "./values.ts";

const NOW = 1_795_218_411_000;

function claimsOf(token: unknown): Readonly<Record<string, unknown>> {
  const claims: unknown = JSON.parse(Buffer.from(String(token).split(".")[1] ?? "", "base64url").toString("utf8"));
  if (!isRecord(claims)) throw new Error("no claims");
  return claims;
}

test("the default token has the claims of codex-backend contract 6.1 and lives ten days", () => {
  const emulator = createEmulator({ clock: () => NOW, plan: "pro", email: "a@example.test", accountId: "acc-7" });
  expect(emulator.accessToken.split(".")).toHaveLength(3);
  expect(claimsOf(emulator.accessToken)).toMatchObject({
    email: "a@example.test",
    exp: NOW / 1000 + 864_000,
    "https://api.openai.com/profile": { email: "a@example.test" },
    "https://api.openai.com/auth": {
      chatgpt_account_id: "acc-7",
      chatgpt_plan_type: "pro",
      chatgpt_user_id: expect.any(String),
      chatgpt_account_is_fedramp: false,
    },
  });
});

test("the token expires by the clock", async () => {
  let now = NOW;
  const emulator = createEmulator({ clock: () => now, scenario: { name: "ok", size: "32x32" } });
  expect((await emulator.fetch(imageRequest(emulator))).status).toBe(200);
  now += 10 * 86_400_000;
  expect((await emulator.fetch(imageRequest(emulator))).status).toBe(401);
});

test("the auth file has the fields of codex-backend contract 6.1", () => {
  const emulator = createEmulator({ clock: () => NOW });
  expect(emulator.codexAuthFile()).toEqual({
    auth_mode: "chatgpt",
    OPENAI_API_KEY: null,
    tokens: {
      id_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      access_token: emulator.accessToken,
      refresh_token: "rt_emulator_0001",
      account_id: "acc-emulator-0001",
      oauth_provenance: { issuer: "https://auth.openai.com", client_id: "app_emulator" },
    },
    last_refresh: new Date(NOW).toISOString(),
  });
});

test("the auth file can be of another kind, expired or incomplete", () => {
  const emulator = createEmulator({ clock: () => NOW });
  const { tokens } = emulator.codexAuthFile({ expired: true, accountId: null, plan: "free" });
  if (!isRecord(tokens)) throw new Error("no tokens");
  expect(tokens["account_id"]).toBeNull();
  expect(claimsOf(tokens["access_token"])).toMatchObject({
    exp: NOW / 1000 - 3600,
    "https://api.openai.com/auth": { chatgpt_plan_type: "free" },
  });
  expect(emulator.codexAuthFile({ lastRefresh: null })).not.toHaveProperty("last_refresh");
  expect(emulator.codexAuthFile({ kind: "apikey" })).toEqual({
    auth_mode: "apikey",
    OPENAI_API_KEY: expect.stringMatching(/^sk-/),
  });
  expect(emulator.codexAuthFile({ kind: "chatgptAuthTokens" })).toMatchObject({
    auth_mode: "chatgptAuthTokens",
    tokens: { access_token: emulator.accessToken },
  });
  expect(emulator.codexAuthFile({ kind: "personalAccessToken" })).toMatchObject({
    auth_mode: "personalAccessToken",
    personal_access_token: expect.any(String),
  });
  expect(emulator.codexAuthFile({ kind: "headers" })).toEqual({ auth_mode: "headers", OPENAI_API_KEY: null });
});

test.each([
  [{ sead: 1 }, 'createEmulator has no option "sead". Did you mean "seed"?'],
  [{ seed: 1.5 }, 'createEmulator: "seed" must be an integer.'],
  [{ mark: "no" }, 'createEmulator: "mark" must be a boolean.'],
  [{ latencyMs: -1 }, 'createEmulator: "latencyMs" must be 0 or more.'],
  [{ accessToken: "" }, 'createEmulator: "accessToken" must not be empty or hold spaces.'],
  [
    { capabilities: { honorsSize: true } },
    'createEmulator has no capability "honorsSize". Did you mean "honoursSize"?',
  ],
  [{ accounts: [] }, 'createEmulator: "accounts" must hold at least one account.'],
  [{ accounts: [{ accountId: "a", plan: "plus" }] }, "createEmulator: accounts[0].email is missing."],
  [
    { accounts: [{ accountId: "a", email: "a@example.test", plan: "plus", fedRamp: true }] },
    'createEmulator: accounts[0] has no field "fedRamp". Did you mean "fedramp"?',
  ],
  [
    { accounts: ["plus", "pro"].map((plan) => ({ accountId: "a", email: "a@example.test", plan })) },
    'createEmulator: two accounts have the accountId "a".',
  ],
  [
    { plan: "pro", accounts: [{ accountId: "a", email: "a@example.test", plan: "plus" }] },
    'createEmulator: "plan" belongs into "accounts" when that is given.',
  ],
  [{ autoApprove: "acc-2" }, 'createEmulator: "autoApprove" must be true, false or the id of an account.'],
  [{ reuse: "maybe" }, 'createEmulator: "reuse" must be "refused" or "tolerated".'],
  [{ accessTokenLifeMs: 0 }, 'createEmulator: "accessTokenLifeMs" must be more than 0.'],
  [
    { redirectURIs: ["https://example.test/auth/callback"] },
    'createEmulator: "redirectURIs" takes loopback addresses with a port, not "https://example.test/auth/callback".',
  ],
  [
    { usage: { percentPerPicture: 1 } },
    'createEmulator: "usage" has no "percentPerPicture". Did you mean "percentPerImage"?',
  ],
  [{ scenario: "okay" }, 'There is no scenario "okay". Did you mean "ok"?'],
])("the option %o is refused by name", (options, message) => {
  expect(() => Reflect.apply(createEmulator, undefined, [options])).toThrow(new TypeError(message));
});

test("reset forgets what happened", async () => {
  const emulator = createEmulator({ scenario: ["server-error", { name: "ok", size: "32x32" }] });
  const first = emulator.accessToken;
  await emulator.fetch(imageRequest(emulator));
  emulator.renewAccessToken();
  emulator.setScenario("moderation");
  emulator.reset();
  expect([emulator.calls, emulator.accessToken]).toEqual([[], first]);
  const statuses = [
    (await emulator.fetch(imageRequest(emulator))).status,
    (await emulator.fetch(imageRequest(emulator))).status,
  ];
  expect(statuses).toEqual([500, 200]);
});

test("the index exports this and nothing else", () => {
  expect(Object.keys(surface).toSorted()).toEqual(["createEmulator", "scenarioNames", "scenarios"]);
});

test("no file imports another package, and none loads node:http when it is imported", () => {
  for (const entry of readdirSync(new URL(".", import.meta.url), { recursive: true, encoding: "utf8" })) {
    if (!entry.endsWith(".ts") || entry.endsWith(".test.ts")) continue;
    const source = readFileSync(new URL(entry, import.meta.url), "utf8");
    const values = [...source.matchAll(/^(?:import|export) (?!type )[^;]*? from '([^']+)'/gm)].map(
      (match) => match[1] ?? "",
    );
    expect(
      values.filter((name) => !/^\.{1,2}\/|^node:(util|zlib|crypto)$/.test(name)),
      entry,
    ).toEqual([]);
  }
});

test("the README names every scenario with what it does and its parameters", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  for (const { name, groups, summary, parameters } of scenarios) {
    const missing = scenarioGroups.filter((group) => !groups.includes(group));
    const on = missing.length === 0 ? "all" : missing.length === 1 ? `all but ${missing[0]}` : groups.join(", ");
    expect(readme).toContain(
      `| \`${name}\` | ${on} | ${summary} | ${parameters.map((parameter) => `\`${parameter}\``).join(", ")} |`,
    );
  }
  expect(new Set(scenarioNames).size).toBe(scenarios.length);
});
