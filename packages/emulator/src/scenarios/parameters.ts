import { parseSize } from "../images/shape.ts";
import { parseColor } from "../picture/ground.ts";
import { scenarioGroups } from "./groups.ts";

/** A value of a scenario parameter. */
export type ParameterValue = number | string | boolean | null;

interface Parameter {
  readonly expected: string;
  readonly check: (value: unknown) => boolean;
}

const atLeast =
  (low: number) =>
  (value: unknown): boolean =>
    typeof value === "number" && Number.isFinite(value) && value >= low;
const whole =
  (low: number) =>
  (value: unknown): boolean =>
    Number.isSafeInteger(value) && Number(value) >= low;

const ITEM_STATUSES: readonly string[] = ["completed", "generating", "in_progress", "incomplete", "failed"];
const CUTS: readonly string[] = ["partials", "result", "after-result"];
const MILLISECONDS: Parameter = { expected: "a number of milliseconds, 0 or more", check: atLeast(0) };

/** Every parameter that some scenario takes. */
export const parameterChecks: Readonly<Record<string, Parameter>> = {
  times: { expected: 'an integer of at least 1, or "always"', check: (value) => value === "always" || whole(1)(value) },
  delayMs: MILLISECONDS,
  on: {
    expected: `one of ${scenarioGroups.join(", ")}`,
    check: (value) => scenarioGroups.some((group) => group === value),
  },
  spent: { expected: "true or false", check: (value) => typeof value === "boolean" },
  error: {
    expected: "an error code such as access_denied",
    check: (value) => typeof value === "string" && /^[a-z_]{1,40}$/.test(value),
  },
  size: { expected: '"WxH" with sides from 16 to 8192', check: isSize },
  retryAfterSeconds: {
    expected: "a number of seconds, 0 or more, or null for no header",
    check: (value) => value === null || atLeast(0)(value),
  },
  resetsInSeconds: { expected: "an integer number of seconds, 0 or more", check: whole(0) },
  activeLimit: {
    expected: 'a limit id such as "imagegen_premium"',
    check: (value) => typeof value === "string" && /^[a-z][a-z0-9_]{0,40}$/.test(value),
  },
  megabytes: { expected: "a number from 3 to 1000", check: (value) => atLeast(3)(value) && !atLeast(1001)(value) },
  atBytes: { expected: "an integer number of bytes, 0 or more", check: whole(0) },
  fraction: { expected: "a number from 0 to 1", check: (value) => atLeast(0)(value) && Number(value) <= 1 },
  chunkBytes: { expected: "an integer number of bytes, 1 or more", check: whole(1) },
  location: {
    expected: "an http or https address",
    check: (value) => typeof value === "string" && /^https?:\/\/\S+$/.test(value),
  },
  skewMs: {
    expected: "a number of milliseconds",
    check: (value) => typeof value === "number" && Number.isFinite(value),
  },
  color: {
    expected: "a colour as #rrggbb",
    check: (value) => typeof value === "string" && parseColor(value) !== undefined,
  },
  text: { expected: "a text", check: (value) => typeof value === "string" && value.length <= 4000 },
  code: {
    expected: "an error code such as server_error",
    check: (value) => typeof value === "string" && /^[A-Za-z][\w.]{0,60}$/.test(value),
  },
  message: { expected: "a text", check: (value) => typeof value === "string" && value.length <= 4000 },
  status: {
    expected: `one of ${ITEM_STATUSES.join(", ")}`,
    check: (value) => ITEM_STATUSES.some((status) => status === value),
  },
  at: { expected: `one of ${CUTS.join(", ")}`, check: (value) => CUTS.some((place) => place === value) },
  model: {
    expected: "the slug of a model",
    check: (value) => typeof value === "string" && /^[\w.-]{1,80}$/.test(value),
  },
  listed: { expected: "true or false", check: (value) => typeof value === "boolean" },
  httpStatus: { expected: "400 or 404", check: (value) => value === 400 || value === 404 },
  background: {
    expected: '"transparent" or "opaque"',
    check: (value) => value === "transparent" || value === "opaque",
  },
};

function isSize(value: unknown): boolean {
  const size = typeof value === "string" ? parseSize(value) : undefined;
  return size !== undefined && Math.min(size.width, size.height) >= 16 && Math.max(size.width, size.height) <= 8192;
}
