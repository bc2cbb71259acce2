import type { PixelSize } from "./request.ts";
import type { ErrorReport, GenerationResult } from "./result.ts";

/** How far a generation got; written before the step it names is taken. */
export type RecordState = "planned" | "sent" | "done" | "partial" | "failed" | "cancelled";

/** The process that works on a generation. Start time and boot id make a reused pid harmless. */
export interface Owner {
  readonly pid: number;
  /** Opaque; equal for the same process only. */
  readonly startTime: string | null;
  readonly bootId: string | null;
}

/** One request of a generation; `attempts` counts how often it was sent, raised on disk before each sending. */
export interface CallRecord {
  readonly index: number;
  readonly attempts: number;
  readonly state: "planned" | "sent" | "done" | "failed";
  readonly failure?: ErrorReport;
}

/** The delivered picture beside its original. */
export interface FinishedFile extends PixelSize {
  /** Name inside the generation's folder. */
  readonly file: string;
  readonly mediaType: string;
  readonly hasAlpha: boolean;
  readonly bytes: number;
  readonly sha256: string;
}

/** A picture of the record. */
export interface ManifestImage {
  readonly index: number;
  /** Name inside the generation's folder, or an absolute path when it had to be saved elsewhere. */
  readonly file: string;
  readonly mediaType: string;
  readonly width: number;
  readonly height: number;
  readonly hasAlpha: boolean;
  readonly c2pa: boolean;
  readonly bytes: number;
  readonly sha256: string;
  readonly revisedPrompt?: string;
  readonly serviceImageId?: string;
  /** What finishing made of it, where that stays in the store. */
  readonly finished?: FinishedFile;
  /** Copies that were delivered, with their own hash where it differs (embedded recipe). */
  readonly delivered: readonly { readonly path: string; readonly sha256: string }[];
}

/** Where a generation came from that limn did not make here. */
export interface ImportRecord {
  /** Codex's own folder, or the recipe inside the file. */
  readonly from: "codex" | "recipe";
  /** Absolute path at that time. */
  readonly path: string;
  /** ISO 8601; when it was imported. */
  readonly at: string;
  /** Of the generation that the recipe names. */
  readonly id?: string;
}

/** `generations/<id>/manifest.json`. */
export interface Manifest extends Pick<
  GenerationResult,
  | "schemaVersion"
  | "id"
  | "operation"
  | "engine"
  | "model"
  | "emulated"
  | "asked"
  | "sent"
  | "got"
  | "steps"
  | "truth"
  | "inputs"
  | "parents"
  | "warnings"
  | "failures"
  | "account"
  | "usage"
  | "limits"
  | "requestId"
  | "timingsMs"
> {
  readonly state: RecordState;
  /** Null when nobody works on it any more. */
  readonly owner: Owner | null;
  readonly limn: string;
  /** ISO 8601. */
  readonly createdAt: string;
  readonly sentAt: string | null;
  readonly endedAt: string | null;
  /** Null with `--no-history`. */
  readonly prompt: string | null;
  readonly promptSha256: string;
  readonly n: number;
  /** Working folder of the program that asked. */
  readonly folder: string;
  readonly keepHistory: boolean;
  readonly calls: readonly CallRecord[];
  readonly images: readonly ManifestImage[];
  /** Pictures that were spent on the way (`allowExtraImages`), each the plan's too. */
  readonly extras?: readonly {
    readonly index: number;
    readonly file: string;
    readonly sha256: string;
    readonly reason: string;
    /** Null with `--no-history`. */
    readonly prompt: string | null;
  }[];
  /** The host's session, where it has such; `@last` of a session is never another one's. */
  readonly session: string | null;
  /** Absent where limn made it here. */
  readonly imported?: ImportRecord;
}
