import { createImageWindow, type ImageWindowCounter } from "./images/image-window.ts";
import { makeToken } from "./login/json-web-token.ts";
import { createTokenRegister, type TokenRegister } from "./login/token-register.ts";
import type { CheckedOptions } from "./options.ts";
import type { CallDraft } from "./record/recorded-call.ts";
import { createScenarioQueue, type ScenarioQueue } from "./scenarios/scenario-queue.ts";

/** Everything that changes while an emulator runs. */
export interface EmulatorState {
  readonly options: CheckedOptions;
  readonly tokens: TokenRegister;
  readonly scenarios: ScenarioQueue;
  readonly window: ImageWindowCounter;
  readonly calls: CallDraft[];
  /** How many image calls there were: decides identifiers. */
  imageCalls: number;
  reset(): void;
}

/** The state at the start. */
export function createState(options: CheckedOptions): EmulatorState {
  const { clock, accountId, email, plan } = options;
  const tokens = createTokenRegister(
    options.accessToken,
    (generation) => makeToken({ accountId, email, plan }, clock(), generation),
    clock,
  );
  const scenarios = createScenarioQueue(() => tokens.generation);
  const window = createImageWindow(clock);
  const state: EmulatorState = {
    options,
    tokens,
    scenarios,
    window,
    calls: [],
    imageCalls: 0,
    reset: () => {
      state.calls.length = 0;
      state.imageCalls = 0;
      tokens.reset();
      window.reset();
      scenarios.set(options.scenario);
    },
  };
  scenarios.set(options.scenario);
  return state;
}

/** The plan that answers name: the option's, unless the scenario `plan-free` is in force. */
export function planInForce(state: EmulatorState): string {
  return state.scenarios.peek().name === "plan-free" ? "free" : state.options.plan;
}
