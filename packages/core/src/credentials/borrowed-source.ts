import type { Credential, CredentialSource } from "../contracts/credential.ts";
import { LimnError } from "../errors/index.ts";
import type { BorrowedEntry } from "./borrowed-entry.ts";
import { ChatGptCredential } from "./chatgpt-credential.ts";
import { expiredError, isExpired } from "./expiry.ts";
import { readBorrowedFile, unreadableLogin } from "./read-login-file.ts";
import { recoverBorrowed } from "./recover-borrowed.ts";
import { describeProblem } from "./report.ts";

/** A program whose login file limn reads and never touches. */
export interface BorrowedStore {
  readonly id: "pi" | "opencode" | "hermes";
  /** The program's name for people. */
  readonly owner: string;
  /** Absolute; null without a home folder. */
  readonly path: string | null;
  /** Content that stands in for the file, as opencode reads it from a variable. */
  readonly content?: { readonly text: string; readonly from: string };
  readonly parse: (content: string, nowMs: number) => BorrowedEntry;
  /** What lets the owner renew its login. */
  readonly renewCommand: string;
  readonly signInCommand: string;
}

/** Another program's login, read-only; its refresh token stays where it is. */
export function createBorrowedSource(store: BorrowedStore, clock: () => number): CredentialSource {
  const place = store.content?.from ?? store.path ?? `the login file of ${store.owner}`;

  const find = async (): Promise<Credential | null> => {
    const parse = (content: string): BorrowedEntry => store.parse(content, clock());
    let entry: BorrowedEntry | null;
    if (store.content !== undefined) entry = parse(store.content.text);
    else
      entry =
        store.path === null ? null : await readBorrowedFile(store.path, parse, ({ kind }) => kind === "malformed");
    if (entry === null || entry.kind === "absent" || entry.kind === "other_kind") return null;
    if (entry.kind === "malformed") throw unreadableLogin(place, entry.problem, store.signInCommand);
    if (entry.kind === "accounts_differ") {
      throw new LimnError("login_refused", {
        message: `The login of ${store.owner} (${place}) names one account and its token another, so neither is used.`,
        hint: `Sign in again: ${store.signInCommand}`,
        details: { kind: "accounts_differ", path: place },
      });
    }
    if (entry.expiresAtMs !== null && isExpired(entry.expiresAtMs, clock())) {
      throw expiredError(
        `The ChatGPT login of ${store.owner}`,
        entry.expiresAtMs,
        clock(),
        `Let ${store.owner} renew it: ${store.renewCommand} — or sign in with limn: limn login`,
      );
    }
    return new ChatGptCredential({ ...entry, source: store.id, token: entry.accessToken });
  };

  return {
    id: store.id,
    find,
    recover: async (refused) => recoverBorrowed(find, refused, store.owner),
    report: async () => describeProblem(store.id, place, find),
  };
}
