import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  createEmulator,
  scenarios,
  type Emulator,
  type RunningEmulator,
  type ScenarioGroup,
  type ScenarioStep,
} from "../index.ts";
import { openRequest, type OpenRequest, type SocketAnswer } from "../testing/socket-request.ts";
import { authorizeQuery, CALLBACK, claimsOf, CODEX_CLIENT, makePkce } from "../testing/sign-in.ts";
import { imageRequest } from "../testing/requests.ts";
import { isRecord } from "../values.ts";

const NOW = 1_795_218_411_000;
const accounts = [
  { accountId: "acc-one", email: "one@example.test", plan: "plus" },
  { accountId: "acc-two", email: "two@example.test", plan: "pro" },
];
let emulator: Emulator;
let running: RunningEmulator;

beforeEach(async () => {
  emulator = createEmulator({ clock: () => NOW, accounts, autoApprove: true });
  running = await emulator.listen();
});
const tried = new Set<string>();

afterEach(async () => {
  for (const { group, answered } of emulator.calls) tried.add(`${answered.scenario} ${group}`);
  await emulator.close();
});

interface Sent {
  readonly open: OpenRequest;
  readonly answer: Promise<SocketAnswer>;
}

function send(method: string, path: string, body: unknown, more: Record<string, string> = {}): Sent {
  const form = body instanceof URLSearchParams;
  const type = form ? "application/x-www-form-urlencoded" : "application/json";
  const text = body === undefined ? "" : form ? body.toString() : JSON.stringify(body);
  const headers = { ...more, ...(body === undefined ? {} : { "content-type": type }) };
  const open = openRequest(new Request(running.url + path, { method, headers }), text);
  return { open, answer: open.answer };
}

const withBearer = (): Record<string, string> => ({ authorization: `Bearer ${emulator.accessToken}` });

function sendRefresh(refresh_token: string): Sent {
  const body = { client_id: CODEX_CLIENT, grant_type: "refresh_token", refresh_token };
  return send("POST", "/oauth/token", body);
}

async function obtainCode(): Promise<URLSearchParams> {
  const pkce = makePkce();
  const { headers } = await send("GET", `/oauth/authorize?${authorizeQuery(pkce).toString()}`, undefined).answer;
  return new URLSearchParams({
    grant_type: "authorization_code",
    client_id: CODEX_CLIENT,
    code: new URL(headers.location ?? "").searchParams.get("code") ?? "",
    redirect_uri: CALLBACK,
    code_verifier: pkce.verifier,
  });
}

async function beginDevice(): Promise<{ device_auth_id: unknown; user_code: unknown }> {
  const answer = await send("POST", "/api/accounts/deviceauth/usercode", { client_id: CODEX_CLIENT }).answer;
  const { device_auth_id, user_code } = parse(answer);
  return { device_auth_id, user_code };
}

/** Prepares a request of a group that would be answered well; the result sends it. */
async function prepare(group: ScenarioGroup): Promise<() => Sent> {
  if (group === "token") {
    const code = await obtainCode();
    return () => send("POST", "/oauth/token", code);
  }
  if (group === "device-poll") {
    const device = await beginDevice();
    return () => send("POST", "/api/accounts/deviceauth/token", device);
  }
  const login = emulator.signIn();
  const token = { token: login.refreshToken, token_type_hint: "refresh_token", client_id: CODEX_CLIENT };
  const query = authorizeQuery(makePkce()).toString();
  const simple: Record<string, () => Sent> = {
    usage: () => send("GET", "/wham/usage", undefined, withBearer()),
    accounts: () => send("GET", "/wham/accounts/check", undefined, withBearer()),
    authorize: () => send("GET", `/oauth/authorize?${query}`, undefined),
    refresh: () => sendRefresh(login.refreshToken),
    "device-code": () => send("POST", "/api/accounts/deviceauth/usercode", { client_id: CODEX_CLIENT }),
    revoke: () => send("POST", "/oauth/revoke", token),
  };
  const found = simple[group];
  if (found === undefined) throw new Error(`no request for ${group}`);
  return found;
}

function parse(answer: SocketAnswer): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(answer.body.toString("utf8"));
  if (!isRecord(value)) throw new Error("not an object");
  return value;
}

async function play(step: ScenarioStep, group: ScenarioGroup): Promise<SocketAnswer> {
  const request = await prepare(group);
  emulator.setScenario({ ...step, on: group, times: 1 });
  return request().answer;
}

const groupsOf = (name: string): ScenarioGroup[] =>
  scenarios.filter((scenario) => scenario.name === name).flatMap(({ groups }) => groups.filter(isService));

/** Pictures have test files of their own. */
function isService(group: ScenarioGroup): boolean {
  return group !== "images" && group !== "responses";
}

// The status of the usual answer; an undecided device is 403.
const USUAL: Partial<Record<ScenarioGroup, number>> = { authorize: 302, "device-poll": 403 };

describe("in every group that has it", () => {
  test.each(groupsOf("cloudflare"))("cloudflare is 403 HTML on %s", async (group) => {
    const answer = await play({ name: "cloudflare" }, group);
    expect([answer.status, answer.headers["cf-mitigated"]]).toEqual([403, "challenge"]);
    expect(answer.headers["content-type"]).toMatch(/^text\/html/);
    expect(answer.headers["cf-ray"]).toMatch(/^[0-9a-f]{16}-FRA$/);
  });

  test.each(groupsOf("server-error"))("server-error is 500, unavailable 503, then all is well on %s", async (group) => {
    const failed = await play({ name: "server-error" }, group);
    expect([failed.status, parse(failed)["error"]]).toEqual([500, "server_error"]);
    expect((await play({ name: "unavailable" }, group)).status).toBe(503);
    expect((await play({ name: "ok" }, group)).status).toBe(USUAL[group] ?? 200);
  });

  test.each(groupsOf("slow"))("slow and clock-skew are the usual answer on %s", async (group) => {
    expect((await play({ name: "slow", delayMs: 1 }, group)).status).toBe(USUAL[group] ?? 200);
    const skewed = await play({ name: "clock-skew", skewMs: -172_800_000 }, group);
    expect([skewed.status, skewed.headers.date]).toEqual([
      USUAL[group] ?? 200,
      new Date(NOW - 172_800_000).toUTCString(),
    ]);
  });

  test.each(groupsOf("reset"))(
    "reset ends the connection of %s, never waits for the client to leave",
    async (group) => {
      expect((await play({ name: "reset" }, group)).end).toBe("ECONNRESET");
      const request = await prepare(group);
      const before = emulator.calls.length;
      emulator.setScenario({ name: "never", on: group });
      const sent = request();
      await started(before);
      sent.open.leave();
      await emulator.idle();
      expect(emulator.calls.at(-1)).toMatchObject({ aborted: true, answered: { status: null, scenario: "never" } });
    },
  );

  test.each(groupsOf("cut-body"))("broken bodies break on %s", async (group) => {
    const cut = await play({ name: "cut-body", atBytes: 1 }, group);
    expect([cut.end, cut.body.length]).toEqual(["cut", 1]);
    const notJson = await play({ name: "not-json" }, group);
    expect([notJson.status, notJson.body.toString()]).toEqual([200, "hello"]);
    const broken = await play({ name: "broken-json" }, group);
    expect(broken.end).toBe("complete");
    expect(() => parse(broken)).toThrow(SyntaxError);
    const request = await prepare(group);
    emulator.setScenario({ name: "stalled-body", on: group, atBytes: 1 });
    const stalled = request();
    await stalled.open.received(1);
    stalled.open.leave();
    await emulator.idle();
    expect(emulator.calls.at(-1)?.aborted).toBe(true);
  });

  test.each(groupsOf("rate-limit"))("rate-limit is 429 with retry-after on %s", async (group) => {
    const answer = await play({ name: "rate-limit", retryAfterSeconds: 7 }, group);
    expect([answer.status, answer.headers["retry-after"], parse(answer)["error"]]).toEqual([429, "7", "slow_down"]);
  });

  test.each(groupsOf("unauthorized"))("unauthorized is 401 token_expired on %s", async (group) => {
    const answer = await play({ name: "unauthorized" }, group);
    expect([answer.status, parse(answer)["error"]]).toEqual([401, expect.objectContaining({ code: "token_expired" })]);
  });
});

/** Resolves when the call after `count` others has its scenario. */
async function started(count: number): Promise<void> {
  while (!emulator.calls.slice(count).some((call) => call.answered.scenario !== null))
    await new Promise((resolve) => setImmediate(resolve));
}

describe("refresh", () => {
  test.each([
    ["refresh-token-expired", 401, { code: "refresh_token_expired" }],
    ["refresh-token-reused", 401, { code: "refresh_token_reused" }],
    ["refresh-token-invalidated", 401, { code: "refresh_token_invalidated" }],
  ])("%s", async (name, status, error) => {
    const answer = await play({ name }, "refresh");
    expect([answer.status, parse(answer)["error"]]).toEqual([status, expect.objectContaining(error)]);
  });

  test.each(["token", "refresh"] as const)("invalid-grant and empty-answer on %s", async (group) => {
    const refused = await play({ name: "invalid-grant" }, group);
    expect([refused.status, parse(refused)["error"]]).toEqual([400, "invalid_grant"]);
    const empty = await play({ name: "empty-answer" }, group);
    expect([empty.status, parse(empty)]).toEqual([200, {}]);
  });

  test("other-account gives the tokens of another account", async () => {
    const body = parse(await play({ name: "other-account" }, "refresh"));
    for (const name of ["access_token", "id_token"])
      expect(claimsOf(body[name])).toMatchObject({
        email: "two@example.test",
        "https://api.openai.com/auth": { chatgpt_account_id: "acc-two" },
      });
  });

  test("other-account makes somebody up where there is only one account", async () => {
    const alone = createEmulator({ scenario: { name: "other-account", on: "refresh" } });
    const response = await alone.fetch(
      new Request("http://127.0.0.1/oauth/token", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          grant_type: "refresh_token",
          client_id: CODEX_CLIENT,
          refresh_token: "rt_emulator_0001",
        }),
      }),
    );
    const body: unknown = await response.json();
    expect(claimsOf(isRecord(body) ? body["access_token"] : "")).toMatchObject({
      "https://api.openai.com/auth": { chatgpt_account_id: "acc-emulator-other" },
    });
  });

  test("only-access-token gives nothing else, and the refresh token stays good", async () => {
    const { refreshToken } = emulator.signIn();
    emulator.setScenario([{ name: "only-access-token" }]);
    expect(Object.keys(parse(await sendRefresh(refreshToken).answer))).toEqual(["access_token"]);
    expect(Object.keys(parse(await sendRefresh(refreshToken).answer))).toContain("refresh_token");
  });

  test.each<[ScenarioStep, boolean]>([
    [{ name: "cloudflare" }, false],
    [{ name: "server-error" }, false],
    [{ name: "rate-limit" }, false],
    [{ name: "not-json" }, false],
    [{ name: "reset" }, false],
    [{ name: "reset", spent: true }, true],
    [{ name: "server-error", spent: true }, true],
    [{ name: "cut-body" }, true],
    [{ name: "broken-json" }, true],
    [{ name: "slow", delayMs: 1 }, true],
    [{ name: "slow", delayMs: 1, spent: false }, true],
  ])("after %o the token is spent: %s", async (step, spent) => {
    const { refreshToken } = emulator.signIn();
    emulator.setScenario([{ ...step, on: "refresh" }]);
    await sendRefresh(refreshToken).answer;
    expect((await sendRefresh(refreshToken).answer).status).toBe(spent ? 401 : 200);
  });

  test("a client that dies while it waits has spent its token, unless the step says that it has not", async () => {
    for (const [spent, status] of [
      [true, 401],
      [false, 200],
    ] as const) {
      const { refreshToken } = emulator.signIn();
      emulator.setScenario([{ name: "slow", on: "refresh", spent }]);
      const before = emulator.calls.length;
      const sent = sendRefresh(refreshToken);
      await started(before);
      sent.open.leave();
      await emulator.idle();
      expect((await sendRefresh(refreshToken).answer).status).toBe(status);
    }
  });

  test("of two that wait with the same token, the second is refused", async () => {
    const { refreshToken } = emulator.signIn();
    emulator.setScenario({ name: "slow", on: "refresh", delayMs: 5, spent: false });
    const answers = await Promise.all([sendRefresh(refreshToken).answer, sendRefresh(refreshToken).answer]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401]));
  });

  test("a refused request uses up no step", async () => {
    emulator.setScenario([{ name: "server-error", on: "refresh" }]);
    expect((await sendRefresh("rt_of_nobody").answer).status).toBe(400);
    expect((await sendRefresh(emulator.signIn().refreshToken).answer).status).toBe(500);
  });
});

describe("authorize", () => {
  const location = async (step: ScenarioStep): Promise<URLSearchParams> => {
    const { headers } = await play(step, "authorize");
    return new URL(headers.location ?? "").searchParams;
  };

  test("authorize-error redirects with the error and the state", async () => {
    const answered = await location({ name: "authorize-error", error: "temporarily_unavailable" });
    expect([...answered.keys()]).toEqual(["error", "error_description", "state"]);
    expect(answered.get("error")).toBe("temporarily_unavailable");
    expect((await location({ name: "authorize-error" })).get("error")).toBe("server_error");
  });

  test("wrong-state and missing-code", async () => {
    const wrong = await location({ name: "wrong-state" });
    expect([wrong.has("code"), wrong.get("state")]).toEqual([true, "a-state-that-nobody-sent"]);
    expect([...(await location({ name: "missing-code" })).keys()]).toEqual(["state"]);
  });
});

describe("device", () => {
  test("device-not-enabled is 404", async () => {
    expect((await play({ name: "device-not-enabled" }, "device-code")).status).toBe(404);
  });

  test.each([
    [{ name: "slow-down" }, 429, "slow_down"],
    [{ name: "device-expired" }, 400, "expired_token"],
    [{ name: "device-denied" }, 400, "access_denied"],
  ])("%o", async (step, status, error) => {
    const answer = await play(step, "device-poll");
    expect([answer.status, parse(answer)["error"]]).toEqual([status, error]);
  });

  test("slow-down has a retry-after", async () => {
    expect((await play({ name: "slow-down" }, "device-poll")).headers["retry-after"]).toBe("5");
  });

  test("pending-404 is 404 until somebody decides", async () => {
    const device = await beginDevice();
    emulator.setScenario({ name: "pending-404" });
    const poll = () => send("POST", "/api/accounts/deviceauth/token", device).answer;
    expect((await poll()).status).toBe(404);
    emulator.approveDevice(String(device.user_code));
    expect((await poll()).status).toBe(200);
  });
});

describe("revoke", () => {
  test("a failed revoke leaves the login as it is", async () => {
    const { refreshToken } = emulator.signIn();
    emulator.setScenario([{ name: "server-error", on: "revoke" }]);
    const body = { token: refreshToken, token_type_hint: "refresh_token", client_id: CODEX_CLIENT };
    expect((await send("POST", "/oauth/revoke", body).answer).status).toBe(500);
    expect((await sendRefresh(refreshToken).answer).status).toBe(200);
  });
});

describe("accounts and usage", () => {
  test.each([
    ["regional", [{ workspace_backend_origin: "https://us.chatgpt.com", account_routing_override: "us" }]],
    [
      "unconstrained-origin",
      [{ workspace_backend_origin: "NO_CONSTRAINT", account_routing_override: "NO_CONSTRAINT" }],
    ],
    ["missing-entry", [{ id: "acc-emulator-elsewhere" }]],
    ["map-of-envelopes", { "acc-one": { account: { account_id: "acc-one", plan_type: "plus" } } }],
  ])("%s", async (name, listed) => {
    expect(parse(await play({ name }, "accounts"))).toMatchObject({ accounts: listed });
  });

  test("no-routing has only ids", async () => {
    expect(parse(await play({ name: "no-routing" }, "accounts"))["accounts"]).toEqual([{ id: "acc-one" }]);
  });

  test("usage-limit shows the first window used up", async () => {
    expect(parse(await play({ name: "usage-limit", resetsInSeconds: 60 }, "usage"))).toMatchObject({
      rate_limit: {
        allowed: false,
        limit_reached: true,
        primary_window: { used_percent: 100, reset_after_seconds: 60, reset_at: NOW / 1000 + 60 },
        secondary_window: { used_percent: 34 },
      },
    });
  });
});

describe("steps", () => {
  test("a list has its own order in every group, and a new scenario replaces all of them", async () => {
    const usage = async (): Promise<number | undefined> =>
      (await send("GET", "/wham/usage", undefined, withBearer()).answer).status;
    const draw = async (): Promise<number> => (await fetch(imageRequest(emulator, running))).status;
    emulator.setScenario([
      { name: "unavailable", on: "usage" },
      "server-error",
      { name: "server-error", on: "usage", times: 2 },
    ]);
    expect([await usage(), await usage(), await draw(), await usage(), await usage()]).toEqual([
      503, 500, 500, 500, 200,
    ]);
    emulator.setScenario({ name: "unavailable", on: "usage" });
    emulator.setScenario("server-error");
    expect([await usage(), await draw()]).toEqual([200, 500]);
  });

  test.each<[ScenarioStep | string, string]>([
    [
      { name: "moderation", on: "refresh" },
      'The parameter "on" of the scenario "moderation" must be one of: images, responses.',
    ],
    [
      { name: "empty-answer", on: "revoke" },
      'The parameter "on" of the scenario "empty-answer" must be one of: token, refresh.',
    ],
    [
      { name: "server-error", on: "usage", size: "32x32" },
      'The scenario "server-error" has no parameter "size". Did you mean "times"?',
    ],
    [{ name: "reset", spent: true }, 'The scenario "reset" has no parameter "spent". Did you mean "on"?'],
  ])("%o is refused by name", (scenario, message) => {
    expect(() => emulator.setScenario(scenario)).toThrow(new TypeError(message));
  });
});

test("every scenario has answered a call of this file in every group but images and responses", () => {
  const all = scenarios.flatMap(({ name, groups }) => groups.filter(isService).map((group) => `${name} ${group}`));
  expect(all.filter((pair) => !tried.has(pair))).toEqual([]);
});
