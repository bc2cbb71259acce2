import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { ProgramProcess } from "../../codex-program/index.ts";
import { execParameters } from "./codex-settings.ts";
import { ExecEvents } from "./exec-events.ts";
import { exited, reasonWithoutImage } from "./failure.ts";
import { newestCallFile } from "./generated-file.ts";
import { agentInstructions, turnText } from "./instructions.ts";
import { failureContext, stopReason } from "./setup.ts";
import type { CallSetup, KeepPicture } from "./setup.ts";

/**
 * One picture by `codex exec --json`, for versions without a usable app-server. Nothing in its output tells of a picture: the file in the
 * folder of this thread is the result, whatever the exit status. @throws what `failure.ts` makes of the turn
 */
export async function driveExec<T>(setup: CallSetup, keep: KeepPicture<T>): Promise<T> {
  const { parts, program, codexHome, settings, call, folder, signal } = setup;
  if (signal.aborted) throw stopReason(setup, false);
  const instructions = join(folder, "instructions.md");
  writeFileSync(instructions, agentInstructions(call.request), { mode: 0o600 });
  const events = new ExecEvents();
  let sentAt = 0;
  let firstSign: number | null = null;
  const sent = { isSent: false };
  const codex = new ProgramProcess({
    program: program.path,
    parameters: execParameters(call.request, settings, folder, instructions),
    environment: { RUST_LOG: "error", ...program.environment, CODEX_HOME: codexHome },
    workingFolder: folder,
    onLine: (line) => {
      events.push(line);
      if (sent.isSent) firstSign ??= performance.now();
    },
  });
  let ending: Promise<unknown> | null = null;
  const onAbort = (): void => {
    ending ??= codex.end();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    // It waits for its prompt, so that nothing can have been spent before this is on record.
    await call.beforeSend(1);
    if (signal.aborted) throw stopReason(setup, false);
    const sentTimeMs = parts.clock();
    sentAt = performance.now();
    sent.isSent = true;
    codex.closeInput(turnText(call.request));
    call.progress("sent", { attempt: 1 });
    const { how, status, cause } = await codex.ended;
    events.end(codex.lastErrors);
    const { report } = events;
    const picture = report.threadId === null ? null : newestCallFile(codexHome, report.threadId, sentTimeMs);
    if (picture !== null && !call.signal.aborted)
      return await keep({ report, picture, firstByteMs: Math.round((firstSign ?? performance.now()) - sentAt) });
    if (signal.aborted) throw stopReason(setup, true);
    const context = failureContext(setup);
    const isTold = report.ending !== "open" || report.error !== null;
    if (!isTold || (status !== 0 && status !== 1))
      throw exited(how, codex.lastErrors, report.threadId !== null, context, cause);
    throw reasonWithoutImage(report, context);
  } finally {
    signal.removeEventListener("abort", onAbort);
    await (ending ?? codex.end());
  }
}
