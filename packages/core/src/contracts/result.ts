import type { ErrorCategory, ErrorCode, WarningCode } from "./codes.ts";
import type { InputRecord } from "./input.ts";
import type { EngineId } from "./request.ts";

/** Version of the result, event, error and manifest shapes. Fields are only ever added within one version. */
export const schemaVersion = 1;

/**
 * How a generation stands. `running` and `unknown` are what a reader sees of a record that says `sent`: its owner lives, or it
 * does not. `cancelled` was stopped by its user, or never got as far as sending.
 */
export type GenerationStatus = "done" | "partial" | "failed" | "running" | "unknown" | "cancelled";

/** One picture, read from its bytes. */
export interface ResultImage {
  /** Absolute path of the delivered file, or of the original in the store when nothing was delivered. Null after it went to stdout without history. */
  readonly path: string | null;
  /** 0-based place in the request's order. */
  readonly index: number;
  readonly mediaType: string;
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** Whether the file has an alpha channel. */
  readonly hasAlpha: boolean;
  /** File size. */
  readonly bytes: number;
  /** Lower-case hex, of the delivered file. */
  readonly sha256: string;
  /** What the service says it drew, where it says so. */
  readonly revisedPrompt?: string;
}

/** Something that its user should know, and that is no error. */
export interface Warning {
  readonly code: WarningCode;
  readonly message: string;
  /** The image it is about; absent when it is about the whole generation. */
  readonly index?: number;
}

/** The public form of an error, as `--json` prints it. Holds no prompt, token or raw body. */
export interface ErrorReport {
  readonly code: ErrorCode;
  readonly category: ErrorCategory;
  /** What happened to which thing, with the number and the limit. */
  readonly message: string;
  /** The next step, as a command or an option. */
  readonly hint: string | null;
  readonly retryable: boolean;
  /** Milliseconds to wait before trying again helps; null when unknown. */
  readonly retryAfterMs: number | null;
  readonly details: Readonly<Record<string, unknown>>;
}

/** An image of several that did not come. */
export interface ImageFailure extends ErrorReport {
  readonly index: number;
}

/** What was asked for, in the user's own terms; only what was given. */
export interface Asked {
  readonly n?: number;
  readonly size?: string;
  readonly fit?: string;
  readonly aspect?: string;
  readonly format?: string;
  readonly compression?: number;
  readonly alpha?: string;
  readonly allowExtraImages?: number;
  readonly partials?: number;
  readonly images?: number;
  readonly mask?: boolean;
  readonly shrinkInputs?: boolean;
  readonly strict?: boolean;
  readonly codexDriver?: string;
  readonly background?: string;
  readonly quality?: string;
  readonly model?: string;
  readonly engine?: string;
}

/** What went over the wire, field by field, without the images of an edit. */
export type Sent = Readonly<Record<string, unknown>>;

/** What came back: pixels and type read from the bytes of the first image, the rest as the service states it. */
export interface Got {
  readonly width?: number;
  readonly height?: number;
  readonly mediaType?: string;
  readonly hasAlpha?: boolean;
  readonly quality?: string;
  readonly background?: string;
  /** Whether a signed provenance manifest (C2PA) is in the file. */
  readonly c2pa?: boolean;
}

/** Which plan paid, and through whose login. */
export interface Account {
  readonly plan: string | null;
  /** `token` (LIMN_ACCESS_TOKEN), `limn`, `codex`, `pi`, `opencode`, `hermes`, `sandbox`. */
  readonly source: string;
}

/** One allowance window as the service's headers state it (codex-backend contract 10). */
export interface LimitWindow {
  readonly limit: string;
  readonly usedPercent: number;
  readonly windowMinutes: number;
  /** ISO 8601, or null when not stated. */
  readonly resetsAt: string | null;
}

/** What is left of the plan, as the service told it with this answer. */
export interface Limits {
  readonly activeLimit?: string;
  readonly windows?: readonly LimitWindow[];
  readonly credits?: { readonly hasCredits: boolean; readonly unlimited: boolean; readonly balance?: string };
}

/** How one asked property ended. */
export interface PropertyTruth {
  readonly property: string;
  /** As the user asked it. */
  readonly asked: string;
  /**
   * `honoured` by the service; `done-locally` by limn, listed in `steps`; `not-honoured`; `unknown` where neither the bytes nor the
   * service tell.
   */
  readonly outcome: "honoured" | "done-locally" | "not-honoured" | "unknown";
  /** What the delivered file has; null when unknown. */
  readonly got: string | null;
}

/** Token counts as the service states them, summed over the images. */
export interface Usage {
  /** Spent by the agent that drove the engine (`codex`) or by the chat model that hosted it (`responses`), not by the picture. */
  readonly driver?: DriverUsage;
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly totalTokens?: number;
  readonly inputImageTokens?: number;
}

/** Chat tokens. */
export interface DriverUsage {
  readonly inputTokens?: number;
  readonly outputTokens?: number;
  readonly cachedInputTokens?: number;
}

/** Milliseconds since the call began. */
export interface Timings {
  readonly total: number;
  /** Until the first byte of the first answer. */
  readonly firstByte?: number;
}

/** The whole truth about one generation; `--json` prints it. */
export interface GenerationResult {
  readonly schemaVersion: typeof schemaVersion;
  readonly id: string;
  readonly operation: "generate" | "edit";
  readonly status: GenerationStatus;
  readonly engine: EngineId;
  readonly model: string;
  /** True for everything the sandbox makes. */
  readonly emulated: boolean;
  readonly images: readonly ResultImage[];
  readonly asked: Asked;
  readonly sent: Sent;
  readonly got: Got;
  /** What limn itself did to the picture, in order; empty when it is byte for byte the original. */
  readonly steps: readonly string[];
  /** Each asked property and how it ended; empty when nothing but a prompt was asked. */
  readonly truth: readonly PropertyTruth[];
  /** Inputs by hash, in the order in which they were given. */
  readonly inputs: readonly InputRecord[];
  /** Ids of generations whose pictures went in. */
  readonly parents: readonly string[];
  readonly warnings: readonly Warning[];
  readonly failures: readonly ImageFailure[];
  readonly account: Account;
  readonly usage: Usage;
  readonly limits: Limits;
  /** Images that the plan was charged for, as far as is known: those received. */
  readonly imagesSpent: number;
  readonly requestId: string | null;
  readonly timingsMs: Timings;
}
