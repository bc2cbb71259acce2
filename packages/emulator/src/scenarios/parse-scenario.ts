import { isRecord, nearestName, quotable } from "../values.ts";
import { parameterChecks, type ParameterValue } from "./parameters.ts";
import { scenarioNames, scenarios } from "./scenario-table.ts";

/** One step: a scenario by name and its parameters. A parameter that the scenario does not take throws. */
export interface ScenarioStep {
  readonly name: string;
  /** For how many image calls. Default: always for a single step, once within a list. */
  readonly times?: number | "always";
  /** Wait before the answer, in ms. */
  readonly delayMs?: number;
  /** Pixels of the picture as `WxH`: small pictures make fast tests. Default: what the prompt asks for. */
  readonly size?: string;
  readonly retryAfterSeconds?: number | null;
  readonly resetsInSeconds?: number;
  /** Default `imagegen_premium`. */
  readonly activeLimit?: string;
  /** Millions of bytes. */
  readonly megabytes?: number;
  /** Where a body is cut or stalls, in bytes; wins over `fraction`. */
  readonly atBytes?: number;
  /** Where a body or a picture ends, as a share of its bytes. */
  readonly fraction?: number;
  readonly chunkBytes?: number;
  readonly location?: string;
  readonly skewMs?: number;
  readonly background?: "transparent" | "opaque";
}

/** A name, a step, or a list of them that image calls use up in order; after the list everything is `ok`. */
export type Scenario = string | ScenarioStep | readonly (string | ScenarioStep)[];

/** A step that was checked. */
export interface ParsedStep {
  readonly name: string;
  readonly times: number;
  readonly delayMs: number;
  readonly values: Readonly<Record<string, ParameterValue>>;
}

const COMMON: readonly string[] = ["times", "delayMs", "size"];

/** Checks a scenario; throws a `TypeError` that names what is unknown and the nearest valid name. */
export function parseScenario(scenario: unknown): readonly ParsedStep[] {
  if (Array.isArray(scenario)) return scenario.map((step) => parseStep(step, 1));
  return [parseStep(scenario, Infinity)];
}

/** A numeric parameter of a step, or its default. */
export function numberOf(step: ParsedStep, name: string, fallback: number): number {
  const value = step.values[name];
  return typeof value === "number" ? value : fallback;
}

/** A text parameter of a step, or its default. */
export function textOf(step: ParsedStep, name: string, fallback: string): string {
  const value = step.values[name];
  return typeof value === "string" ? value : fallback;
}

function parseStep(written: unknown, usualTimes: number): ParsedStep {
  const step: unknown = typeof written === "string" ? { name: written } : written;
  if (!isRecord(step) || typeof step["name"] !== "string")
    throw new TypeError('A scenario is a name, a step with a "name", or a list of these.');
  const { name, ...parameters } = step;
  const scenario = scenarios.find((known) => known.name === name);
  if (scenario === undefined)
    throw new TypeError(
      `There is no scenario "${quotable(step["name"])}". Did you mean "${nearestName(step["name"], scenarioNames)}"?`,
    );
  const allowed = [...COMMON, ...scenario.parameters];
  const values: Record<string, ParameterValue> = {};
  for (const [parameter, value] of Object.entries(parameters)) {
    if (value === undefined) continue;
    const check = allowed.includes(parameter) ? parameterChecks[parameter] : undefined;
    if (check === undefined)
      throw new TypeError(
        `The scenario "${scenario.name}" has no parameter "${quotable(parameter)}". Did you mean "${nearestName(parameter, allowed)}"?`,
      );
    if (!check.check(value))
      throw new TypeError(`The parameter "${parameter}" of the scenario "${scenario.name}" must be ${check.expected}.`);
    if (typeof value === "number" || typeof value === "string" || value === null) values[parameter] = value;
  }
  const { times, delayMs = scenario.defaultDelayMs ?? 0 } = values;
  // The token's renewal ends this one, wherever it stands.
  const usual = scenario.name === "refresh-needed" ? Infinity : usualTimes;
  return {
    name: scenario.name,
    times: typeof times === "number" ? times : times === "always" ? Infinity : usual,
    delayMs: typeof delayMs === "number" ? delayMs : 0,
    values,
  };
}
