import { AppServer } from "../../codex-program/index.ts";
import { LimnError, isLimnError } from "../../errors/index.ts";
import { member, textOf } from "../../json/index.ts";
import { serverParameters, threadStart, turnStart } from "./codex-settings.ts";
import { exited, reasonWithoutImage } from "./failure.ts";
import { bytesOfResult, fileOfThread } from "./generated-file.ts";
import type { PictureBytes } from "./generated-file.ts";
import { ServerEvents } from "./server-events.ts";
import { failureContext, stopReason } from "./setup.ts";
import type { CallSetup, KeepPicture } from "./setup.ts";
import type { FoundImage } from "./turn-report.ts";

/** How long the program may take for what costs nothing: to start and to open a thread. */
const readyMs = 30_000;
/** How long a turn whose picture is safe may take to stop. */
const stopMs = 3000;

/**
 * One picture by `codex app-server`: an ephemeral thread, one turn, typed items. The turn is interrupted as soon as the picture is there:
 * what the agent would say about it costs the plan as much as the call of the tool did. Null when this version has no usable app-server;
 * nothing has been spent then. @throws what `failure.ts` makes of the turn
 */
export async function driveAppServer<T>(setup: CallSetup, keep: KeepPicture<T>): Promise<T | null> {
  const { parts, call, signal } = setup;
  let events: ServerEvents | null = null;
  const watch = new TurnWatch(signal);
  const ready = new AbortController();
  const onAbort = (): void => ready.abort(stopReason(setup, false));
  signal.addEventListener("abort", onAbort, { once: true });
  const tooLate = setTimeout(() => ready.abort(notReady()), readyMs);
  let server: AppServer | null = null;
  let politely = true;
  let turnBegan = false;
  try {
    signal.throwIfAborted();
    const opened = await openThread(setup, ready.signal, (method, parameters) => {
      events?.push(method, parameters);
      if (events !== null) watch.look(events);
    });
    if (opened === null) return null;
    ({ server } = opened);
    clearTimeout(tooLate);
    events = new ServerEvents(opened.threadId, opened.model);
    await call.beforeSend(1);
    signal.throwIfAborted();
    // From here on an abort interrupts the turn first.
    signal.removeEventListener("abort", onAbort);
    void server.ended.then(() => watch.stop("exited"));
    turnBegan = true;
    const sentAt = performance.now();
    const turn = server.request("turn/start", turnStart(call.request, opened.threadId));
    call.progress("sent", { attempt: 1 });
    const turnId = turn.then(
      (answer) => textOf(member(member(answer, "turn"), "id")),
      (error: unknown) => {
        watch.fail(error);
        return null;
      },
    );
    const outcome = await watch.outcome;
    const { report } = events;
    if (report.image !== null) {
      call.progress("receiving", { attempt: 1 });
      const firstByteMs = Math.round(performance.now() - sentAt);
      const stopped = interrupt(server, opened.threadId, turnId);
      const kept = await keep({ report, picture: pictureOf(setup, opened.threadId, report.image), firstByteMs });
      await Promise.race([watch.turnEnd, stopped, server.ended, after(stopMs)]);
      return kept;
    }
    if (outcome.kind === "aborted") {
      politely = false;
      await Promise.race([interrupt(server, opened.threadId, turnId), server.ended, after(1000)]);
      throw stopReason(setup, true);
    }
    const context = failureContext(setup);
    if (outcome.kind === "exited") {
      const { how, cause } = await server.ended;
      throw exited(how, server.lastErrors, true, context, cause);
    }
    if (outcome.kind === "failed") throw outcome.error;
    throw reasonWithoutImage(report, context);
  } catch (error) {
    // An abort before the turn shows as whatever broke by it.
    throw signal.aborted && !isLimnError(error) ? stopReason(setup, turnBegan) : error;
  } finally {
    clearTimeout(tooLate);
    signal.removeEventListener("abort", onAbort);
    watch.close();
    await server?.close({ bySignal: !politely });
  }

  function notReady(): LimnError {
    return new LimnError("engine_exited", {
      message: `The Codex program was not ready after ${readyMs / 1000} s and was ended; nothing was spent.`,
      hint: `Try it by itself: codex login status — or the other way to drive it: --codex-driver exec`,
      details: { limitMs: Math.min(readyMs, parts.limits.totalMs) },
    });
  }
}

interface OpenThread {
  readonly server: AppServer;
  readonly threadId: string;
  readonly model: string | null;
}

/** JSON-RPC: the server does not know the method, or not with these parameters. */
const notSpoken: ReadonlySet<unknown> = new Set([-32601, -32602, -32600]);

/** Null when the program has no app-server, or one that does not speak as contract 7.3 has it. */
async function openThread(
  setup: CallSetup,
  signal: AbortSignal,
  onNotification: (method: string, parameters: unknown) => void,
): Promise<OpenThread | null> {
  const { parts, program, codexHome, settings, folder, call } = setup;
  let server: AppServer | null = null;
  try {
    server = await AppServer.start({
      program: program.path,
      codexHome,
      environment: program.environment,
      version: parts.version,
      parameters: serverParameters(settings),
      workingFolder: folder,
      signal,
      onNotification,
    });
    const answer = await server.request("thread/start", threadStart(call.request, settings, folder));
    const threadId = textOf(member(member(answer, "thread"), "id"));
    if (threadId !== null) return { server, threadId, model: textOf(member(answer, "model")) };
  } catch (error) {
    await server?.close();
    if (signal.aborted) throw signal.reason;
    const isMissing = isLimnError(error) && (server === null ? error.code === "engine_exited" : true);
    if (isMissing && (error.code === "engine_exited" || notSpoken.has(error.details["rpcCode"]))) return null;
    throw error;
  }
  await server.close();
  return null;
}

function pictureOf({ codexHome }: CallSetup, threadId: string, image: FoundImage): PictureBytes {
  const file = image.savedPath === null ? null : fileOfThread(codexHome, threadId, image.savedPath);
  const bytes = file ?? bytesOfResult(image.result);
  if (bytes !== null) return bytes;
  throw new LimnError("image_corrupt", {
    message: "Codex reports a picture that is neither a file in its own folder nor valid base64.",
    hint: "The plan was probably charged. To ask once more, and pay once more, repeat the command.",
  });
}

/** Never rejects: that the turn stops is wished for, not needed. */
async function interrupt(server: AppServer, threadId: string, turnId: Promise<string | null>): Promise<void> {
  const id = await turnId;
  if (id === null) return;
  await server.request("turn/interrupt", { threadId, turnId: id }).catch(() => undefined);
}

type Outcome =
  | { readonly kind: "image" | "over" | "exited" | "aborted" }
  | { readonly kind: "failed"; readonly error: unknown };

/** The first thing that ends the waiting for a turn. */
class TurnWatch {
  readonly outcome: Promise<Outcome>;
  /** The turn said that it is over. */
  readonly turnEnd: Promise<void>;
  readonly #settle: (outcome: Outcome) => void;
  readonly #settleEnd: () => void;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.stop("aborted");

  constructor(signal: AbortSignal) {
    const first = Promise.withResolvers<Outcome>();
    const end = Promise.withResolvers<void>();
    this.outcome = first.promise;
    this.turnEnd = end.promise;
    this.#settle = first.resolve;
    this.#settleEnd = end.resolve;
    this.#signal = signal;
    signal.addEventListener("abort", this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  look({ report }: ServerEvents): void {
    if (report.image !== null) this.#settle({ kind: "image" });
    if (report.ending === "open") return;
    this.#settle({ kind: "over" });
    this.#settleEnd();
  }

  stop(kind: "exited" | "aborted"): void {
    this.#settle({ kind });
  }

  fail(error: unknown): void {
    this.#settle({ kind: "failed", error });
  }

  close(): void {
    this.#signal.removeEventListener("abort", this.#onAbort);
  }
}

async function after(milliseconds: number): Promise<void> {
  await new Promise<void>((resolve) => setTimeout(resolve, milliseconds).unref());
}
