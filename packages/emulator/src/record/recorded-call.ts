/** One request that reached the emulator. Control routes (`/__emulator/…`) are not recorded. */
export interface RecordedCall {
  /** Counts from 0, oldest first. */
  readonly index: number;
  /** When it came, ms since the epoch, by the emulator's clock. */
  readonly at: number;
  readonly method: string;
  /** Path and query. Credentials in it are replaced. */
  readonly path: string;
  /** Name of the route: `images.generations`, `images.edits`, `wham.usage`, `wham.accounts-check`, `models`, `not-yet`, `unknown`. */
  readonly route: string;
  /** Lower-case names. `authorization` is `Bearer <ACCESS_TOKEN>` or `Bearer <OTHER>`; cookies and keys are `<REDACTED>`. */
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the body as received; null until it was read. */
  readonly contentLength: number | null;
  /** The parsed JSON body with long image strings cut; undefined for no body or no JSON. */
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
  headers: Readonly<Record<string, string>>;
  contentLength: number | null;
  body: unknown;
  answered: { status: number | null; scenario: string | null };
  remarks: string[];
  aborted: boolean;
}
