import type { Credential, CredentialReport, CredentialSource } from "../contracts/credential.ts";
import type { RefreshRejection, TokenService } from "../contracts/sign-in.ts";
import { LimnError, isLimnError } from "../errors/index.ts";
import { ChatGptCredential } from "./chatgpt-credential.ts";
import { isExpired } from "./expiry.ts";
import { claimsOf } from "./own-login-file.ts";
import type { OwnLogin, OwnLoginFile } from "./own-login-file.ts";
import { withProcessLock } from "./process-lock.ts";
import { describeProblem } from "./report.ts";

export interface OwnSourceOptions {
  readonly file: OwnLoginFile;
  readonly tokens: TokenService;
  readonly clock: () => number;
}

/** Renewed this early, so that no request begins with a token that ends on the way. As Codex does (codex-backend contract 6.4). */
const refreshMarginMs = 5 * 60_000;

/**
 * limn's own login: the only one that limn refreshes. Refresh tokens are single-use, so one process at a time renews, after reading
 * the file again; the others find the new token there (docs/decisions/0001-who-may-refresh-a-login.md).
 */
export function createOwnSource({ file, tokens, clock }: OwnSourceOptions): CredentialSource {
  const needsRefresh = (login: OwnLogin): boolean => {
    const { expiresAtMs } = claimsOf(login);
    return expiresAtMs !== null && expiresAtMs - clock() <= refreshMarginMs;
  };

  const peek = (): Credential | null => {
    const login = file.read();
    if (login === null) return null;
    const { expiresAtMs } = claimsOf(login);
    if (expiresAtMs !== null && isExpired(expiresAtMs, clock())) {
      const rejected = rejectionOf(login);
      if (rejected !== null) throw rejectedError(rejected, file.profile);
    }
    return credentialOf(login);
  };

  const find = async (): Promise<Credential | null> => {
    const login = file.read();
    if (login === null) return null;
    if (!needsRefresh(login)) return credentialOf(login);
    try {
      return credentialOf(await renew({ file, tokens, clock, reason: "proactive_expiry", isStale: needsRefresh }));
    } catch (error) {
      // Renewed early: when that fails for a passing reason, the old token still serves.
      const isPassing = isLimnError(error) && error.category !== "login";
      if (isPassing && !isExpired(claimsOf(login).expiresAtMs, clock())) return credentialOf(login);
      throw error;
    }
  };

  const recover = async (refused: Credential): Promise<Credential | null> => {
    const isStale = (login: OwnLogin): boolean => login.accessToken === refused.revealToken();
    const renewed = credentialOf(await renew({ file, tokens, clock, reason: "unauthorized_recovery", isStale }));
    return renewed.revealToken() === refused.revealToken() ? null : renewed;
  };

  return {
    id: "limn",
    find,
    recover,
    // A report spends nothing: it says what is in the file.
    report: async (): Promise<CredentialReport> => describeProblem("limn", file.path, async () => peek()),
  };
}

function credentialOf(login: OwnLogin): ChatGptCredential {
  return new ChatGptCredential({ source: "limn", token: login.accessToken, ...claimsOf(login) });
}

interface Renewal extends OwnSourceOptions {
  readonly reason: "proactive_expiry" | "unauthorized_recovery";
  /** Whether the login that is on the disk now still has to be renewed. */
  readonly isStale: (login: OwnLogin) => boolean;
}

async function renew({ file, tokens, clock, reason, isStale }: Renewal): Promise<OwnLogin> {
  // A renewal that has begun is not given up half way: its token would be spent and the new one lost.
  const signal = new AbortController().signal;
  return withProcessLock(file.lockPath, signal, async () => {
    const login = file.read();
    if (login === null) {
      throw new LimnError("login_missing", {
        message: "limn was signed out while it was at work.",
        hint: signInHint(file.profile),
      });
    }
    if (!isStale(login)) return login;
    const rejected = rejectionOf(login);
    const { refreshToken } = login;
    if (refreshToken === null || rejected !== null) throw rejectedError(rejected ?? "refused", file.profile);
    if (login.issuer !== tokens.issuer) {
      throw new LimnError("login_refused", {
        message: `This login was made at ${login.issuer}, and the sign-in address is now ${tokens.issuer}; its tokens are not sent there.`,
        hint: `Set the address back (limn config get authUrl), or sign in again: ${signInHint(file.profile)}`,
        details: { kind: "other_issuer" },
      });
    }
    const tokenSha256 = sha256(refreshToken);
    const intended: OwnLogin = { ...login, intent: { tokenSha256, at: new Date(clock()).toISOString() } };
    file.write(intended);
    const room = file.reserve();
    try {
      const outcome = await tokens.refresh(refreshToken, reason, signal);
      const now = new Date(clock()).toISOString();
      if (outcome.kind === "rejected") {
        room.save({ ...login, intent: null, rejected: { tokenSha256, reason: outcome.reason, at: now } });
        throw rejectedError(outcome.reason, file.profile);
      }
      const { accessToken, refreshToken: nextRefreshToken, idToken } = outcome.grant;
      const renewed: OwnLogin = {
        ...login,
        accessToken,
        refreshToken: nextRefreshToken ?? refreshToken,
        idToken: idToken ?? login.idToken,
        refreshedAt: now,
        intent: null,
        rejected: null,
      };
      if (belongsToAnother(login, renewed)) {
        room.save({ ...login, intent: null, rejected: { tokenSha256, reason: "refused", at: now } });
        throw new LimnError("login_account_changed", {
          message:
            "The sign-in service renewed the login for another account than the one that signed in. Its tokens were not kept.",
          hint: signInHint(file.profile),
        });
      }
      // On the disk before it is used: a token that only this process knew would be lost with it.
      room.save(renewed);
      return renewed;
    } finally {
      room.release();
    }
  });
}

/** Why the login can never be renewed again, as far as is known; null when it may be tried. */
function rejectionOf({ refreshToken, rejected }: OwnLogin): RefreshRejection | null {
  if (refreshToken === null) return "refused";
  return rejected?.tokenSha256 === sha256(refreshToken) ? rejected.reason : null;
}

function belongsToAnother(before: OwnLogin, after: OwnLogin): boolean {
  const old = claimsOf(before).accountId;
  const next = claimsOf(after).accountId;
  return old !== null && next !== null && old !== next;
}

function sha256(text: string): string {
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(text).digest("hex");
}

const sentences: Readonly<Record<RefreshRejection, string>> = {
  expired: "limn's login has run out: it was not used for too long.",
  reused: "limn's login was renewed by a copy of it elsewhere, so this copy is spent.",
  revoked: "limn's login was ended, by a sign-out or in the account's settings.",
  refused: "The sign-in service does not renew limn's login any more.",
};

function rejectedError(reason: RefreshRejection, profile: string): LimnError {
  return new LimnError("login_expired", { message: sentences[reason], hint: signInHint(profile), details: { reason } });
}

function signInHint(profile: string): string {
  return `Sign in again: limn login${profile === "default" ? "" : ` --profile ${profile}`}`;
}
