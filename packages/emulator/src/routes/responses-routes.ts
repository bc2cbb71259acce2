import { errorReply, wait, type Outgoing } from "../exchange.ts";
import { madeUpUuid } from "../identifiers.ts";
import { recordConversation } from "../record/record-body.ts";
import { readChat } from "../responses/chat-request.ts";
import { parseHosted } from "../responses/hosted-request.ts";
import { parseResponses, readResponsesJson, unsupportedModel } from "../responses/parse-responses.ts";
import { performResponses, type ResponsesTurn } from "../responses/perform-responses.ts";
import type { ResponsesBody } from "../responses/response-body.ts";
import { numberOf, textOf, type ParsedStep } from "../scenarios/parse-scenario.ts";
import type { EmulatorState } from "../state.ts";
import { checkAccount, checkContentType } from "./account-checks.ts";
import type { Route, RouteContext } from "./route.ts";

/** What a call is named once its role is known. */
export const responsesRouteNames: readonly string[] = ["responses.hosted", "responses.chat"];

/**
 * The chat models' route: for callers of the hosted image tool (codex-backend contract 4) and as the model of a Codex
 * program that has an image tool of its own (contract 5).
 */
export const responsesRoutes: readonly Route[] = [
  {
    name: "responses",
    group: "responses",
    method: "POST",
    paths: ["/backend-api/codex/responses"],
    bearer: true,
    handle: answerResponses,
  },
];

async function answerResponses(context: RouteContext): Promise<Outgoing> {
  const { state, incoming, body, call, scrub, account } = context;
  if (incoming.headers["accept"] !== "text/event-stream") call.remarks.push("header accept is not text/event-stream");
  const typeRefusal = checkContentType(incoming.headers["content-type"]);
  if (typeRefusal !== undefined) return typeRefusal;
  const json = readResponsesJson(body, incoming.headers["content-encoding"]);
  if (json.refusal !== undefined) {
    call.remarks.push("the body is not JSON");
    return json.refusal;
  }
  call.body = recordConversation(json.value, scrub);
  const parsed = parseResponses(json.value);
  if (parsed.refusal !== undefined) return parsed.refusal;
  const request = parsed.value;
  const { hostedTool } = request;
  call.route = hostedTool === undefined ? "responses.chat" : "responses.hosted";
  const hosted = hostedTool === undefined ? undefined : parseHosted(request, hostedTool, call.remarks);
  if (hosted?.refusal !== undefined) return hosted.refusal;
  const refusal = checkModel(state, request) ?? (hosted === undefined ? undefined : checkAccount(context));
  if (refusal !== undefined) return refusal;

  const ordinal = state.responsesCalls;
  state.responsesCalls += 1;
  const step = takeStepFor(state, request.model);
  call.answered.scenario = step.name;
  await wait(step.delayMs + (hosted === undefined ? 0 : state.options.latencyMs), incoming.signal);
  if (step.name === "model-retired") return retire(state, step, request.model);
  const { seed } = state.options;
  const shared = {
    state,
    step,
    account,
    ordinal,
    model: request.model,
    requestId: madeUpUuid(seed, "response", ordinal),
  };
  const turn: ResponsesTurn =
    hosted === undefined
      ? { ...shared, role: "chat", chat: readChat(request) }
      : {
          ...shared,
          role: "hosted",
          hosted: hosted.value,
          request: hosted.value.image,
          drawnPrompt: scrub(hosted.value.image.prompt),
        };
  return performResponses(turn);
}

function checkModel(state: EmulatorState, { model, hostedTool }: ResponsesBody): Outgoing | undefined {
  if (hostedTool !== undefined && model.endsWith("-codex-spark"))
    return errorReply(400, {
      message: `Tool 'image_generation' is not supported with ${model}.`,
      type: "invalid_request_error",
      code: null,
      param: "tools",
    });
  const known = state.options.models.find(({ slug }) => slug === model);
  const usable = known !== undefined && (hostedTool === undefined || known.inputModalities.includes("image"));
  return usable && !state.unlisted.has(model) ? undefined : unsupportedModel(model);
}

/** A retired model concerns only those who ask for it: everybody else leaves the step as it is. */
function takeStepFor(state: EmulatorState, model: string): ParsedStep {
  const next = state.scenarios.peek("responses");
  if (next.name !== "model-retired" || retiredModel(state, next) === model) return state.scenarios.take("responses");
  return { ...next, name: "ok", values: {}, delayMs: 0 };
}

function retire(state: EmulatorState, step: ParsedStep, model: string): Outgoing {
  if (step.values["listed"] === false) state.unlisted.add(model);
  return unsupportedModel(model, numberOf(step, "httpStatus", 400));
}

function retiredModel(state: EmulatorState, step: ParsedStep): string {
  const [first] = [...state.options.models].sort((one, other) => one.priority - other.priority);
  return textOf(step, "model", first?.slug ?? "");
}
