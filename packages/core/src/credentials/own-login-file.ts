import { chmodSync, lstatSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import type { Stats } from "node:fs";
import { join } from "node:path";
import type { RefreshRejection, TokenGrant } from "../contracts/sign-in.ts";
import { LimnError } from "../errors/index.ts";
import { ReservedFile, describeErrno, errno, writeFileAtomically } from "../files/index.ts";
import { isObject, parseJson } from "../json/index.ts";
import type { Keyring } from "./keyring.ts";
import { readTokenClaims } from "./token-claims.ts";

/** `auth/<profile>.json`, version 1. */
export interface OwnLogin {
  readonly version: 1;
  /** Where the tokens are: in this file, or in the system's keyring. Absent in files of the first build: this file. */
  readonly store?: "file" | "keyring";
  readonly profile: string;
  /** The refresh token goes here and nowhere else. */
  readonly issuer: string;
  readonly clientId: string;
  readonly accessToken: string;
  readonly refreshToken: string | null;
  readonly idToken: string | null;
  readonly createdAt: string;
  readonly refreshedAt: string;
  /** Set, on the disk, before a refresh token is spent; a later holder of the lock that finds it sends the same token once more. */
  readonly intent: { readonly tokenSha256: string; readonly at: string } | null;
  /** A token that the service will never take again; it is not tried a second time. */
  readonly rejected: { readonly tokenSha256: string; readonly reason: RefreshRejection; readonly at: string } | null;
}

/** Stands in the file in place of a token that is in the keyring. */
const inKeyring = "(keyring)";
const longestLogin = 64 * 1024;

export interface OwnLoginFileOptions {
  /** Keep the tokens of new logins in the system's keyring where there is one; in the file otherwise. */
  readonly wantsKeyring: boolean;
  readonly openKeyring: () => Keyring | null;
}

const fileOnly: OwnLoginFileOptions = { wantsKeyring: false, openKeyring: () => null };

export function isProfileName(name: string): boolean {
  return /^[A-Za-z0-9][\w.-]{0,63}$/.test(name) && !name.endsWith(".lock");
}

/** The file of one profile of limn's own logins. */
export class OwnLoginFile {
  readonly path: string;
  readonly profile: string;
  readonly #folder: string;
  readonly #options: OwnLoginFileOptions;

  constructor(folder: string, profile: string, options: OwnLoginFileOptions = fileOnly) {
    this.#folder = folder;
    this.#options = options;
    this.profile = profile;
    this.path = join(folder, `${profile}.json`);
  }

  get lockPath(): string {
    return join(this.#folder, `${this.profile}.lock`);
  }

  /** Null when nobody is signed in under this profile. @throws login_unreadable */
  read(): OwnLogin | null {
    let content: string;
    try {
      const facts = statSync(this.path);
      if (!facts.isFile() || facts.size > longestLogin)
        throw this.#unreadable(facts.isFile() ? `it has ${facts.size} bytes` : "it is not a file");
      content = readFileSync(this.path, "utf8");
    } catch (error) {
      if (errno(error) === "ENOENT" || errno(error) === "ENOTDIR") return null;
      if (error instanceof LimnError) throw error;
      throw this.#unreadable(describeErrno(error));
    }
    const login = parseJson(content);
    if (!isOwnLogin(login))
      throw this.#unreadable(
        isObject(login) && typeof login.version === "number" && login.version > 1
          ? "a newer limn wrote it"
          : "it is damaged",
      );
    return login.store === "keyring" ? this.#withTokens(login) : login;
  }

  /** Where the tokens are; null when nobody is signed in. @throws login_unreadable */
  get store(): "file" | "keyring" | null {
    return this.read()?.store ?? null;
  }

  /** Tighten rights that others widened. A sentence about what was wrong; null when nothing was. */
  mendRights(): string | null {
    const facts = process.platform === "win32" ? null : this.#facts();
    if (facts === null) return null;
    const user = process.geteuid?.();
    if (user !== undefined && user !== 0 && facts.uid !== user)
      return `${this.path} belongs to another user (${facts.uid}), who can read and change it; sign in again to replace it`;
    if ((facts.mode & 0o077) === 0) return null;
    try {
      chmodSync(this.path, 0o600);
      return `${this.path} could be read by others; its rights were mended`;
    } catch (error) {
      return `${this.path} can be read by others, and its rights could not be mended: ${describeErrno(error)}`;
    }
  }

  #facts(): Stats | null {
    try {
      return statSync(this.path);
    } catch {
      // None, or one that reading will complain about.
      return null;
    }
  }

  /** Atomic and on the disk. @throws artifact_write_failed */
  write(login: OwnLogin): void {
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      writeFileAtomically(this.path, this.#serialise(login), { durable: true });
    } catch (error) {
      throw this.#writeError(error);
    }
  }

  /** Room for the tokens that a refresh will bring, taken before it. @throws artifact_write_failed, with nothing spent */
  reserve(): { save(login: OwnLogin): void; release(): void } {
    let reserved: ReservedFile;
    try {
      mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
      reserved = new ReservedFile(this.path, longestLogin);
    } catch (error) {
      throw this.#writeError(error);
    }
    return {
      save: (login) => {
        try {
          reserved.replaceWith(this.#serialise(login));
        } catch (error) {
          throw this.#writeError(error, "The new tokens are lost; sign in again when there is room.");
        }
      },
      release: () => reserved.release(),
    };
  }

  /** Ask before people sign in whether their login could be kept. @throws artifact_write_failed */
  checkRoom(): void {
    this.reserve().release();
  }

  get exists(): boolean {
    // A link that leads nowhere is one too, for signing out.
    return lstatSync(this.path, { throwIfNoEntry: false }) !== undefined;
  }

  /** True when there was one. */
  delete(): boolean {
    const existed = this.exists;
    try {
      this.#options.openKeyring()?.delete(this.profile);
    } catch {
      // No secret there, or no keyring that opens: the file below is what makes a login.
    }
    try {
      rmSync(this.path, { force: true });
    } catch (error) {
      throw this.#writeError(error, "It was not deleted.");
    }
    return existed;
  }

  /** The keyring first, then the file: a kill in between leaves the newer tokens where they are looked for. */
  #serialise(login: OwnLogin): string {
    const { accessToken, refreshToken, idToken } = login;
    const wanted = login.store ?? (this.#options.wantsKeyring ? "keyring" : "file");
    if (wanted === "keyring" && this.#keepInKeyring(JSON.stringify({ accessToken, refreshToken, idToken }))) {
      const hidden = {
        accessToken: inKeyring,
        refreshToken: refreshToken === null ? null : inKeyring,
        idToken: idToken === null ? null : inKeyring,
      };
      return serialise({ ...login, ...hidden, store: "keyring" });
    }
    return serialise({ ...login, store: "file" });
  }

  /** False where there is no keyring, or it does not open: then the file keeps the tokens, as it does by default. */
  #keepInKeyring(secret: string): boolean {
    try {
      const keyring = this.#options.openKeyring();
      keyring?.set(this.profile, secret);
      return keyring !== null;
    } catch {
      return false;
    }
  }

  #withTokens(login: OwnLogin): OwnLogin {
    let secret: string | null = null;
    try {
      secret = this.#options.openKeyring()?.get(this.profile) ?? null;
    } catch {
      // Locked, or gone; told below.
    }
    const tokens = secret === null ? undefined : parseJson(secret);
    const merged = isObject(tokens) ? { ...login, ...tokens } : null;
    if (merged === null || !isOwnLogin(merged))
      throw this.#unreadable("its tokens are in the system's keyring, which does not hand them out");
    return merged;
  }

  #unreadable(why: string): LimnError {
    return new LimnError("login_unreadable", {
      message: `limn's own login file ${this.path} cannot be used: ${why}.`,
      hint: `Sign in again: limn login${this.profile === "default" ? "" : ` --profile ${this.profile}`}`,
      details: { path: this.path },
    });
  }

  #writeError(error: unknown, consequence: string = "No token was spent."): LimnError {
    return new LimnError("artifact_write_failed", {
      message: `The login could not be written to ${this.path}: ${describeErrno(error)}. ${consequence}`,
      hint: "Make room or correct the rights, or name another folder: LIMN_HOME=/some/folder limn …",
      details: { path: this.path, reason: errno(error) },
      cause: error,
    });
  }
}

/** A login as it is right after signing in. */
export function newOwnLogin(
  grant: TokenGrant,
  facts: { readonly profile: string; readonly issuer: string; readonly clientId: string; readonly nowMs: number },
): OwnLogin {
  const now = new Date(facts.nowMs).toISOString();
  return {
    version: 1,
    profile: facts.profile,
    issuer: facts.issuer,
    clientId: facts.clientId,
    ...grant,
    createdAt: now,
    refreshedAt: now,
    intent: null,
    rejected: null,
  };
}

/** Account and plan as the tokens claim them: the plan from the id token, the expiry from the access token (codex-backend contract 6.1). */
export function claimsOf(login: Pick<OwnLogin, "accessToken" | "idToken">): {
  readonly accountId: string | null;
  readonly plan: string | null;
  readonly email: string | null;
  readonly expiresAtMs: number | null;
} {
  const access = readTokenClaims(login.accessToken);
  const identity = login.idToken === null ? null : readTokenClaims(login.idToken);
  return {
    accountId: access.accountId ?? identity?.accountId ?? null,
    plan: identity?.plan ?? access.plan,
    email: identity?.email ?? access.email,
    expiresAtMs: access.expiresAtMs,
  };
}

function serialise(login: OwnLogin): string {
  return `${JSON.stringify(login, null, 1)}\n`;
}

function isOwnLogin(value: unknown): value is OwnLogin {
  return (
    isObject(value) &&
    value.version === 1 &&
    typeof value.profile === "string" &&
    typeof value.issuer === "string" &&
    typeof value.clientId === "string" &&
    typeof value.accessToken === "string" &&
    // A header value; anything else would make the request itself malformed.
    /^[\x21-\x7e]+$/.test(value.accessToken) &&
    isTextOrNull(value.refreshToken) &&
    isTextOrNull(value.idToken) &&
    typeof value.createdAt === "string" &&
    typeof value.refreshedAt === "string" &&
    (value.intent === null || isObject(value.intent)) &&
    (value.rejected === null || isRejected(value.rejected))
  );
}

const rejections: ReadonlySet<unknown> = new Set<RefreshRejection>(["expired", "reused", "revoked", "refused"]);

function isRejected(value: unknown): boolean {
  return isObject(value) && typeof value.tokenSha256 === "string" && rejections.has(value.reason);
}

function isTextOrNull(value: unknown): boolean {
  return value === null || typeof value === "string";
}
