import { setTimeout as delay } from "node:timers/promises";
import type { TokenGrant } from "../contracts/sign-in.ts";
import { LimnError } from "../errors/index.ts";
import type { DeviceCode, SignInService } from "./sign-in-service.ts";

export interface DeviceLoginOptions {
  readonly service: SignInService;
  readonly signal: AbortSignal;
  readonly clock: () => number;
  /** Show the code and the address to the user. */
  readonly onCode: (device: DeviceCode) => void;
}

/** A timer that is longer than it can be fires at once, and would ask the service without a pause. */
const longestIntervalMs = 5 * 60_000;

/** Sign in on another device with a short code (codex-backend contract 6.5). @throws login_refused, and the service codes */
export async function loginWithDeviceCode({ service, signal, clock, onCode }: DeviceLoginOptions): Promise<TokenGrant> {
  const device = await service.startDevice(signal);
  onCode(device);
  for (let intervalMs = device.intervalMs; clock() < device.expiresAtMs;) {
    await delay(Math.min(intervalMs, longestIntervalMs), undefined, { signal }).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    });
    const poll = await service.pollDevice(device, signal);
    // RFC 8628, 3.5: five seconds more each time.
    if (poll.kind === "slow-down") intervalMs += 5000;
    if (poll.kind === "approved")
      return service.exchangeCode(poll.code, service.deviceRedirectUri, poll.verifier, signal);
  }
  throw new LimnError("login_refused", {
    message: "The device code has expired; nobody entered it in time.",
    hint: "Start over: limn login --device",
    details: { kind: "expired_token" },
  });
}
