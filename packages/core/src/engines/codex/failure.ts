import type { ErrorCode } from "../../contracts/codes.ts";
import { LimnError, publicServiceMessage } from "../../errors/index.ts";
import { unavailableWord } from "./instructions.ts";
import type { ToldAnswer } from "./parts.ts";
import { readToolText } from "./tool-text.ts";
import type { ToolAnswer } from "./tool-text.ts";
import type { TurnError, TurnReport } from "./turn-report.ts";

export interface FailureContext {
  readonly errorFromAnswer: (answer: ToldAnswer) => LimnError;
  readonly nowMs: number;
  readonly privateTexts: readonly string[];
  /** The chat model that the user named. */
  readonly model: string | null;
}

const spentHint =
  "Chat tokens of the plan's Codex window were spent. To ask once more, and pay once more, repeat the command.";

/** Why a turn that ended brought no picture. What is typed goes before what is told, the tool's word before the agent's. */
export function reasonWithoutImage(report: TurnReport, context: FailureContext): LimnError {
  const { limitHit, error } = report;
  if (limitHit !== null) return imageLimit(limitHit, context);
  const answers = report.toolTexts.map(readToolText).filter((answer) => answer !== null);
  const last = answers.at(-1);
  if (last !== undefined) return errorOfTool(last, context);
  if (error !== null) return errorOfTurn(error, report, context);
  if (report.toolOffered === false || saysUnavailable(report.words)) return toolMissing();
  const said = report.words === "" ? null : publicServiceMessage(report.words, context.privateTexts);
  return new LimnError("no_image_returned", {
    message:
      report.words === ""
        ? "Codex's agent ended its turn without a picture and without a word why."
        : `Codex's agent ended its turn without a picture${said === null ? ". Its words quote the prompt and are left out." : `. It says: ${said}`}`,
    hint: `Say plainly what to draw, or use the native routes, where no agent is between: --engine images. ${spentHint}`,
    details: said === null ? {} : { agentMessage: said },
  });
}

/** A whole line, and nothing else: a sentence that quotes the word does not count (open-design-provider O37). */
function saysUnavailable(words: string): boolean {
  return words.split(/\r?\n/).some((line) => line.trim() === unavailableWord);
}

function toolMissing(): LimnError {
  return new LimnError("engine_unavailable", {
    message: "Codex does not offer its image tool to this login or chat model.",
    hint: "See which plan is signed in: codex login status — take another chat model with --model, or the native routes: --engine images",
    details: { kind: "tool_missing" },
  });
}

function imageLimit(
  { limitId, resetsAt }: NonNullable<TurnReport["limitHit"]>,
  { errorFromAnswer, ...rest }: FailureContext,
): LimnError {
  return errorFromAnswer({
    ...rest,
    status: 429,
    headers: new Map(limitId === null ? [] : [["x-codex-active-limit", limitId]]),
    body: JSON.stringify({
      error: { type: "usage_limit_reached", ...(resetsAt === null ? {} : { resets_at: resetsAt }) },
    }),
  });
}

function errorOfTool(answer: ToolAnswer, context: FailureContext): LimnError {
  switch (answer.kind) {
    case "http":
      return afterTurn(fromHttp(answer.status, answer.body, null, context));
    case "network":
      return new LimnError("outcome_unknown", {
        message: `Codex asked for the picture and got no answer (${publicText(answer.said, context)}).`,
        hint: "A picture may have been made and paid for. To ask once more, and perhaps pay once more, repeat the command.",
        details: { kind: "network" },
      });
    case "unreadable":
      return new LimnError("unexpected_response", {
        message: `Codex could not read the service's answer (${publicText(answer.said, context)}).`,
        hint: "The plan was probably charged. If it persists, update Codex: npm install -g @openai/codex@latest",
      });
    case "empty":
      return new LimnError("no_image_returned", {
        message: "The service answered Codex without a picture.",
        hint: "The plan was probably charged. To ask once more, and pay once more, repeat the command.",
      });
    case "not-an-image":
      return new LimnError("image_corrupt", {
        message: "What the service sent to Codex is not an image.",
        hint: "The plan was probably charged. To ask once more, and pay once more, repeat the command.",
      });
    case "refused-call":
      return new LimnError("engine_unavailable", {
        message: `Codex's image tool did not take the call: ${publicText(answer.said, context)}`,
        hint: `Another version of Codex may have another tool: npm install -g @openai/codex@latest. ${spentHint}`,
        details: { kind: "tool_call_refused" },
      });
  }
}

const codesOfInfo: Readonly<Record<string, ErrorCode>> = {
  rateLimitExceeded: "rate_limited",
  serverOverloaded: "service_overloaded",
  flexUnavailable: "service_overloaded",
  policyCapacityUnavailable: "service_overloaded",
  contextWindowExceeded: "input_too_large",
  cyberPolicy: "content_refused",
  misalignmentPolicyViolation: "content_refused",
  unauthorized: "login_refused",
  internalServerError: "service_error",
};

/**
 * The sentences of Codex where it has no word of its own, which in `exec` is always (codex-backend contract 5.4, 6.4). Its own fixed
 * sentences from their beginning; nothing that a service or a prompt could have put there.
 */
const codesOfSentence: readonly (readonly [RegExp, ErrorCode])[] = [
  [/^To use Codex with your ChatGPT plan, upgrade/, "plan_not_included"],
  [/^(?:You’ve|You've) hit your usage limit/, "usage_limit_reached"],
  [/^Quota exceeded\./, "plan_not_included"],
  [/^Your access token could not be refreshed/, "login_expired"],
  [/^Failed to refresh token: /, "connection_failed"],
  [/^Selected model is at capacity/, "service_overloaded"],
  [/^We(?:’|')re currently experiencing high demand/, "service_overloaded"],
  [/^workspace routing discovery failed: unauthorized/, "login_refused"],
  [/^(?:workspace routing discovery (?:failed|timed out)|error sending request)/, "connection_failed"],
  [/^stream disconnected before completion/, "stream_truncated"],
];

function errorOfTurn(error: TurnError, report: TurnReport, context: FailureContext): LimnError {
  const { message } = error;
  const status = error.httpStatus ?? statusIn(message);
  const sentence = codesOfSentence.find(([pattern]) => pattern.test(message))?.[1];
  // One word of Codex stands for two things; its sentence tells which.
  if (error.info === "usageLimitExceeded") return ofCode(sentence ?? "usage_limit_reached", error, report, context);
  const code = (error.info === null ? undefined : codesOfInfo[error.info]) ?? sentence;
  if (code !== undefined) return ofCode(code, error, report, context);
  const detail = /^\{"detail":"(The .*) model is not supported/.exec(message);
  if (detail !== null || error.info === "modelNotFound") return modelRefused(error, context);
  if (status !== null) return afterTurn(fromHttp(status, bodyIn(message), message, context));
  return ofCode("service_error", error, report, context);
}

function modelRefused({ message }: TurnError, context: FailureContext): LimnError {
  return new LimnError(context.model === null ? "service_error" : "unsupported_option", {
    message: `The service does not give Codex the chat model${context.model === null ? "" : ` "${context.model}"`}: ${publicText(message, context)}`,
    hint: "Name one that the account has with --model; Codex lists them in its menu: /model",
    details: { option: "model", model: context.model },
  });
}

const hints: Partial<Readonly<Record<ErrorCode, string>>> = {
  usage_limit_reached:
    "This is the window of Codex's chat, not that of the images; the native routes do not need it: --engine images",
  plan_not_included: "See which plan is signed in: codex login status",
  login_expired: "Sign in again: codex logout && codex login",
  login_refused: "Sign in again: codex logout && codex login",
  connection_failed: "Check the network: limn doctor — nothing was drawn",
  service_overloaded: `Try again in a minute. ${spentHint}`,
  rate_limited: `Try again in a minute. ${spentHint}`,
  content_refused: "Say it in other words; false alarms are common.",
};

const openings: Partial<Readonly<Record<ErrorCode, string>>> = {
  usage_limit_reached: "The plan's allowance for Codex's chat is used up",
  plan_not_included: "This account's plan or credits do not include it",
  login_expired: "Codex's login could not be renewed",
  login_refused: "The service did not accept Codex's login",
  connection_failed: "Codex could not reach the service",
  service_overloaded: "The service has no capacity for Codex's chat at the moment",
  rate_limited: "Codex asked too often in a short time",
  content_refused: "The content policy stopped Codex's agent",
  input_too_large: "The prompt is too long for Codex's chat model",
  stream_truncated: "The chat model's answer to Codex broke off",
};

function ofCode(code: ErrorCode, error: TurnError, report: TurnReport, context: FailureContext): LimnError {
  // The picture may be on its way: then nobody knows whether it was made.
  if (report.imageBegan && (code === "connection_failed" || code === "stream_truncated" || code === "service_error"))
    return new LimnError("outcome_unknown", {
      message: `Codex lost the service while the picture was drawn: ${publicText(error.message, context)}`,
      hint: "A picture may have been made and paid for. To ask once more, and perhaps pay once more, repeat the command.",
    });
  const said = publicServiceMessage(error.message, context.privateTexts);
  const resets = code === "usage_limit_reached" ? exhaustedWindow(report) : null;
  return new LimnError(code, {
    message: `${openings[code] ?? "Codex's turn failed"}${said === null ? "." : `. Codex says: ${said}`}`,
    hint: hints[code] ?? spentHint,
    retryable: false,
    ...(resets === null ? {} : { retryAfterMs: Math.max(0, Date.parse(resets) - context.nowMs) }),
    details: {
      ...(error.info === null ? {} : { serviceCode: error.info }),
      ...(error.httpStatus === null ? {} : { status: error.httpStatus }),
      ...(said === null ? {} : { serviceMessage: said }),
      ...(code === "usage_limit_reached" ? { limit: report.activeLimit ?? "codex" } : {}),
      ...(resets === null ? {} : { resetsAt: resets }),
    },
  });
}

/** When the window that is full resets; null when none is. */
function exhaustedWindow({ windows }: TurnReport): string | null {
  const full = windows.flatMap(({ usedPercent, resetsAt }) =>
    usedPercent >= 100 && resetsAt !== null ? [resetsAt] : [],
  );
  // ISO times sort as text; the last one counts.
  return full.reduce<string | null>((last, time) => (last === null || time > last ? time : last), null);
}

/** `unexpected status 403 Forbidden: <body>, url: …`, `exceeded retry limit, last status: 429 …` */
function statusIn(message: string): number | null {
  const found = /^(?:unexpected status|exceeded retry limit, last status:) (\d{3})\b/.exec(message);
  return found === null ? null : Number(found[1]);
}

function bodyIn(message: string): string {
  return /^unexpected status \d{3} [^:]*: (.*?)(?:, url: .*)?$/s.exec(message)?.[1] ?? "";
}

function fromHttp(
  status: number,
  body: string,
  message: string | null,
  { errorFromAnswer, nowMs, privateTexts }: FailureContext,
): LimnError {
  // A block page is told by its body alone: Codex passes no headers on.
  const isPage = /^\s*<(?:!doctype html|html)\b/i.test(body);
  const ray = /\bcf-ray: ([\w-]{1,64})/.exec(message ?? "")?.[1];
  const headers = new Map([
    ...(isPage ? [["content-type", "text/html"] as const, ["server", "cloudflare"] as const] : []),
    ...(ray === undefined ? [] : [["cf-ray", ray] as const]),
  ]);
  return errorFromAnswer({ status, headers, body, nowMs, privateTexts });
}

/** Behind a turn nothing is free to repeat: the agent has spent tokens. */
function afterTurn(error: LimnError): LimnError {
  const wasFree = error.code === "rate_limited" || error.code === "service_overloaded";
  return new LimnError(error.code, {
    message: error.message,
    retryable: false,
    details: error.details,
    cause: error.cause,
    ...(wasFree ? { hint: `Try again in a minute. ${spentHint}` } : error.hint === null ? {} : { hint: error.hint }),
    ...(error.retryAfterMs === null ? {} : { retryAfterMs: error.retryAfterMs }),
  });
}

function publicText(text: string, { privateTexts }: FailureContext): string {
  return publicServiceMessage(text, privateTexts) ?? "its words quote the prompt and are left out";
}

/** The program ended before its turn did. */
export function exited(
  how: string,
  lastErrors: string,
  turnBegan: boolean,
  { privateTexts }: Pick<FailureContext, "privateTexts">,
  cause?: unknown,
): LimnError {
  const lines = lastErrors
    .split("\n")
    .map((line) => publicServiceMessage(withoutColors(line), privateTexts))
    .filter((line) => line !== null)
    .slice(-12);
  const last = lines.slice(-3).join(" ").slice(0, 300);
  return new LimnError("engine_exited", {
    message: `The Codex program ${how}${turnBegan ? " within its turn" : " before anything was spent"}.${last === "" ? "" : ` Its last words: ${last}`}`,
    hint: turnBegan
      ? "A picture may have been made and paid for; look in Codex's folder generated_images. To ask once more, repeat the command."
      : "Try it by itself: codex login status",
    details: { lastLines: lines },
    cause,
  });
}

function withoutColors(text: string): string {
  // oxlint-disable-next-line eslint/no-control-regex -- that is what colours are
  return text.replaceAll(/\u001B\[[\d;]*m/g, "");
}
