import {
  APICallError,
  InvalidArgumentError,
  InvalidPromptError,
  NoSuchModelError,
  UnsupportedFunctionalityError,
} from "@ai-sdk/provider";
import { toLimnError } from "@limn/core";
import type { ErrorCategory, ErrorCode, LimnError } from "@limn/core";
import { optionNames } from "./provider-options.ts";

/** What is known of a call that failed. */
export interface FailedCall {
  readonly modelId: string;
  readonly url: string;
  /** Without the prompt, which stays out of errors. */
  readonly asked: Readonly<Record<string, unknown>>;
  /** False when a picture came, or one of several may have been made: then a repeat would be paid again. */
  readonly isFreeToRepeat: boolean;
}

/** What an HTTP service would have answered; the AI SDK's callers sort errors by it. */
const statusByCategory: Readonly<Record<ErrorCategory, number>> = {
  request: 400,
  input: 400,
  login: 401,
  limit: 429,
  refusal: 400,
  service: 502,
  connection: 503,
  engine: 503,
  storage: 507,
  internal: 500,
};
const statusByCode: Partial<Record<ErrorCode, number>> = {
  input_too_large: 413,
  plan_not_included: 403,
  service_overloaded: 503,
  timeout: 504,
  outcome_unknown: 504,
  network_blocked: 403,
};

/** Next steps whose command-line form would not help a program. */
const hints: Partial<Record<ErrorCode, string | null>> = {
  usage_limit_reached: "Asking before then does not help.",
  plan_not_included: "Sign in with an account whose plan has images: limn login",
  invalid_option: null,
  bug: "Report it with the output of: limn doctor --report",
};

/** The AI SDK's error for one of limn's, with the next step in the message and the whole report in `data`. */
export function sdkErrorOf(thrown: unknown, call: FailedCall): Error {
  const error = toLimnError(thrown);
  const hint = error.code in hints ? (hints[error.code] ?? null) : inOptions(error.hint);
  const message = hint === null ? error.message : `${error.message} ${hint}`;
  if (error.code === "prompt_missing") return new InvalidPromptError({ prompt: "", message, cause: error });
  if (error.code === "invalid_option")
    return new InvalidArgumentError({ argument: argumentOf(error), message, cause: error });
  if (error.code === "unsupported_option") {
    const { option } = error.details;
    return option === "model"
      ? new NoSuchModelError({ modelId: call.modelId, modelType: "imageModel", message })
      : new UnsupportedFunctionalityError({ functionality: typeof option === "string" ? option : "limn", message });
  }
  return new APICallError({
    message,
    url: call.url,
    requestBodyValues: call.asked,
    statusCode: statusByCode[error.code] ?? statusByCategory[error.category],
    ...(error.retryAfterMs === null ? {} : { responseHeaders: { "retry-after-ms": String(error.retryAfterMs) } }),
    isRetryable: error.retryable && call.isFreeToRepeat,
    data: error.toJSON(),
    cause: error,
  });
}

function argumentOf({ details }: LimnError): string {
  const { faults } = details;
  const [first]: unknown[] = Array.isArray(faults) ? faults : [];
  const field = typeof first === "object" && first !== null && "field" in first ? first.field : null;
  return typeof field === "string" ? field : "options";
}

/** Options of the command line by the names that they have here. */
function inOptions(hint: string | null): string | null {
  if (hint === null) return null;
  return hint.replace(
    /(?<!limn [^.;]*)--([a-z]+(?:-[a-z]+)*)(?: ([a-z0-9]+))?/g,
    (text, flag: string, value?: string) => {
      const name = flag.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase());
      if (!optionNames.includes(name)) return text;
      return `providerOptions.limn.${name}${value === undefined ? "" : `: ${/^\d+$/.test(value) ? value : `"${value}"`}`}`;
    },
  );
}
