/** What an answer says about an error, in the shape of the public API. */
export interface ErrorFacts {
  /** The sentence for a person; the first field of every body, because some clients show its beginning only. */
  readonly message: string;
  readonly type?: string;
  readonly code?: string;
  readonly param?: string;
  /** Whether the same request may help when it is sent again. @default false */
  readonly isRetryable?: boolean;
  readonly retryAfterSeconds?: number;
  /** ISO 8601, of a limit of the plan. */
  readonly resetsAt?: string;
}

/** An error that this server tells by itself. */
export class HttpError extends Error {
  override readonly name: string = "HttpError";
  readonly status: number;
  readonly facts: ErrorFacts;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, facts: ErrorFacts, headers: Readonly<Record<string, string>> = {}) {
    super(facts.message);
    this.status = status;
    this.facts = facts;
    this.headers = headers;
  }
}

/** A field of a request is wrong. */
export function invalid(param: string | undefined, message: string, code = "invalid_value", status = 400): HttpError {
  return new HttpError(status, { message, code, ...(param === undefined ? {} : { param }) });
}
