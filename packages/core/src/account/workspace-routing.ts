import type { Credential } from "../contracts/credential.ts";
import { LimnError, isLimnError } from "../errors/index.ts";
import { member, parseJson, textOf } from "../json/index.ts";
import { sendPlain } from "../transport/index.ts";
import type { AccountRoute, HttpClient } from "../transport/index.ts";

const overrides: ReadonlySet<string> = new Set(["us", "us_cr"]);
const noRoute: AccountRoute = { origin: null, headers: {} };

/**
 * What `wham/accounts/check` says about one account. An origin counts only when it is https and nothing but an origin; everything that
 * is missing or unknown means no constraint, since most accounts have none.
 * @throws login_account_changed when the answer lists accounts and this one is not among them
 */
export function readWorkspaceRoute(body: string, accountId: string): AccountRoute {
  const accounts = member(parseJson(body), "accounts");
  if (!Array.isArray(accounts) || accounts.length === 0) return noRoute;
  const account: unknown = accounts.find(
    (candidate) => member(candidate, "id") === accountId || member(candidate, "account_id") === accountId,
  );
  if (account === undefined) {
    throw new LimnError("login_account_changed", {
      message: "The service does not list the account of this login among its workspaces.",
      hint: "Sign in again and choose the workspace: limn login — or: codex login",
    });
  }
  const override = textOf(member(account, "account_routing_override"));
  return {
    origin: originOf(textOf(member(account, "workspace_backend_origin"))),
    headers: override !== null && overrides.has(override) ? { "x-openai-account-routing-override": override } : {},
  };
}

function originOf(text: string | null): string | null {
  if (text === null || !URL.canParse(text)) return null;
  const url = new URL(text);
  const isPlain =
    url.protocol === "https:" &&
    (url.pathname === "/" || url.pathname === "") &&
    url.search === "" &&
    url.hash === "" &&
    url.username === "" &&
    url.password === "";
  return isPlain ? url.origin : null;
}

export interface RouteFinderOptions {
  readonly http: HttpClient;
  /** The Codex backend's address. */
  readonly baseURL: string;
  readonly userAgent: string;
}

/**
 * Asks for an account's route once per process. Trouble with the question is no trouble with the picture: without an answer the
 * configured address is used, as most clients always do.
 */
export function createRouteFinder({
  http,
  baseURL,
  userAgent,
}: RouteFinderOptions): (credential: Credential, signal: AbortSignal) => Promise<AccountRoute> {
  const known = new Map<string, AccountRoute>();
  return async (credential, signal) => {
    const { accountId } = credential;
    if (accountId === null) return noRoute;
    const earlier = known.get(accountId);
    if (earlier !== undefined) return earlier;
    const route = await ask(accountId, credential, signal);
    known.set(accountId, route);
    return route;
  };

  async function ask(accountId: string, credential: Credential, signal: AbortSignal): Promise<AccountRoute> {
    const url = new URL(`${baseURL.replace(/\/codex$/, "")}/wham/accounts/check`);
    const headers = {
      authorization: `Bearer ${credential.revealToken()}`,
      "chatgpt-account-id": accountId,
      originator: "limn",
      "user-agent": userAgent,
      accept: "*/*",
    };
    try {
      const answer = await sendPlain(http, { url, method: "GET", headers, signal });
      return answer.status === 200 ? readWorkspaceRoute(answer.text, accountId) : noRoute;
    } catch (error) {
      if (!isLimnError(error) || error.code === "login_account_changed") throw error;
      return noRoute;
    }
  }
}
