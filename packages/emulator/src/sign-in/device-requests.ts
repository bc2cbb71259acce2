import { createHash } from "node:crypto";
import { madeUpSecret } from "../identifiers.ts";
import type { Account } from "../login/account.ts";

/** A device that asked for a code (codex-backend contract 6.5). */
export interface DeviceRequest {
  readonly deviceAuthId: string;
  readonly userCode: string;
  readonly clientId: string;
  readonly expiresAtMs: number;
  /** The service makes the PKCE pair itself in this flow. */
  readonly verifier: string;
  decision: "pending" | "denied" | Account;
  /** The code was handed out; there is no second one. */
  delivered: boolean;
  lastPollMs: number | undefined;
}

/** Devices that wait for somebody to enter their code. A code is good for fifteen minutes. */
export interface DeviceRequests {
  begin(clientId: string): DeviceRequest;
  find(deviceAuthId: string): DeviceRequest | undefined;
  /** By the code as people type it: case, spaces and the dash do not matter. */
  findByUserCode(userCode: string): DeviceRequest | undefined;
  /** Why a request can no longer be decided; undefined when it can. */
  closedBecause(request: DeviceRequest): "expired" | "decided" | undefined;
  /** Every verifier and code: none may appear in a record. */
  readonly secrets: readonly string[];
  reset(): void;
}

const LIFE_MS = 15 * 60_000;
const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ";

/** Creates the register. */
export function createDeviceRequests(seed: number, clock: () => number): DeviceRequests {
  let requests: DeviceRequest[] = [];
  return {
    begin: (clientId) => {
      const count = requests.length;
      const request: DeviceRequest = {
        deviceAuthId: `deviceauth_${madeUpSecret(seed, "device", count).slice(0, 24)}`,
        userCode: madeUpUserCode(seed, count),
        clientId,
        expiresAtMs: clock() + LIFE_MS,
        verifier: madeUpSecret(seed, "device-verifier", count),
        decision: "pending",
        delivered: false,
        lastPollMs: undefined,
      };
      requests.push(request);
      return request;
    },
    find: (deviceAuthId) => requests.find((request) => request.deviceAuthId === deviceAuthId),
    findByUserCode: (userCode) => requests.findLast((request) => plain(request.userCode) === plain(userCode)),
    closedBecause: (request) => {
      if (request.decision !== "pending") return "decided";
      return request.expiresAtMs <= clock() ? "expired" : undefined;
    },
    get secrets() {
      return requests.flatMap((request) => [request.verifier, request.userCode]);
    },
    reset: () => {
      requests = [];
    },
  };
}

function plain(userCode: string): string {
  return userCode.replace(/[\s-]/g, "").toUpperCase();
}

/** Four letters, a dash, five digits. */
function madeUpUserCode(seed: number, count: number): string {
  const bytes = createHash("sha256").update(`${seed}/user-code/${count}`).digest();
  const letters = [...bytes.subarray(0, 4)].map((byte) => LETTERS[byte % LETTERS.length]);
  const digits = [...bytes.subarray(4, 9)].map((byte) => byte % 10);
  return `${letters.join("")}-${digits.join("")}`;
}
