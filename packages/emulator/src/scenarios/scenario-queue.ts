import type { ScenarioGroup } from "./groups.ts";
import { parseScenario, type ParsedStep } from "./parse-scenario.ts";

/** The steps that are still to come. */
export interface ScenarioQueue {
  set(steps: readonly ParsedStep[]): void;
  /** The step that the next call will get. */
  peek(): ParsedStep;
  /** The same, used up by one. */
  take(): ParsedStep;
}

/**
 * Creates the queue of a group. `generation` rises with every new token: a `refresh-needed` step lasts as long as the
 * token that was in force when its turn came.
 */
export function createScenarioQueue(group: ScenarioGroup, generation: () => number): ScenarioQueue {
  const [ok] = parseScenario({ name: "ok", on: group });
  if (ok === undefined) throw new Error('no scenario "ok"');
  let steps: readonly ParsedStep[] = [];
  let left = 0;
  let refused = 0;
  const start = (next: readonly ParsedStep[]): void => {
    steps = next;
    left = next[0]?.times ?? Infinity;
    refused = generation();
  };
  const peek = (): ParsedStep => {
    while (steps[0]?.name === "refresh-needed" && refused !== generation()) start(steps.slice(1));
    return steps[0] ?? ok;
  };
  return {
    set: start,
    peek,
    take: () => {
      const step = peek();
      left -= 1;
      if (left <= 0) start(steps.slice(1));
      return step;
    },
  };
}
