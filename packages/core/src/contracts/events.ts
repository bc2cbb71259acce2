import type { EngineId } from "./request.ts";
import type { ErrorReport, GenerationResult, Limits, ResultImage, Usage, Warning } from "./result.ts";

/** Where one image of a generation is. */
export type Stage = "connecting" | "sent" | "receiving" | "saving" | "finishing" | "waiting";

/** First event of every generation; nothing has been sent yet. */
export interface GenerationStartEvent {
  readonly type: "generation-start";
  readonly schemaVersion: 1;
  readonly id: string;
  readonly operation: "generate" | "edit";
  readonly engine: EngineId;
  readonly n: number;
  readonly emulated: boolean;
}

/** A change of stage; for progress displays. `waiting` = a retry is due after `delayMs`. */
export interface ImageProgressEvent {
  readonly type: "image-progress";
  readonly id: string;
  readonly index: number;
  readonly stage: Stage;
  readonly attempt: number;
  readonly delayMs?: number;
  /** Picture bytes received so far. */
  readonly bytes?: number;
}

/** A preview while it is drawn. Never a result; the file is removed when the generation ends. */
export interface ImagePartialEvent {
  readonly type: "image-partial";
  readonly id: string;
  readonly index: number;
  readonly partialIndex: number;
  readonly path: string;
}

/** One picture is saved, or failed. */
export interface ImageEndEvent {
  readonly type: "image-end";
  readonly id: string;
  readonly index: number;
  readonly image: ResultImage | null;
  readonly failure: ErrorReport | null;
}

/** A warning, as soon as it is known; it is in the result, too. */
export interface WarningEvent {
  readonly type: "warning";
  readonly id: string;
  readonly warning: Warning;
}

/** What the service counted, and what is left of the plan. */
export interface UsageEvent {
  readonly type: "usage";
  readonly id: string;
  readonly usage: Usage;
  readonly limits: Limits;
}

/** Last event of every generation that did not end in an error. */
export interface GenerationEndEvent {
  readonly type: "generation-end";
  readonly id: string;
  readonly result: GenerationResult;
}

/** Said before an image beyond those asked for is spent (`allowExtraImages`). */
export interface ExtraImageEvent {
  readonly type: "extra-image";
  readonly id: string;
  readonly index: number;
  readonly reason: string;
}

/** What `stream` and `onEvent` give, in order. */
export type GenerationEvent =
  | GenerationStartEvent
  | ImageProgressEvent
  | ImagePartialEvent
  | ExtraImageEvent
  | ImageEndEvent
  | WarningEvent
  | UsageEvent
  | GenerationEndEvent;
