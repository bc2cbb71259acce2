import { numberOf, textOf } from "../scenarios/parse-scenario.ts";
import type { StreamTurn } from "./response-events.ts";

type ErrorBody = Readonly<Record<string, unknown>>;

const SAFETY =
  "Your request was rejected by the safety system. If you believe this is an error, contact support and include the request ID";

/** The error of `response.failed`, with the details that belong to its code. */
export function failedError(turn: StreamTurn, usualCode = "server_error"): ErrorBody {
  const code = textOf(turn.step, "code", usualCode);
  const message = textOf(turn.step, "message", messageOf(turn, code));
  if (code === "moderation_blocked") {
    const moderation_details = { moderation_stage: "output", categories: ["sexual"] };
    return { type: "image_generation_user_error", code, message, param: null, moderation_details };
  }
  if (code !== "usage_limit_reached") return { code, message };
  const resetsIn = numberOf(turn.step, "resetsInSeconds", 7200);
  const resets_at = Math.floor(turn.state.options.clock() / 1000) + resetsIn;
  return { type: code, code, message, plan_type: turn.account.plan, resets_at, resets_in_seconds: resetsIn };
}

/** An error whose message is the JSON of the real one. */
export function nestedError(turn: StreamTurn): ErrorBody {
  return { code: "server_error", message: JSON.stringify({ error: failedError(turn, "moderation_blocked") }) };
}

/** The fields of a top-level error event. */
export function topLevelError(turn: StreamTurn): ErrorBody {
  const code = textOf(turn.step, "code", "server_error");
  return { code, message: textOf(turn.step, "message", messageOf(turn, code)), param: null };
}

function messageOf(turn: StreamTurn, code: string): string {
  if (code === "moderation_blocked") return `${SAFETY} ${turn.requestId}. safety_violations=[sexual].`;
  if (code === "usage_limit_reached") return "The usage limit has been reached";
  if (code === "rate_limit_exceeded") return "Rate limit reached for gpt-image-2-codex. Please try again in 1s.";
  return "An error occurred while processing your request.";
}
