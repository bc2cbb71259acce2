import type { Engine, Payer } from "../contracts/engine.ts";
import type { ImageRequest } from "../contracts/request.ts";
import type { Warning } from "../contracts/result.ts";
import { LimnError, isLimnError } from "../errors/index.ts";
import type { ClientParts } from "./client-parts.ts";

/** Who pays. Where the chosen engine has no login, one that must be named may have; the error says so and nothing switches by itself. */
export async function prepareEngine(
  parts: ClientParts,
  engine: Engine,
  wanted: ImageRequest,
  signal: AbortSignal,
): Promise<Payer> {
  try {
    return await engine.prepare(signal);
  } catch (error) {
    const isNamed = wanted.engine !== undefined && wanted.engine !== "auto";
    // An expired login has a command of its own that helps.
    const isAbsent = isLimnError(error) && (error.code === "login_missing" || error.code === "login_unreadable");
    if (isNamed || parts.emulated || !isAbsent) throw error;
    const other = await usableByName(parts, signal);
    if (other === null) throw error;
    throw error.withHint(
      `${error.hint ?? "Sign in: limn login"} — or let the Codex program do it, which also spends ${other.capabilities.alsoSpends ?? "nothing"}: --engine ${other.id}`,
    );
  }
}

async function usableByName(parts: ClientParts, signal: AbortSignal): Promise<Engine | null> {
  try {
    const { engine } = parts.selectEngine({
      wanted: "codex",
      model: null,
      inputImages: 0,
      partials: 0,
      drivesCodex: false,
    });
    await engine.prepare(signal);
    return engine;
  } catch {
    // Not usable either; the first error is the one to tell.
    return null;
  }
}

/** An engine that was not named and spends more than images says so. */
export function spendingWarnings(wanted: ImageRequest, engine: Engine, reason: string): Warning[] {
  const isNamed = wanted.engine !== undefined && wanted.engine !== "auto";
  if (isNamed || engine.capabilities.alsoSpends === null) return [];
  return [{ code: "extra_spending", message: `The engine ${engine.id} was taken: ${reason}.` }];
}

/** Codex hides its image tool from this plan (codex-backend contract 5.2). */
export function refuseHiddenPlan(plan: string | null): void {
  if (plan?.toLowerCase() !== "free") return;
  throw new LimnError("plan_not_included", {
    message: "This account is on the Free plan, for which Codex hides image generation. Nothing was sent.",
    hint: "Sign in with an account that has a plan — or try all the same: --ignore-plan",
    details: { plan },
  });
}

export function refuseKnownLimit({ limits, clock }: ClientParts, accountKey: string): void {
  const known = limits.known(accountKey, clock());
  if (known === null) return;
  throw new LimnError("usage_limit_reached", {
    message: `The plan's allowance${known.limit === null ? "" : ` (${known.limit})`} was used up and resets at ${known.resetsAt.slice(0, 16).replace("T", " ")} UTC. Nothing was sent.`,
    hint: "Asking before then does not help; to ask all the same: --ignore-limit",
    retryAfterMs: Math.max(0, Date.parse(known.resetsAt) - clock()),
    details: { resetsAt: known.resetsAt, known: true, ...(known.limit === null ? {} : { limit: known.limit }) },
  });
}
