import { isLimnError } from "@limn/core";
import type { CredentialReport, PlanUsage } from "@limn/core";
import type { HostContext } from "../host-context.ts";
import { formatLocalTime, formatTable, formatWindow } from "../terminal/format.ts";
import { reportError } from "../terminal/report-error.ts";

export interface JsonOption {
  readonly json?: boolean;
}

interface StatusOptions extends JsonOption {
  readonly profile?: string;
}

/** `limn status`: who pays, until when, and what is left of the plan. */
export async function status(context: HostContext, { json, profile }: StatusOptions): Promise<number> {
  const { terminal } = context;
  const limn = context.limn(profile === undefined ? {} : { profile });
  const mended = limn.ownLogin.mendRights();
  if (mended !== null) terminal.say(`note: ${mended}`);
  let usage: PlanUsage | null = null;
  let failure: unknown = null;
  try {
    usage = await limn.planUsage(new AbortController().signal);
  } catch (error) {
    if (!isLimnError(error)) throw error;
    failure = error;
  }
  // After the call, which renews limn's own login where that is due.
  const logins = await limn.credentialReports();
  const choice = limn.chooseLogin(logins);
  const image = lastImageLimit(limn);
  if (json === true) {
    const problem = isLimnError(failure) ? { error: failure.toJSON() } : {};
    terminal.data(
      JSON.stringify({
        schemaVersion: 1,
        chosen: choice.source,
        chosenBecause: choice.reason,
        logins,
        usage,
        imageLimits: image,
        address: limn.address.url,
        ...problem,
      }),
    );
    return isLimnError(failure) ? failure.exitStatus : 0;
  }
  for (const line of formatTable([
    ["", "login", "state", "plan", "account", "until", "where"],
    ...logins.map((login) => [login.source === choice.source ? "→" : " ", ...loginRow(login)]),
  ]))
    terminal.data(line);
  terminal.data(choice.reason);
  if (usage !== null) {
    terminal.data("");
    terminal.data(`plan ${usage.plan ?? "unknown"}`);
    for (const { windowMinutes, usedPercent, resetsAt } of usage.windows) {
      terminal.data(
        `  ${formatWindow(windowMinutes)} chat window: ${usedPercent} % used${resetsAt === null ? "" : `, resets ${formatLocalTime(resetsAt)}`}`,
      );
    }
    const seen = image?.windows[0];
    terminal.data(
      seen === undefined
        ? "  image allowance: told by the service only with a picture; none was made yet"
        : `  image allowance: ${seen.usedPercent} % of ${formatWindow(seen.windowMinutes)} used when last seen (${formatLocalTime(image?.seenAt ?? "")})${seen.resetsAt === null ? "" : `, resets ${formatLocalTime(seen.resetsAt)}`}`,
    );
  }
  if (!limn.address.isDefault) terminal.data(`address ${limn.address.url}`);
  return failure === null ? 0 : reportError(terminal, failure, { json: false, verbose: false });
}

function loginRow({ source, state, plan, accountSuffix, expiresAt, place }: CredentialReport): string[] {
  return [
    source,
    state,
    plan ?? "-",
    accountSuffix ?? "-",
    expiresAt === null ? "-" : formatLocalTime(expiresAt),
    place,
  ];
}

/** The image window as the newest real image answer told it; the usage call does not list it. */
function lastImageLimit(limn: ReturnType<HostContext["limn"]>): {
  readonly seenAt: string;
  readonly windows: readonly {
    readonly usedPercent: number;
    readonly windowMinutes: number;
    readonly resetsAt: string | null;
  }[];
} | null {
  for (const { manifest } of limn.store.list()) {
    if (manifest.emulated || manifest.limits.windows === undefined) continue;
    return { seenAt: manifest.endedAt ?? manifest.createdAt, windows: manifest.limits.windows };
  }
  return null;
}
