import { LimnError, publicServiceMessage } from "../errors/index.ts";
import { member, parseJson, textOf } from "../json/index.ts";
import type { PlainAnswer } from "../transport/index.ts";

/** The code of an OAuth error answer: `error` as a word or as an object with a `code`. */
export function oauthErrorCode(body: unknown): string | null {
  const error = member(body, "error");
  const code = textOf(error) ?? textOf(member(error, "code"));
  return code !== null && /^[\w.-]{1,64}$/.test(code) ? code : null;
}

/** An answer of the sign-in service that is no success and no permanent refusal. */
export function signInError(answer: PlainAnswer, what: string): LimnError {
  const { status, headers } = answer;
  const ray = headers.get("cf-ray");
  if (
    headers.get("content-type")?.includes("text/html") === true &&
    (status === 403 || status === 429 || status === 503)
  ) {
    return new LimnError("network_blocked", {
      message: `The network edge of the sign-in service turned the request away with status ${status}${ray === undefined ? "" : `, cf-ray ${ray}`}. Your login is not the reason.`,
      hint: "Try from another network, or without a VPN or a data-centre address.",
      details: { status, ...(ray === undefined ? {} : { cfRay: ray }) },
    });
  }
  const body = parseJson(answer.text);
  const serviceCode = oauthErrorCode(body);
  const said = textOf(member(body, "error_description")) ?? textOf(member(member(body, "error"), "message"));
  const sentence = said === null ? null : publicServiceMessage(said, []);
  const details = { status, ...(serviceCode === null ? {} : { serviceCode }) };
  if (status === 429) {
    return new LimnError("rate_limited", {
      message: `The sign-in service says that ${what} was asked too often (429).`,
      hint: "Wait a minute, then try again.",
      details,
    });
  }
  return new LimnError("service_error", {
    message: `The sign-in service answered ${what} with status ${status}${serviceCode === null ? "" : ` (${serviceCode})`}.${sentence === null ? "" : ` It says: ${sentence}`}`,
    hint: status >= 500 ? "Try again later; your login is unchanged." : "Sign in again: limn login",
    retryable: status >= 500,
    details,
  });
}
