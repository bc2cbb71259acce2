import type { LimnError } from "@limn/core";
import type { ChosenLogin } from "./login.ts";

export const abortedText = "Image generation was aborted.";
const missingText =
  "Missing openai-codex credentials. Run /login and select ChatGPT Plus/Pro (Codex) (/login openai-codex); a login with OpenAI's own \"Sign in with ChatGPT\" is another one. Without one in Pi, limn's own counts: limn login. Nothing was sent.";

/**
 * An error in words that a model can act on: what happened, whether quota was spent, whether trying again helps, what the user can do.
 * limn's own hints speak of its command line, so most are said anew here, by code.
 */
export function errorText(error: LimnError, owner: ChosenLogin["owner"]): string {
  return [ended(said(error, owner)), kept(error)].filter((text) => text !== "").join(" ");
}

function said(error: LimnError, owner: ChosenLogin["owner"]): string {
  const { code, message, hint } = error;
  switch (code) {
    case "login_missing":
      return owner === "pi" ? `${message} Run /login openai-codex.` : missingText;
    case "login_expired":
    case "login_refused":
    case "login_unreadable":
    case "login_account_changed":
      return owner === "pi"
        ? `The ChatGPT service did not accept Pi's openai-codex login (${code}). Run /login openai-codex to sign in again. No other login was tried. Trying again without that does not help.`
        : `${message} It is limn's own login, which counts because Pi has no openai-codex login. Run /login openai-codex, or: limn login. Trying again without that does not help.`;
    case "usage_limit_reached":
      return `${allowance(error)} Do not try again before then${resetTime(error) === null ? "; the user can look at the limits of the ChatGPT plan" : ""}. This call was not charged.`;
    case "plan_not_included":
      return `${message} Trying again does not help; another ChatGPT account or plan is needed.`;
    case "rate_limited":
    case "service_overloaded":
      return `${message} ${waitText(error.retryAfterMs)} The plan was not charged.`;
    case "content_refused":
      return `${message} Say it in other words; the same words will be refused again and may cost quota.`;
    case "outcome_unknown":
      return `${message} A picture may have been made and charged, so nothing was repeated. Do not ask again by yourself: let the user decide.`;
    case "connection_failed":
    case "timeout":
      return `${message} Trying again is safe: no picture was asked for.`;
    case "network_blocked":
      return `${message} This is a Cloudflare challenge or block of the network; trying again from here does not help.`;
    case "unsupported_option":
      return `${message} ${error.details["option"] === undefined && hint !== null ? hint : "Leave that option out."}`;
    case "service_error":
      return `${message} It is not repeated automatically: whether the plan was charged is not known.`;
    case "stream_truncated":
    case "image_incomplete":
    case "image_corrupt":
    case "no_image_returned":
    case "unexpected_response":
      return `${message} The plan may have been charged; do not repeat by yourself.`;
    case "artifact_write_failed":
      return `${message} ${hint ?? ""}`;
    default:
      return message;
  }
}

function allowance(error: LimnError): string {
  const at = resetTime(error);
  if (at === null) return ended(error.message);
  const { limit } = error.details;
  return `The ChatGPT plan's image allowance${typeof limit === "string" ? ` (${limit})` : ""} is used up. It resets at ${at.slice(0, 16).replace("T", " ")} UTC${error.retryAfterMs === null ? "" : ` (in ${duration(error.retryAfterMs)})`}.`;
}

function resetTime({ details }: LimnError): string | null {
  const at = details["resetsAt"];
  return typeof at === "string" ? at : null;
}

function waitText(waitMs: number | null): string {
  return waitMs === null ? "Trying again in a minute may help." : `Trying again after ${duration(waitMs)} may help.`;
}

/** "3 h 12 min". */
function duration(milliseconds: number): string {
  const minutes = Math.ceil(milliseconds / 60_000);
  if (milliseconds < 90_000) return `${Math.max(1, Math.ceil(milliseconds / 1000))} s`;
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return hours < 48 ? `${hours} h ${minutes % 60} min` : `${Math.floor(hours / 24)} days ${hours % 24} h`;
}

/** A picture that was paid for and could not be finished is told where it is; of what may still come, the record. */
function kept({ code, details }: LimnError): string {
  const { images, generation } = details;
  const paths = Array.isArray(images)
    ? images.flatMap((image: unknown) => {
        const path: unknown = typeof image === "object" && image !== null ? Reflect.get(image, "path") : null;
        return typeof path === "string" ? [path] : [];
      })
    : [];
  if (paths.length > 0) return keptText(paths);
  return code === "outcome_unknown" && typeof generation === "string" ? `limn's record: ${generation}.` : "";
}

/** "" for none. */
export function keptText(paths: readonly string[]): string {
  if (paths.length === 0) return "";
  return paths.length === 1
    ? `One picture had come and is kept as it came: ${paths[0]}`
    : `${paths.length} pictures had come and are kept as they came: ${paths.join(", ")}`;
}

function ended(text: string): string {
  const trimmed = text.trim();
  return /[.!?)]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
