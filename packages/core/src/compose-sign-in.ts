import type { RenewCodex } from "./compose-renewal.ts";
import type { TokenGrant } from "./contracts/sign-in.ts";
import { claimsOf, newOwnLogin, withProcessLock } from "./credentials/index.ts";
import type { OwnLoginFile } from "./credentials/index.ts";
import { LimnError } from "./errors/index.ts";
import type { BrowserLoginOptions, DeviceLoginOptions, SignInService } from "./sign-in/index.ts";

/** Who is signed in now; no secret. */
export interface SignedIn {
  readonly profile: string;
  readonly file: string;
  readonly plan: string | null;
  readonly email: string | null;
  readonly accountId: string | null;
  /** Where the tokens are. */
  readonly store: "file" | "keyring";
}

/** How signing out ended. */
export interface SignedOut {
  /** False when nobody was signed in. */
  readonly wasSignedIn: boolean;
  /** Null when nothing was revoked because that was not asked. */
  readonly revoked: boolean | null;
}

/** Signing in to and out of limn's own login. Other programs' logins are not touched by any of it. */
export interface OwnLoginControl {
  readonly profile: string;
  readonly file: string;
  /** Sign in with a browser on this machine. @throws the login and connection codes */
  withBrowser(options: Omit<BrowserLoginOptions, "service">): Promise<SignedIn>;
  /** Sign in with a code that is entered elsewhere. @throws the login and connection codes */
  withDeviceCode(options: Omit<DeviceLoginOptions, "service" | "clock">): Promise<SignedIn>;
  /** Delete the login; unless `keepSession`, end what limn itself obtained at the service first. */
  signOut(options: { readonly keepSession: boolean; readonly signal: AbortSignal }): Promise<SignedOut>;
  /**
   * Let Codex renew its own login, which limn itself never does. @throws engine_unavailable, login_missing, and the codes of the program
   */
  readonly renewCodex: RenewCodex;
  /** Tighten the file's rights where they are too wide. A sentence about what was wrong; null when nothing was. */
  mendRights(): string | null;
}

export interface OwnLoginParts {
  readonly service: SignInService;
  readonly file: OwnLoginFile;
  readonly clock: () => number;
  readonly renewCodex: RenewCodex;
}

export function createOwnLoginControl({ service, file, clock, renewCodex }: OwnLoginParts): OwnLoginControl {
  // Under the lock, so that a renewal of the login before, which another process has begun, is not written over this one.
  const keep = async (grant: TokenGrant): Promise<SignedIn> =>
    withProcessLock(file.lockPath, new AbortController().signal, async () => write(grant));
  const write = (grant: TokenGrant): SignedIn => {
    const login = newOwnLogin(grant, {
      profile: file.profile,
      issuer: service.issuer,
      clientId: service.clientId,
      nowMs: clock(),
    });
    const claims = claimsOf(login);
    file.write(login);
    return {
      profile: file.profile,
      file: file.path,
      plan: claims.plan,
      email: claims.email,
      accountId: claims.accountId,
      store: file.store ?? "file",
    };
  };
  return {
    profile: file.profile,
    file: file.path,
    withBrowser: async (options) => {
      file.checkRoom();
      const { loginWithBrowser } = await import("./sign-in/index.ts");
      return keep(await loginWithBrowser({ ...options, service }));
    },
    withDeviceCode: async (options) => {
      file.checkRoom();
      const { loginWithDeviceCode } = await import("./sign-in/index.ts");
      return keep(await loginWithDeviceCode({ ...options, service, clock }));
    },
    signOut: async ({ keepSession, signal }) => {
      if (!file.exists) return { wasSignedIn: false, revoked: null };
      return withProcessLock(file.lockPath, signal, async () => {
        const refreshToken = readRefreshToken(file, service.issuer);
        const revoked = keepSession || refreshToken === null ? null : await service.revoke(refreshToken, signal);
        return { wasSignedIn: file.delete(), revoked };
      });
    },
    renewCodex,
    mendRights: () => file.mendRights(),
  };
}

/** Null when there is none, or it belongs to another sign-in service, which alone may see it. A damaged file can still be deleted. */
function readRefreshToken(file: OwnLoginFile, issuer: string): string | null {
  try {
    const login = file.read();
    return login === null || login.issuer !== issuer ? null : login.refreshToken;
  } catch (error) {
    if (error instanceof LimnError && error.code === "login_unreadable") return null;
    throw error;
  }
}
