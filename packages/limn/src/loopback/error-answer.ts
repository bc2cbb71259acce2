import { redactSecrets, toLimnError } from "@limn/core";
import type { ErrorCategory, LimnError } from "@limn/core";
import { HttpError } from "./http-error.ts";
import type { ErrorFacts } from "./http-error.ts";

/** An error as it goes out. */
export interface ErrorAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: {
    readonly error: {
      readonly message: string;
      readonly type: string;
      readonly code: string | null;
      readonly param: string | null;
      /** Seconds since the epoch. */
      readonly resets_at?: number;
    };
  };
}

/** HTTP status of an error; some codes have one of their own. */
export const statusByCategory: Readonly<Record<ErrorCategory, number>> = {
  request: 400,
  input: 400,
  login: 503,
  limit: 429,
  refusal: 400,
  service: 502,
  connection: 502,
  engine: 503,
  storage: 500,
  internal: 500,
};

/** Where the category alone does not tell. */
const statusByCode: Readonly<Record<string, number>> = {
  config_invalid: 503,
  input_too_large: 413,
  plan_not_included: 403,
  service_overloaded: 503,
  timeout: 504,
  outcome_unknown: 504,
  artifact_not_found: 404,
};

const typeByCategory: Readonly<Record<ErrorCategory, string>> = {
  request: "invalid_request_error",
  input: "invalid_request_error",
  login: "login_error",
  limit: "rate_limit_error",
  refusal: "image_generation_user_error",
  service: "server_error",
  connection: "server_error",
  engine: "server_error",
  storage: "server_error",
  internal: "server_error",
};

/** Nothing that only a command line has, and no path of this machine. */
const hintsOfCategory: ReadonlySet<ErrorCategory> = new Set(["login"]);

export function errorAnswer(problem: unknown): ErrorAnswer {
  if (problem instanceof HttpError) return answerOf(problem.status, problem.facts, problem.headers);
  const error = toLimnError(problem);
  const { category, code } = error;
  const { resetsAt, faults } = error.details;
  return answerOf(statusByCode[code] ?? statusByCategory[category], {
    message: sentenceOf(error),
    type: code === "usage_limit_reached" ? code : typeByCategory[category],
    // 401 and its codes are only ever about our own key; whatever is wrong with the login is told by one code.
    code: category === "login" ? "login_missing" : category === "refusal" ? "moderation_blocked" : code,
    ...(Array.isArray(faults) && faults.length === 1 ? { param: paramOf(faults[0]) } : {}),
    // What was sent has been repeated by limn itself where that helps.
    isRetryable: error.retryable && category === "connection",
    ...(error.retryAfterMs === null ? {} : { retryAfterSeconds: Math.max(1, Math.ceil(error.retryAfterMs / 1000)) }),
    ...(typeof resetsAt === "string" ? { resetsAt } : {}),
  });
}

function answerOf(status: number, facts: ErrorFacts, headers: Readonly<Record<string, string>> = {}): ErrorAnswer {
  const { message, code = null, param = null, isRetryable = false, retryAfterSeconds, resetsAt } = facts;
  const untilReset = resetsAt === undefined ? undefined : Math.ceil((Date.parse(resetsAt) - Date.now()) / 1000);
  const delay = retryAfterSeconds ?? (untilReset !== undefined && untilReset > 0 ? untilReset : undefined);
  return {
    status,
    headers: {
      ...headers,
      "x-should-retry": String(isRetryable),
      ...(delay === undefined ? {} : { "retry-after": String(delay) }),
    },
    body: {
      error: {
        message,
        type: facts.type ?? (status < 500 ? "invalid_request_error" : "server_error"),
        code,
        param,
        ...(resetsAt === undefined ? {} : { resets_at: Math.ceil(Date.parse(resetsAt) / 1000) }),
      },
    },
  };
}

function sentenceOf({ message, hint, category, code }: LimnError): string {
  if (category === "storage")
    return "The picture could not be kept on the machine where limn runs. See there: limn doctor";
  if (category === "internal") return "Something in limn went wrong that should not. See there: limn doctor --report";
  const told = redactSecrets(message);
  if (code === "outcome_unknown") return `${told} limn will not send it again by itself; see: limn history`;
  return hint !== null && hintsOfCategory.has(category) ? `${told} ${redactSecrets(hint)}` : told;
}

/** Their names in the public API. */
const apiNames: Readonly<Record<string, string>> = {
  format: "output_format",
  compression: "output_compression",
  partials: "partial_images",
  images: "image",
};

function paramOf(fault: unknown): string {
  const field = typeof fault === "object" && fault !== null && "field" in fault ? String(fault.field) : "";
  return apiNames[field] ?? field;
}
