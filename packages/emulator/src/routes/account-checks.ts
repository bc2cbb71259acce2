import { errorReply, strictRefusal, type Outgoing } from "../exchange.ts";
import { notIncluded } from "../scenarios/refusals.ts";
import { quotable } from "../values.ts";
import type { RouteContext } from "./route.ts";

/** What an account is refused on every route for pictures: a workspace in another region, and the Free plan. */
export function checkAccount({ state, incoming, call, account }: RouteContext): Outgoing | undefined {
  const { dataResidency, computeResidency, plan } = account;
  const residency = incoming.headers["x-openai-internal-codex-residency"];
  if ((dataResidency ?? computeResidency) !== undefined) {
    if (residency === undefined) {
      call.remarks.push("header x-openai-internal-codex-residency is missing");
      return errorReply(401, { message: "This workspace needs its residency header.", code: "residency_required" });
    }
    if (residency !== dataResidency && residency !== computeResidency)
      call.remarks.push("header x-openai-internal-codex-residency is not the account's");
  }
  if (account.fedramp && incoming.headers["x-openai-fedramp"] !== "true")
    call.remarks.push("header x-openai-fedramp is missing");
  const override = account.routingOverride;
  if (override !== "NO_CONSTRAINT" && incoming.headers["x-openai-account-routing-override"] !== override)
    call.remarks.push("header x-openai-account-routing-override is not the account's");
  return plan === "free" && !state.options.allowFreePlanImages ? notIncluded(plan) : undefined;
}

/** 400 for a body that is not said to be JSON. */
export function checkContentType(header: string | undefined): Outgoing | undefined {
  const type = (header ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "application/json") return undefined;
  if (type === "") return strictRefusal("content-type", "Missing header 'content-type': expected application/json.");
  return strictRefusal(
    "content-type",
    `Unsupported content type '${quotable(type)}': expected application/json.`,
    "unsupported_content_type",
  );
}
