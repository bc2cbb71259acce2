import { jsonReply, type Outgoing } from "../exchange.ts";
import { planInForce } from "../state.ts";
import type { Route, RouteContext } from "./route.ts";

/**
 * Usage and workspace routing (codex-backend contract 2.4, 2.6). Besides the usual base they answer where clients look
 * for them when the base has no `/backend-api` (contract 2.1).
 */
export const accountRoutes: readonly Route[] = [
  {
    name: "wham.usage",
    method: "GET",
    paths: ["/backend-api/wham/usage", "/wham/usage", "/api/codex/usage"],
    bearer: true,
    handle: usage,
  },
  {
    name: "wham.accounts-check",
    method: "GET",
    paths: ["/backend-api/wham/accounts/check", "/wham/accounts/check", "/api/codex/accounts/check"],
    bearer: true,
    handle: accountsCheck,
  },
];

/** The windows of the chat models; the image window is not among them, as live (contract 2.6). */
function usage({ state }: RouteContext): Outgoing {
  const now = Math.floor(state.options.clock() / 1000);
  const window = (used: number, seconds: number, resetAfter: number): Record<string, number> => ({
    used_percent: used,
    limit_window_seconds: seconds,
    reset_after_seconds: resetAfter,
    reset_at: now + resetAfter,
  });
  return jsonReply(200, {
    plan_type: planInForce(state),
    rate_limit: {
      allowed: true,
      limit_reached: false,
      primary_window: window(12, 18_000, 3600),
      secondary_window: window(34, 604_800, 86_400),
    },
    credits: { has_credits: false, unlimited: false, balance: "0" },
    additional_rate_limits: [],
  });
}

/** One unconstrained personal account. The origin must be https, so it names the live one; clients on another origin stay. */
function accountsCheck({ state }: RouteContext): Outgoing {
  const id = state.options.accountId;
  const account = {
    id,
    plan_type: planInForce(state),
    workspace_backend_origin: "https://chatgpt.com",
    account_routing_override: "NO_CONSTRAINT",
    name: null,
    structure: "personal",
  };
  return jsonReply(200, { accounts: [account], account_ordering: [id], default_account_id: id });
}
