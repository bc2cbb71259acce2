import type { LimitWindow } from "../contracts/result.ts";
import { LimnError } from "../errors/index.ts";
import { isObject, member, numberOf, parseJson, textOf } from "../json/index.ts";
import type { Transport } from "../transport/index.ts";

/** What is left of the plan, without spending anything (codex-backend contract 2.6). */
export interface PlanUsage {
  readonly plan: string | null;
  /** This machine's clock minus the service's, in ms; null when the answer does not say. */
  readonly clockSkewMs: number | null;
  /** The chat windows. The image window is not among them: only image answers tell it. */
  readonly windows: readonly LimitWindow[];
  readonly credits: {
    readonly hasCredits: boolean;
    readonly unlimited: boolean;
    readonly balance: string | null;
  } | null;
}

const answerLimit = 1024 * 1024;

/** `GET wham/usage`. @throws the login, service and connection codes */
export async function readPlanUsage(transport: Transport, signal: AbortSignal): Promise<PlanUsage> {
  const { body, clockSkewMs } = await getJson(transport, "/wham/usage", signal);
  const limits = member(body, "rate_limit");
  const credits = member(body, "credits");
  return {
    plan: textOf(member(body, "plan_type")),
    clockSkewMs,
    windows: [
      ...windowOf(member(limits, "primary_window"), "codex"),
      ...windowOf(member(limits, "secondary_window"), "codex"),
    ],
    credits: isObject(credits)
      ? {
          hasCredits: credits.has_credits === true,
          unlimited: credits.unlimited === true,
          balance: textOf(credits.balance),
        }
      : null,
  };
}

async function getJson(
  transport: Transport,
  path: string,
  signal: AbortSignal,
): Promise<{ body: unknown; clockSkewMs: number | null }> {
  const answer = await transport.send({ method: "GET", base: "backend", path, signal, costsQuota: false });
  const pieces: Buffer[] = [];
  let size = 0;
  await answer.read((chunk) => {
    size += chunk.length;
    if (size > answerLimit)
      throw new LimnError("unexpected_response", {
        message: `The answer of ${path} has more than ${answerLimit} bytes.`,
      });
    pieces.push(Buffer.from(chunk));
  });
  const body = parseJson(Buffer.concat(pieces).toString("utf8"));
  if (!isObject(body))
    throw new LimnError("unexpected_response", {
      message: `The answer of ${path} is not a JSON object.`,
      hint: "If it persists: limn doctor",
    });
  const date = Date.parse(answer.headers.get("date") ?? "");
  return { body, clockSkewMs: Number.isNaN(date) ? null : answer.receivedAtMs - date };
}

function windowOf(window: unknown, limit: string): LimitWindow[] {
  const seconds = numberOf(member(window, "limit_window_seconds"));
  if (seconds === null || seconds <= 0) return [];
  const resetAt = numberOf(member(window, "reset_at"));
  const ms = resetAt === null ? Number.NaN : resetAt * 1000;
  return [
    {
      limit,
      usedPercent: numberOf(member(window, "used_percent")) ?? 0,
      windowMinutes: Math.round(seconds / 60),
      resetsAt: Number.isFinite(ms) && Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : null,
    },
  ];
}
