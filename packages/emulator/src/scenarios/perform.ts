import { answers } from "./answers.ts";
import { faults } from "./faults.ts";
import type { Perform } from "./image-turn.ts";
import { refusals } from "./refusals.ts";

/** What a scenario of the table does. */
export function performerOf(name: string): Perform {
  const perform = answers[name] ?? refusals[name] ?? faults[name];
  if (perform === undefined) throw new Error(`the scenario "${name}" has no performer`);
  return perform;
}
