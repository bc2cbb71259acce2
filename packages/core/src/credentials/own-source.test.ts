import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { clientId, ownLogin, serviceAt } from "../../../../test/support/own-login.ts";
import { recordingServer } from "../../../../test/support/recording-server.ts";
import { limnErrorOf } from "../../../../test/support/rejection.ts";
import { temporaryFolder } from "../../../../test/support/temporary-folder.ts";
import { OwnLoginFile, newOwnLogin } from "./own-login-file.ts";
import { createOwnSource } from "./own-source.ts";

const threeMinutesMs = 180_000;
const anHourMs = 3_600_000;
const digest = (text: string): string => createHash("sha256").update(text).digest("hex");
const aTime = expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as unknown;

describe("limn's own login", () => {
  it("is used as it is while it lives for more than five minutes", async () => {
    const { source, emulator, issued, file } = await ownLogin({ accessTokenLifeMs: anHourMs });
    const before = readFileSync(file.path);
    const credential = await source.find();
    expect(credential?.revealToken()).toBe(issued.accessToken);
    expect(JSON.parse(JSON.stringify(credential))).toEqual({
      source: "limn",
      plan: "plus",
      account: "…0001",
      expiresAt: expect.any(String) as unknown,
    });
    expect([emulator.calls.length, readFileSync(file.path)]).toEqual([0, before]);
  });

  it.each([
    ["five minutes before its end", threeMinutesMs],
    ["after its end", 0],
  ])("is renewed %s, and both tokens are on the disk before they are used", async (_, accessTokenLifeMs) => {
    const { source, emulator, issued, stored, names } = await ownLogin({ accessTokenLifeMs });
    const before = stored();
    const token = (await source.find())?.revealToken();
    expect(token).not.toBe(issued.accessToken);
    const after = stored();
    expect(after).toEqual({
      ...before,
      accessToken: token,
      refreshToken: expect.stringMatching(/^rt_/) as unknown,
      idToken: expect.any(String) as unknown,
      refreshedAt: aTime,
      intent: null,
      rejected: null,
    });
    expect(after.refreshToken).not.toBe(before.refreshToken);
    expect(names()).toEqual(["default.json", "default.lock"]);
    expect(emulator.calls.map(({ route, body }) => [route, body])).toEqual([
      [
        "oauth.token",
        {
          client_id: clientId,
          grant_type: "refresh_token",
          refresh_reason: "proactive_expiry",
          refresh_token: expect.stringContaining("<REFRESH_TOKEN") as unknown,
        },
      ],
    ]);
    expect((await source.find())?.revealToken()).toBe(token);
    expect(emulator.count("refresh")).toBe(1);
  });

  it("is renewed once by all who ask at the same time", async () => {
    const { source, emulator } = await ownLogin();
    const found = await Promise.all(Array.from({ length: 10 }, async () => source.find()));
    expect(new Set(found.map((credential) => credential?.revealToken())).size).toBe(1);
    expect(emulator.count("refresh")).toBe(1);
  });

  it("has its intent on the disk while the service holds its answer", async () => {
    const { source, emulator, stored, names, issued } = await ownLogin({
      emulator: { scenario: { name: "never", on: "refresh" } },
    });
    const before = stored();
    const renewal = limnErrorOf(source.find());
    while (emulator.count("refresh") === 0) await new Promise((resolve) => setImmediate(resolve));
    expect(stored()).toEqual({ ...before, intent: { tokenSha256: digest(issued.refreshToken), at: aTime } });
    expect(names()).toEqual(["default.json", expect.stringMatching(/^default\.json\..+\.tmp$/), "default.lock"]);
    await emulator.close();
    expect((await renewal).category).toBe("connection");
    expect(names()).toEqual(["default.json", "default.lock"]);
  });

  it("that was being renewed by somebody who died is sent once more with the same token", async () => {
    const { source, file, issued, emulator } = await ownLogin();
    const login = file.read();
    if (login === null) throw new Error("no login");
    file.write({ ...login, intent: { tokenSha256: digest(issued.refreshToken), at: new Date().toISOString() } });
    expect(await source.find()).not.toBeNull();
    expect(file.read()).toMatchObject({ intent: null });
    expect(emulator.count("refresh", 200)).toBe(1);
  });

  it("keeps its refresh token when the answer has only an access token", async () => {
    const { source, issued, stored } = await ownLogin({
      emulator: { scenario: { name: "only-access-token", on: "refresh" } },
    });
    const token = (await source.find())?.revealToken();
    expect(token).not.toBe(issued.accessToken);
    expect(stored()).toMatchObject({
      accessToken: token,
      refreshToken: issued.refreshToken,
      idToken: issued.idToken,
      intent: null,
    });
  });

  it("is absent where nobody signed in, and nothing is made there", async () => {
    const folder = temporaryFolder();
    const file = new OwnLoginFile(folder, "work");
    const source = createOwnSource({ file, tokens: serviceAt("http://127.0.0.1:1"), clock: Date.now });
    expect(await source.find()).toBeNull();
    expect(await source.report()).toMatchObject({ source: "limn", state: "absent", place: file.path, problem: null });
  });
});

// The table of codex-backend contract 6.4.
describe("a permanent refusal", () => {
  it.each<[scenario: string, reason: string]>([
    ["refresh-token-expired", "expired"],
    ["refresh-token-reused", "reused"],
    ["refresh-token-invalidated", "revoked"],
    ["invalid-grant", "refused"],
  ])("%s is login_expired with the next step, and is not asked about again", async (name, reason) => {
    const { source, emulator, stored, issued } = await ownLogin({ emulator: { scenario: { name, on: "refresh" } } });
    const before = stored();
    const first = await limnErrorOf(source.find());
    expect(first.toJSON()).toEqual({
      code: "login_expired",
      category: "login",
      message: expect.any(String) as unknown,
      hint: "Sign in again: limn login",
      retryable: false,
      retryAfterMs: null,
      details: { reason },
    });
    expect(stored()).toEqual({ ...before, rejected: { tokenSha256: digest(issued.refreshToken), reason, at: aTime } });
    emulator.setScenario("ok");
    expect((await limnErrorOf(source.find())).toJSON()).toEqual(first.toJSON());
    expect(emulator.count("refresh")).toBe(1);
    expect(await source.report()).toMatchObject({ state: "expired", problem: { code: "login_expired" } });
  });

  it("with another 401 counts as refused", async () => {
    const server = await recordingServer((response) => {
      response.writeHead(401, { "content-type": "application/json" }).end('{"error":{"code":"something_new"}}');
    });
    const { source } = expiredLoginAt(server.origin);
    expect(await limnErrorOf(source.find())).toMatchObject({ code: "login_expired", details: { reason: "refused" } });
  });

  it("of one token does not hold against the next, which a new login brings", async () => {
    const { source, emulator, file, origin } = await ownLogin({
      emulator: { scenario: [{ name: "refresh-token-reused", on: "refresh" }] },
    });
    await limnErrorOf(source.find());
    const next = emulator.signIn({ clientId, accessTokenLifeMs: 0 });
    file.write({
      ...newOwnLogin(next, { profile: "default", issuer: origin, clientId, nowMs: Date.now() }),
      rejected: file.read()?.rejected ?? null,
    });
    expect(await source.find()).not.toBeNull();
  });
});

describe("trouble that passes", () => {
  const table: [what: string, scenario: string, code: string][] = [
    ["a block of the network edge", "cloudflare", "network_blocked"],
    ["429", "rate-limit", "rate_limited"],
    ["500", "server-error", "service_error"],
    ["503 in plain text", "unavailable", "service_error"],
    ["a connection that is reset", "reset", "connection_failed"],
    ["an answer that is cut", "cut-body", "connection_failed"],
    ["half a JSON", "broken-json", "unexpected_response"],
    ["no JSON", "not-json", "unexpected_response"],
    ["an answer without tokens", "empty-answer", "unexpected_response"],
  ];

  it.each(table)("%s leaves a living token in use, and the login as it was", async (_, name) => {
    const { source, emulator, stored, issued, names } = await ownLogin({
      accessTokenLifeMs: threeMinutesMs,
      emulator: { scenario: { name, on: "refresh" } },
    });
    const before = stored();
    expect((await source.find())?.revealToken()).toBe(issued.accessToken);
    expect(emulator.count("refresh")).toBe(1);
    expect(stored()).toEqual({ ...before, intent: { tokenSha256: digest(issued.refreshToken), at: aTime } });
    expect(names()).toEqual(["default.json", "default.lock"]);
  });

  it.each(table)(
    "%s is an error when the token has ended, and the same refresh token serves later",
    async (_, name, code) => {
      const { source, emulator, stored, issued } = await ownLogin({
        // Where an answer began, the token may be spent; the service is reported to tolerate that for an hour (contract 6.4).
        emulator: { reuse: "tolerated", scenario: { name, on: "refresh" } },
      });
      const before = stored();
      const error = await limnErrorOf(source.find());
      expect([error.code, error.hint === null]).toEqual([code, false]);
      for (const secret of [issued.refreshToken, issued.accessToken])
        expect(JSON.stringify(error) + error.message).not.toContain(secret);
      expect(stored()).toEqual({ ...before, intent: { tokenSha256: digest(issued.refreshToken), at: aTime } });
      emulator.setScenario("ok");
      expect((await source.find())?.revealToken()).not.toBe(issued.accessToken);
    },
  );

  it("400 without a known reason is one too", async () => {
    const server = await recordingServer((response) => {
      response.writeHead(400, { "content-type": "application/json" }).end('{"error":"invalid_request"}');
    });
    const { source, file } = expiredLoginAt(server.origin);
    expect(await limnErrorOf(source.find())).toMatchObject({
      code: "service_error",
      details: { status: 400, serviceCode: "invalid_request" },
    });
    expect(file.read()).toMatchObject({ rejected: null });
  });

  it("shows the ray of a block, which is not a sign-out", async () => {
    const { source } = await ownLogin({ emulator: { scenario: { name: "cloudflare", on: "refresh" } } });
    const error = await limnErrorOf(source.find());
    expect(error.message).toMatch(/cf-ray \S+\. Your login is not the reason\./);
    expect(error.details).toEqual({ status: 403, cfRay: expect.any(String) as unknown });
  });
});

describe("half an answer where a used token is refused", () => {
  it("ends in login_expired after one more try, and nothing loops", async () => {
    const { source, emulator } = await ownLogin({
      emulator: { scenario: [{ name: "cut-body", on: "refresh" }, "ok"] },
    });
    expect((await limnErrorOf(source.find())).category).toBe("connection");
    for (let time = 0; time < 3; time += 1)
      expect(await limnErrorOf(source.find())).toMatchObject({ code: "login_expired", details: { reason: "reused" } });
    expect(emulator.count("refresh")).toBe(2);
  });
});

describe("what a renewal may not do", () => {
  it("bring another account", async () => {
    const { source, stored, issued, emulator } = await ownLogin({
      emulator: { scenario: { name: "other-account", on: "refresh" } },
    });
    const before = stored();
    expect(await limnErrorOf(source.find())).toMatchObject({
      code: "login_account_changed",
      hint: "Sign in again: limn login",
    });
    expect(stored()).toEqual({
      ...before,
      rejected: { tokenSha256: digest(issued.refreshToken), reason: "refused", at: aTime },
    });
    expect((await limnErrorOf(source.find())).code).toBe("login_expired");
    expect(emulator.count("refresh")).toBe(1);
  });

  it("send a refresh token to another issuer than its own", async () => {
    const other = await recordingServer((response) => {
      response.end();
    });
    const { file, stored } = await ownLogin();
    const before = stored();
    const source = createOwnSource({ file, tokens: serviceAt(other.origin), clock: Date.now });
    expect(await limnErrorOf(source.find())).toMatchObject({
      code: "login_refused",
      hint: expect.stringContaining("limn login") as unknown,
      details: { kind: "other_issuer" },
    });
    expect([other.requests, stored()]).toEqual([[], before]);
  });
});

describe("after the service refused a token", () => {
  it("renews it once and gives the new one, even to several who were refused", async () => {
    const { source, emulator, issued } = await ownLogin({ accessTokenLifeMs: anHourMs });
    const refused = await source.find();
    if (refused === null) throw new Error("no login");
    const [first, second] = await Promise.all([source.recover(refused), source.recover(refused)]);
    expect(first?.revealToken()).not.toBe(issued.accessToken);
    expect(second?.revealToken()).toBe(first?.revealToken());
    expect(emulator.calls.map(({ body }) => body)).toMatchObject([{ refresh_reason: "unauthorized_recovery" }]);
  });

  it("takes what another process has renewed meanwhile, without asking", async () => {
    const { source, emulator, file, origin } = await ownLogin({ accessTokenLifeMs: anHourMs });
    const refused = await source.find();
    if (refused === null) throw new Error("no login");
    const next = emulator.signIn({ clientId });
    file.write(newOwnLogin(next, { profile: "default", issuer: origin, clientId, nowMs: Date.now() }));
    expect((await source.recover(refused))?.revealToken()).toBe(next.accessToken);
    expect(emulator.count("refresh")).toBe(0);
  });

  it("says that the login was ended, and keeps that in mind", async () => {
    const { source, emulator } = await ownLogin({ accessTokenLifeMs: anHourMs });
    const refused = await source.find();
    if (refused === null) throw new Error("no login");
    emulator.revokeLogins();
    for (let time = 0; time < 2; time += 1)
      expect(await limnErrorOf(source.recover(refused))).toMatchObject({
        code: "login_expired",
        details: { reason: "revoked" },
      });
    expect(emulator.count("refresh")).toBe(1);
  });

  it("says so when limn was signed out in the meantime", async () => {
    const { source, file, emulator } = await ownLogin({ accessTokenLifeMs: anHourMs });
    const refused = await source.find();
    if (refused === null) throw new Error("no login");
    file.delete();
    expect(await limnErrorOf(source.recover(refused))).toMatchObject({ code: "login_missing" });
    expect(emulator.calls).toEqual([]);
  });
});

describe("a damaged login", () => {
  it("is told and not touched, and no other one is asked for", async () => {
    const { source, file } = await ownLogin();
    writeFileSync(file.path, '{"version":1,');
    expect(await limnErrorOf(source.find())).toMatchObject({ code: "login_unreadable" });
    expect(readFileSync(file.path, "utf8")).toBe('{"version":1,');
    expect(await source.report()).toMatchObject({
      state: "unreadable",
      problem: { hint: "Sign in again: limn login" },
    });
  });
});

/** A login without a token that lives, whose issuer is a server of the test. */
function expiredLoginAt(origin: string): { source: ReturnType<typeof createOwnSource>; file: OwnLoginFile } {
  const file = new OwnLoginFile(temporaryFolder(), "default");
  const claims = Buffer.from(JSON.stringify({ exp: 1 })).toString("base64url");
  const grant = { accessToken: `e30.${claims}.x`, refreshToken: "rt_planted_0001", idToken: null };
  file.write(newOwnLogin(grant, { profile: "default", issuer: origin, clientId, nowMs: Date.now() }));
  return { source: createOwnSource({ file, tokens: serviceAt(origin), clock: Date.now }), file };
}
