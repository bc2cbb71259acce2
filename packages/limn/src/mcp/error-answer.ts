import type { ErrorReport, FoundGeneration } from "@limn/core";

/** Whether the plan paid for a picture that did not come. */
export type Spent = "no" | "yes" | "maybe";

/** An error as a model can act on it. */
export interface ErrorAnswer {
  readonly error: string;
  readonly what_happened: string;
  readonly quota_spent: Spent;
  /** Whether asking the same again helps. */
  readonly retry: string;
  readonly resets_at?: string;
  readonly next: string;
  /** A command that only the user can run. */
  readonly command_for_user?: string;
}

const nothing = "Correct the arguments. Nothing was spent.";
const report = "Tell the user.";

/** What a model should do, by code; the hints of errors speak to somebody at a command line. */
const nextSteps: Readonly<Record<string, string>> = {
  usage_limit_reached:
    "Stop asking for pictures until the limit resets; tell the user when that is. Another prompt or size does not help.",
  plan_not_included: "Stop asking for pictures: the user's plan does not include them. Tell the user.",
  rate_limited: "Wait for the stated time, then ask once more.",
  service_overloaded: "Wait for the stated time, then ask once more.",
  content_refused:
    "The content policy refused this. Do not send the same words again; agree on other words with the user.",
  outcome_unknown: "A picture may have been made and paid for. Ask the user before asking for it anew.",
  references_dropped: "The picture was made without looking at the inputs; it is kept. Tell the user.",
  alpha_missing: "The picture is kept without transparency. Show it to the user, or ask without strict.",
  not_honoured: "The picture is kept. Use it as it is, or ask without strict.",
  network_blocked: "The network refuses the service. Tell the user.",
  engine_unavailable: "Leave the argument engine out, or tell the user.",
  engine_disabled: "Leave the argument engine out, or tell the user.",
  engine_exited: "Ask once more; if it happens again, tell the user.",
  config_invalid: "Tell the user: limn's settings have a fault.",
  artifact_not_found: "Use an id from an earlier answer or from list_generations.",
  bug: "Tell the user: this is a defect of limn.",
};

const commands: Readonly<Record<string, string>> = {
  login_missing: "limn login",
  login_expired: "limn login",
  login_refused: "limn login",
  login_account_changed: "limn status",
  login_unreadable: "limn status",
  usage_limit_reached: "limn status",
  plan_not_included: "limn status",
  network_blocked: "limn doctor",
  connection_failed: "limn doctor",
  config_invalid: "limn config list",
  engine_unavailable: "limn doctor",
  engine_disabled: "limn doctor",
  bug: "limn doctor --report",
};

export function errorAnswer(problem: ErrorReport, found: FoundGeneration | null): ErrorAnswer {
  const { code, category, message, hint, retryable, retryAfterMs, details } = problem;
  const spent = spentBy(problem, found);
  const resetsAt = typeof details["resetsAt"] === "string" ? details["resetsAt"] : null;
  const id = found?.id;
  const command =
    code === "outcome_unknown" && id !== undefined
      ? `limn show ${id}`
      : category === "login"
        ? (commandIn(hint) ?? commands[code])
        : commands[code];
  return {
    error: code,
    what_happened: message,
    quota_spent: spent,
    retry: retryable
      ? retryAfterMs === null
        ? "yes, once"
        : `yes, after ${Math.max(1, Math.ceil(retryAfterMs / 1000))} s`
      : "no",
    ...(resetsAt === null ? {} : { resets_at: resetsAt }),
    next: nextSteps[code] ?? nextOf(category, hint),
    ...(command === undefined ? {} : { command_for_user: command }),
  };
}

function nextOf(category: ErrorReport["category"], hint: string | null): string {
  // These hints are ours for agents (readable-paths.ts), or name no command line option.
  if (category === "input" || category === "request")
    return hint !== null && !/(?:^|\s)-{1,2}\w|\blimn (?:generate|edit|history)\b/.test(hint) ? hint : nothing;
  if (category === "login")
    return "Only the user can sign in: tell them the command, and stop asking for pictures until they have.";
  if (category === "connection") return "Ask once more; if it fails again, tell the user.";
  if (category === "storage") return "Tell the user; pictures that were saved are kept.";
  return report;
}

/** The command in a hint such as "Renew it: codex exec "hi" — or sign in again: codex login"; one that signs in for sure comes first. */
function commandIn(hint: string | null): string | undefined {
  const found = (hint ?? "")
    .split(" — ")
    .flatMap((part) => /(?:: |with )((?:limn|codex|pi|opencode|hermes) .+)$/.exec(part)?.[1] ?? [])
    .filter((command) => !/^limn (?:generate|edit)\b/.test(command));
  return found.find((command) => /\blogin\b/.test(command)) ?? found[0];
}

const neverSpent: ReadonlySet<string> = new Set(["request", "input", "login", "limit"]);

function spentBy({ category, retryable, code, details }: ErrorReport, found: FoundGeneration | null): Spent {
  if (found !== null && found.manifest.images.length + (found.manifest.extras?.length ?? 0) > 0) return "yes";
  if (code === "references_dropped" || code === "alpha_missing" || code === "not_honoured") return "yes";
  if (neverSpent.has(category) || retryable) return "no";
  // What is refused at the door costs nothing; a picture that was drawn and withheld may.
  if (category === "refusal" && details["moderation"] !== undefined)
    return JSON.stringify(details["moderation"]).includes('"stage":"input"') ? "no" : "maybe";
  if (found === null) return "no";
  if (code === "outcome_unknown" || found.status === "unknown") return "maybe";
  if (code === "network_blocked") return "no";
  return found.manifest.calls.some(({ attempts }) => attempts > 0) ? "maybe" : "no";
}
