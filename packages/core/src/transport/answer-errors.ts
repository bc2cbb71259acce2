import { LimnError, publicServiceMessage } from "../errors/index.ts";
import { member, numberOf, parseJson, textOf } from "../json/index.ts";
import { isoTime, readLimits, retryAfterMs } from "./limits.ts";

/** Everything that an answer's head and a bounded piece of its body tell. */
export interface FailedAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  /** At most 64 KiB, decoded leniently. */
  readonly body: string;
  readonly nowMs: number;
  /** The user's own words, which must not come back in an error. */
  readonly privateTexts: readonly string[];
  /** `Credential.source`, for the hint of a refused login. @default not known */
  readonly loginSource?: string;
}

interface ServiceFacts {
  readonly type: string | null;
  readonly code: string | null;
  readonly message: string | null;
  readonly resetsAtMs: number | null;
  readonly plan: string | null;
  readonly moderation: { readonly stage: string | null; readonly categories: readonly string[] };
}

/** What helps where a login is refused, by whose it is. */
const loginHints: ReadonlyMap<string, string> = new Map([
  ["token", "Give a fresh token, LIMN_ACCESS_TOKEN=…, or leave the variable out to use a stored login."],
  ["limn", "Sign in again: limn login"],
  ["codex", 'Renew it with any Codex command, for example: codex exec "hi" — or sign in again: codex login'],
  ["pi", "Renew it with Pi: pi auth check --provider openai-codex — or sign in with limn itself: limn login"],
  ["opencode", "Sign in again with opencode: opencode auth login -p openai — or with limn itself: limn login"],
  ["hermes", "Renew it with Hermes: hermes auth refresh openai-codex — or sign in with limn itself: limn login"],
]);

const unknownLoginHint = "See whose login it is: limn status — or sign in with limn itself: limn login";

/**
 * The one place where a status, headers and an error body become a code (codex-backend contract 3.6 and 2.3).
 * Decided by the service's own type and code, never by its sentences.
 */
export function errorFromAnswer(answer: FailedAnswer): LimnError {
  const facts = readFacts(answer);
  const { status, headers } = answer;
  const requestId = requestIdOf(headers);
  const serviceCode = facts.code ?? facts.type;
  const details: Record<string, unknown> = {
    status,
    ...(serviceCode === null ? {} : { serviceCode }),
    ...(requestId === null ? {} : { requestId }),
    ...(facts.message === null ? {} : { serviceMessage: facts.message }),
  };
  const said = facts.message === null ? "" : ` The service says: ${facts.message}`;

  if (isEdgeBlock(answer)) {
    const ray = headers.get("cf-ray");
    return new LimnError("network_blocked", {
      message: `The network edge (Cloudflare) turned the request away with status ${status}${ray === undefined ? "" : `, cf-ray ${ray}`}. Your login is not the reason.`,
      hint: "Try from another network, or without a VPN or a data-centre address; then: limn doctor",
      details: { status, ...(ray === undefined ? {} : { cfRay: ray }) },
    });
  }
  if (status === 401) {
    const expired = facts.code === "token_expired";
    return new LimnError(expired ? "login_expired" : "login_refused", {
      message: expired ? "The service says that the login has expired." : "The service did not accept the login (401).",
      hint: loginHints.get(answer.loginSource ?? "") ?? unknownLoginHint,
      details: { ...details, kind: "rejected_by_service" },
    });
  }
  if (status === 429 && facts.type === "usage_limit_reached") {
    const waitMs =
      facts.resetsAtMs === null ? retryAfterMs(headers, answer.nowMs) : Math.max(0, facts.resetsAtMs - answer.nowMs);
    const resetsAt = isoTime(facts.resetsAtMs);
    const { activeLimit } = readLimits(headers, answer.nowMs);
    return new LimnError("usage_limit_reached", {
      message: `The plan's allowance${activeLimit === undefined ? "" : ` (${activeLimit})`} is used up${resetsAt === null ? "" : ` until ${resetsAt.slice(0, 16).replace("T", " ")} UTC`}.`,
      hint:
        resetsAt === null
          ? "See what is left: limn status"
          : "Trying again before then does not help. See what is left: limn status",
      ...(waitMs === null ? {} : { retryAfterMs: waitMs }),
      details: {
        ...details,
        ...(activeLimit === undefined ? {} : { limit: activeLimit }),
        ...(resetsAt === null ? {} : { resetsAt }),
        ...(facts.plan === null ? {} : { plan: facts.plan }),
      },
    });
  }
  if (
    (status === 429 && facts.type === "usage_not_included") ||
    (status === 403 && facts.code === "INSUFFICIENT_BALANCE")
  ) {
    return new LimnError("plan_not_included", {
      message: `This account's plan${facts.plan === null ? "" : ` (${facts.plan})`} or credits do not include image generation.${said}`,
      hint: "See who is signed in: limn status",
      details: { ...details, ...(facts.plan === null ? {} : { plan: facts.plan }) },
    });
  }
  if (status === 429) {
    const waitMs = retryAfterMs(headers, answer.nowMs);
    const tooFast = facts.type === "rate_limit_exceeded" || facts.code === "rate_limit_exceeded";
    return new LimnError(tooFast ? "rate_limited" : "service_overloaded", {
      message: `${tooFast ? "Too many image requests in a short time" : "The service has no capacity for images at the moment"} (429).`,
      hint: `Try again${waitMs === null ? " in a minute" : ` in ${Math.ceil(waitMs / 1000)} s`}; the plan was not charged.`,
      ...(waitMs === null ? {} : { retryAfterMs: waitMs }),
      details,
    });
  }
  if (status === 400 && (facts.code === "moderation_blocked" || facts.code === "content_policy_violation")) {
    const { stage, categories } = facts.moderation;
    return new LimnError("content_refused", {
      message: `The content policy refused the ${stage === "output" ? "picture" : "prompt"}${categories.length === 0 ? "" : ` (${categories.join(", ")})`}${requestId === null ? "" : `, request ${requestId}`}.`,
      hint: "Say it in other words; false alarms are common. A repeat of the same words may cost quota and be refused again.",
      details: { ...details, serviceMessage: undefined, moderation: facts.moderation },
    });
  }
  if (status === 407) {
    return new LimnError("connection_failed", {
      message: "The proxy wants a login of its own (407); nothing was sent.",
      hint: "Put it into HTTPS_PROXY: http://user:password@host:port",
      retryable: false,
      details: { status },
    });
  }
  if (status === 413) {
    return new LimnError("input_too_large", {
      message: "The service says that the request is too large (413).",
      hint: "Use a shorter prompt or smaller input images.",
      details,
    });
  }
  if (status >= 300 && status < 400) {
    return new LimnError("unexpected_response", {
      message: `The service answered with a redirect (${status}). limn does not follow it, so that your token goes nowhere else.`,
      hint: "Check the address: limn config get baseUrl",
      details,
    });
  }
  return new LimnError("service_error", {
    message: `The service answered with status ${status}.${said}`,
    hint: status >= 500 ? "Try again later; nothing on your side is wrong." : "If it persists: limn doctor",
    details,
  });
}

export function requestIdOf(headers: ReadonlyMap<string, string>): string | null {
  return (
    headers.get("x-codex-imagegen-request-id") ?? headers.get("x-oai-request-id") ?? headers.get("x-request-id") ?? null
  );
}

/** A block page is HTML, whatever its status (contract 2.3). */
function isEdgeBlock({ status, headers }: FailedAnswer): boolean {
  const isHtml = headers.get("content-type")?.includes("text/html") ?? false;
  return (
    headers.has("cf-mitigated") ||
    (isHtml &&
      (status === 403 || status === 429 || status === 503) &&
      (headers.has("cf-ray") || headers.get("server") === "cloudflare"))
  );
}

function readFacts(answer: FailedAnswer): ServiceFacts {
  const body = parseJson(answer.body);
  const error = member(body, "error");
  const moderation = member(error, "moderation_details");
  const categories = member(moderation, "categories");
  const message = textOf(member(error, "message")) ?? textOf(member(body, "detail")) ?? textOf(error);
  return {
    type: identifier(member(error, "type")),
    code: identifier(member(error, "code")),
    message: message === null ? null : publicServiceMessage(message, answer.privateTexts),
    resetsAtMs: resetTime(error, answer.nowMs),
    plan: identifier(member(error, "plan_type")),
    moderation: {
      stage: identifier(member(moderation, "moderation_stage")),
      categories: Array.isArray(categories) ? categories.map(identifier).filter((name) => name !== null) : [],
    },
  };
}

function resetTime(error: unknown, nowMs: number): number | null {
  const at = numberOf(member(error, "resets_at"));
  if (at !== null) return at * 1000;
  const after = numberOf(member(error, "resets_in_seconds"));
  return after === null ? null : nowMs + after * 1000;
}

/** A word of the service's vocabulary; anything longer or stranger could be somebody's text. */
function identifier(value: unknown): string | null {
  return typeof value === "string" && /^[\w.:-]{1,64}$/.test(value) ? value : null;
}
