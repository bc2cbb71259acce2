import { scenarioGroups, type ScenarioGroup } from "./groups.ts";
import type { ParsedStep } from "./parse-scenario.ts";
import { createScenarioQueue, type ScenarioQueue } from "./scenario-queue.ts";

/** The steps that are still to come, for each group of routes. */
export interface ScenarioBoard {
  /** Replaces the steps of every group. */
  set(steps: readonly ParsedStep[]): void;
  peek(group: ScenarioGroup): ParsedStep;
  take(group: ScenarioGroup): ParsedStep;
}

/** Creates the board; `generation` as for {@link createScenarioQueue}. */
export function createScenarioBoard(generation: () => number): ScenarioBoard {
  const queues = new Map<ScenarioGroup, ScenarioQueue>(
    scenarioGroups.map((group) => [group, createScenarioQueue(group, generation)]),
  );
  const queueOf = (group: ScenarioGroup): ScenarioQueue => {
    const queue = queues.get(group);
    if (queue === undefined) throw new Error(`no queue for ${group}`);
    return queue;
  };
  return {
    set: (steps) => {
      for (const [group, queue] of queues) queue.set(steps.filter((step) => step.on === group));
    },
    peek: (group) => queueOf(group).peek(),
    take: (group) => queueOf(group).take(),
  };
}
