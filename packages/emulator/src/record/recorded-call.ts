import type { RouteGroup } from "../scenarios/groups.ts";

/** One request that reached the emulator. Control routes (`/__emulator/…`) are not recorded. */
export interface RecordedCall {
  /** Counts from 0, oldest first. */
  readonly index: number;
  /** When it came, ms since the epoch, by the emulator's clock. */
  readonly at: number;
  readonly method: string;
  /** Path and query. Credentials in it are replaced. */
  readonly path: string;
  /**
   * Name of the route: `images.generations`, `images.edits`, `models`, `wham.usage`, `wham.accounts-check`,
   * `responses.hosted`, `responses.chat` (`responses` where the body could not be read), `wham.config-bundle`, `wham.settings-user`, `ps`, `analytics`, `responses.websocket`, `oauth.authorize`,
   * `oauth.decision`, `oauth.token`, `oauth.revoke`, `deviceauth.usercode`, `deviceauth.token`, `device.page`,
   * `device.decision`, `not-yet`, `unknown`.
   */
  readonly route: string;
  /** What it was about. A token request is `refresh`, `token` (a code) or `api-key` once its body was read. */
  readonly group: RouteGroup;
  /** Whose bearer or refresh token it was, or who signed in with it; null where nobody's is known. */
  readonly account: string | null;
  /** Lower-case names. `authorization` is `Bearer <ACCESS_TOKEN>` or `Bearer <OTHER>`; cookies and keys are `<REDACTED>`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body as received; null until it was read. */
  readonly contentLength: number | null;
  /** The parsed JSON or form, with long image strings cut and without codes and tokens; undefined for no body or another one. */
  readonly body: unknown;
  /** Status null: not answered (yet). Scenario null: none had a say, for example because the request was refused. */
  readonly answered: { readonly status: number | null; readonly scenario: string | null };
  /** What a careful client would do otherwise, though it was not refused. */
  readonly remarks: readonly string[];
  /** The client left before the answer ended. */
  readonly aborted: boolean;
}

/** A call while it is being answered. */
export interface CallDraft {
  index: number;
  at: number;
  method: string;
  path: string;
  route: string;
  group: RouteGroup;
  account: string | null;
  headers: Readonly<Record<string, string>>;
  contentLength: number | null;
  body: unknown;
  answered: { status: number | null; scenario: string | null };
  remarks: string[];
  aborted: boolean;
}
