import { createEmulator } from "@limn/emulator";
import type { Emulator, EmulatorOptions } from "@limn/emulator";
import { beforeEach, describe, expect, it, onTestFinished, vi } from "vitest";
import { serviceAt } from "../../../../test/support/own-login.ts";
import { recordingServer } from "../../../../test/support/recording-server.ts";
import { limnErrorOf, reasonOf } from "../../../../test/support/rejection.ts";
import type { TokenGrant } from "../contracts/sign-in.ts";
import { loginWithDeviceCode } from "./device-login.ts";
import type { DeviceCode } from "./sign-in-service.ts";

const time = vi.hoisted(() => ({
  nowMs: 0,
  waits: [] as number[],
  /** What happens in the world during the so-manieth wait. */
  during: [] as (() => void)[],
}));

// Waiting takes no time here: the clock jumps.
vi.mock("node:timers/promises", async (original) => ({
  ...(await original<typeof import("node:timers/promises")>()),
  setTimeout: async (ms: number, _: unknown, options?: { signal?: AbortSignal }) => {
    time.waits.push(ms);
    time.nowMs += ms;
    time.during.shift()?.();
    if (options?.signal?.aborted === true) throw new DOMException("The operation was aborted", "AbortError");
  },
}));

beforeEach(() => {
  Object.assign(time, { nowMs: Date.parse("2026-11-21T02:00:00Z"), waits: [], during: [] });
});

interface Attempt {
  readonly emulator: Emulator;
  readonly shown: DeviceCode[];
  readonly result: Promise<TokenGrant>;
}

async function signIn(
  options: EmulatorOptions = {},
  during: (code: string, emulator: Emulator) => (() => void)[] = () => [],
): Promise<Attempt> {
  const clock = (): number => time.nowMs;
  const emulator = createEmulator({ clock, ...options });
  onTestFinished(async () => emulator.close());
  const { baseURL } = await emulator.listen();
  const shown: DeviceCode[] = [];
  const result = loginWithDeviceCode({
    service: serviceAt(new URL(baseURL).origin, clock),
    signal: new AbortController().signal,
    clock,
    onCode: (device) => {
      shown.push(device);
      time.during = during(device.userCode, emulator);
    },
  });
  result.catch(() => undefined);
  return { emulator, shown, result };
}

const nothing = (): void => undefined;

describe("signing in with a device code", () => {
  it.each(["ok", { name: "pending-404", on: "device-poll" } as const])(
    "asks at the service's pace until the code was entered (%j)",
    async (scenario) => {
      const { emulator, shown, result } = await signIn({ scenario }, (code, service) => [
        nothing,
        nothing,
        () => service.setScenario("ok"),
        () => service.approveDevice(code),
      ]);
      expect(Object.keys(await result).sort()).toEqual(["accessToken", "idToken", "refreshToken"]);
      expect(time.waits).toEqual([1000, 1000, 1000, 1000]);
      expect(shown).toEqual([
        {
          deviceAuthId: expect.any(String) as unknown,
          userCode: expect.stringMatching(/^[A-Z0-9]{4}-[A-Z0-9]{4,5}$/) as unknown,
          verificationUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/codex\/device$/) as unknown,
          intervalMs: 1000,
          expiresAtMs: Date.parse("2026-11-21T02:15:00Z"),
        },
      ]);
      expect(emulator.calls.map(({ route, answered }) => [route, answered.status])).toEqual([
        ["deviceauth.usercode", 200],
        ...[0, 1, 2].map(() => ["deviceauth.token", scenario === "ok" ? 403 : expect.any(Number)]),
        ["deviceauth.token", 200],
        ["oauth.token", 200],
      ]);
      expect(emulator.calls.flatMap(({ remarks }) => remarks)).toEqual([]);
    },
  );

  it("asks five seconds less often each time it is told to slow down", async () => {
    const slow = { name: "slow-down", on: "device-poll" } as const;
    const { result } = await signIn({ scenario: [slow, slow] }, (code, emulator) => [
      nothing,
      nothing,
      () => emulator.approveDevice(code),
    ]);
    await result;
    expect(time.waits).toEqual([1000, 6000, 11_000]);
  });

  it("takes a burst limit as a wish to slow down", async () => {
    const { result } = await signIn({ scenario: [{ name: "rate-limit", on: "device-poll" }] }, (code, emulator) => [
      nothing,
      () => emulator.approveDevice(code),
    ]);
    await result;
    expect(time.waits).toEqual([1000, 6000]);
  });

  it("gives up when the code has run out by the clock", async () => {
    const { emulator, result } = await signIn({ deviceIntervalSeconds: 300 });
    expect(await limnErrorOf(result)).toMatchObject({
      code: "login_refused",
      hint: "Start over: limn login --device",
      details: { kind: "expired_token" },
    });
    expect(time.waits).toEqual([300_000, 300_000, 300_000]);
    expect(emulator.count("token")).toBe(0);
  });

  it("waits at most fifteen minutes when the clocks of machine and service are days apart", async () => {
    const { shown, result } = await signIn({ clock: () => time.nowMs + 2 * 86_400_000, deviceIntervalSeconds: 300 });
    expect((await limnErrorOf(result)).details).toMatchObject({ kind: "expired_token" });
    expect(shown.map(({ expiresAtMs }) => expiresAtMs)).toEqual([Date.parse("2026-11-21T02:15:00Z")]);
  });

  it.each([
    ["device-expired", "login_refused", { kind: "expired_token" }],
    ["device-denied", "login_refused", { kind: "access_denied" }],
    ["server-error", "service_error", { status: 500 }],
    ["unavailable", "service_error", { status: 503 }],
    ["cloudflare", "network_blocked", { status: 403 }],
    ["not-json", "service_error", { status: 200 }],
  ])("ends at once when the service answers %s", async (name, code, details) => {
    const { emulator, result } = await signIn({ scenario: { name, on: "device-poll" } });
    const error = await limnErrorOf(result);
    expect(error).toMatchObject({ code, details });
    expect(error.hint).not.toBeNull();
    expect([time.waits, emulator.count("device-poll")]).toEqual([[1000], 1]);
  });

  it("ends when it was denied in the browser", async () => {
    const { result } = await signIn({}, (code, emulator) => [() => emulator.denyDevice(code)]);
    expect(await limnErrorOf(result)).toMatchObject({ code: "login_refused", details: { kind: "access_denied" } });
  });

  it.each([
    ["device-not-enabled", "login_refused", { kind: "device_code_disabled", status: 404 }],
    ["server-error", "service_error", { status: 500 }],
    ["rate-limit", "rate_limited", { status: 429 }],
    ["cloudflare", "network_blocked", { status: 403 }],
    ["not-json", "unexpected_response", { status: 200 }],
  ])("shows no code when the service answers %s to the request for one", async (name, code, details) => {
    const { shown, result } = await signIn({ scenario: { name, on: "device-code" } });
    const error = await limnErrorOf(result);
    expect(error).toMatchObject({ code, details });
    expect([error.hint === null, shown, time.waits]).toEqual([false, [], []]);
  });

  it("says where device codes are switched on", async () => {
    const { result } = await signIn({ scenario: { name: "device-not-enabled", on: "device-code" } });
    const { message, hint } = await limnErrorOf(result);
    expect(message).toBe("Signing in with a device code is not enabled for this account.");
    expect(hint).toBe("Turn it on in ChatGPT under Settings → Security, or sign in with the browser: limn login");
  });

  it.each<[interval: unknown, waitMs: number]>([
    ["5", 5000],
    [0, 1000],
    [-3, 1000],
    ["soon", 5000],
    [1e12, 300_000],
  ])("waits sensibly when the service names %j as its pace", async (interval, waitMs) => {
    const server = await recordingServer((response, { path }) => {
      const answer = path.endsWith("usercode")
        ? { device_auth_id: "d", user_code: "AAAA-BBBB", interval }
        : { error: "access_denied" };
      response
        .writeHead(path.endsWith("usercode") ? 200 : 400, { "content-type": "application/json" })
        .end(JSON.stringify(answer));
    });
    const clock = (): number => time.nowMs;
    const result = loginWithDeviceCode({
      service: serviceAt(server.origin, clock),
      signal: new AbortController().signal,
      clock,
      onCode: nothing,
    });
    await limnErrorOf(result);
    expect(time.waits).toEqual([waitMs]);
  });

  it("stops waiting with the reason of an abort", async () => {
    const abort = new AbortController();
    const reason = new Error("enough");
    const emulator = createEmulator({ clock: () => time.nowMs });
    onTestFinished(async () => emulator.close());
    const { baseURL } = await emulator.listen();
    const result = loginWithDeviceCode({
      service: serviceAt(new URL(baseURL).origin),
      signal: abort.signal,
      clock: () => time.nowMs,
      onCode: () => {
        time.during = [() => abort.abort(reason)];
      },
    });
    expect(await reasonOf(result)).toBe(reason);
    expect(emulator.count("device-poll")).toBe(0);
  });
});
