import { errorReply, strictRefusal, wait, type Outgoing } from "../exchange.ts";
import { madeUpUuid } from "../identifiers.ts";
import { parseImageRequest } from "../images/image-request.ts";
import { sizeRule } from "../images/shape.ts";
import { recordBody } from "../record/record-body.ts";
import { performerOf } from "../scenarios/perform.ts";
import { moderation, usageLimit } from "../scenarios/refusals.ts";
import { quotable } from "../values.ts";
import { checkAccount, checkContentType } from "./account-checks.ts";
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
  const rule = state.capabilities.honoursSize ? sizeRule(parsed.value.size) : undefined;
  if (rule !== undefined) return strictRefusal("size", `Invalid size '${quotable(parsed.value.size)}'. ${rule}`);
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

/** What the account itself is refused, whatever the scenario: what every picture needs, and a full window. */
function checkPlan(context: RouteContext): Outgoing | undefined {
  const { state, call, account } = context;
  const refused = checkAccount(context);
  if (refused !== undefined) return refused;
  const { window } = state.metersOf(account);
  if (!window.usedUp()) return undefined;
  const requestId = madeUpUuid(state.options.seed, "refused-request", call.index);
  const resetsIn = window.read().resetAfterSeconds;
  return usageLimit(state, account, requestId, { limit: "imagegen_premium", resetsIn });
}

function parseJson(body: Uint8Array): unknown {
  try {
    const value: unknown = JSON.parse(Buffer.from(body.buffer, body.byteOffset, body.length).toString("utf8"));
    return value;
  } catch {
    return undefined;
  }
}
