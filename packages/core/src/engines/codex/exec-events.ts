import { member, numberOf, parseJson, textOf } from "../../json/index.ts";
import { usageOf } from "./server-events.ts";
import { emptyReport } from "./turn-report.ts";
import type { TurnReport } from "./turn-report.ts";

/** Reads the lines of `codex exec --json` (codex-backend contract 7.2). None of them tells about pictures. */
export class ExecEvents {
  readonly report: TurnReport = emptyReport();
  #lastError = "";

  push(line: string): void {
    const event = parseJson(line);
    const { report } = this;
    switch (textOf(member(event, "type"))) {
      case "thread.started":
        report.threadId ??= textOf(member(event, "thread_id"));
        return;
      case "item.completed": {
        const item = member(event, "item");
        if (textOf(member(item, "type")) === "agent_message")
          report.words = textOf(member(item, "text")) ?? report.words;
        return;
      }
      case "turn.completed": {
        report.ending = "completed";
        const usage = member(event, "usage");
        report.usage = usageOf(
          numberOf(member(usage, "input_tokens")),
          numberOf(member(usage, "output_tokens")),
          numberOf(member(usage, "cached_input_tokens")),
        );
        return;
      }
      case "turn.failed":
        report.ending = "failed";
        report.error = plain(textOf(member(member(event, "error"), "message")) ?? this.#lastError);
        return;
      case "error":
        // Also every notice of a new connection; whether it was the last word only `turn.failed` tells.
        this.#lastError = textOf(member(event, "message")) ?? "";
        return;
      default:
    }
  }

  /** The program has ended: an error without `turn.failed` was the last word, and what it wrote to standard error may tell of the tool. */
  end(lastErrors: string): void {
    const { report } = this;
    if (report.ending === "open" && this.#lastError !== "") report.error ??= plain(this.#lastError);
    for (const [, text] of lastErrors.matchAll(/\berror=(image generation .*)$/gm))
      if (text !== undefined) report.toolTexts.push(text);
    // The agent was told to repeat the tool's error; only its exact form counts.
    for (const [text] of report.words.matchAll(/^image generation (?:failed: |returned ).*$/gm))
      report.toolTexts.push(text);
  }
}

function plain(message: string): NonNullable<TurnReport["error"]> {
  return { message, info: null, httpStatus: null };
}
