import type { EngineCall } from "../../contracts/engine.ts";
import { LimnError } from "../../errors/index.ts";
import type { CallSettings } from "./codex-settings.ts";
import type { CodexEngineParts, CodexProgram } from "./parts.ts";
import type { FailureContext } from "./failure.ts";
import { sentPrompt } from "./instructions.ts";
import type { PictureBytes } from "./generated-file.ts";
import type { TurnReport } from "./turn-report.ts";

/** What one call is driven with. */
export interface CallSetup {
  readonly parts: CodexEngineParts;
  readonly program: CodexProgram;
  readonly codexHome: string;
  readonly settings: CallSettings;
  readonly call: EngineCall;
  /** A private, empty folder of this call; gone after it. */
  readonly folder: string;
  /** The caller's abort and the time limit. */
  readonly signal: AbortSignal;
}

/** A turn that brought a picture. */
export interface TurnPicture {
  readonly report: TurnReport;
  readonly picture: PictureBytes;
  /** Milliseconds from the turn's begin to the picture, or to the first sign of an answer where nothing tells of the picture. */
  readonly firstByteMs: number;
}

/** What is done with a picture as soon as it is there, while the program may still run. */
export type KeepPicture<T> = (found: TurnPicture) => Promise<T>;

export function failureContext({ parts, call }: CallSetup): FailureContext {
  const { request } = call;
  return {
    errorFromAnswer: parts.errorFromAnswer,
    nowMs: parts.clock(),
    privateTexts: [request.prompt, sentPrompt(request)],
    model: request.model,
  };
}

/** Why the work stopped: the caller's own reason unchanged, or the time limit. */
export function stopReason({ call, parts }: CallSetup, turnBegan: boolean): unknown {
  if (call.signal.aborted) return call.signal.reason;
  const { totalMs } = parts.limits;
  const seconds = Math.round(totalMs / 1000);
  return turnBegan
    ? new LimnError("outcome_unknown", {
        message: `Codex had not finished its turn after ${seconds} s and was ended.`,
        hint: "A picture may have been made and paid for. For more time: --timeout SECONDS",
        details: { limitMs: totalMs },
      })
    : new LimnError("timeout", {
        message: `Codex was not ready after ${seconds} s and was ended; nothing was spent.`,
        hint: "Try it by itself: codex login status — for more time: --timeout SECONDS",
        details: { limitMs: totalMs },
      });
}
