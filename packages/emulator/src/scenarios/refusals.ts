import { errorReply, jsonReply, textReply, type Outgoing } from "../exchange.ts";
import { madeUpRay } from "../identifiers.ts";
import { WINDOW_MINUTES } from "../images/image-window.ts";
import type { Account } from "../login/account.ts";
import type { EmulatorState } from "../state.ts";
import type { AccountTurn, Turn } from "./image-turn.ts";
import { numberOf, textOf } from "./parse-scenario.ts";

/** Refusals with a 4xx status, in the shapes of codex-backend contract 3.6. */
export const refusals: Readonly<Record<string, (turn: AccountTurn) => Outgoing>> = {
  unauthorized: expiredToken,
  "refresh-needed": expiredToken,
  "usage-limit": (turn) =>
    usageLimit(turn.state, turn.account, turn.requestId, {
      limit: textOf(turn.step, "activeLimit", turn.step.on === "responses" ? "premium" : "imagegen_premium"),
      resetsIn: numberOf(turn.step, "resetsInSeconds", 7200),
    }),
  "usage-not-included": (turn) => notIncluded(turn.account.plan),
  capacity: (turn) =>
    errorReply(
      429,
      { message: "image generation request was rate limited", type: "too_many_requests", code: "TooManyRequests" },
      retryAfter(turn, 2),
    ),
  "rate-limit": (turn) =>
    jsonReply(
      429,
      {
        error: {
          type: "rate_limit_exceeded",
          code: "rate_limit_exceeded",
          message: "Rate limit reached for gpt-image-2-codex",
        },
      },
      retryAfter(turn, 1),
    ),
  moderation: (turn) => moderation(turn.requestId, "input"),
  "moderation-output": (turn) => moderation(turn.requestId, "output"),
  cloudflare,
  "insufficient-balance": () =>
    jsonReply(403, { error: { code: "INSUFFICIENT_BALANCE", message: "Insufficient balance" } }),
  "bad-request": () => jsonReply(400, { detail: "Bad request" }),
  "too-large": () => jsonReply(413, { detail: "Request Entity Too Large" }),
  "empty-404": () => textReply(404, "", ""),
  redirect: (turn) =>
    textReply(307, "", "", { location: textOf(turn.step, "location", "https://elsewhere.example.test/images") }),
};

/** 401 for a token that is no longer good. */
export function expiredToken(): Outgoing {
  return errorReply(401, {
    message: "Provided authentication token is expired. Please try signing in again.",
    code: "token_expired",
  });
}

/** 400 of the safety system; the categories are made up. */
export function moderation(requestId: string, stage: "input" | "output"): Outgoing {
  const message = `Your request was rejected by the safety system. If you believe this is an error, contact support and include the request ID ${requestId}. safety_violations=[sexual].`;
  const error = {
    message,
    type: "image_generation_user_error",
    param: null,
    code: "moderation_blocked",
    moderation_details: { moderation_stage: stage, categories: ["sexual"] },
  };
  return jsonReply(400, { error }, { "x-codex-imagegen-request-id": requestId, "x-oai-request-id": requestId });
}

/** 429 of a plan without images. */
export function notIncluded(plan: string): Outgoing {
  return jsonReply(429, { error: { type: "usage_not_included", message: "not included", plan_type: plan } });
}

/** 429 of a window that is used up. */
export function usageLimit(
  state: EmulatorState,
  { plan }: Account,
  requestId: string,
  { limit, resetsIn }: { readonly limit: string; readonly resetsIn: number },
): Outgoing {
  const resetsAt = Math.floor(state.options.clock() / 1000) + resetsIn;
  // The live service keeps the premium limits under x-codex-*, other limits under their own name (contract 10).
  const family = limit === "premium" || limit.endsWith("_premium") ? "x-codex" : `x-${limit.replaceAll("_", "-")}`;
  const headers = {
    "x-codex-active-limit": limit,
    "x-codex-plan-type": plan,
    [`${family}-primary-used-percent`]: "100",
    [`${family}-primary-window-minutes`]: String(limit === "premium" ? 300 : WINDOW_MINUTES),
    [`${family}-primary-reset-after-seconds`]: String(resetsIn),
    [`${family}-primary-reset-at`]: String(resetsAt),
    "x-codex-imagegen-request-id": requestId,
    "x-oai-request-id": requestId,
  };
  const error = {
    type: "usage_limit_reached",
    message: "The usage limit has been reached",
    plan_type: plan,
    resets_at: resetsAt,
    eligible_promo: null,
    resets_in_seconds: resetsIn,
  };
  return jsonReply(429, { error }, headers);
}

/** The header, unless the step says that there is none. */
export function retryAfter(turn: Turn, usual: number): Record<string, string> {
  if (turn.step.values["retryAfterSeconds"] === null) return {};
  return { "retry-after": String(numberOf(turn.step, "retryAfterSeconds", usual)) };
}

/** 403 of the edge (codex-backend contract 2.3). */
export function cloudflare(turn: Turn): Outgoing {
  const page =
    "<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>cloudflare Enable JavaScript and cookies to continue</body></html>";
  const ray = madeUpRay(turn.state.options.seed, turn.ordinal);
  return textReply(403, "text/html; charset=UTF-8", page, {
    "cf-mitigated": "challenge",
    server: "cloudflare",
    "cf-ray": ray,
  });
}
