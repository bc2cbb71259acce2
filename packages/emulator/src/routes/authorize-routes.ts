import { textReply, type Outgoing } from "../exchange.ts";
import { accountById, type Account } from "../login/account.ts";
import { textOf } from "../scenarios/parse-scenario.ts";
import { perform, takeStep } from "../scenarios/service-turn.ts";
import type { AuthorizationRequest } from "../sign-in/authorizations.ts";
import { checkAuthorizeQuery } from "../sign-in/authorize-query.ts";
import { consentPage, faultPage } from "../sign-in/pages.ts";
import { readPageForm } from "../sign-in/page-form.ts";
import type { EmulatorState } from "../state.ts";
import type { Route, RouteContext } from "./route.ts";

/** The browser's part of the PKCE sign-in (codex-backend contract 6.6). */
export const authorizeRoutes: readonly Route[] = [
  {
    name: "oauth.authorize",
    group: "authorize",
    method: "GET",
    paths: ["/oauth/authorize"],
    bearer: false,
    handle: authorize,
  },
  {
    name: "oauth.decision",
    group: "authorize",
    method: "POST",
    paths: ["/oauth/authorize/decision"],
    bearer: false,
    handle: decide,
  },
];

function authorize(context: RouteContext): Outgoing | Promise<Outgoing> {
  const { state, incoming, call } = context;
  const { options, authorizations } = state;
  const query = checkAuthorizeQuery(new URLSearchParams(incoming.target.split("?").slice(1).join("?")), options);
  if (query.fault !== undefined) return faultPage(400, query.fault);
  call.remarks.push(...query.remarks);
  const { clientId, redirectURI, challenge, clientState, originator, scope } = query;
  const step = takeStep(context, "authorize");
  const fault = step.name === "wrong-state" || step.name === "missing-code" ? step.name : undefined;
  const ask = (): Outgoing => {
    const request = authorizations.begin({ clientId, redirectURI, challenge, clientState, fault });
    const { autoApprove, accounts } = options;
    if (autoApprove === false) return consentPage(request.id, originator, scope, accounts);
    return allow(context, request, autoApprove === true ? accounts[0] : accountById(accounts, autoApprove));
  };
  return perform(context, step, ask, {
    "wrong-state": ask,
    "missing-code": ask,
    "authorize-error": () => {
      const error = textOf(step, "error", "server_error");
      return redirect(redirectURI, {
        error,
        error_description: "The emulator was told to refuse.",
        state: clientState,
      });
    },
  });
}

function decide(context: RouteContext): Outgoing {
  const { state } = context;
  const { values, refusal } = readPageForm(context, ["request", "account", "decision"]);
  if (refusal !== undefined) return refusal;
  const request = state.authorizations.find(values["request"] ?? "");
  if (request === undefined) return faultPage(400, "This sign-in was decided before. Start it again in the program.");
  if (values["decision"] === "deny") {
    state.authorizations.finish(request.id);
    return redirect(request.redirectURI, {
      error: "access_denied",
      error_description: "The user denied the request.",
      state: request.clientState,
    });
  }
  const account = state.options.accounts.find(({ accountId }) => accountId === values["account"]);
  if (account === undefined) return faultPage(400, "Choose one of the accounts.");
  return allow(context, request, account);
}

function allow({ state, call }: RouteContext, request: AuthorizationRequest, account: Account): Outgoing {
  call.account = account.accountId;
  state.authorizations.finish(request.id);
  return redirect(request.redirectURI, answerOf(state, request, account));
}

function answerOf(state: EmulatorState, request: AuthorizationRequest, account: Account): Record<string, string> {
  const { clientId, redirectURI, challenge, clientState, fault } = request;
  if (fault === "missing-code") return { state: clientState };
  const code = state.authorizations.issueCode({ account, clientId, redirectURI, challenge });
  return { code, state: fault === "wrong-state" ? "a-state-that-nobody-sent" : clientState };
}

function redirect(address: string, parameters: Record<string, string>): Outgoing {
  const location = `${address}?${new URLSearchParams(parameters).toString()}`;
  return textReply(302, "", "", { location, "cache-control": "no-store" });
}
