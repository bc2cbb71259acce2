import { isObject, member, numberOf, parseJson, textOf } from "../json/index.ts";
import { readTokenClaims } from "./token-claims.ts";

/** What a store of another program holds for us. Refresh tokens are not taken out. */
export type BorrowedEntry =
  | {
      readonly kind: "login";
      readonly accessToken: string;
      readonly accountId: string | null;
      readonly plan: string | null;
      readonly email: string | null;
      readonly expiresAtMs: number | null;
    }
  | { readonly kind: "absent" }
  | { readonly kind: "accounts_differ" }
  | { readonly kind: "other_kind"; readonly what: string }
  | { readonly kind: "malformed"; readonly problem: string };

interface Fields {
  readonly accessToken: unknown;
  readonly accountId: unknown;
  /** The owner's estimate; the smaller of it and the token's own end counts (login-stores 0.1). */
  readonly expiresAtMs: unknown;
}

function loginOf({ accessToken, accountId, expiresAtMs }: Fields): BorrowedEntry {
  const token = textOf(accessToken);
  if (token === null) return { kind: "absent" };
  if (!/^[\x21-\x7e]+$/.test(token))
    return { kind: "malformed", problem: "its access token holds characters that no token has" };
  const claims = readTokenClaims(token);
  const stored = textOf(accountId);
  if (stored !== null && claims.accountId !== null && stored !== claims.accountId) return { kind: "accounts_differ" };
  const ends = [claims.expiresAtMs, numberOf(expiresAtMs)].filter((end) => end !== null);
  return {
    kind: "login",
    accessToken: token,
    accountId: stored ?? claims.accountId,
    plan: claims.plan,
    email: claims.email,
    expiresAtMs: ends.length === 0 ? null : Math.min(...ends),
  };
}

function parseStore(content: string): Readonly<Record<string, unknown>> | BorrowedEntry {
  const store = parseJson(content);
  if (store === undefined)
    return { kind: "malformed", problem: content.trim() === "" ? "it is empty" : "it is not valid JSON" };
  return isObject(store) ? store : { kind: "malformed", problem: "it is not a JSON object" };
}

function isEntry(store: Readonly<Record<string, unknown>> | BorrowedEntry): store is BorrowedEntry {
  return store.kind === "malformed";
}

/** Pi: the entry `openai-codex` of type `oauth`. Its entry `openai` belongs to another client and is never taken (login-stores 2). */
export function readPiEntry(content: string): BorrowedEntry {
  const store = parseStore(content);
  if (isEntry(store)) return store;
  return readOauthEntry(member(store, "openai-codex"), "an API key for openai-codex");
}

/** opencode: the entry `openai` of type `oauth` (login-stores 3). `accountId` may be an organization, so the token's own claim goes first. */
export function readOpencodeEntry(content: string): BorrowedEntry {
  const store = parseStore(content);
  if (isEntry(store)) return store;
  const entry = member(store, "openai");
  const claimed = readTokenClaims(textOf(member(entry, "access")) ?? "").accountId;
  return readOauthEntry(
    claimed === null || !isObject(entry) ? entry : { ...entry, accountId: claimed },
    "an API key for openai",
  );
}

function readOauthEntry(entry: unknown, otherKind: string): BorrowedEntry {
  if (!isObject(entry)) return { kind: "absent" };
  if (entry.type !== "oauth") return { kind: "other_kind", what: otherKind };
  return loginOf({ accessToken: entry.access, accountId: entry.accountId, expiresAtMs: entry.expires });
}

const defaultHermesBase = "https://chatgpt.com/backend-api/codex";

/**
 * Hermes: the pool's usable entries by priority, else the main sign-in (login-stores 5). A row for another host is a gateway key and
 * never taken; where a pool row mirrors the main sign-in, the main one is fresher.
 */
export function readHermesEntry(content: string, nowMs: number): BorrowedEntry {
  const store = parseStore(content);
  if (isEntry(store)) return store;
  const main = loginOfHermesTokens(member(member(member(store, "providers"), "openai-codex"), "tokens"));
  const pool = member(member(store, "credential_pool"), "openai-codex");
  const rows = (Array.isArray(pool) ? pool : [])
    .filter((row) => isUsableRow(row, nowMs))
    .sort((left, right) => priorityOf(left) - priorityOf(right));
  for (const row of rows) {
    if (member(row, "source") === "device_code" && main.kind === "login") return main;
    const entry = loginOfHermesTokens(row);
    if (entry.kind === "login") return entry;
  }
  return main;
}

function loginOfHermesTokens(tokens: unknown): BorrowedEntry {
  return loginOf({
    accessToken: member(tokens, "access_token"),
    accountId: member(tokens, "account_id"),
    expiresAtMs: null,
  });
}

function isUsableRow(row: unknown, nowMs: number): boolean {
  if (member(row, "auth_type") !== "oauth") return false;
  const base = textOf(member(row, "base_url"));
  if (base !== null && base.replace(/\/+$/, "") !== defaultHermesBase) return false;
  if (member(row, "last_status") === "dead") return false;
  const resetAt = member(row, "last_error_reset_at");
  const resetMs = typeof resetAt === "number" ? resetAt * 1000 : Date.parse(textOf(resetAt) ?? "");
  return !(member(row, "last_status") === "exhausted" && resetMs > nowMs);
}

function priorityOf(row: unknown): number {
  return numberOf(member(row, "priority")) ?? 0;
}
