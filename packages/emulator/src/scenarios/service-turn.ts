import { jsonReply, textReply, wait, type Outgoing } from "../exchange.ts";
import type { RouteContext } from "../routes/route.ts";
import type { EmulatorState } from "../state.ts";
import { breakAt, NOTHING } from "./faults.ts";
import type { ScenarioGroup } from "./groups.ts";
import type { Turn } from "./image-turn.ts";
import { numberOf, type ParsedStep } from "./parse-scenario.ts";
import { cloudflare, expiredToken, retryAfter } from "./refusals.ts";

/** A call that is not for an image, on its way to an answer. */
export interface ServiceTurn extends Turn {
  /** Makes the usual answer, once; whatever it changes is changed then. */
  answer(): Outgoing;
}

/** What a scenario does with such a call. */
export type ServicePerform = (turn: ServiceTurn) => Outgoing;

/** What a route group does in its own way, by scenario. */
export type Performers = Readonly<Record<string, ServicePerform>>;

const usual: ServicePerform = (turn) => turn.answer();

// What is the same in every group; a group's own performers win.
const SHARED: Performers = {
  ok: usual,
  slow: usual,
  unauthorized: expiredToken,
  cloudflare,
  "server-error": () => jsonReply(500, { error: "server_error", error_description: "boom" }),
  "rate-limit": (turn) =>
    jsonReply(429, { error: "slow_down", error_description: "Too many requests" }, retryAfter(turn, 1)),
  unavailable: () => textReply(503, "text/plain", "upstream connect error"),
  "not-json": () => textReply(200, "text/plain", "hello"),
  "empty-answer": () => jsonReply(200, {}),
  never: () => ({ ...NOTHING, fault: { kind: "never" } }),
  reset: () => ({ ...NOTHING, fault: { kind: "reset" } }),
  "stalled-body": (turn) => broken(turn, "stall"),
  "cut-body": (turn) => broken(turn, "cut"),
  "broken-json": (turn) => {
    const answer = turn.answer();
    if (!(answer.body instanceof Uint8Array)) return answer;
    return { ...answer, body: answer.body.subarray(0, -2) };
  },
  "clock-skew": (turn) => {
    const answer = turn.answer();
    const date = new Date(turn.state.options.clock() + numberOf(turn.step, "skewMs", 3_600_000)).toUTCString();
    return { ...answer, headers: { ...answer.headers, date } };
  },
};

/** Uses up a step of the group and says so in the record. */
export function takeStep({ state, call }: RouteContext, group: ScenarioGroup): ParsedStep {
  const step = state.scenarios.take(group);
  call.answered.scenario = step.name;
  return step;
}

/** Waits and does what the step says; `answer` is not asked for where nothing of it would be sent. */
export async function perform(
  context: RouteContext,
  step: ParsedStep,
  answer: () => Outgoing,
  own: Performers = {},
): Promise<Outgoing> {
  const ordinal = nextOrdinal(context.state);
  await wait(step.delayMs, context.incoming.signal);
  const performer = own[step.name] ?? SHARED[step.name];
  if (performer === undefined) throw new Error(`the scenario "${step.name}" has no performer for ${step.on}`);
  return performer({ state: context.state, step, ordinal, answer });
}

function nextOrdinal(state: EmulatorState): number {
  state.serviceCalls += 1;
  return state.serviceCalls;
}

function broken(turn: ServiceTurn, kind: "cut" | "stall"): Outgoing {
  const answer = turn.answer();
  return { ...answer, fault: { kind, afterBytes: breakAt(turn.step, answer) } };
}
