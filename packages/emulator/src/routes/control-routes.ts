import { errorReply, jsonReply, type Incoming, type Outgoing } from "../exchange.ts";
import { routeGroups } from "../scenarios/groups.ts";
import { parseScenario } from "../scenarios/parse-scenario.ts";
import { scenarios } from "../scenarios/scenario-table.ts";
import { createScrub } from "../record/scrub.ts";
import { decideDevice } from "../sign-in/decide-device.ts";
import { revokeLogins, secretsOf, setCapabilities, setScenario, type EmulatorState } from "../state.ts";
import { isRecord } from "../values.ts";

/** Where the control routes are. */
export const CONTROL_PREFIX = "/__emulator/";

type Control = (state: EmulatorState, body: Uint8Array) => Outgoing;

const CONTROLS: Readonly<Record<string, Control>> = {
  "GET health": (state) => jsonReply(200, { ok: true, emulator: "limn", calls: state.calls.length }),
  "GET calls": (state) => jsonReply(200, { calls: state.calls }),
  "DELETE calls": (state) => jsonReply(200, { deleted: state.calls.splice(0).length }),
  "GET counts": (state) => jsonReply(200, { counts: countGroups(state) }),
  "GET scenarios": () => jsonReply(200, { scenarios }),
  "PUT scenario": putScenario,
  "PUT capabilities": putCapabilities,
  "PUT access-token": putAccessToken,
  "POST device/approve": (state, body) => putDevice(state, body, true),
  "POST device/deny": (state, body) => putDevice(state, body, false),
  "POST logins/revoke": postRevoke,
};

/**
 * The routes with which a test steers an emulator that runs on a port. No bearer; instead they answer only to a loopback
 * `Host` and never to a request with an `Origin`, so that no web page can reach them.
 */
export async function answerControl(state: EmulatorState, incoming: Incoming, path: string): Promise<Outgoing> {
  const body = await incoming.readBody();
  if (incoming.headers["origin"] !== undefined)
    return refuse(403, "Control routes do not answer to web pages (there is an Origin header).");
  if (!isLoopbackHost(incoming.headers["host"] ?? ""))
    return refuse(403, "Control routes answer on a loopback host name only.");
  const control = CONTROLS[`${incoming.method} ${path.slice(CONTROL_PREFIX.length)}`];
  if (control === undefined)
    return refuse(404, `There is no such control route. There are: ${Object.keys(CONTROLS).join(", ")}.`);
  try {
    return control(state, body);
  } catch (error) {
    const scrub = createScrub(secretsOf(state), incoming.headers);
    return refuse(
      400,
      error instanceof TypeError || error instanceof SyntaxError ? scrub(error.message) : "The body could not be read.",
    );
  }
}

/** Whether a host (with or without a port) is this machine. */
export function isLoopbackHost(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)(:\d+)?$/i.test(host);
}

function putScenario(state: EmulatorState, body: Uint8Array): Outgoing {
  const steps = parseScenario(readJson(body));
  setScenario(state, steps);
  return jsonReply(200, { scenario: steps.map((step) => step.name) });
}

function putCapabilities(state: EmulatorState, body: Uint8Array): Outgoing {
  setCapabilities(state, readJson(body));
  return jsonReply(200, { capabilities: state.capabilities });
}

function putAccessToken(state: EmulatorState, body: Uint8Array): Outgoing {
  const value = readJson(body);
  const token = isRecord(value) ? value["accessToken"] : undefined;
  if (typeof token !== "string" || !/^\S+$/.test(token)) throw new TypeError('Send {"accessToken": "…"}.');
  state.tokens.renew(token);
  return jsonReply(200, { ok: true });
}

function putDevice(state: EmulatorState, body: Uint8Array, allow: boolean): Outgoing {
  const value = readJson(body);
  const { userCode, accountId } = isRecord(value) ? value : {};
  if (typeof userCode !== "string" || (accountId !== undefined && typeof accountId !== "string"))
    throw new TypeError('Send {"userCode": "…"}, to approve also {"accountId": "…"}.');
  decideDevice(state, userCode, allow ? (accountId ?? state.options.accounts[0].accountId) : undefined);
  return jsonReply(200, { ok: true });
}

function postRevoke(state: EmulatorState, body: Uint8Array): Outgoing {
  const value = body.length === 0 ? {} : readJson(body);
  const accountId = isRecord(value) ? value["accountId"] : null;
  if (accountId !== undefined && typeof accountId !== "string")
    throw new TypeError('Send {"accountId": "…"}, or nothing for all.');
  revokeLogins(state, accountId);
  return jsonReply(200, { ok: true });
}

function countGroups(state: EmulatorState): Record<string, number> {
  const counts = Object.fromEntries(routeGroups.map((group) => [group, 0]));
  for (const { group } of state.calls) counts[group] = (counts[group] ?? 0) + 1;
  return counts;
}

function readJson(body: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
    return value;
  } catch {
    // The parser's own message quotes the body, which may hold a token.
    throw new SyntaxError("The body is not JSON.");
  }
}

function refuse(status: number, message: string): Outgoing {
  return errorReply(status, { message, type: "emulator_error", code: "control_refused" });
}
