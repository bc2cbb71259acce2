import { LimnError, publicServiceMessage } from "../../errors/index.ts";
import { isObject, member, numberOf, parseJson, textOf } from "../../json/index.ts";
import { errorFromAnswer } from "../../transport/index.ts";
import type { TransportAnswer } from "../../transport/index.ts";
import type { ResponsesAnswerReader } from "./answer.ts";

const paidHint = "The plan was probably charged. To ask once more, and pay once more, repeat the command.";

/** The service's own words for what an HTTP status says elsewhere (codex-backend contract 5.4, 3.6). */
const statusOfCode: ReadonlyMap<string, number> = new Map([
  ["usage_limit_reached", 429],
  ["usage_not_included", 429],
  ["rate_limit_exceeded", 429],
  ["slow_down", 429],
  ["server_is_overloaded", 429],
  ["moderation_blocked", 400],
  ["content_policy_violation", 400],
  ["token_expired", 401],
  ["insufficient_quota", 403],
  ["credit_balance_exhausted", 403],
  ["INSUFFICIENT_BALANCE", 403],
]);

/** Why a stream that ended has no picture. The most telling reason comes first. */
export function reasonWithoutImage(
  reader: ResponsesAnswerReader,
  answer: TransportAnswer,
  nowMs: number,
  privateTexts: readonly string[],
  cut: LimnError | null,
): LimnError {
  const { end, previews, words, bytesOfOpenPicture, sawEvent } = reader;
  if (end.kind === "failed") return errorOfEvent(end.error, answer, nowMs, privateTexts);
  if (!sawEvent)
    return (
      cut ??
      new LimnError("unexpected_response", {
        message: "The answer is no event stream, as an answer of this route is.",
        hint: "If it persists: limn doctor",
      })
    );
  // A word of the service's vocabulary; anything longer could be somebody's text.
  const why = end.kind === "incomplete" && end.reason !== null && isWord(end.reason) ? end.reason : null;
  const details = {
    previews,
    ...(bytesOfOpenPicture === 0 ? {} : { received: bytesOfOpenPicture }),
    ...(why === null ? {} : { reason: why }),
  };
  const received = `${previews === 0 ? "no preview" : `${previews} preview${previews === 1 ? "" : "s"}`}${bytesOfOpenPicture === 0 ? "" : ` and ${bytesOfOpenPicture} bytes of the picture`}`;
  if (cut !== null || end.kind === "open") {
    return new LimnError(previews > 0 && bytesOfOpenPicture === 0 ? "image_incomplete" : "stream_truncated", {
      message: `The answer stopped before the picture was whole; ${received} had come. A preview is never taken for the picture.`,
      hint: `limn does not send it again by itself. ${paidHint}`,
      details,
      ...(cut === null ? {} : { cause: cut }),
    });
  }
  if (end.kind === "incomplete" || previews > 0) {
    return new LimnError("image_incomplete", {
      message: `The service ended without the finished picture${why === null ? "" : ` (${why})`}; ${received} had come. A preview is never taken for the picture.`,
      hint: paidHint,
      details,
    });
  }
  const said = words === "" ? null : publicServiceMessage(words, privateTexts);
  return new LimnError("no_image_returned", {
    message:
      words === ""
        ? "The service ended without a picture and without a word why."
        : `The chat model answered in words and drew nothing${said === null ? "" : `: ${said}`}`,
    hint: "Say plainly what to draw, or use the native routes, where no chat model is between: --engine images",
    details: { ...details, ...(said === null ? {} : { serviceMessage: said }) },
  });
}

/** `response.failed`, or an `error` event; the error may be nested as JSON within a message (contract 4.2). */
function errorOfEvent(
  error: unknown,
  answer: TransportAnswer,
  nowMs: number,
  privateTexts: readonly string[],
): LimnError {
  const inner = innermost(error);
  const code = textOf(member(inner, "code")) ?? textOf(member(inner, "type")) ?? "";
  const type = textOf(member(inner, "type")) ?? "";
  const status = statusOfCode.get(code) ?? statusOfCode.get(type);
  if (status !== undefined) {
    // The stream puts into `code` what a status answer puts into `type`.
    const body = JSON.stringify({
      error: {
        ...(isObject(inner) ? inner : {}),
        type: statusOfCode.has(code) ? code : type,
        code: status === 403 ? "INSUFFICIENT_BALANCE" : code,
      },
    });
    return errorFromAnswer({ status, headers: answer.headers, body, nowMs, privateTexts });
  }
  const message = textOf(member(inner, "message")) ?? textOf(inner);
  const said = message === null ? null : publicServiceMessage(message, privateTexts);
  const stated = numberOf(member(inner, "status")) ?? numberOf(member(inner, "status_code"));
  const isCode = isWord(code);
  return new LimnError("service_error", {
    message: `The service gave up while drawing${isCode ? ` (${code})` : ""}.${said === null ? "" : ` The service says: ${said}`}`,
    hint: paidHint,
    details: {
      ...(isCode ? { serviceCode: code } : {}),
      ...(stated === null ? {} : { status: stated }),
      ...(said === null ? {} : { serviceMessage: said }),
    },
  });
}

function isWord(text: string): boolean {
  return /^[\w.:-]{1,64}$/.test(text);
}

/** Errors arrive wrapped: `{error: {message: "{\"error\": …}"}}`. At most a few layers are looked through. */
function innermost(error: unknown): unknown {
  let current = error;
  for (let depth = 0; depth < 5; depth += 1) {
    const wrapped = member(current, "error");
    const message = textOf(member(current, "message")) ?? textOf(current);
    const start = message?.indexOf("{") ?? -1;
    const nested = message === null || start < 0 ? undefined : parseJson(message.slice(start));
    if (isObject(wrapped)) current = wrapped;
    else if (isObject(nested)) current = member(nested, "error") ?? nested;
    else return current;
  }
  return current;
}
