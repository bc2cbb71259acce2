import { isRecord, nearestName, quotable } from "../values.ts";
import type { ScenarioGroup } from "./groups.ts";
import { parameterChecks, type ParameterValue } from "./parameters.ts";
import { scenarioNames, scenarios, type ScenarioDescription } from "./scenario-table.ts";

/** One step: a scenario by name and its parameters. A parameter that the scenario does not take throws. */
export interface ScenarioStep {
  readonly name: string;
  /** What it applies to. Default: the first group of the scenario, which is `images` wherever it applies to images. */
  readonly on?: ScenarioGroup;
  /** For how many calls of that group. Default: always for a single step, once within a list. */
  readonly times?: number | "always";
  /** Wait before the answer, in ms. */
  readonly delayMs?: number;
  /** Pixels of the picture as `WxH`: small pictures make fast tests. Default: what the prompt asks for. */
  readonly size?: string;
  readonly retryAfterSeconds?: number | null;
  readonly resetsInSeconds?: number;
  /** Default `imagegen_premium`, on `responses` `premium`. */
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
  /**
   * On `token` and `refresh`: whether the code or the refresh token is used up at once, before the wait and before what goes
   * wrong. Default true where an answer or a part of it comes (with false it is used up after the wait), else false.
   */
  readonly spent?: boolean;
  /** Default `server_error`. */
  readonly error?: string;
  /** Of a flat background, as `#rrggbb`. */
  readonly color?: string;
  /** What the chat model says instead of calling its tool. */
  readonly text?: string;
  /** Of an error in the stream. */
  readonly code?: string;
  readonly message?: string;
  /** Of the finished picture's item. */
  readonly status?: "completed" | "generating" | "in_progress" | "incomplete" | "failed";
  /** Where a stream ends or stalls: after the previews, within the result, or before `response.completed`. */
  readonly at?: "partials" | "result" | "after-result";
  /** The slug that is refused. Default: the first of the list. */
  readonly model?: string;
  /** With false the refused model is off the list afterwards. Default true. */
  readonly listed?: boolean;
  /** Of the refusal; default 400. */
  readonly httpStatus?: 400 | 404;
}

/**
 * A name, a step, or a list of them that calls use up in order, each group its own steps; after the list, and in groups
 * without a step, everything is `ok`.
 */
export type Scenario = string | ScenarioStep | readonly (string | ScenarioStep)[];

/** A step that was checked. */
export interface ParsedStep {
  readonly name: string;
  readonly on: ScenarioGroup;
  readonly times: number;
  readonly delayMs: number;
  readonly values: Readonly<Record<string, ParameterValue>>;
}

const COMMON: readonly string[] = ["times", "delayMs", "on"];

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
  const on = groupOf(scenario, parameters["on"]);
  const allowed = [...COMMON, ...commonIn(on), ...scenario.parameters];
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
    if (typeof value === "number" || typeof value === "string" || typeof value === "boolean" || value === null)
      values[parameter] = value;
  }
  const { times, delayMs = scenario.defaultDelayMs ?? 0 } = values;
  // The token's renewal ends this one, wherever it stands.
  const usual = scenario.name === "refresh-needed" ? Infinity : usualTimes;
  return {
    name: scenario.name,
    on,
    times: typeof times === "number" ? times : times === "always" ? Infinity : usual,
    delayMs: typeof delayMs === "number" ? delayMs : 0,
    values,
  };
}

function groupOf(scenario: ScenarioDescription, written: unknown): ScenarioGroup {
  const group = written === undefined ? scenario.groups[0] : scenario.groups.find((known) => known === written);
  if (group !== undefined) return group;
  throw new TypeError(
    `The parameter "on" of the scenario "${scenario.name}" must be one of: ${scenario.groups.join(", ")}.`,
  );
}

function commonIn(group: ScenarioGroup): readonly string[] {
  if (group === "images" || group === "responses") return ["size"];
  return group === "token" || group === "refresh" ? ["spent"] : [];
}
