import { EmulatorClosed, errorReply, type Incoming, type Outgoing } from "./exchange.ts";
import { bearerOf, type BearerVerdict } from "./login/token-register.ts";
import type { CallDraft } from "./record/recorded-call.ts";
import { createScrub, scrubHeaders, scrubTarget, type Scrub } from "./record/scrub.ts";
import { isNotYet, noSuchRoute, notYet } from "./routes/absent-routes.ts";
import { accountRoutes } from "./routes/account-routes.ts";
import { authorizeRoutes } from "./routes/authorize-routes.ts";
import { answerControl, CONTROL_PREFIX } from "./routes/control-routes.ts";
import { deviceRoutes } from "./routes/device-routes.ts";
import { imageRoutes } from "./routes/image-routes.ts";
import { modelRoutes } from "./routes/model-routes.ts";
import { asksForWebsocket, programRoutes, refuseWebsocket } from "./routes/program-routes.ts";
import { hasPath, type Route } from "./routes/route.ts";
import { responsesRouteNames, responsesRoutes } from "./routes/responses-routes.ts";
import { tokenRoutes } from "./routes/token-routes.ts";
import type { Account } from "./login/account.ts";
import { routeGroups } from "./scenarios/groups.ts";
import { expiredToken } from "./scenarios/refusals.ts";
import { isOwnToken, judgeBearer, secretsOf, type EmulatorState } from "./state.ts";

/** An answer, and where an adapter reports that the client did not wait for it. */
export interface Handled {
  readonly outgoing: Outgoing;
  readonly call: CallDraft | undefined;
}

const ROUTES: readonly Route[] = [
  ...imageRoutes,
  ...responsesRoutes,
  ...accountRoutes,
  ...modelRoutes,
  ...authorizeRoutes,
  ...tokenRoutes,
  ...deviceRoutes,
  ...programRoutes,
];

/** What calls can be counted by: groups of routes and single routes. */
export const countableNames: readonly string[] = [
  ...new Set([
    ...routeGroups,
    ...ROUTES.map((route) => route.name),
    ...responsesRouteNames,
    "responses.websocket",
    "not-yet",
    "unknown",
  ]),
];

/** Answers a request, whatever carried it. Rejects only when the request's signal aborts. */
export async function handle(state: EmulatorState, incoming: Incoming): Promise<Handled> {
  const path = incoming.target.split("?")[0] ?? "";
  if (path.startsWith(CONTROL_PREFIX))
    return { outgoing: dated(state, await answerControl(state, incoming, path)), call: undefined };
  const scrub = createScrub(secretsOf(state), incoming.headers);
  const route = ROUTES.find(
    (known) => hasPath(known, path) && (known.method === "*" || known.method === incoming.method),
  );
  const call = openRecord(state, incoming, path, route, scrub);
  state.calls.push(call);
  try {
    const outgoing = dated(state, scrubError(await answerCall(state, incoming, path, route, call, scrub), scrub));
    // Status 0 stands for "no answer" in the fault scenarios.
    call.answered.status = outgoing.status === 0 ? null : outgoing.status;
    return { outgoing, call };
  } catch (error) {
    if (incoming.signal.aborted) {
      call.aborted = !(incoming.signal.reason instanceof EmulatorClosed);
      throw error;
    }
    call.answered.status = 500;
    const message = `The emulator itself failed: ${error instanceof Error ? scrub(error.message) : "unknown error"}`;
    return { outgoing: dated(state, errorReply(500, { message, type: "emulator_error", code: "emulator_bug" })), call };
  }
}

async function answerCall(
  state: EmulatorState,
  incoming: Incoming,
  path: string,
  route: Route | undefined,
  call: CallDraft,
  scrub: Scrub,
): Promise<Outgoing> {
  const body = await incoming.readBody();
  call.contentLength = body.length;
  if (route === undefined) {
    const method = incoming.method;
    if (call.route === WEBSOCKET) return refuseWebsocket();
    if (isNotYet(path)) return notYet(method, path);
    return noSuchRoute(method, path, ROUTES.find((known) => hasPath(known, path))?.method);
  }
  const [first] = state.options.accounts;
  if (!route.bearer) return route.handle({ state, incoming, body, call, scrub, account: first });
  const bearer = judgeBearer(state, incoming.headers["authorization"]);
  const { account } = bearer;
  remarkHeaders(account, incoming, call);
  if (bearer.verdict === "accepted") call.account = account.accountId;
  const refusal = checkBearer(state, bearer.verdict, call);
  return refusal ?? route.handle({ state, incoming, body, call, scrub, account });
}

const WEBSOCKET = "responses.websocket";

/** 401 in the shapes of codex-backend contract 3.6. */
function checkBearer(state: EmulatorState, verdict: BearerVerdict, call: CallDraft): Outgoing | undefined {
  if (verdict === "expired") return expiredToken();
  if (verdict === "missing")
    return errorReply(401, { message: "Missing bearer authentication in header.", code: "invalid_token" });
  if (verdict === "unknown")
    return errorReply(401, {
      message: "Could not validate your token. Please try signing in again.",
      code: "invalid_token",
    });
  // The contract does not say how a revoked token looks.
  if (verdict === "revoked")
    return errorReply(401, {
      message: "Your authentication token has been invalidated. Please try signing in again.",
      code: "token_invalidated",
    });
  if (state.scenarios.peek("images").name !== "refresh-needed") return undefined;
  call.answered.scenario = state.scenarios.take("images").name;
  return expiredToken();
}

function remarkHeaders(owner: Account, incoming: Incoming, call: CallDraft): void {
  const { headers } = incoming;
  for (const name of ["originator", "user-agent", "chatgpt-account-id"]) {
    if (headers[name] === undefined || headers[name] === "") call.remarks.push(`header ${name} is missing`);
  }
  const account = headers["chatgpt-account-id"];
  if (account !== undefined && account !== "" && account !== owner.accountId)
    call.remarks.push("header chatgpt-account-id names another account");
}

function openRecord(
  state: EmulatorState,
  incoming: Incoming,
  path: string,
  route: Route | undefined,
  scrub: Scrub,
): CallDraft {
  const token = bearerOf(incoming.headers["authorization"]);
  return {
    index: state.calls.length,
    at: state.options.clock(),
    method: incoming.method,
    path: scrubTarget(incoming.target, scrub),
    route: route?.name ?? nameOf(incoming, path),
    group: route?.group ?? "other",
    account: null,
    headers: scrubHeaders(incoming.headers, isOwnToken(state, token) ? (token ?? "") : "", scrub),
    contentLength: null,
    body: undefined,
    answered: { status: null, scenario: null },
    remarks: [],
    aborted: false,
  };
}

function nameOf({ method, headers }: Incoming, path: string): string {
  if (asksForWebsocket(method, path, headers["upgrade"])) return WEBSOCKET;
  return isNotYet(path) ? "not-yet" : "unknown";
}

/** Error texts name fields and paths that a client wrote; a credential may have slipped in there. */
function scrubError(outgoing: Outgoing, scrub: Scrub): Outgoing {
  if (outgoing.status < 400 || !(outgoing.body instanceof Uint8Array)) return outgoing;
  return { ...outgoing, body: Buffer.from(scrub(Buffer.from(outgoing.body).toString("utf8"))) };
}

function dated(state: EmulatorState, outgoing: Outgoing): Outgoing {
  if (outgoing.status === 0 || outgoing.headers["date"] !== undefined) return outgoing;
  return { ...outgoing, headers: { ...outgoing.headers, date: new Date(state.options.clock()).toUTCString() } };
}
