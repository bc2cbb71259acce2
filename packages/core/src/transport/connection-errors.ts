import { LimnError } from "../errors/index.ts";
import type { HttpFailure } from "./http-client.ts";
import { TimeLimitReached } from "./time-limits.ts";

interface Situation {
  readonly reached: "connecting" | "sent";
  readonly host: string;
  readonly costsQuota: boolean;
}

const checkNetwork = "Check the network and the proxy settings: limn doctor";

/** A connection that failed before there was an answer. */
export function connectionError(failure: HttpFailure, { reached, host, costsQuota }: Situation): LimnError {
  const reason = systemReason(failure.cause);
  if (reached === "sent" && costsQuota)
    return unknownOutcome(`the connection to ${host} broke (${reason})`, failure, { reason });
  return new LimnError("connection_failed", {
    message: `${host} could not be reached: ${describe(reason)}.${reached === "connecting" && costsQuota ? " Nothing was sent." : ""}`,
    hint: hints[reason] ?? checkNetwork,
    details: { host, reason },
    cause: failure,
  });
}

/** A time limit that ran out before there was an answer. */
export function limitError(limit: TimeLimitReached, { reached, host, costsQuota }: Situation): LimnError {
  const seconds = Math.round(limit.ms / 1000);
  if (reached === "sent" && costsQuota)
    return unknownOutcome(`no answer came within ${seconds} s`, limit, { reason: "timeout", limitMs: limit.ms });
  return new LimnError("timeout", {
    message: `${limit.limit === "connectMs" ? `No connection to ${host}` : `No answer from ${host}`} within ${seconds} s.${costsQuota ? " Nothing was sent." : ""}`,
    hint: checkNetwork,
    details: { host, limitMs: limit.ms },
    cause: limit,
  });
}

/** An answer that had begun and did not end. */
export function cutError(cause: HttpFailure | TimeLimitReached, received: number): LimnError {
  const timedOut = cause instanceof TimeLimitReached;
  const why = timedOut
    ? cause.limit === "idleMs"
      ? `nothing more came for ${Math.round(cause.ms / 1000)} s`
      : `the time limit of ${Math.round(cause.ms / 1000)} s ran out`
    : "the connection was closed";
  return new LimnError("stream_truncated", {
    message: `The answer stopped after ${received} bytes, before it was whole: ${why}. The plan was probably charged.`,
    hint: "limn does not send it again by itself. To ask once more, and pay once more, repeat the command.",
    details: { received, reason: timedOut ? cause.limit : systemReason(cause.cause) },
    cause,
  });
}

function unknownOutcome(what: string, cause: unknown, details: Record<string, unknown>): LimnError {
  return new LimnError("outcome_unknown", {
    message: `The request was sent, then ${what}: a picture may have been made and paid for.`,
    hint: "limn does not send it again by itself. See what is left of the plan: limn status",
    details,
    cause,
  });
}

/** The system's name for the failure, from wherever in the chain of causes it stands. */
function systemReason(cause: unknown): string {
  for (let current = cause; current instanceof Error; current = current.cause) {
    if ("code" in current && typeof current.code === "string") return current.code;
    // Several addresses were tried; the first failure stands for all.
    if (current instanceof AggregateError && current.errors.length > 0) return systemReason(current.errors[0]);
  }
  return "unknown";
}

const sentences: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens there (ECONNREFUSED)",
  ECONNRESET: "the connection was reset (ECONNRESET)",
  ENOTFOUND: "the name is not known (ENOTFOUND)",
  EAI_AGAIN: "the name service does not answer (EAI_AGAIN)",
  ENETUNREACH: "there is no network (ENETUNREACH)",
  SELF_SIGNED_CERT_IN_CHAIN: "its certificate was issued by somebody unknown (SELF_SIGNED_CERT_IN_CHAIN)",
  DEPTH_ZERO_SELF_SIGNED_CERT: "its certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: "its certificate was issued by somebody unknown (UNABLE_TO_VERIFY_LEAF_SIGNATURE)",
  CERT_HAS_EXPIRED: "its certificate has expired (CERT_HAS_EXPIRED)",
};

const proxyRefusal = /^PROXY_(\d+)$/;

const trustCertificate =
  "If your network has its own certificate authority, name its file: NODE_EXTRA_CA_CERTS=/path/ca.pem";
const hints: Readonly<Record<string, string>> = {
  SELF_SIGNED_CERT_IN_CHAIN: trustCertificate,
  DEPTH_ZERO_SELF_SIGNED_CERT: trustCertificate,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: trustCertificate,
  CERT_HAS_EXPIRED: "Check this machine's clock, then the proxy.",
  PROXY_407: "The proxy wants a login of its own: HTTPS_PROXY=http://user:password@host:port",
};

function describe(reason: string): string {
  const status = proxyRefusal.exec(reason)?.[1];
  return status === undefined
    ? (sentences[reason] ?? reason)
    : `the proxy refused the connection with status ${status}`;
}
