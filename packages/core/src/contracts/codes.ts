/**
 * Every public error code, once. Codes are additive: a released code keeps its name, category and
 * exit status for good (docs/decisions/0005-error-codes-are-public.md).
 */

/** What kind of trouble it is; decides the exit status of the command line. */
export type ErrorCategory =
  | "request"
  | "input"
  | "login"
  | "limit"
  | "refusal"
  | "service"
  | "connection"
  | "engine"
  | "storage"
  | "internal";

/** Exit status of the command line by category. 11 (partial) and 130 (interrupted) are not errors of one code. */
export const exitStatusByCategory: Readonly<Record<ErrorCategory, number>> = {
  internal: 1,
  request: 2,
  input: 3,
  login: 4,
  limit: 5,
  refusal: 6,
  service: 7,
  connection: 8,
  engine: 9,
  storage: 10,
};

interface CodeEntry {
  readonly category: ErrorCategory;
  /** Whether the same request may succeed when it is simply sent again, and costs nothing if it does not. */
  readonly retryable: boolean;
  /** One sentence for the documentation. */
  readonly meaning: string;
}

/** Every error code, with its category, whether trying again can help, and what it means. Public: codes are only ever added. */
export const errorCodes = {
  prompt_missing: { category: "request", retryable: false, meaning: "No prompt was given, or an empty one." },
  invalid_option: {
    category: "request",
    retryable: false,
    meaning: "An option is unknown, or its value is out of range.",
  },
  unsupported_option: {
    category: "request",
    retryable: false,
    meaning: "The chosen engine cannot do what the option asks.",
  },
  config_invalid: {
    category: "request",
    retryable: false,
    meaning: "A variable or a config file holds something that limn cannot use.",
  },

  input_not_found: { category: "input", retryable: false, meaning: "An input file does not exist or cannot be read." },
  input_not_an_image: { category: "input", retryable: false, meaning: "An input is not an image of a known type." },
  input_too_large: {
    category: "input",
    retryable: false,
    meaning: "An input, or the whole request, is over the size limit.",
  },
  input_url_refused: { category: "input", retryable: false, meaning: "An input address is not one that limn fetches." },
  too_many_inputs: { category: "input", retryable: false, meaning: "More input images than the engine takes." },

  login_missing: { category: "login", retryable: false, meaning: "Nobody is signed in." },
  login_expired: {
    category: "login",
    retryable: false,
    meaning: "The login has run out and has to be renewed by its owner.",
  },
  login_refused: {
    category: "login",
    retryable: false,
    meaning: "The login is of a kind that limn does not use, or the service turned it away.",
  },
  login_account_changed: {
    category: "login",
    retryable: false,
    meaning: "The login now belongs to another account than the one the work began with.",
  },
  login_unreadable: {
    category: "login",
    retryable: false,
    meaning: "A login file exists but cannot be read or understood.",
  },

  usage_limit_reached: {
    category: "limit",
    retryable: false,
    meaning: "The plan's allowance is used up until it resets.",
  },
  plan_not_included: {
    category: "limit",
    retryable: false,
    meaning: "The plan, or its credits, do not include image generation.",
  },
  rate_limited: {
    category: "limit",
    retryable: true,
    meaning: "Too many requests in a short time; works again after the delay.",
  },
  service_overloaded: {
    category: "limit",
    retryable: true,
    meaning: "The service has no capacity at the moment; works again after the delay.",
  },

  content_refused: {
    category: "refusal",
    retryable: false,
    meaning: "The content policy of the service refused the prompt or the picture.",
  },

  service_error: { category: "service", retryable: false, meaning: "The service answered with an error." },
  unexpected_response: {
    category: "service",
    retryable: false,
    meaning: "The answer is not what the service is known to send.",
  },
  stream_truncated: {
    category: "service",
    retryable: false,
    meaning: "The answer stopped before the picture was whole.",
  },
  no_image_returned: { category: "service", retryable: false, meaning: "The answer holds no picture." },
  image_corrupt: {
    category: "service",
    retryable: false,
    meaning: "The answer's picture cannot be decoded or is not an image.",
  },
  image_incomplete: {
    category: "service",
    retryable: false,
    meaning: "Only previews arrived, never the finished picture.",
  },
  references_dropped: {
    category: "service",
    retryable: false,
    meaning: "The service did not look at the input images.",
  },
  alpha_missing: { category: "service", retryable: false, meaning: "Transparency was asked for and did not come." },
  not_honoured: {
    category: "service",
    retryable: false,
    meaning: "With --strict: an asked property was not honoured. The picture is kept.",
  },

  connection_failed: {
    category: "connection",
    retryable: true,
    meaning: "The service could not be reached; nothing was sent.",
  },
  timeout: { category: "connection", retryable: true, meaning: "No connection in time; nothing was sent." },
  network_blocked: {
    category: "connection",
    retryable: false,
    meaning: "The network edge turned the request away before the service saw it.",
  },
  outcome_unknown: {
    category: "connection",
    retryable: false,
    meaning: "The request was sent and no answer came: a picture may have been made and paid for.",
  },

  engine_unavailable: { category: "engine", retryable: false, meaning: "The engine cannot be used here." },
  engine_disabled: {
    category: "engine",
    retryable: false,
    meaning: "The engine is turned off in its own configuration.",
  },
  engine_exited: { category: "engine", retryable: false, meaning: "The engine's program ended unexpectedly." },

  artifact_write_failed: { category: "storage", retryable: false, meaning: "A file could not be written." },
  artifact_exists: { category: "storage", retryable: false, meaning: "A file is in the way and was not overwritten." },
  artifact_not_found: { category: "storage", retryable: false, meaning: "No such generation, image or recipe." },

  bug: { category: "internal", retryable: false, meaning: "A defect in limn." },
} as const satisfies Record<string, CodeEntry>;

/** A code of {@link errorCodes}. */
export type ErrorCode = keyof typeof errorCodes;

/** Codes of warnings: the work was done, and something about it is worth knowing. Additive like error codes. */
export const warningCodes = {
  size_not_honoured: "The picture has other pixels than asked.",
  format_not_honoured: "The picture is of another type than asked.",
  mostly_cropped: "More than half of the picture was cropped away to get to the asked pixels.",
  upscaled: "The picture has fewer pixels than asked; the rest was made up by interpolation.",
  alpha_flattened: "The asked file type holds no transparency; the picture was laid on white.",
  same_as_input: "The result is the input again, to the byte or to the eye.",
  input_converted: "An input was converted before it was sent.",
  input_shrunk: "An input was scaled down before it was sent.",
  metadata_lost: "Finishing dropped metadata that the original carries.",
  extra_spending: "The request spends more than images of the plan.",
  aspect_not_honoured: "The picture has another aspect ratio than asked.",
  quality_not_honoured: "The service drew with another quality than asked.",
  background_not_honoured: "The picture has another background than asked.",
  alpha_missing: "Transparency was asked for and the picture has no alpha channel.",
  output_renamed: "The output name was taken; a counter was added.",
  output_extension_differs: "The file name's extension is not the type of the picture.",
  answer_truncated: "The answer broke off after the picture was whole; the picture is kept.",
  clock_skew: "This machine's clock differs from the service's.",
  history_incomplete: "The record of this generation could not be completed.",
  saved_elsewhere: "The picture could not be saved where it belongs and was saved elsewhere.",
  provenance_invalidated: "Writing the recipe into the file invalidates its signed provenance.",
  recipe_not_embedded: "The recipe could not be written into this type of file.",
  login_store_exposed: "A login file can be read by other users of this machine.",
} as const satisfies Record<string, string>;

/** A code of `warningCodes`. */
export type WarningCode = keyof typeof warningCodes;
