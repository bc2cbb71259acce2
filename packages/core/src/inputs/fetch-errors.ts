import { LimnError } from "../errors/index.ts";
import { errno } from "../files/index.ts";
import type { FetchLimitReached } from "./fetch-clock.ts";
import { addressWithoutSecrets } from "./url-rules.ts";
import { grouped, shown } from "./words.ts";

const saveIt = "Save the picture to a file and give that: -i FILE";

function address(url: URL | string): string {
  return shown(addressWithoutSecrets(typeof url === "string" ? url : url.href));
}

export function refusedStatus(url: URL, status: number): LimnError {
  const needsLogin = status === 401 || status === 403;
  return new LimnError("input_not_found", {
    message: `${address(url)} answered with status ${status}. Nothing was sent.`,
    hint: needsLogin ? `limn sends no logins to other sites. ${saveIt}` : `Check the address. ${saveIt}`,
    retryable: status >= 500 || status === 429,
    details: { url: address(url), status },
  });
}

export function compressedAnswer(url: URL): LimnError {
  return new LimnError("input_url_refused", {
    message: `${address(url)} answered with compressed content, which limn did not ask for and does not unpack. Nothing was sent.`,
    hint: saveIt,
    details: { url: address(url) },
  });
}

export function tooManyRedirects(start: string, limit: number): LimnError {
  return new LimnError("input_url_refused", {
    message: `${address(start)} leads on more than ${limit} times. Nothing was sent.`,
    hint: saveIt,
    details: { url: address(start), limit },
  });
}

export function cutAnswer(url: URL, received = 0): LimnError {
  const when =
    received === 0 ? "before anything of the picture came" : `after ${grouped(received)} bytes, before it was whole`;
  return new LimnError("input_not_found", {
    message: `${address(url)} closed the connection ${when}. Nothing was sent.`,
    hint: `Try again. ${saveIt}`,
    retryable: true,
    details: { url: address(url), received },
  });
}

export function limitFailure(url: URL, { limit, ms }: FetchLimitReached): LimnError {
  const seconds = Math.round(ms / 1000);
  const what = {
    connectMs: `There was no connection to ${address(url)} within ${seconds} s`,
    idleMs: `${address(url)} sent nothing more for ${seconds} s`,
    totalMs: `${address(url)} took longer than ${seconds} s`,
  }[limit];
  return new LimnError("input_not_found", {
    message: `${what}. Nothing was sent.`,
    hint: `Try again. ${saveIt}`,
    retryable: true,
    details: { url: address(url), limit, limitMs: ms },
  });
}

const sentences: Readonly<Record<string, string>> = {
  ENOTFOUND: "the name is not known",
  EAI_AGAIN: "the name service does not answer",
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "the connection was reset",
  ENETUNREACH: "there is no network",
  CERT_HAS_EXPIRED: "its certificate has expired",
  ERR_TLS_CERT_ALTNAME_INVALID: "its certificate is for another name",
};

export function connectionFailure(url: URL, cause: unknown): LimnError {
  const reason = systemReason(cause);
  const sentence = sentences[reason];
  return new LimnError("input_not_found", {
    message: `${address(url)} could not be fetched: ${sentence === undefined ? reason : `${sentence} (${reason})`}. Nothing was sent.`,
    hint: `Check the address and the network. ${saveIt}`,
    retryable: reason !== "ENOTFOUND",
    details: { url: address(url), reason },
    cause,
  });
}

/** Several addresses may have been tried; the first failure stands for all. */
function systemReason(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return systemReason(cause.errors[0]);
  return errno(cause) ?? "an unknown failure";
}
