import { expect, it } from "vitest";
import { errorCodes, exitStatusByCategory } from "./codes.ts";

it("keeps every published error code with its category and exit status", () => {
  const published = Object.fromEntries(
    Object.entries(errorCodes).map(([code, { category }]) => [code, exitStatusByCategory[category]]),
  );
  expect(published).toEqual({
    prompt_missing: 2,
    invalid_option: 2,
    unsupported_option: 2,
    config_invalid: 2,
    input_not_found: 3,
    input_not_an_image: 3,
    input_too_large: 3,
    input_url_refused: 3,
    too_many_inputs: 3,
    login_missing: 4,
    login_expired: 4,
    login_refused: 4,
    login_account_changed: 4,
    login_unreadable: 4,
    usage_limit_reached: 5,
    plan_not_included: 5,
    rate_limited: 5,
    service_overloaded: 5,
    content_refused: 6,
    service_error: 7,
    unexpected_response: 7,
    stream_truncated: 7,
    no_image_returned: 7,
    image_corrupt: 7,
    image_incomplete: 7,
    references_dropped: 7,
    alpha_missing: 7,
    not_honoured: 7,
    connection_failed: 8,
    timeout: 8,
    network_blocked: 8,
    outcome_unknown: 8,
    engine_unavailable: 9,
    engine_disabled: 9,
    engine_exited: 9,
    artifact_write_failed: 10,
    artifact_exists: 10,
    artifact_not_found: 10,
    bug: 1,
  });
});
