import { describe, expect, it } from "vitest";
import { readHermesEntry, readOpencodeEntry, readPiEntry } from "./borrowed-entry.ts";

/** An unsigned token with the claims of codex-backend contract 6.1. */
function token(accountId: string | null, expSeconds = 1_800_000_000): string {
  const auth = { chatgpt_plan_type: "plus", ...(accountId === null ? {} : { chatgpt_account_id: accountId }) };
  const claims = { exp: expSeconds, email: "someone@example.test", "https://api.openai.com/auth": auth };
  return `e30.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.x`;
}

const login = (accessToken: string, expiresAtMs: number | null = 1_800_000_000_000): unknown => ({
  kind: "login",
  accessToken,
  accountId: "acc-1",
  plan: "plus",
  email: "someone@example.test",
  expiresAtMs,
});

describe("Pi's login file (login-stores 2)", () => {
  it("gives the entry openai-codex, with the earlier of the two ends", () => {
    const access = token("acc-1");
    const entry = { type: "oauth", access, refresh: "rt_sample", expires: 1_700_000_000_000, accountId: "acc-1" };
    expect(readPiEntry(JSON.stringify({ "openai-codex": entry }))).toEqual(login(access, 1_700_000_000_000));
  });

  it("takes the account from the token where the entry has none", () => {
    const access = token("acc-1");
    expect(readPiEntry(JSON.stringify({ "openai-codex": { type: "oauth", access } }))).toEqual(login(access));
  });

  it("never takes the entry openai, which belongs to another client", () => {
    expect(readPiEntry(JSON.stringify({ openai: { type: "oauth", access: token("acc-1") } }))).toEqual({
      kind: "absent",
    });
  });

  it("tells an API key from a login", () => {
    expect(readPiEntry(JSON.stringify({ "openai-codex": { type: "api_key", key: "sk-sample" } }))).toMatchObject({
      kind: "other_kind",
    });
  });

  it("uses neither account when entry and token differ", () => {
    const entry = { type: "oauth", access: token("acc-2"), accountId: "acc-1" };
    expect(readPiEntry(JSON.stringify({ "openai-codex": entry }))).toEqual({ kind: "accounts_differ" });
  });

  it.each([
    ["", "it is empty"],
    ['{"openai-codex":', "it is not valid JSON"],
    ["[]", "it is not a JSON object"],
  ])("says what is wrong with %j", (content, problem) => {
    expect(readPiEntry(content)).toEqual({ kind: "malformed", problem });
  });
});

describe("opencode's login file (login-stores 3)", () => {
  it("gives the entry openai of type oauth", () => {
    const access = token("acc-1");
    expect(
      readOpencodeEntry(
        JSON.stringify({ openai: { type: "oauth", access, refresh: "rt_sample" }, anthropic: { type: "api" } }),
      ),
    ).toEqual(login(access));
  });

  it("prefers the token's account to an accountId that is an organization", () => {
    const access = token("acc-1");
    expect(readOpencodeEntry(JSON.stringify({ openai: { type: "oauth", access, accountId: "org-9" } }))).toEqual(
      login(access),
    );
  });
});

describe("Hermes' login file (login-stores 5)", () => {
  const row = (fields: object): object => ({
    auth_type: "oauth",
    source: "manual:device_code",
    priority: 0,
    ...fields,
  });
  const store = (pool: readonly object[], main?: string): string =>
    JSON.stringify({
      providers: main === undefined ? {} : { "openai-codex": { tokens: { access_token: main } } },
      credential_pool: { "openai-codex": pool },
    });

  it("gives the pool's entry of the lowest priority number", () => {
    const first = token("acc-1");
    const second = token("acc-1", 1_900_000_000);
    expect(
      readHermesEntry(
        store([row({ access_token: second, priority: 5 }), row({ access_token: first, priority: 1 })]),
        0,
      ),
    ).toEqual(login(first));
  });

  it("prefers the main sign-in to the pool row that mirrors it", () => {
    const main = token("acc-1");
    expect(readHermesEntry(store([row({ access_token: token("acc-1", 1), source: "device_code" })], main), 0)).toEqual(
      login(main),
    );
  });

  it.each([
    ["a gateway's key", { base_url: "https://gateway.example/v1" }],
    ["a dead entry", { last_status: "dead" }],
    ["an exhausted entry before its reset", { last_status: "exhausted", last_error_reset_at: 2_000_000 }],
    ["an API key", { auth_type: "api_key" }],
  ])("passes over %s", (_, fields) => {
    expect(readHermesEntry(store([row({ access_token: token("acc-1"), ...fields })]), 1_000_000_000)).toEqual({
      kind: "absent",
    });
  });

  it("takes an exhausted entry again after its reset", () => {
    const access = token("acc-1");
    const exhausted = row({ access_token: access, last_status: "exhausted", last_error_reset_at: 2_000_000 });
    expect(readHermesEntry(store([exhausted]), 2_000_001_000)).toEqual(login(access));
  });
});
