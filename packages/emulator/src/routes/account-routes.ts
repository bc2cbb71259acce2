import { jsonReply, type Outgoing } from "../exchange.ts";
import type { Account } from "../login/account.ts";
import { numberOf } from "../scenarios/parse-scenario.ts";
import { perform, takeStep, type Performers } from "../scenarios/service-turn.ts";
import { planInForce, type EmulatorState } from "../state.ts";
import type { Route, RouteContext } from "./route.ts";

/**
 * Usage and workspace routing (codex-backend contract 2.4, 2.6). Besides the usual base they answer where clients look
 * for them when the base has no `/backend-api` (contract 2.1).
 */
export const accountRoutes: readonly Route[] = [
  {
    name: "wham.usage",
    group: "usage",
    method: "GET",
    paths: ["/backend-api/wham/usage", "/wham/usage", "/api/codex/usage"],
    bearer: true,
    handle: answerUsage,
  },
  {
    name: "wham.accounts-check",
    group: "accounts",
    method: "GET",
    paths: ["/backend-api/wham/accounts/check", "/wham/accounts/check", "/api/codex/accounts/check"],
    bearer: true,
    handle: answerAccounts,
  },
];

/** The windows of the chat models; the image window is not among them, as live (contract 2.6). */
function answerUsage(context: RouteContext): Promise<Outgoing> {
  const { state, account } = context;
  return perform(context, takeStep(context, "usage"), () => usageReply(state, account), {
    "usage-limit": ({ step }) => usageReply(state, account, numberOf(step, "resetsInSeconds", 7200)),
  });
}

function usageReply(state: EmulatorState, account: Account, usedUpForSeconds?: number): Outgoing {
  const { primary, secondary } = state.metersOf(account).usage.read();
  const used =
    usedUpForSeconds === undefined
      ? primary
      : {
          ...primary,
          used_percent: 100,
          reset_after_seconds: usedUpForSeconds,
          reset_at: Math.floor(state.options.clock() / 1000) + usedUpForSeconds,
        };
  const reached = used.used_percent >= 100 || secondary.used_percent >= 100;
  return jsonReply(200, {
    plan_type: planInForce(state, account),
    rate_limit: { allowed: !reached, limit_reached: reached, primary_window: used, secondary_window: secondary },
    credits: { has_credits: false, unlimited: false, balance: "0" },
    additional_rate_limits: [],
  });
}

// The names of 6.1 without those of teams, schools and companies.
const PERSONAL: ReadonlySet<string> = new Set(["free", "go", "plus", "pro", "prolite", "promax", "unknown"]);

interface Routing {
  readonly workspace_backend_origin: string;
  readonly account_routing_override: string;
}

/**
 * The person's accounts. The origin must be https, so it names the live one; clients on another origin stay
 * (codex-backend contract 8).
 */
function answerAccounts(context: RouteContext): Promise<Outgoing> {
  const { state, account } = context;
  const all = state.options.accounts.filter((other) => other.userId === account.userId);
  const known = all.some((other) => other.accountId === account.accountId) ? all : [...all, account];
  const listed = (routing?: Partial<Routing>): Outgoing =>
    list(known.map((each) => entryOf(state, each, each.accountId === account.accountId ? routing : undefined)));
  const own: Performers = {
    regional: () => listed({ workspace_backend_origin: "https://us.chatgpt.com", account_routing_override: "us" }),
    "unconstrained-origin": () =>
      listed({ workspace_backend_origin: "NO_CONSTRAINT", account_routing_override: "NO_CONSTRAINT" }),
    "missing-entry": () => list([entryOf(state, { ...account, accountId: "acc-emulator-elsewhere" })]),
    "no-routing": () => list(known.map(({ accountId }) => ({ id: accountId }))),
    "map-of-envelopes": () => {
      const envelopes = known.map(({ accountId, plan }) => [
        accountId,
        { account: { account_id: accountId, plan_type: plan } },
      ]);
      return jsonReply(200, { accounts: Object.fromEntries(envelopes), account_ordering: [account.accountId] });
    },
  };
  return perform(context, takeStep(context, "accounts"), () => listed(), own);
}

function list(accounts: readonly { readonly id: string }[]): Outgoing {
  const ids = accounts.map(({ id }) => id);
  return jsonReply(200, { accounts, account_ordering: ids, default_account_id: ids[0] ?? null });
}

function entryOf(state: EmulatorState, account: Account, routing: Partial<Routing> = {}): { readonly id: string } {
  const entry = {
    id: account.accountId,
    plan_type: planInForce(state, account),
    workspace_backend_origin: account.workspaceOrigin,
    account_routing_override: account.routingOverride,
    name: null,
    structure: PERSONAL.has(account.plan) ? "personal" : "workspace",
  };
  return { ...entry, ...routing };
}
