import { errorCodes, exitStatusByCategory } from "../contracts/codes.ts";
import type { ErrorCategory, ErrorCode } from "../contracts/codes.ts";
import type { ErrorReport } from "../contracts/result.ts";

/** A registered symbol, because one process may hold two copies of this package. */
const brand = Symbol.for("limn.error");

export interface LimnErrorInit {
  /** What happened to which thing, with the number and the limit. Never a prompt, a token or a raw body. */
  readonly message: string;
  /** The next step, as a command or an option. */
  readonly hint?: string;
  /** Overrides the code's default, for example for an overload that outlived its retries. */
  readonly retryable?: boolean;
  readonly retryAfterMs?: number;
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** The one error class. Decide by `code`, never by the message. Recognise it with {@link isLimnError}. */
export class LimnError extends Error {
  override readonly name: string = "LimnError";
  readonly code: ErrorCode;
  readonly category: ErrorCategory;
  readonly hint: string | null;
  readonly retryable: boolean;
  readonly retryAfterMs: number | null;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, init: LimnErrorInit) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause });
    const entry = errorCodes[code];
    this.code = code;
    this.category = entry.category;
    this.hint = init.hint ?? null;
    this.retryable = init.retryable ?? entry.retryable;
    this.retryAfterMs = init.retryAfterMs ?? null;
    this.details = init.details ?? {};
    Object.defineProperty(this, brand, { value: true });
  }

  /** The public form; without `cause`, which may hold anything. */
  toJSON(): ErrorReport {
    return {
      code: this.code,
      category: this.category,
      message: this.message,
      hint: this.hint,
      retryable: this.retryable,
      retryAfterMs: this.retryAfterMs,
      details: this.details,
    };
  }

  /** The same error with more details. */
  withDetails(details: Readonly<Record<string, unknown>>): LimnError {
    return this.#with({ details: { ...this.details, ...details } });
  }

  /** The same error with another next step. */
  withHint(hint: string): LimnError {
    return this.#with({ hint });
  }

  #with(changes: Partial<LimnErrorInit>): LimnError {
    return new LimnError(this.code, {
      message: this.message,
      retryable: this.retryable,
      details: this.details,
      cause: this.cause,
      ...(this.hint === null ? {} : { hint: this.hint }),
      ...(this.retryAfterMs === null ? {} : { retryAfterMs: this.retryAfterMs }),
      ...changes,
    });
  }

  /** With which the command line ends for this error. */
  get exitStatus(): number {
    return exitStatusByCategory[this.category];
  }
}

/** True for a LimnError of any copy of this package. */
export function isLimnError(value: unknown): value is LimnError {
  return typeof value === "object" && value !== null && brand in value;
}

/** Wrap what nobody expected as `bug`; a LimnError stays itself. */
export function toLimnError(value: unknown): LimnError {
  if (isLimnError(value)) return value;
  const name = value instanceof Error ? value.name : typeof value;
  return new LimnError("bug", {
    message: `Something in limn went wrong that should not (${name}).`,
    hint: "Run again with -v and report it with the output of: limn doctor --report",
    cause: value,
  });
}
