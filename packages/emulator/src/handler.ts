import { EmulatorClosed, errorReply, type Incoming, type Outgoing } from "./exchange.ts";
import { bearerOf } from "./login/token-register.ts";
import type { CallDraft } from "./record/recorded-call.ts";
import { createScrub, scrubHeaders, type Scrub } from "./record/scrub.ts";
import { isNotYet, noSuchRoute, notYet } from "./routes/absent-routes.ts";
import { accountRoutes } from "./routes/account-routes.ts";
import { answerControl, CONTROL_PREFIX } from "./routes/control-routes.ts";
import { imageRoutes } from "./routes/image-routes.ts";
import { modelRoutes } from "./routes/model-routes.ts";
import type { Route } from "./routes/route.ts";
import { expiredToken } from "./scenarios/refusals.ts";
import type { EmulatorState } from "./state.ts";

/** An answer, and where an adapter reports that the client did not wait for it. */
export interface Handled {
  readonly outgoing: Outgoing;
  readonly call: CallDraft | undefined;
}

const ROUTES: readonly Route[] = [...imageRoutes, ...accountRoutes, ...modelRoutes];

/** Answers a request, whatever carried it. Rejects only when the request's signal aborts. */
export async function handle(state: EmulatorState, incoming: Incoming): Promise<Handled> {
  const path = incoming.target.split("?")[0] ?? "";
  if (path.startsWith(CONTROL_PREFIX))
    return { outgoing: dated(state, await answerControl(state, incoming, path)), call: undefined };
  const scrub = createScrub(state.tokens.all, incoming.headers);
  const route = ROUTES.find((known) => known.paths.includes(path) && known.method === incoming.method);
  const call = openRecord(state, incoming, route?.name ?? (isNotYet(path) ? "not-yet" : "unknown"), scrub);
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
    if (isNotYet(path)) return notYet(method, path);
    return noSuchRoute(method, path, ROUTES.find((known) => known.paths.includes(path))?.method);
  }
  remarkHeaders(state, incoming, call);
  const refusal = route.bearer ? checkBearer(state, incoming, call) : undefined;
  return refusal ?? route.handle({ state, incoming, body, call, scrub });
}

/** 401 in the shapes of codex-backend contract 3.6. */
function checkBearer(state: EmulatorState, incoming: Incoming, call: CallDraft): Outgoing | undefined {
  const verdict = state.tokens.judge(incoming.headers["authorization"]);
  if (verdict === "expired") return expiredToken();
  if (verdict === "missing")
    return errorReply(401, { message: "Missing bearer authentication in header.", code: "invalid_token" });
  if (verdict === "unknown")
    return errorReply(401, {
      message: "Could not validate your token. Please try signing in again.",
      code: "invalid_token",
    });
  if (state.scenarios.peek().name !== "refresh-needed") return undefined;
  call.answered.scenario = state.scenarios.take().name;
  return expiredToken();
}

function remarkHeaders(state: EmulatorState, incoming: Incoming, call: CallDraft): void {
  const { headers } = incoming;
  for (const name of ["originator", "user-agent", "chatgpt-account-id"]) {
    if (headers[name] === undefined || headers[name] === "") call.remarks.push(`header ${name} is missing`);
  }
  const account = headers["chatgpt-account-id"];
  if (account !== undefined && account !== "" && account !== state.options.accountId)
    call.remarks.push("header chatgpt-account-id names another account");
}

function openRecord(state: EmulatorState, incoming: Incoming, route: string, scrub: Scrub): CallDraft {
  const token = bearerOf(incoming.headers["authorization"]);
  return {
    index: state.calls.length,
    at: state.options.clock(),
    method: incoming.method,
    path: scrub(incoming.target),
    route,
    headers: scrubHeaders(incoming.headers, token === state.tokens.current ? token : "", scrub),
    contentLength: null,
    body: undefined,
    answered: { status: null, scenario: null },
    remarks: [],
    aborted: false,
  };
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
