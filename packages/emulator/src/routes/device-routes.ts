import { errorReply, jsonReply, strictRefusal, type Outgoing } from "../exchange.ts";
import { perform, takeStep } from "../scenarios/service-turn.ts";
import { retryAfter } from "../scenarios/refusals.ts";
import { challengeOf } from "../sign-in/authorizations.ts";
import { decideDevice } from "../sign-in/decide-device.ts";
import type { DeviceRequest } from "../sign-in/device-requests.ts";
import { devicePage, endPage, faultPage } from "../sign-in/pages.ts";
import { readPageForm } from "../sign-in/page-form.ts";
import { checkNames, readFields } from "../sign-in/request-fields.ts";
import type { Route, RouteContext } from "./route.ts";

/** Sign-in with a code on another device (codex-backend contract 6.5). */
export const deviceRoutes: readonly Route[] = [
  {
    name: "deviceauth.usercode",
    group: "device-code",
    method: "POST",
    paths: ["/api/accounts/deviceauth/usercode"],
    bearer: false,
    handle: begin,
  },
  {
    name: "deviceauth.token",
    group: "device-poll",
    method: "POST",
    paths: ["/api/accounts/deviceauth/token"],
    bearer: false,
    handle: poll,
  },
  {
    name: "device.page",
    group: "device-page",
    method: "GET",
    paths: ["/codex/device"],
    bearer: false,
    handle: ({ state }) => devicePage("", state.options.accounts),
  },
  {
    name: "device.decision",
    group: "device-page",
    method: "POST",
    paths: ["/codex/device/decision"],
    bearer: false,
    handle: decide,
  },
];

function begin(context: RouteContext): Outgoing | Promise<Outgoing> {
  const { state } = context;
  const read = readFields(context, ["json"]);
  if (read.refusal !== undefined) return read.refusal;
  const { values } = read.fields;
  const refusal = checkNames(values, ["client_id"]);
  if (refusal !== undefined) return refusal;
  const clientId = values["client_id"] ?? "";
  if (!state.options.clientIds.includes(clientId))
    return strictRefusal("client_id", "Invalid value for 'client_id': expected a client that the emulator knows.");
  const answer = (): Outgoing => {
    const { deviceAuthId, userCode, expiresAtMs } = state.devices.begin(clientId);
    return jsonReply(200, {
      device_auth_id: deviceAuthId,
      user_code: userCode,
      interval: String(state.options.deviceIntervalSeconds),
      expires_at: new Date(expiresAtMs).toISOString(),
    });
  };
  return perform(context, takeStep(context, "device-code"), answer, {
    "device-not-enabled": () => errorReply(404, { message: "Device code login is not enabled.", code: "not_found" }),
  });
}

function poll(context: RouteContext): Outgoing | Promise<Outgoing> {
  const { state, call } = context;
  const read = readFields(context, ["json"]);
  if (read.refusal !== undefined) return read.refusal;
  const { values } = read.fields;
  const refusal = checkNames(values, ["device_auth_id", "user_code"]);
  if (refusal !== undefined) return refusal;
  const request = state.devices.find(values["device_auth_id"] ?? "");
  if (request === undefined || request.userCode !== values["user_code"])
    return strictRefusal("device_auth_id", "No device asked with this device_auth_id and user_code.");
  const now = state.options.clock();
  const waitedMs = now - (request.lastPollMs ?? -Infinity);
  request.lastPollMs = now;
  if (waitedMs < state.options.deviceIntervalSeconds * 1000)
    call.remarks.push(`asked again after ${waitedMs} ms; the interval is ${state.options.deviceIntervalSeconds} s`);
  const step = takeStep(context, "device-poll");
  return perform(context, step, () => pollReply(context, request), {
    "pending-404": () => {
      const answer = pollReply(context, request);
      return answer.status === 403 ? pending(404) : answer;
    },
    "slow-down": (turn) => refuse(429, "slow_down", "Asked too often.", retryAfter(turn, 5)),
    "device-expired": () => refuse(400, "expired_token", "The code has expired."),
    "device-denied": () => refuse(400, "access_denied", "The user denied the request."),
  });
}

/** Undecided is 403; the contract is silent about the other refusals, which take the names of RFC 8628. */
function pollReply({ state, call }: RouteContext, request: DeviceRequest): Outgoing {
  const { decision, clientId, verifier } = request;
  if (request.delivered) return refuse(400, "invalid_grant", "The authorization code was handed out before.");
  if (decision === "denied") return refuse(400, "access_denied", "The user denied the request.");
  if (request.expiresAtMs <= state.options.clock()) return refuse(400, "expired_token", "The code has expired.");
  if (decision === "pending") return pending(403);
  request.delivered = true;
  call.account = decision.accountId;
  const challenge = challengeOf(verifier);
  const code = state.authorizations.issueCode({ account: decision, clientId, redirectURI: null, challenge });
  return jsonReply(200, { authorization_code: code, code_challenge: challenge, code_verifier: verifier });
}

function decide(context: RouteContext): Outgoing {
  const { state, call } = context;
  const { values, refusal } = readPageForm(context, ["user_code", "account"]);
  if (refusal !== undefined) return refusal;
  const { accounts } = state.options;
  const account = accounts.find(({ accountId }) => accountId === values["account"]);
  const denied = values["decision"] === "deny";
  if (account === undefined && !denied) return faultPage(400, "Choose one of the accounts.");
  try {
    decideDevice(state, values["user_code"] ?? "", denied ? undefined : account?.accountId);
  } catch (error) {
    if (error instanceof TypeError) return devicePage("", accounts, error.message);
    throw error;
  }
  if (denied) return endPage("Device refused", "The device was not connected. You can close this page.");
  call.account = account?.accountId ?? null;
  return endPage("Device connected", "Go back to the device; it goes on by itself. You can close this page.");
}

function pending(status: 403 | 404): Outgoing {
  return errorReply(status, { message: "The user has not entered the code yet.", code: "authorization_pending" });
}

function refuse(status: number, error: string, description: string, headers: Record<string, string> = {}): Outgoing {
  return jsonReply(status, { error, error_description: description }, headers);
}
