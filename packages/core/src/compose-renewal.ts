import { letCodexRenew, runningCodex } from "./codex-program/index.ts";
import type { Credential } from "./contracts/credential.ts";
import { withProcessLock } from "./credentials/index.ts";
import { LimnError } from "./errors/index.ts";

export interface RenewalParts {
  /** One limn at a time. */
  readonly lockPath: string;
  /** The Codex program; null when it is not installed. */
  readonly codex: () => Parameters<typeof letCodexRenew>[0] | null;
  /** Codex's login as it is borrowed. */
  readonly codexLogin: () => Promise<Credential | null>;
  readonly clock: () => number;
}

/** `renewed` is false when the login was still good for a while. */
export type RenewCodex = () => Promise<{ readonly renewed: boolean }>;

/**
 * Lets Codex renew its own login with its own rules: the user's explicit act (`limn login --renew codex`, or the setting `borrow.renew`).
 * One limn at a time, after looking again, and never while another Codex process uses that home.
 */
export function createCodexRenewal({ lockPath, codex, codexLogin, clock }: RenewalParts): RenewCodex {
  return async () => {
    const program = codex();
    if (program === null) {
      throw new LimnError("engine_unavailable", {
        message: "The Codex program was not found.",
        hint: "Install it, or name it: LIMN_CODEX_BIN=/path/to/codex limn login --renew codex",
      });
    }
    return withProcessLock(lockPath, new AbortController().signal, async () => {
      const before = await tokenOrNull(codexLogin);
      if (before !== null && !endsSoon(before, clock())) return { renewed: false };
      const others = runningCodex(program.codexHome);
      if (others.length > 0) {
        throw new LimnError("engine_unavailable", {
          message: `Codex is running (process ${others.join(", ")}) and renews its login by itself.`,
          hint: "Use it once, or end it, then try again.",
          details: { processes: others },
        });
      }
      await letCodexRenew(program);
      const after = await codexLogin();
      if (after === null)
        throw new LimnError("login_missing", {
          message: "Codex has no ChatGPT login to renew.",
          hint: "Sign in: codex login",
        });
      return { renewed: after.revealToken() !== before?.revealToken() };
    });
  };
}

const soonMs = 5 * 60_000;

function endsSoon({ expiresAtMs }: Credential, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs - nowMs <= soonMs;
}

/** An expired login is what this is about; any other trouble is told by the look afterwards. */
async function tokenOrNull(find: () => Promise<Credential | null>): Promise<Credential | null> {
  try {
    return await find();
  } catch (error) {
    if (error instanceof LimnError && error.category === "login") return null;
    throw error;
  }
}
