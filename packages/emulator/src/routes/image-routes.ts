import { errorReply, strictRefusal, wait, type Outgoing } from "../exchange.ts";
import { madeUpUuid } from "../identifiers.ts";
import { parseImageRequest } from "../images/image-request.ts";
import { recordBody } from "../record/record-body.ts";
import { performerOf } from "../scenarios/perform.ts";
import { moderation, notIncluded, usageLimit } from "../scenarios/refusals.ts";
import { quotable } from "../values.ts";
import type { Route, RouteContext } from "./route.ts";

// Body sizes at which the live service goes wrong (codex-backend contract 3.5).
const FALSE_MODERATION_BYTES = 80_000_000;
const REFERENCES_DROPPED_BYTES = 100_000_000;

/** The native image routes (codex-backend contract 3). */
export const imageRoutes: readonly Route[] = [
  {
    name: "images.generations",
    group: "images",
    method: "POST",
    paths: ["/backend-api/codex/images/generations"],
    bearer: true,
    handle: (context) => answerImageCall(context, "generate"),
  },
  {
    name: "images.edits",
    group: "images",
    method: "POST",
    paths: ["/backend-api/codex/images/edits"],
    bearer: true,
    handle: (context) => answerImageCall(context, "edit"),
  },
];

async function answerImageCall(context: RouteContext, operation: "generate" | "edit"): Promise<Outgoing> {
  const { state, incoming, body, call, scrub, account } = context;
  if (incoming.headers["x-codex-image-turn-id"] === undefined)
    call.remarks.push("header x-codex-image-turn-id is missing");
  const typeRefusal = checkContentType(incoming.headers["content-type"]);
  if (typeRefusal !== undefined) return typeRefusal;
  const json = parseJson(body);
  if (json === undefined) {
    call.remarks.push("the body is not JSON");
    return errorReply(400, {
      message: "We could not parse the JSON body of your request.",
      type: "invalid_request_error",
      code: "invalid_json",
    });
  }
  call.body = recordBody(json, scrub);
  const dropped = operation === "edit" && body.length > REFERENCES_DROPPED_BYTES;
  if (dropped) call.remarks.push("body above 100 MB: the references were dropped silently");
  const parsed = parseImageRequest(operation, json, call.remarks, dropped);
  if (parsed.refusal !== undefined) return parsed.refusal;
  const planRefusal = checkPlan(context);
  if (planRefusal !== undefined) return planRefusal;

  // Only a call that got this far uses up a step, so that a refused one does not shift a test's script.
  const ordinal = state.imageCalls;
  state.imageCalls += 1;
  const step = state.scenarios.take("images");
  call.answered.scenario = step.name;
  const requestId = madeUpUuid(state.options.seed, "request", ordinal);
  await wait(state.options.latencyMs + step.delayMs, incoming.signal);
  if (operation === "edit" && !dropped && body.length > FALSE_MODERATION_BYTES) {
    call.remarks.push("body above 80 MB: moderation_blocked whatever it shows");
    return moderation(requestId, "input");
  }
  const drawnPrompt = scrub(parsed.value.prompt);
  return performerOf(step.name)({ state, account, request: parsed.value, step, ordinal, requestId, drawnPrompt });
}

/** What the account itself is refused, whatever the scenario: the Free plan, a full window, a workspace in another region. */
function checkPlan({ state, incoming, call, account }: RouteContext): Outgoing | undefined {
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
  if (plan === "free" && !state.options.allowFreePlanImages) return notIncluded(plan);
  const { window } = state.metersOf(account);
  if (!window.usedUp()) return undefined;
  const requestId = madeUpUuid(state.options.seed, "refused-request", call.index);
  const resetsIn = window.read().resetAfterSeconds;
  return usageLimit(state, account, requestId, { limit: "imagegen_premium", resetsIn });
}

function checkContentType(header: string | undefined): Outgoing | undefined {
  const type = (header ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "application/json") return undefined;
  if (type === "") return strictRefusal("content-type", "Missing header 'content-type': expected application/json.");
  return strictRefusal(
    "content-type",
    `Unsupported content type '${quotable(type)}': expected application/json.`,
    "unsupported_content_type",
  );
}

function parseJson(body: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8"));
    return value;
  } catch {
    return undefined;
  }
}
